"""A statement as CSV (RFC 4180): for each line its opening balance, every entry, and its closing balance.

Amounts stand twice: exact minor units, and decimals for reading. The last column tells whether a row is confirmed. What
somebody else may have written, such as a title, never begins a cell with a character that spreadsheets take for a
formula.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import Final

from offchain.chain import work_hex
from offchain.indexer import Entry, Line
from offchain.money import format_amount
from offchain.workflows.accounting import PeriodStatement
from offchain.workflows.certificates.policy import time_text

__all__ = ["COLUMNS", "statement_csv"]

COLUMNS: Final = (
    "work",
    "title",
    "series",
    "currency",
    "symbol",
    "kind",
    "time",
    "block",
    "transaction",
    "log_index",
    "payer",
    "source",
    "amount",
    "balance",
    "amount_minor",
    "balance_minor",
    "confirmed",
)

_FORMULA: Final = re.compile(
    r"(^|[;\t\r\n])"  # where a cell begins: some spreadsheets part cells by semicolon or tab, whatever is quoted
    r"(?=[\s\"\xad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]*[=+\-@|%\uff1d\uff0b\uff0d\uff20\u2212])"
    r"|^(?=[\t\r\n])"
)
"""What opens a formula in one spreadsheet or another (OWASP, CSV Injection), full-width or behind unseen signs too."""


def statement_csv(told: PeriodStatement, times: Sequence[int]) -> bytes:
    """The table, UTF-8, lines ended by CRLF.

    Args:
        told: the statement.
        times: Unix seconds of each of its entries.
    """
    written = io.StringIO(newline="")
    table = csv.writer(written, lineterminator="\r\n")
    table.writerow(COLUMNS)
    dated: dict[tuple[int, int, str], list[tuple[Entry, int]]] = {}
    for entry, time in zip(told.entries, times, strict=True):
        dated.setdefault((entry.work, entry.series, entry.currency), []).append((entry, time))
    for line in told.lines:
        table.writerows(_rows(told, line, dated.get((line.work, line.series, line.currency), [])))
    return written.getvalue().encode()


def _rows(told: PeriodStatement, line: Line, entries: Sequence[tuple[Entry, int]]) -> Iterator[list[object]]:
    currency = told.currencies[line.currency]
    named = [work_hex(line.work), _safe(told.titles.get(line.work, "")), line.series, line.currency]
    named.append(_safe(currency.symbol))

    def amounts(amount: int | None, balance: int, block: int) -> list[object]:
        shown = ["" if each is None else format_amount(each, currency.decimals) for each in (amount, balance)]
        return [*shown, "" if amount is None else amount, balance, "yes" if block <= told.confirmed else "no"]

    nowhere = [""] * 4
    yield [*named, "opening", "", told.span.first, *nowhere, *amounts(None, line.opening, told.span.first - 1)]
    for entry, time in entries:
        source = "" if entry.source is None else work_hex(entry.source)
        place = [time_text(time), entry.block, "0x" + entry.tx_hash.hex(), entry.log_index, entry.payer or "", source]
        yield [*named, entry.kind, *place, *amounts(entry.amount, entry.balance, entry.block)]
    yield [*named, "closing", "", told.span.last, *nowhere, *amounts(None, line.claimable, told.last)]


def _safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return _FORMULA.sub(lambda found: found[0] + "'", text)
