"""What an account can claim: the edges to pull first, leaf before root, and the shares that then pay.

A claim that would be too large for one transaction is several: each pulls after those before it, and the last ones pay.
Whoever stops after some of them loses nothing, and the next plan goes on from there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Final

from offchain.chain import Call, Currency, Edge, Pull
from offchain.chain.address import parse_address
from offchain.chain.ledger import RoyaltyLedger
from offchain.errors import RefusedError
from offchain.money import share_of
from offchain.store import EventRecord, UnitOfWork
from offchain.workflows.derivation import edges_of
from offchain.workflows.services import Services

__all__ = ["Account", "ClaimPlan", "Debts", "Step", "newest_change", "plan", "pulls_towards"]

Debts = Mapping[int, Sequence[Edge]]
"""Edges of each child, in the ledger's order."""


_BASE_GAS, _PULL_GAS, _SHARE_GAS = 120_000, 120_000, 90_000
"""Most gas of a transaction, and of each pull and each share in it, where every slot is written for the first time."""

_STEP_GAS: Final = 8_000_000
"""Gas of one transaction at most: half of what any may have (EIP-7825, 2^24)."""

_MOST: Final = 200
"""Pulls, and shares, of one plan: a node must be able to try all of it in one call, which most bound at 50 M gas."""


@dataclass(frozen=True, slots=True)
class Step:
    """One transaction of a claim, and an upper bound of its gas."""

    call: Call
    gas: int


@dataclass(frozen=True, slots=True)
class ClaimPlan:
    """One claim of an account, in one currency.

    Attributes:
        account: who claims.
        currency: of the claim.
        pulls: edges that have something to move, each after those below it.
        shares: ids of the series of shares that pay the account.
        works: their works.
        amount: minor units that the account would receive now.
        complete: whether nothing is left for another plan.
    """

    account: str
    currency: Currency
    pulls: tuple[Pull, ...]
    shares: tuple[int, ...]
    works: tuple[int, ...]
    amount: int
    complete: bool = True

    def steps(self, ledger: RoyaltyLedger) -> tuple[Step, ...]:
        """The transactions that the account sends, in this order, paying itself; none when there is nothing."""
        if self.amount == 0 and self.complete:
            return ()
        steps, pulls, shares = [], self.pulls, self.shares if self.amount else ()
        while pulls or shares:
            room = (_STEP_GAS - _BASE_GAS) // _PULL_GAS
            now, pulls = pulls[:room], pulls[room:]
            gas = _BASE_GAS + len(now) * _PULL_GAS
            paying = () if pulls else shares[: (_STEP_GAS - gas) // _SHARE_GAS]
            shares = shares[len(paying) :]
            call = (
                ledger.pull_and_claim(now, paying, self.currency.index, self.account)
                if paying
                else ledger.pull_many(now)
            )
            steps.append(Step(call, gas + len(paying) * _SHARE_GAS))
        return tuple(steps)


@dataclass(frozen=True, slots=True)
class Account:
    """A child's account in one currency: its gross, and what a pull of each edge would move now, in minor units.

    `counted` is the share of the gross that each edge was pulled for already, moved or kept.
    """

    gross: int
    pullable: tuple[int, ...]
    counted: tuple[int, ...]


def plan(services: Services, account: str, currency: Currency) -> ClaimPlan:
    """What `account` can claim in a currency as the chain stands; the indexer must have caught up.

    Raises:
        InputError: a malformed account.
        UnavailableError: the chain does not answer.
    """
    holder, ledger = parse_address(account), services.contracts.ledger
    with services.store.snapshot() as tx:
        shares = tx.events.shares_of(holder)
        owned = set(shares.values())
        debts = _debts_below(tx, owned)
        paid = tx.events.paid(debts, currency.index)
        counted = _counted(tx, paid, currency.index)
    # Most works of a large holder were paid nothing since: only of the others is the chain asked.
    accounts = {
        child: _account(ledger, child, currency.index, counted[child], len(edges)) if child in paid else _nothing(edges)
        for child, edges in debts.items()
    }
    moving, gained = pulls_towards(owned, currency.index, debts, accounts)
    paying = tuple(
        share
        for share, work in sorted(shares.items())
        if (work in paid and ledger.claimable(share, currency.index, holder))
        or (gained.get(work) and ledger.units(holder, share))
    )
    if not paying:
        return ClaimPlan(holder, currency, (), (), (), 0)
    complete = len(moving) <= _MOST and len(paying) <= _MOST
    pulls = tuple(Pull(child, edge, currency.index) for child, edge in moving[:_MOST])
    paying = paying[:_MOST]
    amount = _amount(services, ledger.pull_and_claim(pulls, paying, currency.index, holder), holder)
    works = tuple(sorted({shares[share] for share in paying}))
    return ClaimPlan(holder, currency, pulls, paying, works, amount, complete)


def newest_change(services: Services, planned: ClaimPlan) -> int:
    """Number of the newest indexed block in which something changed that a plan's amount rests on."""
    with services.store.snapshot() as tx:
        shares = tx.events.shares_of(planned.account)
        below = _debts_below(tx, set(shares.values()))
        events = tx.events.about_works({*below, *shares})
    return max((each.block for each in events if each.currency in (None, planned.currency.index)), default=0)


def pulls_towards(
    works: Collection[int], currency: int, debts: Debts, accounts: Mapping[int, Account]
) -> tuple[tuple[tuple[int, int], ...], dict[int, int]]:
    """The pulls that bring `works` what their descendants owe them, and what guarantees and ceilings leave with them.

    Args:
        works: who shall receive.
        currency: index of the currency that is pulled.
        debts: edges of every descendant, and of `works`.
        accounts: of each of these.

    Returns:
        (child, edge) of each pull that does something, children before their parents, and what each work gains: what
        arrives over edges, and what its own edges leave with it.
    """
    arrived: dict[int, int] = defaultdict(int)
    kept: dict[int, int] = defaultdict(int)
    pulls: list[tuple[int, int]] = []
    for child in _leaves_first(debts):
        account = accounts[child]
        for index, edge in enumerate(debts[child]):
            # What arrives here by the pulls before is owed on at once (docs/SPECIFICATION.md §2, cumulative floors).
            before = share_of(account.gross, edge.upstream)
            now = share_of(account.gross + arrived[child], edge.upstream)
            moved = account.pullable[index] + edge.due(now, currency) - edge.due(before, currency)
            left = now - account.counted[index] - moved
            if (moved and (edge.parent in works or edge.parent in debts)) or (left and child in works):
                pulls.append((child, index))
                arrived[edge.parent] += moved
                kept[child] += left
    return tuple(pulls), {work: arrived[work] + kept[work] for work in {*arrived, *kept}}


def _account(ledger: RoyaltyLedger, child: int, currency: int, counted: Mapping[int, int], edges: int) -> Account:
    gross, numbers = ledger.gross(child, currency), range(edges)
    pullable = tuple(ledger.pullable(child, index, currency) for index in numbers)
    return Account(gross, pullable, tuple(counted.get(index, 0) for index in numbers))


def _nothing(edges: Sequence[Edge]) -> Account:
    """The account of a child that was never paid."""
    return Account(0, (0,) * len(edges), (0,) * len(edges))


def _counted(tx: UnitOfWork, children: Collection[int], currency: int) -> dict[int, dict[int, int]]:
    """By child and edge: the share of the child's gross that the edge was pulled for."""
    counted: dict[int, dict[int, int]] = {child: defaultdict(int) for child in children}
    for event in tx.events.pulls_out_of(children):
        if event.related is not None and event.currency == currency:
            counted[event.related][int(event.args["edge"])] += int(event.args["amount"]) + int(event.args["kept"])
    return counted


def _debts_below(tx: UnitOfWork, works: Iterable[int]) -> dict[int, list[Edge]]:
    """The edges of these works, and of every work that derives from one of them at any depth."""
    debts, wanted = dict[int, list[Edge]](), set(works)
    while wanted:
        links: dict[int, list[EventRecord]] = {work: [] for work in wanted}
        for event in tx.events.links_of(wanted):
            if event.work is not None:
                links[event.work].append(event)
        debts |= {work: edges_of(work, links[work]) for work in sorted(wanted)}
        wanted = set(tx.events.children_of(wanted)) - debts.keys()
    return debts


def _leaves_first(debts: Debts) -> list[int]:
    """Children before their parents."""
    below: dict[int, set[int]] = {child: set() for child in debts}
    for child, edges in debts.items():
        for edge in edges:
            below.setdefault(edge.parent, set()).add(child)
    return [work for work in TopologicalSorter(below).static_order() if work in debts]


def _amount(services: Services, call: Call, holder: str) -> int:
    """Run the claim without sending it: the contract itself says what it would pay."""
    try:
        return int.from_bytes(services.client.try_call(call, holder), "big")
    except RefusedError as error:
        if error.code == "nothing-to-claim":
            return 0
        raise
