"""Series of shares, as docs/SPECIFICATION.md §2 tells it: judgements that begin them, trees, transfers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.contracts.reference.accounts import UNLIMITED, Accounts
from tests.contracts.reference.rules import PPM, UNITS, Message, refuse
from tests.contracts.reference.tokens import NOBODY
from tests.contracts.reference.trees import climbed
from tests.contracts.reference.works import NO_HASH
from tests.contracts.shares import Node

__all__ = ["DIVERT", "REJECT", "RETITLE", "Series"]

REJECT, DIVERT, RETITLE = range(3)
"""How a dispute may end."""


class Series(Accounts):
    """Calls that concern who has which shares."""

    # Disputes

    def freeze(self, _: Message, work: int) -> None:
        """What is credited from now on waits."""
        if work not in self.works.titles:
            refuse(["WorkRegistry__UnknownWork"])
        refuse(["RoyaltyLedger__Disputed"] if self.works.disputed(work) else [])
        for currency in range(len(self.currencies)):
            self.stopped[work, currency] = self.recouped(work, currency)
        self.works.change(work, disputed=True)

    def resolve(self, _: Message, work: int, outcome: int, winner: str) -> None:
        """What waited, less what recoupment makes up for, goes to the holders, to the winner, or to its new series."""
        if work not in self.works.titles:
            refuse(["WorkRegistry__UnknownWork", "RoyaltyLedger__NotDisputed"])
        refuse(["RoyaltyLedger__NotDisputed"] if not self.works.disputed(work) else [])
        self.works.change(work, disputed=False)
        if outcome == RETITLE:
            self._retitle(work, winner)
        for currency in range(len(self.currencies)):
            if outcome == RETITLE:
                self._end_advance(work, currency)
            resumed = self.recouped(work, currency) - self.stopped.pop((work, currency))
            waited = self.frozen.pop((work, currency), 0) - resumed
            if outcome == DIVERT:
                self.owed[self.current(work), currency, winner] += waited * PPM
                self.diverted[work, currency] += waited
            else:
                self._share(self.current(work), currency, waited)

    def _retitle(self, work: int, winner: str) -> None:
        title = self.works.titles[work]
        self.works.change(work, series=title.series + 1, issued=False)
        self.works.tokens.move(work, winner)
        self.works.raise_epoch(work)
        self.begin(work, title.series + 1, winner)

    def _end_advance(self, work: int, currency: int) -> None:
        """The advancer keeps R_open, and nothing of what came later."""
        advance = self.advances.get((work, currency))
        if advance:
            self.advances[work, currency] = advance._replace(principal=self.stopped[work, currency])

    # Shares

    def distribute(self, msg: Message, work: int, root: bytes) -> None:
        """By the holder of title and, implicitly, of all shares; what was earned before stays earned."""
        refuse(
            [
                *self.works.holder_reasons(msg.sender, work, "RoyaltyLedger"),
                *self.works.final_reasons(msg.now, work, "RoyaltyLedger"),
                *["RoyaltyLedger__AlreadyIssued"] * (work in self.works.titles and self.works.titles[work].issued),
                *["RoyaltyLedger__NoRoot"] * (root == NO_HASH),
            ]
        )
        self.works.change(work, issued=True)
        self.plant(self.current(work), root, msg.sender)

    def activate(self, msg: Message, id_: int, index: int, account: str, units: int, proof: Sequence[Node]) -> None:
        """A leaf becomes units of its account, with all that they earned, by anybody."""
        refuse(self._leaf_reasons(msg.now, id_, index, account, units, proof))
        self.active.add((id_, index))
        del self.units[id_, index]
        self.units[id_, account] += units
        for currency in range(len(self.currencies)):
            self.owed[id_, currency, account] += self.owed.pop((id_, currency, index), 0)

    def _leaf_reasons(
        self, now: int, id_: int, index: int, account: str, units: int, proof: Sequence[Node]
    ) -> Iterator[str]:
        root = self.roots.get(id_)
        if root is None:
            yield "RoyaltyLedger__NoRoot"
        else:
            yield from self.works.final_reasons(now, self.series[id_][0], "RoyaltyLedger")
        if climbed(index, account, units, proof) != (root, UNITS, 0):
            yield "RoyaltyLedger__BadProof"
        if (id_, index) in self.active:
            yield "RoyaltyLedger__AlreadyActivated"

    def transfer(self, msg: Message, receiver: str, id_: int, units: int) -> bool:
        """M6: what was credited before stays with the sender. Of no units it is an event and nothing else."""
        refuse(self._transfer_reasons(msg.now, msg.sender, receiver, id_, units))
        return self._hand_over(msg.sender, receiver, id_, units)

    def transferFrom(self, msg: Message, sender: str, receiver: str, id_: int, units: int) -> bool:
        """ERC-6909: by the sender, its operator, or on an allowance that the largest number never uses up."""
        key = (sender, msg.sender, id_)
        free = msg.sender == sender or (sender, msg.sender) in self.operators
        short = not free and self.allowances[key] < units
        refuse(
            [*self._transfer_reasons(msg.now, sender, receiver, id_, units)]
            + ["RoyaltyLedger__InsufficientAllowance"] * short
        )
        if not free and self.allowances[key] != UNLIMITED:
            self.allowances[key] -= units
        return self._hand_over(sender, receiver, id_, units)

    def _transfer_reasons(self, now: int, sender: str, receiver: str, id_: int, units: int) -> Iterator[str]:
        if receiver == NOBODY:
            yield "RoyaltyLedger__ZeroAddress"
        if receiver == self.address:
            yield "RoyaltyLedger__PaymentFailed"
        if units == 0:
            return
        yield from self.series_reasons(id_)
        if id_ in self.series:
            yield from self.works.final_reasons(now, self.series[id_][0], "RoyaltyLedger")
        if self.units[id_, sender] < units:
            yield "RoyaltyLedger__InsufficientShares"

    def _hand_over(self, sender: str, receiver: str, id_: int, units: int) -> bool:
        if units == 0:
            return True
        work, series = self.series[id_]
        if self.works.titles[work].series == series:
            self.works.change(work, issued=True)
        self.units[id_, sender] -= units
        self.units[id_, receiver] += units
        return True

    def approve(self, msg: Message, spender: str, id_: int, units: int) -> bool:
        """ERC-6909."""
        self.allowances[msg.sender, spender, id_] = units
        return True

    def setOperator(self, msg: Message, spender: str, approved: bool) -> bool:
        """ERC-6909."""
        (self.operators.add if approved else self.operators.discard)((msg.sender, spender))
        return True
