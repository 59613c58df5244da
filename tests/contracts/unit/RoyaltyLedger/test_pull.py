"""Pulls: what a child owes moves up, cumulatively floored, on anybody's call."""

from __future__ import annotations

import pytest
from brownie.test import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.contracts.reverts import reverts
from tests.contracts.structs import Listing
from tests.contracts.world import DOLLAR, NATIVE

PPM = 1_000_000


@pytest.fixture
def parents(world, rival) -> list[int]:
    return [world.register("first parent", rival), world.register("second parent", rival)]


@pytest.fixture
def child(world, creator, parents) -> int:
    """A derivative that owes 40 % and 10 %."""
    permits = tuple(
        world.free_licence(parent, creator, upstream=ppm)
        for parent, ppm in zip(parents, (400_000, 100_000), strict=True)
    )
    return world.register("child", creator, permits=permits)


def test_link__registration__edges_and_their_events(world, ledger, creator, parents):
    """Edges are fixed at registration, in the order of the permits."""
    permits = tuple(world.free_licence(parent, creator, upstream=u) for parent, u in zip(parents, (7, 9), strict=True))
    stated = world.registration("child", creator, permits=permits)
    done = world.registry.register(stated, {"from": creator})
    expected = [(stated.work, parents[0], 0, 7), (stated.work, parents[1], 1, 9)]
    assert [(e["child"], e["parent"], e["edge"], e["upstream"]) for e in done.events["EdgeLinked"]] == expected
    edges = [tuple(ledger.edgeOf(stated.work, i)) for i in range(2)]
    assert edges == [(parents[0], 7, 0, 0, 0), (parents[1], 9, 0, 0, 0)]
    with reverts("RoyaltyLedger__UnknownEdge", stated.work, 2):
        ledger.edgeOf(stated.work, 2)


def test_link__and_issue__not_the_registry__refused(ledger, creator, work):
    with reverts("RoyaltyLedger__NotRegistry", creator):
        ledger.link(work, [(work, 1, 0, 0, 0)], {"from": creator})
    with reverts("RoyaltyLedger__NotRegistry", creator):
        ledger.issue(work, creator, {"from": creator})


def test_pull__both_edges__floors_of_the_gross(world, ledger, parents, child, stranger):
    world.deposit(child, 1001)
    assert (ledger.pullable(child, 0, NATIVE), ledger.pullable(child, 1, NATIVE)) == (400, 100)
    done = ledger.pull(child, 0, NATIVE, {"from": stranger})
    assert dict(done.events["Pulled"]) == {
        "child": child,
        "parent": parents[0],
        "currency": NATIVE,
        "edge": 0,
        "amount": 400,
        "kept": 0,
    }
    ledger.pull(child, 1, NATIVE, {"from": stranger})
    assert [ledger.grossOf(parent, NATIVE) for parent in parents] == [400, 100]
    assert ledger.netOf(child, NATIVE) == 1001 - 1001 * 500_000 // PPM
    assert [ledger.pullable(child, edge, NATIVE) for edge in range(2)] == [0, 0]


def test_pull__nothing_owed__refused(world, ledger, child, stranger):
    with reverts("RoyaltyLedger__NothingToPull", child, 0, NATIVE):
        ledger.pull(child, 0, NATIVE, {"from": stranger})
    world.deposit(child, 2)
    with reverts("RoyaltyLedger__NothingToPull", child, 0, NATIVE):
        ledger.pull(child, 0, NATIVE, {"from": stranger})


def test_pull__unknown_edge_or_original__refused(world, ledger, work, child, stranger):
    for payee, edge in ((child, 2), (work, 0), (child, 2**255)):
        with reverts("RoyaltyLedger__UnknownEdge", payee, edge):
            ledger.pull(payee, edge, NATIVE, {"from": stranger})


def test_pull_many__some_have_nothing__passed_over(world, ledger, parents, child, stranger):
    world.deposit(child, 9)
    done = ledger.pullMany([(child, 1, NATIVE), (child, 0, NATIVE), (child, 0, DOLLAR)], {"from": stranger})
    assert [(e["edge"], e["amount"]) for e in done.events["Pulled"]] == [(0, 3)]
    with reverts("RoyaltyLedger__UnknownEdge", child, 5):
        ledger.pullMany([(child, 5, NATIVE)], {"from": stranger})


def test_pull__up_three_generations__leaf_before_root(world, ledger, creator, rival, buyer, stranger):
    """A pull credits the parent's gross, of which the parent owes its own parents."""
    root = world.register("root", rival)
    middle = world.derive("middle", creator, [root], upstream=200_000)
    leaf = world.derive("leaf", buyer, [middle], upstream=300_000)
    world.deposit(leaf, 1000, DOLLAR)
    ledger.pullMany([(leaf, 0, DOLLAR), (middle, 0, DOLLAR)], {"from": stranger})
    assert [ledger.netOf(work, DOLLAR) for work in (leaf, middle, root)] == [700, 240, 60]
    assert [world.claimed([w], h, DOLLAR) for w, h in ((leaf, buyer), (middle, creator), (root, rival))] == [
        700,
        240,
        60,
    ]


def test_pull__wei_by_wei__second_edge_never_loses_its_wei(world, ledger, child, stranger):
    """Prefix-difference floors would give the second edge 0,0,1,0,1,0: credit that falls again. Own floors never do."""
    credited = []
    for gross in range(1, 21):
        world.deposit(child, 1)
        ledger.pullMany([(child, 0, NATIVE), (child, 1, NATIVE)], {"from": stranger})
        credited.append(ledger.grossOf(ledger.edgeOf(child, 1)["parent"], NATIVE))
        assert credited[-1] == gross * 100_000 // PPM
    assert credited == sorted(credited)


@pytest.fixture(scope="module")
def diamond(world) -> tuple[int, list[int], list[int]]:
    """A child of three parents with awkward shares; the third is itself a derivative of a fourth work."""
    a, b, c = (world.register(f"diamond {name}", world.creators[i]) for i, name in enumerate("abc"))
    terms = [world.terms(upstream=ppm) for ppm in (333_333, 142_857, 1)]
    third = world.register(
        "diamond d", world.buyers[0], permits=(world.buy(world.list(a, 0, terms=terms[0]), world.buyers[0]),)
    )
    parents = [b, c, third]
    permits = tuple(
        world.buy(world.list(parent, 0, terms=number), world.buyers[1])
        for parent, number in zip(parents, terms, strict=True)
    )
    child = world.register("diamond child", world.buyers[1], permits=permits, listings=(Listing(1, NATIVE, 1),))
    return child, [a, *parents], [333_333, 142_857, 1]


@settings(max_examples=12, deadline=None)
@given(
    parts=st.lists(st.integers(1, 10**9), min_size=1, max_size=6),
    pulls=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), max_size=10),
)
def test_pull__any_split_and_any_order__same_final_balances(world, diamond, parts, pulls):
    """Cumulative floors: however a sum is split, and whenever edges are pulled, the end depends on the sum alone."""
    ledger, (child, works, ppm) = world.ledger, diamond
    edges = [(child, 0, NATIVE), (child, 1, NATIVE), (child, 2, NATIVE), (works[3], 0, NATIVE)]
    for step, part in enumerate(parts):
        world.deposit(child, part)
        ledger.pullMany([edges[edge] for when, edge in pulls if when == step], {"from": world.relayer})
    ledger.pullMany(edges, {"from": world.relayer})

    gross = sum(parts)
    credited = [gross * share // PPM for share in ppm]
    upwards = credited[2] * 333_333 // PPM
    expected = [upwards, credited[0], credited[1], credited[2] - upwards, gross - gross * sum(ppm) // PPM]
    assert [ledger.netOf(work, NATIVE) for work in (*works, child)] == expected
    residue = gross - sum(expected)
    assert 0 <= residue <= len(ppm) - 1  # Σ⌊x⌋ is at most n − 1 below ⌊Σx⌋


def test_pull__sixteen_parents__all_paid(world, ledger, creator, rival, stranger):
    """R5 and M2: sixteen is the most, and each edge stands alone."""
    parents = [world.register(f"parent {i}", rival) for i in range(16)]
    child = world.derive("child", creator, parents, upstream=56_250)
    assert world.registry.titleOf(child).dict()["upstream"] == 900_000
    assert world.registry.titleOf(child).dict()["parents"] == 16
    world.deposit(child, 1600)
    ledger.pullMany([(child, edge, NATIVE) for edge in range(16)], {"from": stranger})
    assert [ledger.claimable(parent, NATIVE, rival) for parent in parents] == [90] * 16
    assert ledger.claimable(child, NATIVE, creator) == 160


def test_pull__parents_gross_would_overflow__only_that_edge_waits(
    world, ledger, creator, rival, parents, child, stranger
):
    """M3: a full parent blocks nobody else."""
    world.fund(stranger, 2**110)
    ledger.deposit(parents[0], DOLLAR, 2**108 - 1, {"from": stranger})
    ledger.deposit(child, DOLLAR, 1000, {"from": stranger})
    with reverts("RoyaltyLedger__GrossOverflow"):
        ledger.pull(child, 0, DOLLAR, {"from": stranger})
    ledger.pull(child, 1, DOLLAR, {"from": stranger})
    assert world.claimed([child], creator, DOLLAR) == 500
    assert world.claimed([parents[1]], rival, DOLLAR) == 100
