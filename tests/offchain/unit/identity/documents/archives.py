"""Small documents made of parts."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

from offchain.identity.containers import DOCX_MAIN_PART

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def zipped(members: Mapping[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    stream.seek(0)
    return stream


def docx(body: str, part: str = "/word/document.xml", **members: str) -> io.BytesIO:
    """A DOCX with this content of `w:body`; other parts by name, `/` written `__` and the suffix added."""
    space = "http://schemas.openxmlformats.org/package/2006/content-types"
    types = f'<Types xmlns="{space}"><Override PartName="{part}" ContentType="{DOCX_MAIN_PART}"/></Types>'
    return zipped(
        {
            "[Content_Types].xml": types,
            "word/document.xml": f'<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>',
        }
        | {name.replace("__", "/") + ".xml": content for name, content in members.items()}
    )


def epub(pages: Mapping[str, str], package: str = "OEBPS/book.opf", spine: str | None = None) -> io.BytesIO:
    """An EPUB of these pages, by reference from its package, whose spine has each once unless given."""
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        f'<rootfile full-path="{package}" media-type="application/oebps-package+xml"/></rootfiles></container>'
    )
    items = "".join(
        f'<item id="p{at}" href="{href}" media-type="application/xhtml+xml"/>' for at, href in enumerate(pages)
    )
    order = spine or "".join(f'<itemref idref="p{at}"/>' for at in range(len(pages)))
    book = f'<package xmlns="http://www.idpf.org/2007/opf"><manifest>{items}</manifest><spine>{order}</spine></package>'
    return zipped(
        {"mimetype": "application/epub+zip", "META-INF/container.xml": container, package: book}
        | {f"OEBPS/{href}": page for href, page in pages.items()}
    )
