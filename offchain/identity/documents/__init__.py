"""Text of documents: what a reader of the finished page reads, in reading order, without markup.

    document_text(stream, kind)  → str, for plain text, Markdown, HTML, PDF, DOCX and EPUB

Paragraphs end in line feeds; the Text-Code ignores white space, and matching by words only needs words kept apart.
"""

from __future__ import annotations

from offchain.identity.documents.reading import document_text

__all__ = ["document_text"]
