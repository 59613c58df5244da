"""A statement on paper: totals by currency first, then each work, then every entry that explains them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from fpdf import FPDF

from offchain.chain import work_hex
from offchain.indexer import Line
from offchain.money import format_amount
from offchain.workflows.accounting import PeriodStatement
from offchain.workflows.certificates.policy import time_text
from offchain.workflows.typesetting import FAINT, FONT, INK, LIGHT, QUIET, RULE, clipped, new_page

__all__ = ["MOST_PRINTED", "print_statement"]

MOST_PRINTED: Final = 1_000
"""Entries that are printed; a longer statement says that the table has them all."""

_LEFT: Final = 16.0
_WIDTH: Final = 265.0
_BOTTOM: Final = 194.0
_HEIGHT: Final = 6.0

_BALANCES: Final = (
    ("Work", 97.0),
    ("Currency", 24.0),
    *((name, 36.0) for name in ("Opening", "Earned", "Claimed", "Closing")),
)
_ENTRIES: Final = (
    ("Time (UTC)", 31.0),
    ("Block", 18.0),
    ("Kind", 19.0),
    ("Work", 58.0),
    ("From", 42.0),
    ("Currency", 20.0),
    ("Amount", 39.0),
    ("Balance", 38.0),
)


def print_statement(told: PeriodStatement, times: Sequence[int]) -> bytes:
    """The statement as a PDF.

    Args:
        told: the statement.
        times: Unix seconds of each of its entries.

    Raises:
        UnavailableError: `fonts-missing`.
    """
    page = new_page(f"Royalty statement of {told.account}", told.drawn, landscape=True)
    page.set_margins(_LEFT, 14, _LEFT)
    _head(page, told)
    _table(page, "By currency", (("Asset", 97.0), *_BALANCES[1:]), 2, _totals(told))
    _table(page, "By work", _BALANCES, 2, (_balances(told, line) for line in told.lines))
    _table(page, "Entries", _ENTRIES, 6, _entries(told, times))
    if len(told.entries) > MOST_PRINTED:
        _note(page, f"{len(told.entries) - MOST_PRINTED} more entries stand in the statement's table (CSV).")
    if not told.lines:
        _note(page, "Nothing was earned or claimed up to here.")
    _number(page)
    return bytes(page.output())


def _head(page: FPDF, told: PeriodStatement) -> None:
    page.set_xy(_LEFT, 14)
    _pen(page, 9, RULE)
    page.set_char_spacing(3)
    page.cell(0, 5, "COLOPHON", new_x="LMARGIN", new_y="NEXT")
    page.set_char_spacing(0)
    page.set_font(LIGHT, "", 24)
    page.set_text_color(*INK)
    page.cell(0, 13, "Royalty statement", new_x="LMARGIN", new_y="NEXT")
    _pen(page, 9, QUIET)
    page.cell(0, 5, told.account, new_x="LMARGIN", new_y="NEXT")
    page.cell(0, 5, _period(told), new_x="LMARGIN", new_y="NEXT")
    page.cell(0, 5, _confirmation(told), new_x="LMARGIN", new_y="NEXT")
    page.ln(4)


def _period(told: PeriodStatement) -> str:
    since, until = told.period.since, told.period.until
    shown = [f"from {_moment(since)}"] if since is not None else []
    shown += [f"before {_moment(until)}"] if until is not None else []
    blocks = f"blocks {told.span.first} to {told.span.last}"
    return f"{' '.join(shown)} UTC ({blocks})" if shown else f"{blocks}, the last of {_moment(told.drawn)} UTC"


def _confirmation(told: PeriodStatement) -> str:
    if told.final:
        return "Confirmed: all of these blocks are deep enough to be relied upon."
    marked = f" (entries marked *: {told.unconfirmed})" if told.unconfirmed else ""
    return f"Not confirmed yet: what stands above block {max(told.confirmed, 0)} may still change{marked}."


def _totals(told: PeriodStatement) -> Iterator[list[str]]:
    for currency in sorted({line.currency for line in told.lines}):
        lines = [line for line in told.lines if line.currency == currency]
        sums = (sum(getattr(line, name) for line in lines) for name in ("opening", "earned", "claimed", "claimable"))
        yield [currency, told.currencies[currency].symbol, *(_amount(told, currency, each) for each in sums)]


def _balances(told: PeriodStatement, line: Line) -> list[str]:
    series = f", series {line.series}" if line.series else ""
    amounts = (line.opening, line.earned, line.claimed, line.claimable)
    symbol = told.currencies[line.currency].symbol
    return [_named(told, line.work) + series, symbol, *(_amount(told, line.currency, each) for each in amounts)]


def _entries(told: PeriodStatement, times: Sequence[int]) -> Iterator[list[str]]:
    for entry, time in zip(told.entries[:MOST_PRINTED], times, strict=False):
        source = _short(entry.payer or "") if entry.source is None else _named(told, entry.source)
        block = f"{entry.block}{'' if entry.block <= told.confirmed else '*'}"
        place = [_moment(time), block, entry.kind, _named(told, entry.work), source]
        place.append(told.currencies[entry.currency].symbol)
        yield [*place, *(_amount(told, entry.currency, each) for each in (entry.amount, entry.balance))]


def _table(
    page: FPDF, heading: str, columns: Sequence[tuple[str, float]], words: int, rows: Iterator[list[str]]
) -> None:
    started = False
    for row in rows:
        if not started or page.get_y() > _BOTTOM - _HEIGHT:
            _begin(page, heading, columns, words)
            started = True
        _row(page, row, columns, words)
    if started:
        page.ln(5)


def _begin(page: FPDF, heading: str, columns: Sequence[tuple[str, float]], words: int) -> None:
    if page.get_y() > _BOTTOM - 4 * _HEIGHT:
        _number(page)
        page.add_page()
        page.set_xy(_LEFT, 14)
    _pen(page, 10.5, INK, bold=True)
    page.cell(0, 8, heading, new_x="LMARGIN", new_y="NEXT")
    _pen(page, 7.5, QUIET)
    page.set_draw_color(*RULE)
    page.set_line_width(0.25)
    for place, (name, width) in enumerate(columns):
        page.cell(width, 5, name, border="B", align="L" if place < words else "R")
    page.ln(5.6)


def _row(page: FPDF, row: Sequence[str], columns: Sequence[tuple[str, float]], words: int) -> None:
    _pen(page, 8, INK)
    page.set_draw_color(*FAINT)
    for place, (text, (_, width)) in enumerate(zip(row, columns, strict=True)):
        if place < words:
            page.cell(width, _HEIGHT, clipped(page, text, width - 3), border="B")
            continue
        # No digit is ever left out: a long amount is set smaller.
        page.set_font_size(8 * min(1.0, (width - 3) / max(page.get_string_width(text), 0.1)))
        page.cell(width, _HEIGHT, text, border="B", align="R")
        page.set_font_size(8)
    page.ln(_HEIGHT)


def _note(page: FPDF, text: str) -> None:
    _pen(page, 8.5, QUIET)
    page.cell(0, 6, text, new_x="LMARGIN", new_y="NEXT")


def _number(page: FPDF) -> None:
    """The foot of the current page."""
    _pen(page, 7, QUIET)
    page.set_xy(_LEFT, 199)
    told = "Recomputed from the ledger's events; amounts in whole units of each currency, exact to its last decimal."
    page.cell(_WIDTH - 20, 4, told)
    page.cell(20, 4, str(page.page_no()), align="R")


def _pen(page: FPDF, size: float, colour: tuple[int, int, int], *, bold: bool = False) -> None:
    page.set_font(FONT, "B" if bold else "", size)
    page.set_text_color(*colour)


def _named(told: PeriodStatement, work: int) -> str:
    return told.titles.get(work) or _short(work_hex(work))


def _short(text: str) -> str:
    return text and f"{text[:14]}…{text[-6:]}"


def _amount(told: PeriodStatement, currency: str, minor: int) -> str:
    return format_amount(minor, told.currencies[currency].decimals)


def _moment(seconds: int) -> str:
    return time_text(seconds)[:16].replace("T", " ")
