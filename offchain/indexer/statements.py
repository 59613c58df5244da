"""Royalty statements: what an account earned, from which work, in which currency.

A statement is folded from events alone with the ledger's own formulas (docs/SPECIFICATION.md, Royalties), so an
auditor without our database gets the same wei:

    G  gross of (work, currency): every deposit and every pull from a child
    S  parts per million that all edges of the work owe together
    N  = G − ⌊G·S/1e6⌋, what belongs to the shares
    a holder of u units is owed u·(N − index) millionths at each settlement, and index becomes N;
    a claim pays ⌊owed/1e6⌋ and keeps the rest
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from offchain.chain.events import ChainEvent
from offchain.chain.structs import ZERO_ADDRESS
from offchain.errors import InputError
from offchain.money import UNITS, native_currency, share_of, token_currency
from offchain.store import EventRecord, Store

__all__ = ["Line", "Statement", "account_statement", "statement"]


@dataclass(frozen=True, slots=True)
class Line:
    """Earnings of one account from one work in one currency, in minor units.

    Attributes:
        work: id of the work.
        currency: CAIP-19 asset type.
        units: royalty share units that the account holds now.
        earned: credited to the account's shares so far; `claimed` + `claimable`.
        claimed: withdrawn.
        claimable: can be withdrawn now.
    """

    work: int
    currency: str
    units: int
    earned: int
    claimed: int
    claimable: int


@dataclass(frozen=True, slots=True)
class Statement:
    """All lines of an account that are not zero, by work and currency."""

    account: str
    lines: tuple[Line, ...]


def statement(account: str, events: Iterable[EventRecord | ChainEvent], chain_id: int) -> Statement:
    """Fold events into an account's statement.

    Args:
        account: EIP-55 address.
        events: oldest first; at least all of the works whose shares the account ever had, and the list of
            currencies. Others are passed over.
        chain_id: chain of the events.

    Raises:
        InputError: `events-out-of-order`, or `events-incomplete` when a claim paid more than they explain.
    """
    book = _Book(account, chain_id)
    place = (-1, -1)
    for event in events:
        if (event.block, event.log_index) < place:
            raise InputError("events-out-of-order", "the events are not in chain order", "sort them, oldest first")
        place = (event.block, event.log_index)
        book.enter(event)
    return Statement(account, tuple(book.lines()))


def account_statement(store: Store, chain_id: int, account: str) -> Statement:
    """The statement of an account from what the indexer has read.

    Raises:
        InputError: as `statement`.
    """
    with store.snapshot() as tx:
        currencies = tx.events.named(["CurrencyAdded"])
        events = [*currencies, *tx.events.of_works(tx.events.works_of(account))]
    return statement(account, sorted(events, key=lambda each: (each.block, each.log_index)), chain_id)


@dataclass(slots=True)
class _Position:
    """The account in one (work, currency): millionths owed, net up to which they count, minor units paid."""

    owed: int = 0
    index: int = 0
    claimed: int = 0


@dataclass(slots=True)
class _Work:
    """One work: units of the account, parts per million owed upstream, gross and the account's position by currency."""

    units: int = 0
    upstream: int = 0
    gross: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    positions: defaultdict[int, _Position] = field(default_factory=lambda: defaultdict(_Position))

    def settle(self, currency: int) -> _Position:
        position = self.positions[currency]
        gross = self.gross[currency]
        net = gross - share_of(gross, self.upstream)
        position.owed += self.units * (net - position.index)
        position.index = net
        return position


class _Book:
    """The ledger as far as it concerns one account."""

    def __init__(self, account: str, chain_id: int) -> None:
        self._account = account
        self._chain_id = chain_id
        self._works: defaultdict[int, _Work] = defaultdict(_Work)
        self._currencies = {0: native_currency(chain_id)}

    def enter(self, event: EventRecord | ChainEvent) -> None:
        """Take one event up; those that move no royalties change nothing."""
        args = event.args
        match event.contract, event.name:
            case "WorkRegistry", "WorkRegistered":
                # Shares are implicit until issued: the registrant has them all. A work that gives way earned nothing.
                self._works[int(args["work"])].units = UNITS if args["registrant"] == self._account else 0
            case "RoyaltyLedger", "EdgeLinked":
                self._works[int(args["child"])].upstream += int(args["upstream"])
            case "RoyaltyLedger", "EdgesCleared":
                self._works[int(args["child"])].upstream = 0
            case "RoyaltyLedger", "Deposited":
                self._works[int(args["work"])].gross[int(args["currency"])] += int(args["amount"])
            case "RoyaltyLedger", "Pulled":
                self._works[int(args["parent"])].gross[int(args["currency"])] += int(args["amount"])
            case "RoyaltyLedger", "Transfer":
                self._move(int(args["id"]), args["sender"], args["receiver"], int(args["amount"]))
            case "RoyaltyLedger", "Claimed" if args["holder"] == self._account:
                self._claim(int(args["work"]), int(args["currency"]), int(args["amount"]))
            case "RoyaltyLedger", "CurrencyAdded":
                self._currencies[int(args["currency"])] = token_currency(self._chain_id, args["token"])
            case _:
                pass

    def lines(self) -> Iterable[Line]:
        """What is not zero, in order."""
        for work, state in sorted(self._works.items()):
            for currency in sorted(state.gross):
                position = state.settle(currency)
                claimable = position.owed // UNITS
                earned = position.claimed + claimable
                if earned:
                    name = self._currency(currency)
                    yield Line(work, name, state.units, earned, position.claimed, claimable)

    def _move(self, work: int, sender: str, receiver: str, units: int) -> None:
        """Shares change hands: both sides are settled before (M6); issuing writes down what was implicit."""
        state = self._works[work]
        for currency in list(state.gross):
            state.settle(currency)
        if sender == ZERO_ADDRESS:
            state.units = units if receiver == self._account else 0
            return
        state.units += units * ((receiver == self._account) - (sender == self._account))

    def _claim(self, work: int, currency: int, amount: int) -> None:
        position = self._works[work].settle(currency)
        if position.owed // UNITS != amount:
            raise InputError(
                "events-incomplete",
                f"the ledger paid {amount} minor units where the events explain {position.owed // UNITS}",
                "index the chain again from the deployment",
                work=f"0x{work:064x}",
            )
        position.owed -= amount * UNITS
        position.claimed += amount

    def _currency(self, index: int) -> str:
        if index not in self._currencies:
            raise InputError(
                "events-incomplete", f"no event names currency {index}", "index the chain again from the deployment"
            )
        return self._currencies[index]
