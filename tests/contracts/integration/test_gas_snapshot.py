"""Gas of every operation against the committed snapshot: what grows, grows on purpose.

After a change that was meant: make bench-gas COLOPHON_GAS_SNAPSHOT=write
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.bench.gas import SNAPSHOT, measured
from tests.bench.gas_operations import deposit_among, deposit_below
from tests.bench.gas_rows import ROWS

README = Path(__file__).resolve().parents[3] / "README.md"
TOLERANCE = 0.01
"""Zero bytes in signatures and times change the price of call data a little, too."""

SHOWN = {
    "register a work with its metadata": ("register + metadata, holder's first", "register + metadata, holder's next"),
    "commit to a registration": ("commit before a registration",),
    "register and put up for sale": ("publish for sale, one transaction",),
    "buy at a listed price": ("buy listed, ERC-20, steady",),
    "submit a buyer's signed order": ("relayed buyer's order + ERC-2612, steady",),
    "register a derivative": ("derivative incl. fee, 1 parent, steady", "derivative incl. fee, 3 parents, steady"),
    "pay a royalty, native / ERC-20": (
        "deposit native, any holders and parents",
        "deposit ERC-20, any holders and parents",
    ),
    "pay a royalty, ERC-20, and credit 3 parents": ("ERC-20 royalty with 3 parents credited, steady",),
    "ten licences of one offer": ("ten licences of one offer",),
    "an ancestor's royalty to a wallet": ("ancestor's ERC-20 to a wallet (pull + claim), steady",),
    "claim, native / ERC-20": ("claim native, steady", "claim ERC-20, steady"),
}


@pytest.fixture(scope="module")
def snapshot():
    return json.loads(SNAPSHOT.read_text())


@pytest.mark.optimized_only
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_gas__every_operation__is_that_of_the_snapshot(world, snapshot, row):
    assert measured(row, world)["value"] == pytest.approx(snapshot[row.name], rel=TOLERANCE)


def test_gas__snapshot__has_the_measured_rows(snapshot):
    assert list(snapshot) == [row.name for row in ROWS]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_gas__every_operation__is_within_its_goal(snapshot, row):
    assert snapshot[row.name] <= row.goal


@pytest.mark.parametrize("label", SHOWN)
def test_readme__gas_of_an_operation__is_that_of_the_snapshot(snapshot, label):
    (line,) = re.findall(rf"^\| {re.escape(label)}[^|]*\|([^|]*)\|", README.read_text(), re.MULTILINE)
    shown = [int(number.replace(",", "")) for number in line.split("/")]
    assert shown == [snapshot[name] for name in SHOWN[label]]


@pytest.mark.parametrize(("operation", "sizes"), [(deposit_among, (1, 10)), (deposit_below, (1, 10))])
def test_deposit__more_holders_or_ancestors__costs_the_same(world, chain, operation, sizes):
    """M2; make bench-gas goes on to 1,000 holders and depth 100."""
    costs = []
    for size in sizes:
        chain.snapshot()
        costs.append(operation(world, size))
        chain.revert()
    assert costs[0] == pytest.approx(costs[1], abs=100)
