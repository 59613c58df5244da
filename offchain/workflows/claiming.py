"""What an account can claim: the edges to pull first, leaf before root, and the works that then pay."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter

from offchain.chain import Call, Currency, Edge, Pull
from offchain.chain.address import parse_address
from offchain.chain.ledger import RoyaltyLedger
from offchain.errors import RefusedError
from offchain.money import share_of
from offchain.store import UnitOfWork
from offchain.workflows.derivation import children_of, edges_of
from offchain.workflows.services import Services

__all__ = ["Account", "ClaimPlan", "Debts", "plan", "pulls_towards"]

Debts = Mapping[int, Sequence[Edge]]
"""Edges of each child, in the ledger's order."""


@dataclass(frozen=True, slots=True)
class ClaimPlan:
    """One claim of an account, in one currency.

    Attributes:
        account: who claims.
        currency: of the claim.
        pulls: edges that have something to move, each after those below it.
        works: works that pay the account.
        amount: minor units that the account would receive now.
    """

    account: str
    currency: Currency
    pulls: tuple[Pull, ...]
    works: tuple[int, ...]
    amount: int

    def call(self, ledger: RoyaltyLedger) -> Call | None:
        """The transaction that the account sends, paying itself; None when there is nothing."""
        if self.amount == 0:
            return None
        return ledger.pull_and_claim(self.pulls, self.works, self.currency.index, self.account)


@dataclass(frozen=True, slots=True)
class Account:
    """A child's account in one currency: its gross, and what a pull of each edge would move now, in minor units."""

    gross: int
    pullable: tuple[int, ...]


def plan(services: Services, account: str, currency: Currency) -> ClaimPlan:
    """What `account` can claim in a currency as the chain stands; the indexer must have caught up.

    Raises:
        InputError: a malformed account.
        UnavailableError: the chain does not answer.
    """
    holder, ledger = parse_address(account), services.contracts.ledger
    with services.store.snapshot() as tx:
        owned = tx.events.works_of(holder)
        debts = _debts_below(tx, owned)
    accounts = {child: _account(ledger, child, currency.index, len(edges)) for child, edges in debts.items()}
    moving, gained = pulls_towards(owned, debts, accounts)
    works = tuple(
        work
        for work in sorted(owned)
        if ledger.claimable(work, currency.index, holder) or (gained.get(work) and ledger.units(holder, work))
    )
    if not works:
        return ClaimPlan(holder, currency, (), (), 0)
    pulls = tuple(Pull(child, edge, currency.index) for child, edge in moving)
    amount = _amount(services, ledger.pull_and_claim(pulls, works, currency.index, holder), holder)
    return ClaimPlan(holder, currency, pulls, works, amount)


def pulls_towards(
    works: Collection[int], debts: Debts, accounts: Mapping[int, Account]
) -> tuple[tuple[tuple[int, int], ...], dict[int, int]]:
    """The pulls that bring `works` everything that their descendants owe them.

    Args:
        works: who shall receive.
        debts: edges of every descendant.
        accounts: of every descendant.

    Returns:
        (child, edge) of each pull that moves something, children before their parents, and what each work gains.
    """
    gained: dict[int, int] = defaultdict(int)
    pulls: list[tuple[int, int]] = []
    for child in _leaves_first(debts):
        gross, pullable = accounts[child].gross, accounts[child].pullable
        for index, edge in enumerate(debts[child]):
            if edge.parent not in works and edge.parent not in debts:
                continue
            # What arrives here by the pulls before is owed on at once (docs/SPECIFICATION.md §2, cumulative floors).
            later = share_of(gross + gained[child], edge.upstream) - share_of(gross, edge.upstream)
            moved = pullable[index] + later
            if moved:
                pulls.append((child, index))
                gained[edge.parent] += moved
    return tuple(pulls), dict(gained)


def _account(ledger: RoyaltyLedger, child: int, currency: int, edges: int) -> Account:
    return Account(
        ledger.gross(child, currency), tuple(ledger.pullable(child, index, currency) for index in range(edges))
    )


def _debts_below(tx: UnitOfWork, works: Iterable[int]) -> dict[int, list[Edge]]:
    """The edges of every work that derives, at any depth, from one of these."""
    debts: dict[int, list[Edge]] = {}
    waiting, seen = list(works), set[int]()
    while waiting:
        parent = waiting.pop()
        if parent in seen:
            continue
        seen.add(parent)
        for child in children_of(parent, tx.events.of_work(parent)):
            debts.setdefault(child, edges_of(child, tx.events.of_work(child)))
            waiting.append(child)
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
