"""The ledger, kept a second time by an accountant: events in, balances out (docs/SPECIFICATION.md §2).

It imports nothing of `offchain`, so that the services and the audit cannot be wrong in the same way. Amounts are minor
units, shares parts per million, `share` is the id of a series of royalty shares.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from web3 import Web3

__all__ = ["MILLION", "ZERO", "Advance", "Books", "Edge"]

MILLION: Final = 1_000_000
ZERO: Final = "0x" + "0" * 40
_RETITLE: Final = 2
_SERIES_BITS: Final = 192

Key = tuple[int, int]
"""(work or share, currency)."""

Holding = tuple[int, int, str]
"""(share, currency, holder)."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A debt to a parent; guarantee and ceiling (zero: none) count in their own currency only."""

    parent: int
    ppm: int
    currency: int = 0
    guarantee: int = 0
    ceiling: int = 0

    def due(self, share: int, currency: int) -> int:
        """E(x) = min(max(x, M), C)."""
        if currency != self.currency:
            return share
        raised = max(share, self.guarantee)
        return min(raised, self.ceiling) if self.ceiling else raised


@dataclass(slots=True)
class Advance:
    """The advance that a work repays: principal, rate, net when it was paid, and what was taken out."""

    advancer: str = ZERO
    principal: int = 0
    rate: int = 0
    base: int = 0
    withdrawn: int = 0


def _zeros() -> dict[Any, int]:
    return defaultdict(int)


@dataclass(slots=True)
class Books:
    """Everything that the events tell.

    Attributes:
        ledger: address of the ledger, to which an advance's rest goes when another takes its place.
        gross: everything credited, by (work, currency).
        back: what guarantees and ceilings left with a child, by (work, currency).
        added: principals of advances, by (work, currency).
        removed: recouped by closed advances, and diverted, by (work, currency).
        advances: by (work, currency).
        held: refundable, by (work, currency, day).
        edges: debts of each child, in order.
        counted: share of a child's gross that was pulled for, by (child, edge, currency).
        moved: what of it went to the parents, by (child, currency).
        opened: index when the open dispute began, by currency, of each disputed work.
        stopped: what the advance had recouped by then, by (work, currency).
        series: shares of each work, the current one last.
        later: work of each series but the first.
        start: the work's index at which a series began, by (share, currency).
        end: what a series that ended had earned, by share and currency.
        rooted: index at which a tree distributed a series, by share and currency.
        sole: who has all units of a series implicitly.
        units: royalty share units, by share and holder.
        owed: millionths and the index up to which they count, by (share, currency, holder).
        paid: withdrawn, by (share, currency, holder).
        taken: what came in from outside less what went out again but to holders, by currency.
        tokens: token address of each currency; 0 is the native coin.
    """

    ledger: str = ZERO
    gross: dict[Key, int] = field(default_factory=_zeros)
    back: dict[Key, int] = field(default_factory=_zeros)
    added: dict[Key, int] = field(default_factory=_zeros)
    removed: dict[Key, int] = field(default_factory=_zeros)
    advances: dict[Key, Advance] = field(default_factory=lambda: defaultdict(Advance))
    held: dict[tuple[int, int, int], int] = field(default_factory=_zeros)
    edges: dict[int, list[Edge]] = field(default_factory=lambda: defaultdict(list))
    counted: dict[tuple[int, int, int], int] = field(default_factory=_zeros)
    moved: dict[Key, int] = field(default_factory=_zeros)
    opened: dict[int, dict[int, int]] = field(default_factory=dict)
    stopped: dict[Key, int] = field(default_factory=_zeros)
    series: dict[int, list[int]] = field(default_factory=dict)
    later: dict[int, int] = field(default_factory=dict)
    start: dict[Key, int] = field(default_factory=_zeros)
    end: dict[int, dict[int, int]] = field(default_factory=dict)
    rooted: dict[int, dict[int, int]] = field(default_factory=dict)
    sole: dict[int, str] = field(default_factory=dict)
    units: dict[int, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    owed: dict[Holding, tuple[int, int]] = field(default_factory=lambda: defaultdict(lambda: (0, 0)))
    paid: dict[Holding, int] = field(default_factory=_zeros)
    taken: dict[int, int] = field(default_factory=_zeros)
    tokens: dict[int, str] = field(default_factory=lambda: {0: ZERO})

    def keep(self, event: str, values: tuple[Any, ...]) -> None:
        """Enter one event; `values` in the order of its signature."""
        getattr(self, f"_on_{event.lower()}")(*values)

    def net(self, work: int, currency: int) -> int:
        """N: gross, less the floor of all that is owed upstream, with what of it came back."""
        gross = self.gross[work, currency]
        return gross - gross * sum(edge.ppm for edge in self.edges[work]) // MILLION + self.back[work, currency]

    def recouped(self, work: int, currency: int) -> int:
        """R of the present advance."""
        advance = self.advances[work, currency]
        return min(advance.principal, (self.net(work, currency) - advance.base) * advance.rate // MILLION)

    def earned(self, work: int, currency: int) -> int:
        """H: what all units of all series have earned together, frozen revenue included."""
        gone = self.recouped(work, currency) + self.removed[work, currency]
        return self.net(work, currency) - gone + self.added[work, currency]

    def index(self, share: int, currency: int) -> int:
        """What the units of one series have earned together."""
        if share in self.end:
            return self.end[share].get(currency, 0)
        work = self.work_of(share)
        frozen = self.opened.get(work)
        now = self.earned(work, currency) if frozen is None else frozen.get(currency, 0)
        return now - self.start[share, currency]

    def work_of(self, share: int) -> int:
        """The work of a series."""
        return self.later.get(share, share)

    def units_of(self, share: int, holder: str) -> int:
        """Units, implicit ones included."""
        return MILLION if self.sole.get(share) == holder else self.units[share].get(holder, 0)

    def millionths(self, share: int, currency: int, holder: str) -> int:
        """Owed to a holder now, in millionths of a minor unit."""
        owed, index = self.owed[share, currency, holder]
        return owed + self.units_of(share, holder) * (self.index(share, currency) - index)

    def claimable(self, share: int, currency: int, holder: str) -> int:
        """What a holder can withdraw now."""
        return self.millionths(share, currency, holder) // MILLION

    def pullable(self, child: int, edge: int, currency: int) -> int:
        """What a pull would move now."""
        debt = self.edges[child][edge]
        share = self.gross[child, currency] * debt.ppm // MILLION
        return debt.due(share, currency) - debt.due(self.counted[child, edge, currency], currency)

    def holders(self) -> Iterator[tuple[int, str]]:
        """Every (share, account) that ever had units, or anything to claim."""
        found = {(share, holder) for share, units in self.units.items() for holder in units}
        found |= {(share, holder) for share, _, holder in self.owed}
        return iter(sorted(found | set(self.sole.items())))

    def liabilities(self, currency: int) -> int:
        """M1: everything that the ledger owes in a currency, in millionths."""
        due = sum(self.millionths(share, currency, holder) for share, holder in self.holders())
        due += sum(self._unactivated(share, currency) for share in self.rooted)
        whole = sum(amount for (_, c, _), amount in self.held.items() if c == currency)
        for work in self.series:
            whole += self.recouped(work, currency) - self.advances[work, currency].withdrawn
            whole += self.gross[work, currency] - self.net(work, currency) - self.moved[work, currency]
            if work in self.opened:
                whole += self.earned(work, currency) - self.opened[work].get(currency, 0)
        return due + whole * MILLION

    def assets(self, currency: int) -> int:
        """M1: what came in and was not paid out."""
        return self.taken[currency] - sum(amount for (_, c, _), amount in self.paid.items() if c == currency)

    def _unactivated(self, share: int, currency: int) -> int:
        """Earned by leaves that nobody activated yet, in millionths."""
        left = MILLION - sum(self.units[share].values())
        return left * (self.index(share, currency) - self.rooted[share].get(currency, 0))

    def _settle(self, share: int, holder: str) -> None:
        """Count what a holder earned with the units held so far, in every currency."""
        for currency in self.tokens:
            now = (self.millionths(share, currency, holder), self.index(share, currency))
            self.owed[share, currency, holder] = now

    def _grant(self, share: int, currency: int, holder: str, amount: int) -> None:
        """Let somebody claim money without units."""
        owed, index = self.owed[share, currency, holder]
        self.owed[share, currency, holder] = (owed + amount * MILLION, index)

    def _on_workregistered(self, work: int, registrant: str, *_: object) -> None:
        self.series.setdefault(work, [work])
        self.sole[work] = registrant

    def _on_edgelinked(self, child: int, parent: int, _: int, ppm: int, *bounds: int) -> None:
        self.edges[child].append(Edge(parent, ppm, *bounds))

    def _on_edgescleared(self, child: int) -> None:
        self.edges[child].clear()

    def _on_deposited(self, work: int, currency: int, _: str, __: str, amount: int) -> None:
        self.gross[work, currency] += amount
        self.taken[currency] += amount

    def _on_held(self, work: int, currency: int, _: str, day: int, amount: int) -> None:
        self.held[work, currency, day] += amount
        self.taken[currency] += amount

    def _on_released(self, work: int, currency: int, day: int, amount: int) -> None:
        self.held[work, currency, day] -= amount
        self.gross[work, currency] += amount

    def _on_refunded(self, work: int, currency: int, _: str, day: int, amount: int) -> None:
        self.held[work, currency, day] -= amount
        self.taken[currency] -= amount

    def _on_pulled(self, child: int, parent: int, currency: int, edge: int, amount: int, kept: int) -> None:
        self.counted[child, edge, currency] += amount + kept
        self.moved[child, currency] += amount
        self.back[child, currency] += kept
        self.gross[parent, currency] += amount

    def _on_claimed(self, share: int, currency: int, holder: str, _: str, amount: int) -> None:
        self._settle(share, holder)
        self._grant(share, currency, holder, -amount)
        self.paid[share, currency, holder] += amount

    def _on_transfer(self, _: str, sender: str, receiver: str, share: int, units: int) -> None:
        if units == 0:
            return  # an event and nothing else, also of an id that does not exist
        if sender == ZERO:
            # A tree's leaves come with `SharesActivated`; what is issued else was the sole holder's before.
            if share not in self.rooted:
                self.sole.pop(share, None)
                self.units[share] = {receiver: units}
            return
        for holder in (sender, receiver):
            self._settle(share, holder)
        for holder, change in ((sender, -units), (receiver, units)):
            self.units[share][holder] = self.units[share].get(holder, 0) + change

    def _on_sharesrooted(self, share: int, root: bytes) -> None:
        if not any(root):
            del self.rooted[share]
            return
        if share in self.sole:
            self._settle(share, self.sole[share])
            del self.sole[share]
        self.rooted[share] = {currency: self.index(share, currency) for currency in self.tokens}

    def _on_sharesactivated(self, share: int, account: str, _: int, units: int) -> None:
        self._settle(share, account)
        for currency in self.tokens:
            owed, index = self.owed[share, currency, account]
            earned = units * (index - self.rooted[share].get(currency, 0))
            self.owed[share, currency, account] = (owed + earned, index)
        self.units[share][account] = self.units[share].get(account, 0) + units

    def _on_advancepaid(self, work: int, currency: int, advancer: str, principal: int, rate: int) -> None:
        self.removed[work, currency] += self.recouped(work, currency)
        self.added[work, currency] += principal
        self.taken[currency] += principal
        self.advances[work, currency] = Advance(advancer, principal, rate, self.net(work, currency))

    def _on_advancewithdrawn(self, work: int, currency: int, advancer: str, to: str, amount: int) -> None:
        self.advances[work, currency].withdrawn += amount
        if to == self.ledger:
            self._grant(self.series[work][-1], currency, advancer, amount)
        else:
            self.taken[currency] -= amount

    def _on_frozen(self, work: int) -> None:
        self.opened[work] = {currency: self.earned(work, currency) for currency in self.tokens}
        self.stopped.update({(work, currency): self.recouped(work, currency) for currency in self.tokens})

    def _on_diverted(self, work: int, currency: int, winner: str, amount: int) -> None:
        self.removed[work, currency] += amount
        self._grant(self.series[work][-1], currency, winner, amount)

    def _on_resolved(self, work: int, outcome: int, winner: str) -> None:
        opened = self.opened.pop(work)
        if outcome != _RETITLE:
            return
        ended = self.series[work][-1]
        begun = _share_id(work, len(self.series[work]))
        self.end[ended] = {currency: index - self.start[ended, currency] for currency, index in opened.items()}
        for currency, index in opened.items():
            self.start[begun, currency] = index
            self.advances[work, currency].principal = self.stopped[work, currency]
        self.series[work].append(begun)
        self.later[begun], self.sole[begun] = work, winner

    def _on_currencyadded(self, currency: int, token: str) -> None:
        self.tokens[currency] = token


def _share_id(work: int, series: int) -> int:
    """keccak256(abi.encode(work, series)) >> 64."""
    digest = Web3.keccak(work.to_bytes(32, "big") + series.to_bytes(32, "big"))
    return int.from_bytes(digest[: _SERIES_BITS // 8], "big")
