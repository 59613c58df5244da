"""The ledger, as docs/SPECIFICATION.md §2 tells it: money comes in, moves up, and goes out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.contracts.reference.accounts import Pull
from tests.contracts.reference.lending import Lending
from tests.contracts.reference.rules import DAY, PPM, Message, refuse, try_all
from tests.contracts.reference.series import Series
from tests.contracts.reference.tokens import NOBODY

__all__ = ["Ledger"]

MOST_PUSHED = 32


class Ledger(Lending, Series):
    """All money of all works."""

    # Money comes in

    def deposit(self, msg: Message, work: int, currency: int, amount: int) -> int:
        """Anybody's money for a work."""
        refuse(self._deposit_reasons(msg, work, currency, amount))
        return self.take(msg.sender, work, currency, amount)

    def _deposit_reasons(self, msg: Message, work: int, currency: int, amount: int) -> Iterator[str]:
        yield from self.works.final_reasons(msg.now, work, "RoyaltyLedger")
        if amount == 0:
            yield "RoyaltyLedger__ZeroAmount"
        yield from self.value_reasons(msg, currency, amount)
        yield from self.payment_reasons(msg.sender, currency, amount)
        if currency < len(self.currencies):
            yield from self.credit_reasons(work, currency, self.currencies[currency].arriving(amount))

    def depositAndPull(self, msg: Message, work: int, currency: int, amount: int, edges: Sequence[int]) -> int:
        """`deposit`, then those edges; nothing to move is no error."""
        unknown = {reason for edge in edges for reason in self.edge_reasons(work, edge)}
        deposit = [*self._deposit_reasons(msg, work, currency, amount)]
        refuse([*deposit, *unknown] if deposit else [])
        arrived: list[int] = []

        def move() -> None:
            arrived.append(self.take(msg.sender, work, currency, amount))
            for edge in edges:
                if not {*self.edge_reasons(work, edge)}:
                    self._move(work, edge, currency)

        try_all(lambda: refuse(unknown), move)
        return arrived[0]

    def release(self, msg: Message, work: int, currency: int, day: int) -> int:
        """Held money of a day that is over."""
        amount = self.held[work, currency, day]
        refuse(["RoyaltyLedger__StillHeld"] * (msg.now // DAY <= day) + ["RoyaltyLedger__NothingHeld"] * (amount == 0))
        self.held[work, currency, day] = 0
        self.credit(work, currency, amount)
        return amount

    # Money moves up

    def pull(self, _: Message, child: int, edge: int, currency: int) -> int:
        """One edge, by anybody."""
        refuse(self.edge_reasons(child, edge))
        refuse(["RoyaltyLedger__NothingToPull"] if self.unpulled(child, edge, currency) == 0 else [])
        return self._move(child, edge, currency)

    def pullMany(self, _: Message, pulls: Sequence[Pull]) -> None:
        """In the given order; nothing to move is no error."""
        for child, edge, currency in pulls:
            refuse(self.edge_reasons(child, edge))
            self._move(child, edge, currency)

    def _move(self, child: int, edge: int, currency: int) -> int:
        moved, owed = self.pullable(child, edge, currency), self.unpulled(child, edge, currency)
        self.moved[child, edge, currency] += owed

        def change() -> None:
            self.back[child, currency] += owed - moved

        self._grow(child, currency, change)
        self.credit(self.works.titles[child].edges[edge].parent, currency, moved)
        return moved

    # Money goes out

    def claim(self, msg: Message, ids: Sequence[int], currency: int, to: str) -> int:
        """Pay the caller for many works in one transfer."""
        amount = sum(self._taken(id_, currency, msg.sender) for id_ in ids)
        refuse(
            ["RoyaltyLedger__NothingToClaim"] * (amount == 0)
            + [*self.receiver_reasons(currency, to, amount)]
            + [reason for id_ in ids for reason in self.series_reasons(id_)]
        )
        self.pay(currency, to, amount)
        return amount

    def _taken(self, id_: int, currency: int, holder: str) -> int:
        """Whole minor units that a holder stops being owed."""
        whole = self.claimable(id_, currency, holder)
        self.owed[id_, currency, holder] -= whole * PPM
        return whole

    def pullAndClaim(self, msg: Message, pulls: Sequence[Pull], ids: Sequence[int], currency: int, to: str) -> int:
        """`pullMany`, then `claim`."""
        self.pullMany(msg, pulls)
        return self.claim(msg, ids, currency, to)

    def push(self, _: Message, id_: int, currency: int, holders: Sequence[str]) -> int:
        """Whoever cannot be paid keeps the claim; whose payout address is the ledger is passed over."""
        refuse(
            ["RoyaltyLedger__TooManyHolders"] * (len(holders) > MOST_PUSHED)
            + [reason for _ in holders for reason in self.series_reasons(id_)]
        )
        paid = 0
        for holder in holders:
            to = self.payouts_to.get(holder, holder)
            if to == self.address or [*self.receiver_reasons(currency, to, 1)]:
                continue
            whole = self._taken(id_, currency, holder)
            if whole:
                self.pay(currency, to, whole)
            paid += whole
        return paid

    def setPayout(self, msg: Message, to: str) -> None:
        """Where pushes to the caller go; nobody: to the caller."""
        self.payouts_to[msg.sender] = msg.sender if to == NOBODY else to
