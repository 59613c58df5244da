"""The ledger's books, as docs/SPECIFICATION.md §2 tells it: every credit is shared out at once, in whole millionths.

The contract settles lazily; here every holder's `owed` grows with each credit, so the two agree only if the shortcut
is right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from eth_utils import keccak

from tests.contracts.reference.rules import PPM, UNITS, Message, Room, Tally, refuse
from tests.contracts.reference.tokens import NOBODY
from tests.contracts.reference.trees import leaves_of
from tests.contracts.reference.works import Edge, Works

__all__ = [
    "DOLLAR", "GROSS_LIMIT", "NATIVE", "UNLIMITED", "Accounts", "Advance", "Currency", "Holder", "Pull", "Request",
    "share_id",
]  # fmt: skip

NATIVE = 0
DOLLAR = 1
"""The currency that knows ERC-3009."""
GROSS_LIMIT = 2**108
"""What gross and principals together stay below."""
UNLIMITED = 2**256 - 1

Pull = tuple[int, int, int]
"""(child, edge, currency)"""
Holder = str | int
"""An account, or the index of a leaf that was not activated yet; −1 for all leaves of a tree that nobody knows."""


@dataclass(frozen=True)
class Currency:
    """How a currency behaves: `fee` parts of a hundred are burnt by every transfer."""

    fee: int = 0

    def arriving(self, amount: int) -> int:
        """What reaches the receiver."""
        return amount - amount * self.fee // 100


class Advance(NamedTuple):
    """A principal that was paid, what of later net revenue repays it, and what its advancer took out already."""

    advancer: str
    principal: int
    rate: int
    base: int
    withdrawn: int = 0


class Request(NamedTuple):
    """Conditions on which a title's holder wants an advance, void in another epoch."""

    principal: int
    rate: int
    epoch: int


def share_id(work: int, series: int) -> int:
    """ERC-6909 id of a series of shares."""
    if series == 0:
        return work
    return int.from_bytes(keccak(work.to_bytes(32, "big") + series.to_bytes(32, "big")), "big") >> 64


@dataclass
class Accounts(Room):
    """All money of all works.

    Attributes:
        wallets: minor units that every account has, the ledger itself included, by (currency, account).
        gross: G by (work, currency).
        moved: x, the part of the gross that an edge was last pulled for, by (child, edge, currency).
        back: what edges left with the child, by (work, currency).
        units: royalty shares by (id, holder), implicit ones included.
        owed: millionths of a minor unit not yet claimed, by (id, currency, holder).
        earned: minor units that all units of a series earned together, by (id, currency).
        frozen: minor units that wait for a judgement, by (work, currency).
        held: minor units that can be refunded, by (work, currency, day).
        requests, advances: by (work, currency).
        stopped: R_open, what was recouped when the open dispute began, by (work, currency).
        repaid: ΣR of advances that were replaced; lent: D; both by (work, currency).
        diverted: V by (work, currency).
        income, payouts: what arrived and what left, by currency.
        roots: by id. series: (work, number) by id.
        payouts_to: payout address by holder.
        allowances: units by (owner, spender, id). operators: (owner, operator).
        active: leaves that became units, by (id, index).
    """

    STATE = (
        "wallets", "gross", "moved", "back", "units", "owed", "earned", "frozen", "held", "requests", "advances",
        "stopped", "repaid", "lent", "diverted", "income", "payouts", "roots", "series", "payouts_to", "allowances",
        "operators", "active",
    )  # fmt: skip

    works: Works
    address: str
    refuser: str
    """A contract that takes no native coin."""
    currencies: tuple[Currency, ...]
    wallets: Tally = field(default_factory=Tally)
    gross: Tally = field(default_factory=Tally)
    moved: Tally = field(default_factory=Tally)
    back: Tally = field(default_factory=Tally)
    units: Tally = field(default_factory=Tally)
    owed: Tally = field(default_factory=Tally)
    earned: Tally = field(default_factory=Tally)
    frozen: Tally = field(default_factory=Tally)
    held: Tally = field(default_factory=Tally)
    requests: dict[tuple[int, int], Request] = field(default_factory=dict)
    advances: dict[tuple[int, int], Advance] = field(default_factory=dict)
    stopped: Tally = field(default_factory=Tally)
    repaid: Tally = field(default_factory=Tally)
    lent: Tally = field(default_factory=Tally)
    diverted: Tally = field(default_factory=Tally)
    income: Tally = field(default_factory=Tally)
    payouts: Tally = field(default_factory=Tally)
    roots: dict[int, bytes] = field(default_factory=dict)
    series: dict[int, tuple[int, int]] = field(default_factory=dict)
    payouts_to: dict[str, str] = field(default_factory=dict)
    allowances: Tally = field(default_factory=Tally)
    operators: set[tuple[str, str]] = field(default_factory=set)
    active: set[tuple[int, int]] = field(default_factory=set)

    # Questions

    def current(self, work: int) -> int:
        """Id of the current series of shares."""
        return share_id(work, self.works.titles[work].series)

    def net(self, work: int, currency: int) -> int:
        """N = G − ⌊G·S/1e6⌋ + back: what belongs to the shares and to advancers."""
        gross = self.gross[work, currency]
        return gross - gross * self.works.titles[work].upstream // PPM + self.back[work, currency]

    def recouped(self, work: int, currency: int) -> int:
        """R = min(A, ⌊(N − N₀)·ρ/1e6⌋) of the present advance; it waits at R_open while a dispute is open."""
        if self.works.disputed(work):
            return self.stopped[work, currency]
        advance = self.advances.get((work, currency))
        if advance is None:
            return 0
        return min(advance.principal, (self.net(work, currency) - advance.base) * advance.rate // PPM)

    def total(self, work: int, currency: int) -> int:
        """N − ΣR + D: what all series and all winners of the work ever earned."""
        key = work, currency
        return self.net(*key) - self.repaid[key] - self.recouped(*key) + self.lent[key]

    def due(self, child: int, edge: int, currency: int) -> int:
        """x' = ⌊G·s/1e6⌋."""
        return self.gross[child, currency] * self.works.titles[child].edges[edge].upstream // PPM

    def _bounded(self, edge: Edge, currency: int, amount: int) -> int:
        """E(x) = min(max(x, M), C) in the currency of the bounds, else x."""
        if currency != edge.currency:
            return amount
        most = edge.ceiling or UNLIMITED
        return min(max(amount, edge.guarantee), most)

    def pullable(self, child: int, edge: int, currency: int) -> int:
        """E(x') − E(x): what the parent gets."""
        debt = self.works.titles[child].edges[edge]
        before, after = self.moved[child, edge, currency], self.due(child, edge, currency)
        return self._bounded(debt, currency, after) - self._bounded(debt, currency, before)

    def unpulled(self, child: int, edge: int, currency: int) -> int:
        """x' − x: what belongs to the parent or, beyond a guarantee or ceiling, to the child's holders."""
        return self.due(child, edge, currency) - self.moved[child, edge, currency]

    def claimable(self, id_: int, currency: int, holder: Holder) -> int:
        """Whole minor units."""
        return self.owed[id_, currency, holder] // PPM

    def holders(self, id_: int) -> list[Holder]:
        """Everybody who has units."""
        return [who for (of, who), units in self.units.items() if of == id_ and units]

    def withdrawable(self, work: int, currency: int) -> int:
        """What the advancer can take out."""
        advance = self.advances.get((work, currency))
        return self.recouped(work, currency) - advance.withdrawn if advance else 0

    def edges(self, currency: int) -> Iterator[Pull]:
        """Every edge that could be pulled."""
        for work, title in self.works.titles.items():
            for edge in range(len(title.edges)):
                yield work, edge, currency

    def liabilities(self, currency: int) -> int:
        """M1 without the residue: claimable, unpulled, frozen, recouped, held."""
        claimable = sum(owed // PPM for (_, of, _), owed in self.owed.items() if of == currency)
        unpulled = sum(self.unpulled(*pull) for pull in self.edges(currency))
        frozen = sum(amount for (_, of), amount in self.frozen.items() if of == currency)
        recouped = sum(self.withdrawable(*key) for key in self.advances if key[1] == currency)
        held = sum(amount for (_, of, _), amount in self.held.items() if of == currency)
        return claimable + unpulled + frozen + recouped + held

    def residue(self, currency: int) -> int:
        """What the ledger has and owes to nobody in whole units: lost to floors and fractions (M5)."""
        return self.income[currency] - self.payouts[currency] - self.liabilities(currency)

    def residue_bound(self, currency: int) -> int:
        """M5: parents − 1 of each work, and less than one of each who ever held a share of a work that earned."""
        floors = sum(max(len(title.edges) - 1, 0) for title in self.works.titles.values())
        return floors + sum(1 for (_, of, _), owed in self.owed.items() if of == currency and owed % PPM)

    def currency_reasons(self, currency: int) -> Iterator[str]:
        """Currencies are indices into one list."""
        if currency >= len(self.currencies):
            yield "RoyaltyLedger__UnknownCurrency"

    def credit_reasons(self, work: int, currency: int, amount: int) -> Iterator[str]:
        """G + D < 2^108."""
        if self.gross[work, currency] + self.lent[work, currency] + amount >= GROSS_LIMIT:
            yield "RoyaltyLedger__GrossOverflow"

    def payment_reasons(self, payer: str, currency: int, amount: int) -> Iterator[str]:
        """The payer has the money, in a currency that is known."""
        yield from self.currency_reasons(currency)
        if self.wallets[currency, payer] < amount:
            yield "TransferFromFailed"

    def value_reasons(self, msg: Message, currency: int, amount: int) -> Iterator[str]:
        """Exactly the amount with the call, or nothing for a token."""
        if msg.value != (amount if currency == NATIVE else 0):
            yield "RoyaltyLedger__WrongValue"

    def edge_reasons(self, child: int, edge: int) -> Iterator[str]:
        """The edge exists. In a currency that does not, there is nothing to pull and nothing to claim."""
        if child not in self.works.titles or edge >= len(self.works.titles[child].edges):
            yield "RoyaltyLedger__UnknownEdge"

    def series_reasons(self, id_: int) -> Iterator[str]:
        """There is such a series of shares."""
        if id_ not in self.series:
            yield "WorkRegistry__UnknownWork"

    def receiver_reasons(self, currency: int, to: str, amount: int) -> Iterator[str]:
        """Somebody takes the money."""
        if to == NOBODY:
            yield "RoyaltyLedger__ZeroAddress"
        if currency == NATIVE and to == self.refuser and amount:
            yield "RoyaltyLedger__PaymentFailed"

    # Changes

    def _grow(self, work: int, currency: int, change: Callable[[], None]) -> None:
        """Share out what a change of the books earned the holders; nothing is ever taken from them."""
        before = self.total(work, currency)
        change()
        gained = self.total(work, currency) - before
        if gained < 0:
            raise AssertionError(f"the index of {work} fell by {-gained}")
        if self.works.titles[work].disputed:
            self.frozen[work, currency] += gained
        else:
            self._share(self.current(work), currency, gained)

    def _share(self, id_: int, currency: int, amount: int) -> None:
        self.earned[id_, currency] += amount
        for holder in self.holders(id_):
            self.owed[id_, currency, holder] += amount * self.units[id_, holder]

    def credit(self, work: int, currency: int, amount: int) -> None:
        """Raise the gross, and share out what the net gained."""
        refuse(self.credit_reasons(work, currency, amount))

        def change() -> None:
            self.gross[work, currency] += amount

        self._grow(work, currency, change)

    def arrive(self, payer: str, currency: int, amount: int) -> int:
        """Money from outside; returns what arrived."""
        refuse(self.payment_reasons(payer, currency, amount))
        arrived = self.currencies[currency].arriving(amount)
        self.wallets[currency, payer] -= amount
        self.wallets[currency, self.address] += arrived
        self.income[currency] += arrived
        return arrived

    def take(self, payer: str, work: int, currency: int, amount: int, held_for: int = 0) -> int:
        """Money for a work, credited now or held until a day is over."""
        arrived = self.arrive(payer, currency, amount)
        if held_for:
            self.held[work, currency, held_for] += arrived
        else:
            self.credit(work, currency, arrived)
        return arrived

    def pay(self, currency: int, to: str, amount: int) -> None:
        """Money leaves."""
        self.payouts[currency] += amount
        self.wallets[currency, self.address] -= amount
        self.wallets[currency, to] += self.currencies[currency].arriving(amount)

    def give_back(self, work: int, currency: int, day: int, amount: int, to: str) -> None:
        """A refund, out of what is held."""
        self.held[work, currency, day] -= amount
        self.pay(currency, to, amount)

    def begin(self, work: int, series: int, holder: str) -> None:
        """A series of shares, all of which `holder` has; a registration that gave way leaves none."""
        id_ = share_id(work, series)
        for former in self.holders(id_):
            del self.units[id_, former]
        self.roots.pop(id_, None)
        self.series[id_] = work, series
        self.units[id_, holder] = UNITS

    def plant(self, id_: int, root: bytes, holder: str) -> None:
        """All units go to the leaves of a tree."""
        self.roots[id_] = root
        del self.units[id_, holder]
        known = leaves_of(root)
        for index, (_, units) in enumerate(known or [(NOBODY, UNITS)]):
            self.units[id_, index if known else -1] = units
