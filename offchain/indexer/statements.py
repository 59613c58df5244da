"""Royalty statements: what an account earned, from which work, in which currency.

A statement is folded from events alone with the ledger's own formulas (`offchain.indexer.accounts`), so an auditor
without our database gets the same wei. A claim pays ⌊owed/1e6⌋ and keeps the rest. Each event's part is the difference
that it makes to the whole minor units earned so far, so the entries of a line add up to it exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from offchain.chain.contracts import Contracts
from offchain.chain.events import ChainEvent
from offchain.chain.ledger import share_id
from offchain.chain.structs import ZERO_ADDRESS, ZERO_DIGEST
from offchain.errors import InputError
from offchain.indexer.accounts import Series, Work
from offchain.indexer.entries import Entry, kind_of
from offchain.money import UNITS, native_currency, token_currency
from offchain.store import EventRecord, Store

__all__ = ["WHOLE", "Line", "Span", "Statement", "account_statement", "statement"]

_RETITLE: Final = 2
"""IRoyaltyLedger.Outcome"""

_Key = tuple[int, int, int]
"""Work, number of the series, index of the currency."""


@dataclass(frozen=True, slots=True)
class Span:
    """Blocks `first` to `last`, both included; `last` None is the newest that was indexed."""

    first: int = 0
    last: int | None = None


WHOLE: Final = Span()
"""Everything since the deployment."""


@dataclass(frozen=True, slots=True)
class Line:
    """Earnings of one account from one work in one currency, in minor units; opening + earned − claimed = claimable.

    Attributes:
        work: id of the work.
        currency: CAIP-19 asset type.
        units: royalty share units that the account holds at the end.
        earned: credited to the account's shares in these blocks.
        claimed: withdrawn in these blocks.
        claimable: could be withdrawn at the end.
        series: number of the series of shares; above 0 after a judgement gave the title to somebody else.
        opening: could be withdrawn at the beginning.
    """

    work: int
    currency: str
    units: int
    earned: int
    claimed: int
    claimable: int
    series: int = 0
    opening: int = 0


@dataclass(frozen=True, slots=True)
class Statement:
    """All lines of an account that are not zero, by work and currency, and the entries that explain them, in order."""

    account: str
    lines: tuple[Line, ...]
    entries: tuple[Entry, ...] = ()


def statement(
    account: str, events: Iterable[EventRecord | ChainEvent], chain_id: int, ledger: str, span: Span = WHOLE
) -> Statement:
    """Fold events into an account's statement.

    Args:
        account: EIP-55 address.
        events: oldest first; at least all of the works whose shares the account ever had, the pulls over their
            edges among them, and the list of currencies. Others are passed over.
        chain_id: chain of the events.
        ledger: EIP-55 address of the RoyaltyLedger.
        span: what the statement is about; earlier events make its opening balances, later ones are left aside.

    Raises:
        InputError: `events-out-of-order`, or `events-incomplete` when a claim paid more than they explain.
    """
    book = _Book(account, chain_id, ledger, span.first)
    place = (-1, -1)
    for event in events:
        if span.last is not None and event.block > span.last:
            break
        if (event.block, event.log_index) < place:
            raise InputError("events-out-of-order", "the events are not in chain order", "sort them, oldest first")
        place = (event.block, event.log_index)
        book.enter(event)
    return Statement(account, tuple(book.lines()), tuple(book.entries))


def account_statement(store: Store, contracts: Contracts, account: str, span: Span = WHOLE) -> Statement:
    """The statement of an account from what the indexer has read.

    Raises:
        InputError: as `statement`.
    """
    with store.snapshot() as tx:
        currencies = tx.events.named(["CurrencyAdded"])
        shares = tx.events.shares_of(account)
        events = [*currencies, *tx.events.of_works({*shares, *shares.values()})]
    ordered = sorted(events, key=lambda each: (each.block, each.log_index))
    return statement(account, ordered, contracts.client.chain_id, contracts.ledger.address, span)


class _Book:
    """The ledger as far as it concerns one account."""

    def __init__(self, account: str, chain_id: int, ledger: str, first: int) -> None:
        self.entries: list[Entry] = []
        self._first = first
        self._told: dict[_Key, tuple[int, int]] = {}
        self._opening: dict[_Key, tuple[int, int]] | None = None
        self._account = account
        self._chain_id = chain_id
        self._ledger = ledger
        self._works: dict[int, Work] = {}
        self._later: dict[int, tuple[int, Series]] = {}
        self._currencies = {0: native_currency(chain_id)}

    def enter(self, event: EventRecord | ChainEvent) -> None:
        """Take one event up; those that move no royalties change nothing."""
        if self._opening is None and event.block >= self._first:
            self._opening = dict(self._told)
        if self._fold(event.contract, event.name, event.args):
            for work in self._touched(event.args):
                self._tell(event, work)

    def _fold(self, contract: str, name: str, args: Mapping[str, Any]) -> bool:
        """Whether the event is one that the ledger's state is made of."""
        match contract, name:
            case "WorkRegistry", "WorkRegistered":
                self._work(args["work"]).register(args["registrant"])
            case "RoyaltyLedger", "EdgeLinked" | "EdgesCleared" | "Pulled":
                self._owe(name, args)
            case "RoyaltyLedger", "Deposited" | "Released":
                self._work(args["work"]).credit(int(args["currency"]), int(args["amount"]))
            case "RoyaltyLedger", "Claimed" if args["holder"] == self._account:
                self._claim(int(args["id"]), int(args["currency"]), int(args["amount"]))
            case "RoyaltyLedger", "CurrencyAdded":
                self._currencies[int(args["currency"])] = token_currency(self._chain_id, args["token"])
            case "RoyaltyLedger", "Transfer" | "SharesRooted" | "SharesActivated":
                self._share(name, args)
            case "RoyaltyLedger", "AdvancePaid" | "AdvanceWithdrawn":
                self._lend(name, args)
            case "RoyaltyLedger", "Frozen" | "Diverted" | "Resolved":
                self._judge(name, args)
            case _:
                return False
        return True

    def lines(self) -> Iterator[Line]:
        """What is not zero, in order."""
        for work, state in sorted(self._works.items()):
            for number, series, currency, earned, claimed in state.standing():
                had, paid = self._before.get((work, number, currency), (0, 0))
                if earned or had:
                    name, units = self._currency(currency), state.units(series)
                    due = earned - claimed
                    yield Line(work, name, units, earned - had, claimed - paid, due, number, had - paid)

    @property
    def _before(self) -> dict[_Key, tuple[int, int]]:
        """(earned, claimed) when the span began; where it begins after the last event, all of it was before."""
        return self._told if self._opening is None else self._opening

    def _touched(self, args: Mapping[str, Any]) -> list[int]:
        """Works whose holders an event may credit."""
        named = [int(args[name]) for name in ("work", "child", "parent") if name in args]
        if "id" in args:
            named.append(self._later.get(int(args["id"]), (int(args["id"]),))[0])
        return [work for work in named if work in self._works]

    def _tell(self, event: EventRecord | ChainEvent, work: int) -> None:
        """Write down the difference that an event made."""
        for number, _, currency, earned, claimed in self._works[work].standing():
            key = (work, number, currency)
            had, paid = self._told.get(key, (0, 0))
            if (earned, claimed) == (had, paid):
                continue
            self._told[key] = earned, claimed
            if event.block >= self._first:
                change = earned - had - (claimed - paid)
                self.entries.append(self._entry(event, key, change, earned - claimed))

    def _entry(self, event: EventRecord | ChainEvent, key: _Key, amount: int, balance: int) -> Entry:
        work, series, currency = key
        source = {int(event.args[name]) for name in ("child", "parent") if name in event.args} - {work}
        return Entry(
            block=event.block,
            block_hash=event.block_hash,
            tx_hash=event.tx_hash,
            log_index=event.log_index,
            kind=kind_of(event.name),
            work=work,
            series=series,
            currency=self._currency(currency),
            amount=amount,
            balance=balance,
            payer=event.args.get("payer") if event.name == "Deposited" else None,
            source=next(iter(source), None) if event.name == "Pulled" else None,
        )

    def _work(self, number: int | str) -> Work:
        return self._works.setdefault(int(number), Work(self._account))

    def _series(self, share: int) -> tuple[Work, Series]:
        """A series by its id: the work's for the first."""
        if share in self._later:
            number, series = self._later[share]
            return self._work(number), series
        work = self._work(share)
        return work, work.series[0]

    def _owe(self, name: str, args: Mapping[str, Any]) -> None:
        child = self._work(args["child"])
        if name == "EdgeLinked":
            child.upstream += int(args["upstream"])
        elif name == "EdgesCleared":
            child.upstream = 0
        else:
            child.keep(int(args["currency"]), int(args["kept"]))
            self._work(args["parent"]).credit(int(args["currency"]), int(args["amount"]))

    def _share(self, name: str, args: Mapping[str, Any]) -> None:
        if name == "Transfer" and int(args["amount"]) == 0:
            return  # an event and nothing else, also of an id that does not exist
        work, series = self._series(int(args["id"]))
        if name == "SharesRooted":
            work.root(series, given=_digest(args["root"]) != ZERO_DIGEST)
        elif name == "SharesActivated":
            if args["account"] == self._account:
                work.activate(series, int(args["units"]))
        elif args["sender"] == ZERO_ADDRESS:
            work.issue(series, args["receiver"], int(args["amount"]))
        else:
            work.move(series, args["sender"], args["receiver"], int(args["amount"]))

    def _lend(self, name: str, args: Mapping[str, Any]) -> None:
        work, currency = self._work(args["work"]), int(args["currency"])
        if name == "AdvancePaid":
            work.lend(currency, int(args["principal"]), int(args["rate"]))
        elif args["to"] == self._ledger and args["advancer"] == self._account:
            # A new advance took the place of this one, and what was left became a claim.
            work.grant(currency, int(args["amount"]))

    def _judge(self, name: str, args: Mapping[str, Any]) -> None:
        number = int(args["work"])
        work = self._work(number)
        if name == "Frozen":
            work.freeze()
        elif name == "Diverted":
            work.divert(int(args["currency"]), int(args["amount"]))
            if args["winner"] == self._account:
                work.grant(int(args["currency"]), int(args["amount"]))
        else:
            work.resolve(args["winner"] if int(args["outcome"]) == _RETITLE else None)
            self._later[share_id(number, len(work.series) - 1)] = number, work.current

    def _claim(self, share: int, currency: int, amount: int) -> None:
        position = Work.settle(*self._series(share), currency)
        if position.owed // UNITS < amount:
            raise InputError(
                "events-incomplete",
                f"the ledger paid {amount} minor units where the events explain {position.owed // UNITS}",
                "index the chain again from the deployment",
                work=f"0x{share:064x}",
            )
        position.owed -= amount * UNITS
        position.claimed += amount

    def _currency(self, index: int) -> str:
        if index not in self._currencies:
            raise InputError(
                "events-incomplete", f"no event names currency {index}", "index the chain again from the deployment"
            )
        return self._currencies[index]


def _digest(value: str | bytes) -> bytes:
    """Bytes as the chain gives them, or as hex as the store keeps them."""
    return value if isinstance(value, bytes) else bytes.fromhex(value.removeprefix("0x"))
