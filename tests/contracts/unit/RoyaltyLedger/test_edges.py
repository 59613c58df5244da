"""Guarantees and ceilings: E(x) = min(max(x, M), C) of what a child owes, and what is kept goes back to the child."""

from __future__ import annotations

import pytest
from brownie.test import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.contracts.reverts import reverts
from tests.contracts.world import DOLLAR, NATIVE

PPM = 1_000_000


@pytest.fixture(scope="module")
def world(bench):
    return bench


@pytest.fixture
def parent(world, rival) -> int:
    return world.register("parent", rival)


@pytest.fixture
def child(world, creator, parent) -> int:
    """Owes 10 % in dollars, of which 50 were paid in advance, and never more than 200."""
    return world.child("child", creator, [world.Edge(parent, 100_000, DOLLAR, 50, 200)])


def due(x: int, guarantee: int, ceiling: int | None) -> int:
    """E(x) as docs/SPECIFICATION.md has it."""
    raised = max(x, guarantee)
    return raised if ceiling is None else min(raised, ceiling)


def test_link__guarantee_and_ceiling__stored_and_told(world, registry, ledger, creator, rival, parent):
    edge = world.Edge(parent, 123_456, DOLLAR, 2**104 - 2, 2**104 - 1)
    world.licensing.setEdges([edge], {"from": creator})
    stated = world.registration("bounded", creator, permits=(1,))
    done = registry.register(stated, {"from": creator})
    assert dict(done.events["EdgeLinked"]) == {
        "child": stated.work,
        "parent": parent,
        "edge": 0,
        "upstream": 123_456,
        "currency": DOLLAR,
        "guarantee": 2**104 - 2,
        "ceiling": 2**104 - 1,
    }
    assert tuple(ledger.edgeOf(stated.work, 0)) == edge


def test_link__registration_gives_way__edges_of_the_former_are_gone(
    world, registry, ledger, chain, creator, rival, parent
):
    """The copier's three debts do not bind whoever was first."""
    stated = world.registration("taken", creator)
    world.commit(stated.work, creator)
    chain.sleep(1)
    world.licensing.setEdges([world.Edge(parent, 300_000, DOLLAR, 5, 9)] * 3, {"from": rival})
    registry.register(world.registration("taken", rival, permits=(1,) * 3), {"from": rival})
    world.licensing.setEdges([world.Edge(parent, 1)], {"from": creator})
    done = registry.register(stated._replace(permits=(1,), salt=b"\x5a" * 32), {"from": creator})
    assert dict(done.events["EdgesCleared"]) == {"child": stated.work}
    assert tuple(ledger.edgeOf(stated.work, 0)) == (parent, 1, NATIVE, 0, 0)
    for edge in (1, 2):
        with reverts("RoyaltyLedger__UnknownEdge", stated.work, edge):
            ledger.edgeOf(stated.work, edge)


def test_pull__below_the_guarantee__stays_with_the_child(world, ledger, creator, parent, child):
    """The first 500 of gross owe 50, which the parent has had."""
    world.deposit(child, 300, DOLLAR)
    assert ledger.pullable(child, 0, DOLLAR) == 0
    done = ledger.pull(child, 0, DOLLAR, {"from": creator})
    assert done.return_value == 0
    assert [(e["amount"], e["kept"]) for e in done.events["Pulled"]] == [(0, 30)]
    assert (ledger.grossOf(parent, DOLLAR), ledger.netOf(child, DOLLAR)) == (0, 300)
    with reverts("RoyaltyLedger__NothingToPull", child, 0, DOLLAR):
        ledger.pull(child, 0, DOLLAR, {"from": creator})
    world.deposit(child, 300, DOLLAR)
    done = ledger.pull(child, 0, DOLLAR, {"from": creator})
    assert [(e["amount"], e["kept"]) for e in done.events["Pulled"]] == [(10, 20)]
    assert world.claimed([child], creator, DOLLAR) == 600 - 10


def test_pull__ceiling_reached__deposits_continue_and_surplus_stays_with_child(
    world, ledger, creator, rival, parent, child
):
    """M3: a reached ceiling never blocks the payer; the surplus belongs to the child's holders."""
    world.deposit(child, 10_000, DOLLAR)
    done = ledger.pull(child, 0, DOLLAR, {"from": creator})
    assert [(e["amount"], e["kept"]) for e in done.events["Pulled"]] == [(150, 850)]
    world.deposit(child, 1000, DOLLAR)
    assert ledger.pullable(child, 0, DOLLAR) == 0
    ledger.pullMany([(child, 0, DOLLAR)], {"from": creator})
    assert ledger.grossOf(parent, DOLLAR) == 200 - 50
    assert (world.claimed([parent], rival, DOLLAR), world.claimed([child], creator, DOLLAR)) == (150, 10_850)


def test_pull__other_currency__neither_guarantee_nor_ceiling(world, ledger, creator, parent, child):
    world.deposit(child, 10_000)
    assert ledger.pullable(child, 0, NATIVE) == 1000
    assert ledger.pull(child, 0, NATIVE, {"from": creator}).return_value == 1000
    assert (ledger.grossOf(parent, NATIVE), ledger.netOf(child, NATIVE)) == (1000, 9000)


def test_pull__ceiling_is_the_guarantee__parent_never_receives_more(world, ledger, creator, rival):
    """A flat fee."""
    parent = world.register("flat", rival)
    child = world.child("flat child", creator, [world.Edge(parent, 900_000, DOLLAR, 70, 70)])
    for amount in (10, 1000):
        world.deposit(child, amount, DOLLAR)
        ledger.pull(child, 0, DOLLAR, {"from": creator})
    assert (ledger.grossOf(parent, DOLLAR), ledger.netOf(child, DOLLAR)) == (0, 1010)


def test_pull__one_parent_twice__two_debts(world, ledger, creator, rival, parent):
    child = world.child(
        "twice", creator, [world.Edge(parent, 100_000, DOLLAR, 0, 30), world.Edge(parent, 200_000, DOLLAR, 80)]
    )
    world.deposit(child, 1000, DOLLAR)
    ledger.pullMany([(child, 0, DOLLAR), (child, 1, DOLLAR)], {"from": creator})
    assert ledger.grossOf(parent, DOLLAR) == 30 + (200 - 80)
    assert ledger.netOf(child, DOLLAR) == 1000 - 30 - 120


@pytest.fixture(scope="module")
def bounded(world) -> tuple[int, list[tuple[int, int, int | None]]]:
    """A child of three: guaranteed, capped, both."""
    shares = [(333_333, 1000, None), (142_857, 0, 700), (1_001, 3, 9)]
    parents = [world.register(f"bounded {i}", world.creators[1]) for i in range(3)]
    edges = [world.Edge(p, s, NATIVE, m, c or 0) for p, (s, m, c) in zip(parents, shares, strict=True)]
    return world.child("bounded child", world.creators[0], edges), shares


@settings(max_examples=10, deadline=None)
@given(
    parts=st.lists(st.one_of(st.integers(1, 20), st.integers(1, 5000)), min_size=1, max_size=5),
    pulls=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2)), max_size=10),
)
def test_pull__any_split_and_any_order__what_e_says(world, bounded, parts, pulls):
    """E(x') − E(x), summed over any pulls, is E of the last x less E(0); the rest is the child's, but for residue."""
    ledger, (child, shares) = world.ledger, bounded
    for step, part in enumerate(parts):
        world.deposit(child, part)
        ledger.pullMany([(child, edge, NATIVE) for when, edge in pulls if when == step], {"from": world.relayer})
    ledger.pullMany([(child, edge, NATIVE) for edge in range(3)], {"from": world.relayer})

    gross = sum(parts)
    x = [gross * share // PPM for share, _, _ in shares]
    moved = [due(one, m, c) - due(0, m, c) for one, (_, m, c) in zip(x, shares, strict=True)]
    received = [ledger.grossOf(ledger.edgeOf(child, edge)["parent"], NATIVE) for edge in range(3)]
    assert received == moved
    residue = gross * sum(share for share, _, _ in shares) // PPM - sum(x)
    assert 0 <= residue <= 2
    assert ledger.netOf(child, NATIVE) == gross - sum(moved) - residue


# Deposit and pull in one call


@pytest.fixture
def three(world, creator, rival) -> tuple[int, list[int]]:
    """A child that owes 10 %, 20 % and 30 % to three parents."""
    parents = [world.register(f"parent {i}", rival) for i in range(3)]
    edges = [world.Edge(parent, 100_000 * (i + 1)) for i, parent in enumerate(parents)]
    return world.child("child of three", creator, edges), parents


@pytest.mark.parametrize("currency", [NATIVE, DOLLAR])
def test_deposit_and_pull__named_edges__parents_credited_in_one_call(world, ledger, buyer, creator, three, currency):
    child, parents = three
    world.fund(buyer, 1000)
    value = 1000 if currency == NATIVE else 0
    done = ledger.depositAndPull(child, currency, 1000, [0, 2], {"from": buyer, "value": value})
    assert done.return_value == 1000
    ours = {"Deposited", "Pulled"}
    assert [e.name for e in done.events if e.name in ours] == ["Deposited", "Pulled", "Pulled"]
    assert [ledger.grossOf(parent, currency) for parent in parents] == [100, 0, 300]
    assert ledger.pullable(child, 1, currency) == 200
    assert world.claimed([child], creator, currency) == 400
    assert world.balance(currency) == 600


def test_deposit_and_pull__with_bounds__what_is_kept_is_the_childs(world, ledger, buyer, creator, parent, child):
    world.fund(buyer, 10_000)
    ledger.depositAndPull(child, DOLLAR, 10_000, [0], {"from": buyer})
    assert (ledger.grossOf(parent, DOLLAR), ledger.netOf(child, DOLLAR)) == (150, 9850)


def test_deposit_and_pull__edge_twice_or_empty__passed_over(world, ledger, buyer, three):
    child, parents = three
    done = ledger.depositAndPull(child, NATIVE, 9, [0, 1, 1, 2], {"from": buyer, "value": 9})
    assert [(e["edge"], e["amount"]) for e in done.events["Pulled"]] == [(1, 1), (2, 2)]
    assert [ledger.grossOf(parent, NATIVE) for parent in parents] == [0, 1, 2]


def test_deposit_and_pull__unknown_edge_or_wrong_value__all_undone(ledger, buyer, three):
    child, _ = three
    with reverts("RoyaltyLedger__UnknownEdge", child, 3):
        ledger.depositAndPull(child, NATIVE, 1000, [0, 3], {"from": buyer, "value": 1000})
    with reverts("RoyaltyLedger__WrongValue", 999, 1000):
        ledger.depositAndPull(child, NATIVE, 1000, [0], {"from": buyer, "value": 999})
    assert ledger.grossOf(child, NATIVE) == 0


def test_deposit_and_pull__token_calls_back__locked(world, ledger, buyer, stranger, three):
    """R7: nor can the token pull, claim or pay between deposit and pulls."""
    child, parents = three
    token, number = world.add_token("ReentrantToken")
    for call in (
        ledger.depositAndPull.encode_input(child, number, 1, [0]),
        ledger.pull.encode_input(child, 0, number),
        ledger.claim.encode_input([child], number, token),
    ):
        token.lay(ledger, call, {"from": stranger})
    ledger.depositAndPull(child, number, 1000, [0, 1, 2], {"from": buyer})
    assert [token.outcome(i)[0] for i in range(token.sprung())] == [False] * 3
    assert [ledger.grossOf(payee, number) for payee in (child, *parents)] == [1000, 100, 200, 300]
