"""What the rules of money say, in exact fractions and without any of the ledger's shortcuts.

Every wei is shared out among all holders at the moment at which it is credited. The ledger does the same work lazily:
it keeps an index and settles whom it meets. If both agree after any history, the shortcuts are right.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

__all__ = ["Model"]

WHOLE: Final = 1_000_000
"""Parts per million, and units of a work."""


@dataclass
class Model:
    """Works, their edges and holders, and what each holder has earned and taken. Amounts in minor units."""

    edges: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    units: dict[int, Counter[str]] = field(default_factory=dict)
    gross: Counter[tuple[int, int]] = field(default_factory=Counter)
    pulled: Counter[tuple[int, int, int]] = field(default_factory=Counter)
    earned: defaultdict[tuple[int, int, str], Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    taken: Counter[tuple[int, int, str]] = field(default_factory=Counter)
    deposits: Counter[int] = field(default_factory=Counter)
    payouts: Counter[int] = field(default_factory=Counter)

    def register(self, work: int, registrant: str, edges: list[tuple[int, int]]) -> None:
        """A work of one holder, with its debts: (parent, parts per million)."""
        self.edges[work] = edges
        self.units[work] = Counter({registrant: WHOLE})

    def deposit(self, work: int, currency: int, amount: int) -> None:
        """Money from outside."""
        self.deposits[currency] += amount
        self._credit(work, currency, amount)

    def pullable(self, child: int, edge: int, currency: int) -> int:
        """⌊gross · share⌋ less what was pulled before."""
        _, share = self.edges[child][edge]
        return self.gross[child, currency] * share // WHOLE - self.pulled[child, edge, currency]

    def pull(self, child: int, edge: int, currency: int) -> int:
        """Move a debt up."""
        moved = self.pullable(child, edge, currency)
        self.pulled[child, edge, currency] += moved
        self._credit(self.edges[child][edge][0], currency, moved)
        return moved

    def claimable(self, work: int, currency: int, holder: str) -> int:
        """Whole minor units earned and not yet taken."""
        key = (work, currency, holder)
        return int(self.earned[key]) - self.taken[key]

    def claim(self, works: list[int], currency: int, holder: str) -> int:
        """Pay a holder out."""
        total = 0
        for work in works:
            amount = self.claimable(work, currency, holder)
            self.taken[work, currency, holder] += amount
            total += amount
        self.payouts[currency] += total
        return total

    def transfer(self, work: int, sender: str, receiver: str, units: int) -> None:
        """M6: what was earned stays where it is."""
        self.units[work][sender] -= units
        self.units[work][receiver] += units

    def liabilities(self, currency: int) -> Fraction:
        """M1: what is owed to holders, whole or in fractions, and what is on its way to a parent or lost to floors."""
        held = sum(
            (amount - self.taken[key] for key, amount in self.earned.items() if key[1] == currency), start=Fraction()
        )
        return held + sum(self._withheld(work, currency) - self._moved(work, currency) for work in self.edges)

    def residue_bound(self, currency: int) -> int:
        """M5: the most that can be left when everybody has left: parents − 1 per work, and below one per holder."""
        holders = sum(1 for key in self.earned if key[1] == currency)
        return sum(max(len(edges) - 1, 0) for edges in self.edges.values()) + holders

    def _credit(self, work: int, currency: int, amount: int) -> None:
        before = self._net(work, currency)
        self.gross[work, currency] += amount
        gained = self._net(work, currency) - before
        for holder, units in self.units[work].items():
            self.earned[work, currency, holder] += Fraction(gained * units, WHOLE)

    def _net(self, work: int, currency: int) -> int:
        return self.gross[work, currency] - self._withheld(work, currency)

    def _withheld(self, work: int, currency: int) -> int:
        return self.gross[work, currency] * sum(share for _, share in self.edges[work]) // WHOLE

    def _moved(self, work: int, currency: int) -> int:
        return sum(self.pulled[work, edge, currency] for edge in range(len(self.edges[work])))
