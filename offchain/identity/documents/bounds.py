"""How much text a document may hold, and how a document is refused."""

from __future__ import annotations

from typing import Final

from offchain.errors import InputError

__all__ = ["MAX_CHARACTERS", "malformed", "oversized"]

MAX_CHARACTERS: Final = 16 * 2**20
"""Longest text that is fingerprinted, in characters; the Bible in English has about 4.4 million."""


def oversized() -> InputError:
    """More text than is fingerprinted."""
    return InputError(
        "text-oversized",
        f"the text has more than {MAX_CHARACTERS} characters",
        "submit it in parts",
        limit=MAX_CHARACTERS,
    )


def malformed(what: str) -> InputError:
    """A document that cannot be read."""
    return InputError(
        "document-malformed", f"the document is truncated or damaged: {what}", "export it again, or submit it as text"
    )
