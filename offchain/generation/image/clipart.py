"""What a clip-art file states about itself: title, creator and licence, from its RDF metadata."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["PUBLIC_DOMAIN", "Stated", "stated"]

PUBLIC_DOMAIN: Final = {
    "http://web.resource.org/cc/PublicDomain": "LicenseRef-PublicDomain",
    "http://creativecommons.org/licenses/publicdomain": "CC-PDDC",
    "http://creativecommons.org/publicdomain/zero/1.0": "CC0-1.0",
    "http://creativecommons.org/publicdomain/mark/1.0": "LicenseRef-PublicDomain",
}
"""Marks that this room takes for public domain, without a final slash → licence as the manifest spells it."""

_RDF: Final = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_DC: Final = "{http://purl.org/dc/elements/1.1/}"
_CC: Final = ("{http://web.resource.org/cc/}", "{http://creativecommons.org/ns#}")
_NOBODY: Final = ("unknown", "anonymous", "none", "n/a", "")


@dataclass(frozen=True, slots=True)
class Stated:
    """A file's own words on its origin.

    Attributes:
        title: empty where it states none.
        creator: empty where it names nobody.
        licence: SPDX id or `LicenseRef-PublicDomain`; None without a public-domain mark.
    """

    title: str
    creator: str
    licence: str | None


def stated(svg: bytes) -> Stated | None:
    """Read the RDF of an SVG; None where it is not XML, or carries entities, or has no metadata.

    Of several marks all must be of the public domain, since nobody can say which one counts.
    """
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root = fromstring(svg)
    except (ParseError, DefusedXmlException, ValueError):
        return None
    work = next((found for space in _CC for found in root.iter(space + "Work")), None)
    if work is None:
        return None
    creator = _text(work.find(f"{_DC}creator"))
    return Stated(_text(work.find(f"{_DC}title")), "" if creator.lower() in _NOBODY else creator, _licence(root))


def _text(element: Element | None) -> str:
    """An element's text, or that of the agent inside it, on one line."""
    return "" if element is None else " ".join(" ".join(element.itertext()).split())


def _licence(root: Element) -> str | None:
    marks = [mark.get(_RDF + "resource", "") for space in _CC for mark in root.iter(space + "license")]
    licences = [PUBLIC_DOMAIN.get(mark.rstrip("/")) for mark in marks]
    return licences[0] if licences and None not in licences else None
