"""HTML and XHTML: the text that a browser would show, parsed as browsers do (WHATWG HTML §13, by lexbor)."""

from __future__ import annotations

import codecs
import re
from typing import BinaryIO, Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from offchain.identity.documents.bounds import malformed

__all__ = ["page_text", "read"]

_UNSEEN: Final = frozenset(
    (
        *("-comment", "!doctype", "head", "script", "style", "template", "noscript", "iframe", "object", "svg", "math"),
        *("select", "textarea", "rp"),
    )
)
_INLINE: Final = frozenset(
    (
        *("a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins", "kbd"),
        *("mark", "q", "rb", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u"),
        *("var", "wbr"),
    )
)

_PRESCAN: Final = 1024
_DECLARED: Final = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_.:-]{2,40})""", re.IGNORECASE)
_MARKS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# The codecs of the WHATWG Encoding Standard §4.2 that Python has; a name is foreign and must not reach others.
_ENCODINGS: Final = frozenset(
    (
        *("utf-8", "gbk", "gb18030", "big5", "euc_jp", "iso2022_jp", "shift_jis", "euc_kr", "koi8-r", "koi8-u"),
        *("mac-roman", *(f"cp{number}" for number in (866, 874, *range(1250, 1259)))),
        *(f"iso8859-{number}" for number in (*range(2, 9), 10, 13, 14, 15, 16)),
    )
)
_AS_WINDOWS: Final = {"ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "gb2312": "gbk"}

_SPACES: Final = re.compile(r"[ \t\r\f\n]+")

# In XHTML these may close themselves; HTML would take everything behind them for their content.
_CLOSED_RAW: Final = re.compile(r"<(title|script|style|textarea|iframe|noscript)\b([^<>]{0,2000})/>", re.IGNORECASE)


def read(stream: BinaryIO) -> str:
    """The text of a page.

    Raises:
        InputError: `document-malformed`, bytes that its encoding does not allow.
    """
    return page_text(stream.read())


def page_text(page: bytes) -> str:
    """The text of a page that was read whole; see `read`."""
    markup = _decoded(page)
    if markup.lstrip().startswith("<?xml") or "http://www.w3.org/1999/xhtml" in markup[:_PRESCAN]:
        markup = _CLOSED_RAW.sub(r"<\1\2></\1>", markup)
    root = LexborHTMLParser(markup).root
    return "" if root is None else _visible(root)


def _visible(root: LexborNode) -> str:
    """Text in document order, line feeds around blocks; iterative, since pages may nest a million deep."""
    pieces: list[str] = []
    node: LexborNode | None = root
    ascending = False
    while node is not None:
        tag = node.tag
        seen = tag not in _UNSEEN
        if tag == "-text":
            pieces.append(node.text_content or "")
        elif seen and tag not in _INLINE:
            pieces.append("\n")
        descend = None if ascending or not seen else node.first_child
        if descend is not None:
            node = descend
        else:
            following = node.next
            ascending = following is None
            node = following if following is not None else node.parent
    return _SPACES.sub(lambda found: "\n" if "\n" in found[0] else " ", "".join(pieces)).strip()


def _decoded(page: bytes) -> str:
    encoding = _encoding(page)
    try:
        return page.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise malformed(f"byte {error.start} is not valid {encoding}") from error


def _encoding(page: bytes) -> str:
    """By mark, else as declared, else UTF-8 (WHATWG HTML §13.2.3.2, with UTF-8 in place of a guess)."""
    for mark, encoding in _MARKS:
        if page.startswith(mark):
            return encoding
    declared = _DECLARED.search(page[:_PRESCAN])
    if declared is None:
        return "utf-8"
    try:
        name = codecs.lookup(declared[1].decode()).name
    except LookupError:
        return "utf-8"
    name = _AS_WINDOWS.get(name, name)
    return name if name in _ENCODINGS else "utf-8"
