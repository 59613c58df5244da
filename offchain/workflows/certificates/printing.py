"""A certificate on one page: who may do what with which work, where that stands, and a code to ask whether it is so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from fpdf import FPDF

from offchain.chain import work_hex
from offchain.money import format_amount
from offchain.storage import raw_cid
from offchain.workflows.certificates.credential import Certificate
from offchain.workflows.certificates.facts import Facts
from offchain.workflows.certificates.policy import time_text
from offchain.workflows.terms.scope import RIGHTS, scope_names
from offchain.workflows.typesetting import FAINT, FONT, INK, LIGHT, QUIET, RULE, clipped, draw_code, new_page

__all__ = ["print_certificate"]

_LEFT: Final = 26.0
_WIDTH: Final = 158.0
_LABEL: Final = 34.0
_CODE: Final = 44.0

_RIGHTS: Final = {
    "private-use": "private use",
    "reproduce": "reproduction",
    "publish": "publication",
    "distribute": "distribution",
    "advertise": "advertising",
    "adapt": "adaptation",
    "train-models": "training of models",
}

_NOTE: Final = (
    "This page tells what the chain said when the licence last changed hands or term. It proves nothing by itself: "
    "a licence ends with its term, a refund or a transfer. Scan the code to ask whether it is live now. "
    "Registration proves priority and integrity, not authorship."
)


@dataclass(frozen=True, slots=True)
class _Pen:
    """Size in points, colour, face, and points between letters."""

    size: float
    colour: tuple[int, int, int]
    font: str = FONT
    bold: bool = False
    spacing: float = 0.0


def print_certificate(certificate: Certificate, title: str | None) -> bytes:
    """The page as a PDF.

    Args:
        certificate: what it states.
        title: what the registrant calls the work, where that is known; it is no part of what is signed.

    Raises:
        UnavailableError: `fonts-missing`.
    """
    facts = certificate.facts
    page = new_page(f"Licence {facts.licence.number}", facts.since)
    _frame(page)
    _head(page, facts, title)
    top = 112.0
    for label, value in _rows(facts):
        top = _row(page, label, value, top)
    _foot(page, certificate)
    return bytes(page.output())


def _frame(page: FPDF) -> None:
    page.set_draw_color(*RULE)
    page.set_line_width(0.5)
    page.rect(11, 11, 188, 275)
    page.set_line_width(0.15)
    page.rect(13.2, 13.2, 183.6, 270.6)


def _head(page: FPDF, facts: Facts, title: str | None) -> None:
    _centred(page, "COLOPHON", 27, _Pen(10, RULE, spacing=4.0))
    _centred(page, "Certificate of licence", 38, _Pen(30, INK, LIGHT))
    _centred(page, f"No. {_short(str(facts.licence.number))}  ·  {_tier(facts)}", 52.5, _Pen(10, QUIET))
    page.set_draw_color(*RULE)
    page.set_line_width(0.3)
    page.line(90, 63, 120, 63)
    _centred(page, title or "Untitled here: the work is named by its id", 69.5, _Pen(19, INK, bold=True))
    _centred(page, "is licensed to", 83, _Pen(10, QUIET))
    _centred(page, facts.licence.holder, 91, _Pen(12, INK))


def _rows(facts: Facts) -> Iterator[tuple[str, str]]:
    licence, terms = facts.licence, facts.terms
    scope = scope_names(terms.scope)
    yield "Permitted", ", ".join(_RIGHTS.get(each, each) for each in scope["rights"])
    withheld = [_RIGHTS[each] for each in RIGHTS if each not in scope["rights"]]
    if withheld:
        yield "Not permitted", ", ".join(withheld)
    media = "every medium" if scope["media"] == ["any"] else ", ".join(scope["media"])
    yield "Where", f"{', '.join(scope['territories']) or 'as the terms say'}; {media}"
    yield "Term", _term(facts)
    yield "Kind", _kind(facts)
    if terms.max_derivatives:
        yield "Derivatives", f"{terms.max_derivatives}, owing {format_amount(terms.upstream, 4)} % of gross for ever"
    yield "Paid", f"{format_amount(licence.price, licence.currency.decimals)} {licence.currency.symbol}"
    yield "Legal text", f"ipfs://{raw_cid(terms.text)}"
    yield "Licensor", facts.licensor
    yield "Work", work_hex(licence.work)
    yield "Contract", f"{facts.contracts['Licensing']} on chain {facts.chain_id}"
    yield "Sale", "0x" + facts.sold.tx_hash.hex()


def _foot(page: FPDF, certificate: Certificate) -> None:
    top = 222.0
    page.set_draw_color(*FAINT)
    page.set_line_width(0.3)
    page.line(_LEFT, top - 8, _LEFT + _WIDTH, top - 8)
    draw_code(page, certificate.url, _LEFT, top, _CODE)
    page.link(_LEFT, top, _CODE, _CODE, certificate.url)
    beside, width = _LEFT + _CODE + 8, _WIDTH - _CODE - 8
    page.set_xy(beside, top - 1)
    page.set_font(FONT, "B", 10)
    page.cell(width, 6, "Is it live? Ask the chain.")
    page.set_xy(beside, top + 6.5)
    page.set_font(FONT, "", 8.2)
    page.set_text_color(*QUIET)
    page.multi_cell(width, 4.2, _NOTE, align="L")
    page.set_xy(beside, top + 29)
    page.set_font(FONT, "", 7)
    issuer = certificate.credential["issuer"]
    lines = (
        f"Issued by {issuer}",
        f"State of {time_text(certificate.facts.since)}, block {certificate.facts.changed.block}",
        f"sha256 {certificate.digest.hex()}",
    )
    for line in lines:
        page.set_x(beside)
        page.cell(width, 4.2, clipped(page, line, width), new_x="LEFT", new_y="NEXT")


def _row(page: FPDF, label: str, value: str, top: float) -> float:
    """One label and its value; where the next row begins."""
    page.set_xy(_LEFT, top)
    page.set_font(FONT, "", 8.5)
    page.set_text_color(*QUIET)
    page.cell(_LABEL, 5, label)
    page.set_text_color(*INK)
    page.set_font(FONT, "", 9.5)
    width = _WIDTH - _LABEL
    if page.get_string_width(value) > width - 3 and " " not in value:  # an id must stay one word
        page.set_font(FONT, "", 9.5 * (width - 3) / page.get_string_width(value))
    page.set_x(_LEFT + _LABEL)
    page.multi_cell(width, 5, value, align="L", new_x="LEFT", new_y="NEXT")
    return page.get_y() + 2.2


def _centred(page: FPDF, text: str, top: float, pen: _Pen) -> None:
    page.set_font(pen.font, "B" if pen.bold else "", pen.size)
    page.set_char_spacing(pen.spacing)
    page.set_text_color(*pen.colour)
    page.set_xy(_LEFT, top)
    page.cell(_WIDTH, pen.size * 0.45, clipped(page, text, _WIDTH - 2), align="C")
    page.set_char_spacing(0)


def _term(facts: Facts) -> str:
    expiry = facts.licence.expiry
    return "for ever" if expiry is None else f"until {time_text(expiry)[:16].replace('T', ' ')} UTC"


def _kind(facts: Facts) -> str:
    terms = facts.terms
    kinds = ["exclusive" if terms.exclusive else "not exclusive"]
    kinds.append("transferable" if terms.transferable else "not transferable")
    kinds += ["renewable"] * terms.renewable + [f"{terms.seats} seats"] * bool(terms.seats)
    kinds += [f"refundable for {terms.refund_days} days"] * bool(terms.refund_days)
    return ", ".join(kinds)


def _tier(facts: Facts) -> str:
    return f"{facts.licence.tier} terms" if facts.licence.tier else f"terms {facts.licence.terms}"


def _short(number: str) -> str:
    return number if len(number) <= 24 else f"{number[:12]}…{number[-8:]}"
