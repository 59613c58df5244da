"""The README's gas table, measured again."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.bench.gas import ROWS

README = Path(__file__).resolve().parents[3] / "README.md"
TOLERANCE = 0.005
"""Zero bytes in signatures and times change the price of call data a little."""

SHOWN = {
    "register a work with its metadata": ("register + metadata, holder's first", "register + metadata, holder's next"),
    "register and put up for sale": ("publish for sale, one transaction",),
    "buy at a listed price": ("buy listed, ERC-20, steady",),
    "submit a buyer's signed order": ("relayed buyer's order + ERC-2612, steady",),
    "register a derivative": ("derivative, licence at hand, 1 parent", "derivative, licences at hand, 3 parents"),
    "pay a royalty": ("deposit native, any holders and parents", "deposit ERC-20, any holders and parents"),
    "an ancestor's royalty to a wallet": ("ancestor's ERC-20 to a wallet (pull + claim), steady",),
    "claim, native / ERC-20": ("claim native, steady", "claim ERC-20, steady"),
}


@pytest.mark.parametrize("label", SHOWN)
def test_readme__gas_of_an_operation__is_what_is_measured(world, chain, label):
    (line,) = re.findall(rf"^\| {re.escape(label)}[^|]*\|([^|]*)\|", README.read_text(), re.MULTILINE)
    shown = [int(number.replace(",", "")) for number in line.split("/")]
    rows = {row.name: row for row in ROWS}
    measured = []
    for name in SHOWN[label]:
        chain.snapshot()
        measured.append(rows[name].run(world))
        chain.revert()
    assert shown == pytest.approx(measured, rel=TOLERANCE)
