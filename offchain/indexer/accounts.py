"""The ledger's arithmetic for one account: what its royalty shares of a work have earned (docs/SPECIFICATION.md §2).

Per currency, in minor units:

    G  gross: deposits, releases, pulls that arrived
    N  = G − ⌊G·S/1e6⌋ + back, with S parts per million owed over all edges together
    R  = min(A, ⌊(N − N₀)·ρ/1e6⌋) of an advance A at rate ρ, paid when the net was N₀
    H  = N − ΣR + D − V, with D the principals of all advances, and V what judgements diverted

While a dispute is open the index stays at H_open; where it takes the title away, A becomes R_open. A series of shares
begins at the H at which it was opened, and ends where a judgement began the next. A holder of u units is owed
u·(index − last index) millionths at each settlement.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from offchain.money import UNITS, share_of

__all__ = ["Position", "Series", "Work"]


@dataclass(slots=True)
class Position:
    """The account in one (series, currency): millionths owed, index up to which they count, minor units paid."""

    owed: int = 0
    index: int = 0
    claimed: int = 0


@dataclass(slots=True)
class _Purse:
    """One (work, currency): see the module's formulas.

    Attributes:
        removed: what closed advances recouped, and V.
        stopped: R_open of the latest dispute.
    """

    gross: int = 0
    back: int = 0
    added: int = 0
    removed: int = 0
    principal: int = 0
    rate: int = 0
    base: int = 0
    stopped: int = 0

    def net(self, upstream: int) -> int:
        return self.gross - share_of(self.gross, upstream) + self.back

    def recouped(self, upstream: int) -> int:
        return min(self.principal, share_of(self.net(upstream) - self.base, self.rate))

    def index(self, upstream: int) -> int:
        return self.net(upstream) - self.recouped(upstream) + self.added - self.removed

    def lend(self, upstream: int, principal: int, rate: int) -> None:
        """A new advance; the one before is closed."""
        self.removed += self.recouped(upstream)
        self.added += principal
        self.principal, self.rate, self.base = principal, rate, self.net(upstream)


@dataclass(slots=True)
class Series:
    """One series of shares.

    Attributes:
        sole: account that has all units implicitly; None once they are issued or distributed.
        start: the work's index at which it began, by currency.
        end: the work's index at which it ended; None while it is the current one.
        rooted: its index when its units were distributed by a tree; None where they were not.
        units: units of the account, implicit ones left aside.
        positions: of the account, by currency.
    """

    sole: str | None = None
    start: dict[int, int] = field(default_factory=dict)
    end: dict[int, int] | None = None
    rooted: dict[int, int] | None = None
    units: int = 0
    positions: defaultdict[int, Position] = field(default_factory=lambda: defaultdict(Position))


@dataclass(slots=True)
class Work:
    """A work's money, and the account's part of it; `opened` is H_open while a dispute is open."""

    account: str
    registrant: str | None = None
    upstream: int = 0
    purses: defaultdict[int, _Purse] = field(default_factory=lambda: defaultdict(_Purse))
    series: list[Series] = field(default_factory=lambda: [Series()])
    opened: dict[int, int] | None = None

    @property
    def current(self) -> Series:
        """The series that earns now."""
        return self.series[-1]

    def register(self, registrant: str) -> None:
        """A first or an earlier registration: the shares are the registrant's until they are issued."""
        self.registrant = registrant
        if self.current.rooted is None:
            self.current.sole = registrant

    def credit(self, currency: int, amount: int) -> None:
        """Money that reached the gross."""
        self.purses[currency].gross += amount

    def keep(self, currency: int, amount: int) -> None:
        """What a guarantee or a ceiling left with this work of what it owed."""
        self.purses[currency].back += amount

    def lend(self, currency: int, principal: int, rate: int) -> None:
        """An advance was paid."""
        self.purses[currency].lend(self.upstream, principal, rate)

    def grant(self, currency: int, amount: int) -> None:
        """Money that the account may claim without any units."""
        self.current.positions[currency].owed += amount * UNITS

    def divert(self, currency: int, amount: int) -> None:
        """A judgement took this from the holders of shares."""
        self.purses[currency].removed += amount

    def units(self, series: Series) -> int:
        """Units of the account, implicit ones included."""
        return UNITS if series.sole == self.account else series.units

    def settle(self, series: Series, currency: int) -> Position:
        """Count what the account earned with the units that it has had up to now."""
        position, now = series.positions[currency], self._index(series, currency)
        position.owed += self.units(series) * (now - position.index)
        position.index = now
        return position

    def issue(self, series: Series, receiver: str, units: int) -> None:
        """Write down what the sole holder had implicitly; the leaves of a tree are activated instead."""
        if series.rooted is None:
            series.sole, series.units = None, units if receiver == self.account else 0

    def move(self, series: Series, sender: str, receiver: str, units: int) -> None:
        """Shares change hands: both sides are settled before (M6)."""
        self._settle(series)
        series.units += units * ((receiver == self.account) - (sender == self.account))

    def root(self, series: Series, *, given: bool) -> None:
        """Distribute the units by a tree, or forget the tree of a registration that gave way."""
        self._settle(series)
        series.sole = None if given else self.registrant
        series.rooted = {currency: self._index(series, currency) for currency in self.purses} if given else None

    def activate(self, series: Series, units: int) -> None:
        """A leaf of the account, with all that it earned since the tree was given."""
        self._settle(series)
        series.units += units
        for currency, position in series.positions.items():
            position.owed += units * (position.index - (series.rooted or {}).get(currency, 0))

    def freeze(self) -> None:
        """A dispute was opened."""
        self.opened = {currency: purse.index(self.upstream) for currency, purse in self.purses.items()}
        for purse in self.purses.values():
            purse.stopped = purse.recouped(self.upstream)

    def resolve(self, heir: str | None) -> None:
        """The dispute ended; with an `heir`, to whom a new series belongs."""
        if heir is not None:
            self.current.end = self.opened or {}
            self.series.append(Series(sole=heir, start=dict(self.opened or {})))
            for purse in self.purses.values():
                purse.principal = purse.stopped
        self.opened = None

    def standing(self) -> Iterator[tuple[int, Series, int, int, int]]:
        """(number, series, currency, earned, claimed) of all that there is, in minor units; settles nothing."""
        for number, series in enumerate(self.series):
            for currency in sorted(self.purses):
                position = series.positions[currency]
                due = position.owed + self.units(series) * (self._index(series, currency) - position.index)
                yield number, series, currency, position.claimed + due // UNITS, position.claimed

    def _settle(self, series: Series) -> None:
        for currency in self.purses:
            self.settle(series, currency)

    def _index(self, series: Series, currency: int) -> int:
        if series.end is not None:
            now = series.end.get(currency, 0)
        elif self.opened is not None:
            now = self.opened.get(currency, 0)
        else:
            now = self.purses[currency].index(self.upstream)
        return now - series.start.get(currency, 0)
