"""What the rules of money say, without any of the ledger's shortcuts.

Every minor unit is shared out among all holders, in millionths, at the moment at which it is credited. The ledger does
the same work lazily: it keeps an index and settles whom it meets. If both agree after any history, the shortcuts are
right. Written from docs/SPECIFICATION.md §2.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from eth_utils import keccak

__all__ = ["WHOLE", "Advance", "Edge", "Model", "Work", "share_id"]

WHOLE: Final = 1_000_000
"""Parts per million, units of a series, and millionths of a minor unit."""

Key = tuple[int, int]
"""(work, currency)"""


class Edge(NamedTuple):
    """A debt of `share` ppm to `parent`; guarantee and ceiling in minor units of `currency`, ceiling 0 for none."""

    parent: int
    share: int
    currency: int = 0
    guarantee: int = 0
    ceiling: int = 0

    def owed(self, currency: int, due: int) -> int:
        """E(x)."""
        if currency != self.currency:
            return due
        least = max(due, self.guarantee)
        return min(least, self.ceiling) if self.ceiling else least


class Advance(NamedTuple):
    """What was paid, by whom, and what of it is back; `base` is the net revenue at that time."""

    advancer: str
    principal: int
    rate: int
    base: int
    withdrawn: int = 0


@dataclass
class Work:
    """A title; `dispute` is the number of the open one, `rejected` counts those that were."""

    holder: str
    edges: list[Edge]
    epoch: int = 0
    series: int = 0
    issued: bool = False
    dispute: int | None = None
    rejected: int = 0


def share_id(work: int, series: int) -> int:
    """ERC-6909 id of a series."""
    words = work.to_bytes(32, "big") + series.to_bytes(32, "big")
    return work if series == 0 else int.from_bytes(keccak(words), "big") >> 64


@dataclass
class Model:
    """Works and money, in minor units unless named otherwise.

    Attributes:
        units: by id of a series, then by holder; `leaf i` holds what leaf i of a tree has not activated.
        earned: millionths by (id, currency, holder), never reduced. taken: minor units paid out of them.
        gross, back, frozen, lent, replaced: by (work, currency); the latter two are ΣA and ΣR of earlier advances.
        stopped: R_open by (work, currency), while a dispute is open.
        moved: x by (child, edge, currency).
        held: by (work, currency, day).
        income, payouts: by currency.
    """

    works: dict[int, Work] = field(default_factory=dict)
    units: dict[int, Counter[str]] = field(default_factory=dict)
    earned: Counter[tuple[int, int, str]] = field(default_factory=Counter)
    taken: Counter[tuple[int, int, str]] = field(default_factory=Counter)
    gross: Counter[Key] = field(default_factory=Counter)
    back: Counter[Key] = field(default_factory=Counter)
    frozen: Counter[Key] = field(default_factory=Counter)
    stopped: Counter[Key] = field(default_factory=Counter)
    lent: Counter[Key] = field(default_factory=Counter)
    replaced: Counter[Key] = field(default_factory=Counter)
    moved: Counter[tuple[int, int, int]] = field(default_factory=Counter)
    held: Counter[tuple[int, int, int]] = field(default_factory=Counter)
    advances: dict[Key, Advance] = field(default_factory=dict)
    requests: dict[Key, tuple[int, int, int]] = field(default_factory=dict)
    income: Counter[int] = field(default_factory=Counter)
    payouts: Counter[int] = field(default_factory=Counter)

    # Questions

    def current(self, work: int) -> int:
        """Id of the current series."""
        return share_id(work, self.works[work].series)

    def ids(self, work: int) -> list[int]:
        """Ids of all series, the current one last."""
        return [share_id(work, series) for series in range(self.works[work].series + 1)]

    def withheld(self, work: int, currency: int) -> int:
        """⌊G·S/1e6⌋."""
        return self.gross[work, currency] * sum(edge.share for edge in self.works[work].edges) // WHOLE

    def net(self, work: int, currency: int) -> int:
        """N = G − ⌊G·S/1e6⌋ + back."""
        return self.gross[work, currency] - self.withheld(work, currency) + self.back[work, currency]

    def recouped(self, work: int, currency: int) -> int:
        """R = min(A, ⌊(N − N₀)·ρ/1e6⌋); it waits at R_open while a dispute is open."""
        if self.works[work].dispute is not None:
            return self.stopped[work, currency]
        advance = self.advances.get((work, currency))
        if advance is None:
            return 0
        return min(advance.principal, (self.net(work, currency) - advance.base) * advance.rate // WHOLE)

    def withdrawable(self, work: int, currency: int) -> int:
        """What the present advancer can take out."""
        advance = self.advances.get((work, currency))
        return self.recouped(work, currency) - advance.withdrawn if advance else 0

    def repaid(self, work: int, currency: int) -> bool:
        """Whether no advance is being recouped."""
        advance = self.advances.get((work, currency))
        return advance is None or self.recouped(work, currency) == advance.principal

    def due(self, child: int, edge: int, currency: int) -> int:
        """x' = ⌊G·s/1e6⌋."""
        return self.gross[child, currency] * self.works[child].edges[edge].share // WHOLE

    def pullable(self, child: int, edge: int, currency: int) -> int:
        """E(x') − E(x)."""
        debt = self.works[child].edges[edge]
        due, moved = self.due(child, edge, currency), self.moved[child, edge, currency]
        return debt.owed(currency, due) - debt.owed(currency, moved)

    def claimable(self, id_: int, currency: int, holder: str) -> int:
        """Whole minor units earned and not yet taken."""
        key = id_, currency, holder
        return self.earned[key] // WHOLE - self.taken[key]

    def liabilities(self, currency: int) -> int:
        """M1, in millionths: claimable + unpulled + frozen + recouped + held, fractions and floors included."""
        claims = sum(v for k, v in self.earned.items() if k[1] == currency)
        claims -= WHOLE * sum(v for k, v in self.taken.items() if k[1] == currency)
        upstream = sum(self.withheld(w, currency) - self.gone(w, currency) for w in self.works)
        frozen = sum(v for k, v in self.frozen.items() if k[1] == currency)
        recouped = sum(self.withdrawable(*key) for key in self.advances if key[1] == currency)
        held = sum(v for k, v in self.held.items() if k[1] == currency)
        return claims + WHOLE * (upstream + frozen + recouped + held)

    def gone(self, work: int, currency: int) -> int:
        """Σx: what all edges of a work were pulled for."""
        return sum(self.moved[work, edge, currency] for edge in range(len(self.works[work].edges)))

    def residue_bound(self, currency: int) -> int:
        """M5: the most that can be left when everybody has left: parents − 1 a work, below one a holder."""
        holders = sum(1 for key, millionths in self.earned.items() if key[1] == currency and millionths % WHOLE)
        return sum(max(len(work.edges) - 1, 0) for work in self.works.values()) + holders

    # Titles and shares

    def register(self, work: int, holder: str, edges: list[Edge], leaves: list[tuple[str, int]] | None = None) -> None:
        """A work, whose shares its holder has, or the leaves of a tree."""
        self.works[work] = Work(holder, edges, issued=leaves is not None)
        self.units[work] = Counter({holder: WHOLE})
        if leaves:
            self.plant(work, leaves)

    def plant(self, work: int, leaves: list[tuple[str, int]]) -> None:
        """The current series is distributed; what was earned before stays where it is."""
        self.works[work].issued = True
        self.units[self.current(work)] = Counter({f"leaf {i}": units for i, (_, units) in enumerate(leaves)})

    def activate(self, id_: int, index: int, account: str, currencies: tuple[int, ...]) -> None:
        """A leaf becomes units, with all that it earned."""
        leaf = f"leaf {index}"
        self.units[id_][account] += self.units[id_].pop(leaf)
        for currency in currencies:
            self.earned[id_, currency, account] += self.earned.pop((id_, currency, leaf), 0)

    def transfer(self, id_: int, sender: str, receiver: str, units: int) -> None:
        """M6: what was earned stays where it is."""
        self.units[id_][sender] -= units
        self.units[id_][receiver] += units

    def transfer_title(self, work: int, receiver: str) -> None:
        """Shares stay; offers and requests are void."""
        title = self.works[work]
        title.holder, title.epoch, title.issued = receiver, title.epoch + 1, True

    # Money in

    def deposit(self, work: int, currency: int, amount: int) -> None:
        """Money from outside."""
        self.income[currency] += amount
        self.credit(work, currency, amount)

    def hold(self, work: int, currency: int, day: int, amount: int) -> None:
        """A refundable sale."""
        self.income[currency] += amount
        self.held[work, currency, day] += amount

    def release(self, work: int, currency: int, day: int) -> int:
        """The day is over."""
        amount = self.held.pop((work, currency, day))
        self.credit(work, currency, amount)
        return amount

    def credit(self, work: int, currency: int, amount: int) -> None:
        """Raise the gross, and share out what that earned."""
        with self._sharing(work, currency):
            self.gross[work, currency] += amount

    def pull(self, child: int, edge: int, currency: int) -> tuple[int, int]:
        """Move a debt up: what moved, and what guarantee or ceiling left with the child."""
        debt, due = self.works[child].edges[edge], self.due(child, edge, currency)
        moved = self.pullable(child, edge, currency)
        with self._sharing(child, currency):
            kept = due - self.moved[child, edge, currency] - moved
            self.moved[child, edge, currency] = due
            self.back[child, currency] += kept
        if moved:
            self.credit(debt.parent, currency, moved)
        return moved, kept

    # Money out

    def refund(self, work: int, currency: int, day: int, amount: int) -> None:
        """Back to a buyer."""
        self.held[work, currency, day] -= amount
        self.payouts[currency] += amount

    def claim(self, ids: list[int], currency: int, holder: str) -> int:
        """Pay a holder out."""
        total = 0
        for id_ in ids:
            amount = self.claimable(id_, currency, holder)
            self.taken[id_, currency, holder] += amount
            total += amount
        self.payouts[currency] += total
        return total

    # Advances

    def pay_advance(self, work: int, currency: int, advancer: str) -> None:
        """The principal belongs to the holders; the former advancer's remainder becomes a claim."""
        principal, rate, _ = self.requests.pop((work, currency))
        self.income[currency] += principal
        former = self.advances.get((work, currency))
        if former:
            left = self.withdrawable(work, currency)
            self.earned[self.current(work), currency, former.advancer] += left * WHOLE
        with self._sharing(work, currency):
            self.lent[work, currency] += principal
            self.replaced[work, currency] += former.principal if former else 0
            self.advances[work, currency] = Advance(advancer, principal, rate, self.net(work, currency))

    def withdraw_advance(self, work: int, currency: int) -> int:
        """The advancer takes what is recouped."""
        amount = self.withdrawable(work, currency)
        advance = self.advances[work, currency]
        self.advances[work, currency] = advance._replace(withdrawn=advance.withdrawn + amount)
        self.payouts[currency] += amount
        return amount

    # Judgements

    def freeze(self, work: int, dispute: int, currencies: tuple[int, ...]) -> None:
        """What comes from now on waits, and so does recoupment."""
        self.stopped.update({(work, currency): self.recouped(work, currency) for currency in currencies})
        self.works[work].dispute = dispute

    def reject(self, work: int, currencies: tuple[int, ...]) -> None:
        """What waited belongs to the holders."""
        title = self.works[work]
        title.dispute, title.rejected = None, title.rejected + 1
        for currency in currencies:
            self._share(self.current(work), currency, self._waited(work, currency))

    def divert(self, work: int, winner: str, currencies: tuple[int, ...]) -> None:
        """What waited is the winner's, without any units."""
        self.works[work].dispute = None
        for currency in currencies:
            waited = self._waited(work, currency)
            self.earned[self.current(work), currency, winner] += waited * WHOLE

    def retitle(self, work: int, winner: str, currencies: tuple[int, ...]) -> None:
        """Title, and a new series with what waited, are the winner's; the advancer keeps R_open."""
        title = self.works[work]
        title.holder, title.series, title.epoch, title.issued = winner, title.series + 1, title.epoch + 1, False
        self.units[self.current(work)] = Counter({winner: WHOLE})
        for key in [key for key in self.advances if key[0] == work]:
            self.advances[key] = self.advances[key]._replace(principal=self.stopped[key])
        self.divert(work, winner, currencies)

    # Inside

    def _waited(self, work: int, currency: int) -> int:
        """What is frozen no longer, less what recoupment makes up for."""
        resumed = self.recouped(work, currency) - self.stopped.pop((work, currency))
        return self.frozen.pop((work, currency), 0) - resumed

    def _total(self, work: int, currency: int) -> int:
        """H + V: what all series, and all winners, ever earned."""
        key = work, currency
        return self.net(*key) - self.replaced[key] - self.recouped(*key) + self.lent[key]

    @contextmanager
    def _sharing(self, work: int, currency: int) -> Iterator[None]:
        before = self._total(work, currency)
        yield
        gained = self._total(work, currency) - before
        if gained < 0:
            raise AssertionError(f"the index of {work} fell by {-gained}")
        if self.works[work].dispute is None:
            self._share(self.current(work), currency, gained)
        else:
            self.frozen[work, currency] += gained

    def _share(self, id_: int, currency: int, amount: int) -> None:
        for holder, units in self.units[id_].items():
            self.earned[id_, currency, holder] += amount * units
