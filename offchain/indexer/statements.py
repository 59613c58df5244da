"""Royalty statements: what an account earned, from which work, in which currency.

A statement is folded from events alone with the ledger's own formulas (`offchain.indexer.accounts`), so an auditor
without our database gets the same wei. A claim pays ⌊owed/1e6⌋ and keeps the rest.
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
from offchain.money import UNITS, native_currency, token_currency
from offchain.store import EventRecord, Store

__all__ = ["Line", "Statement", "account_statement", "statement"]

_RETITLE: Final = 2
"""IRoyaltyLedger.Outcome"""


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
        series: number of the series of shares; above 0 after a judgement gave the title to somebody else.
    """

    work: int
    currency: str
    units: int
    earned: int
    claimed: int
    claimable: int
    series: int = 0


@dataclass(frozen=True, slots=True)
class Statement:
    """All lines of an account that are not zero, by work and currency."""

    account: str
    lines: tuple[Line, ...]


def statement(account: str, events: Iterable[EventRecord | ChainEvent], chain_id: int, ledger: str) -> Statement:
    """Fold events into an account's statement.

    Args:
        account: EIP-55 address.
        events: oldest first; at least all of the works whose shares the account ever had, the pulls over their
            edges among them, and the list of currencies. Others are passed over.
        chain_id: chain of the events.
        ledger: EIP-55 address of the RoyaltyLedger.

    Raises:
        InputError: `events-out-of-order`, or `events-incomplete` when a claim paid more than they explain.
    """
    book = _Book(account, chain_id, ledger)
    place = (-1, -1)
    for event in events:
        if (event.block, event.log_index) < place:
            raise InputError("events-out-of-order", "the events are not in chain order", "sort them, oldest first")
        place = (event.block, event.log_index)
        book.enter(event)
    return Statement(account, tuple(book.lines()))


def account_statement(store: Store, contracts: Contracts, account: str) -> Statement:
    """The statement of an account from what the indexer has read.

    Raises:
        InputError: as `statement`.
    """
    with store.snapshot() as tx:
        currencies = tx.events.named(["CurrencyAdded"])
        shares = tx.events.shares_of(account)
        events = [*currencies, *tx.events.of_works({*shares, *shares.values()})]
    ordered = sorted(events, key=lambda each: (each.block, each.log_index))
    return statement(account, ordered, contracts.client.chain_id, contracts.ledger.address)


class _Book:
    """The ledger as far as it concerns one account."""

    def __init__(self, account: str, chain_id: int, ledger: str) -> None:
        self._account = account
        self._chain_id = chain_id
        self._ledger = ledger
        self._works: dict[int, Work] = {}
        self._later: dict[int, tuple[Work, Series]] = {}
        self._currencies = {0: native_currency(chain_id)}

    def enter(self, event: EventRecord | ChainEvent) -> None:
        """Take one event up; those that move no royalties change nothing."""
        args = event.args
        match event.contract, event.name:
            case "WorkRegistry", "WorkRegistered":
                self._work(args["work"]).register(args["registrant"])
            case "RoyaltyLedger", "EdgeLinked" | "EdgesCleared" | "Pulled":
                self._owe(event.name, args)
            case "RoyaltyLedger", "Deposited" | "Released":
                self._work(args["work"]).credit(int(args["currency"]), int(args["amount"]))
            case "RoyaltyLedger", "Claimed" if args["holder"] == self._account:
                self._claim(int(args["id"]), int(args["currency"]), int(args["amount"]))
            case "RoyaltyLedger", "CurrencyAdded":
                self._currencies[int(args["currency"])] = token_currency(self._chain_id, args["token"])
            case "RoyaltyLedger", "Transfer" | "SharesRooted" | "SharesActivated":
                self._share(event.name, args)
            case "RoyaltyLedger", "AdvancePaid" | "AdvanceWithdrawn":
                self._lend(event.name, args)
            case "RoyaltyLedger", "Frozen" | "Diverted" | "Resolved":
                self._judge(event.name, args)
            case _:
                pass

    def lines(self) -> Iterator[Line]:
        """What is not zero, in order."""
        for work, state in sorted(self._works.items()):
            for number, series, currency, position in state.positions():
                claimable = position.owed // UNITS
                earned = position.claimed + claimable
                if earned:
                    name = self._currency(currency)
                    yield Line(work, name, state.units(series), earned, position.claimed, claimable, number)

    def _work(self, number: int | str) -> Work:
        return self._works.setdefault(int(number), Work(self._account))

    def _series(self, share: int) -> tuple[Work, Series]:
        """A series by its id: the work's for the first."""
        if share in self._later:
            return self._later[share]
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
            self._later[share_id(number, len(work.series) - 1)] = work, work.current

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
