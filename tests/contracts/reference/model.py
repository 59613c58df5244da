"""The contracts of the model together: calls that concern several of them, and the undoing of a refused call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from eth_utils import keccak

from tests.contracts.reference.accounts import Currency
from tests.contracts.reference.book import Book
from tests.contracts.reference.eip712 import Signature
from tests.contracts.reference.ledger import Ledger
from tests.contracts.reference.licences import Payers
from tests.contracts.reference.licensing import Licensing
from tests.contracts.reference.rules import Message, Room, refuse
from tests.contracts.reference.works import NO_HASH, Works
from tests.contracts.structs import Economics, Order, Quote, Registration

__all__ = ["Digests", "Model", "State", "commitment"]

State = dict[str, dict[str, Any]]
"""Dicts, tallies, sets and flags, by room and name."""


class Digests(NamedTuple):
    """EIP-712 digests under this deployment's domains."""

    registration: Callable[[Registration, int, int], bytes]
    quote: Callable[[Quote], bytes]
    consent: Callable[[int, str, Economics, int, int, int], bytes]
    order: Callable[[Order], bytes]
    payment: Callable[[Order, int, int, int], bytes]
    """The dollar's, of (order, price, valid after, valid before)."""


def commitment(registrant: str, work: int, salt: bytes) -> bytes:
    """keccak256(abi.encode(registrant, work, salt))."""
    return keccak(bytes.fromhex(registrant[2:]).rjust(32, b"\0") + work.to_bytes(32, "big") + salt)


@dataclass
class Registry:
    """What the registry does through the ledger, the offer book and Licensing."""

    works: Works
    ledger: Ledger
    book: Book
    licensing: Licensing

    def __getattr__(self, name: str) -> Any:
        """Calls that concern titles alone."""
        return getattr(self.works, name)

    def register(self, msg: Message, r: Registration) -> None:
        """By the registrant."""
        self._register_all(msg, [r], ["WorkRegistry__NotRegistrant"] * (msg.sender != r.registrant))

    def registerBatch(self, msg: Message, registrations: Sequence[Registration]) -> None:
        """In this order, all or none."""
        strange = any(r.registrant != msg.sender for r in registrations)
        self._register_all(msg, registrations, ["WorkRegistry__NotRegistrant"] * strange)

    def registerBySig(self, msg: Message, r: Registration, deadline: int, signature: Signature) -> None:
        """By anybody with the registrant's signature; tokens come from the registrant, coins from the caller."""
        self._register_all(msg, [r], [*self.works.signature_reasons(msg.now, r, deadline, signature)])

    def _register_all(self, msg: Message, registrations: Sequence[Registration], reasons: list[str]) -> None:
        spent = sum(self._register(msg, r, reasons) for r in registrations)
        refuse(_WRONG_VALUE if msg.value != spent else [])

    def _register(self, msg: Message, r: Registration, reasons: list[str]) -> int:
        """Write one registration; the native coins that it spends."""
        opened = commitment(r.registrant, r.work, r.salt)
        spent = self.licensing.native_need(r.permits, r.purchases)
        edges, payers = self.licensing.edges(r.permits, r.purchases), Payers(r.registrant, msg.sender)
        refuse(
            [
                *reasons,
                *self.works.registration_reasons(msg.now, r, opened),
                *self.works.edge_reasons(r, edges),
                *self.licensing.permit_reasons(msg.now, r.registrant, r.permits),
                *self.licensing.fee_reasons(msg.now, r.purchases),
                *self.licensing.charge_reasons(payers, r.permits, r.purchases),
                *(_WRONG_VALUE if msg.value < spent else []),
            ]
        )
        self.works.write(msg.now, r, opened)
        self.ledger.begin(r.work, 0, r.registrant)
        self.licensing.adapt(msg.now, r.work, payers, r.permits, r.purchases)
        self.book.publish(r.work, r.listings, r.bounds, r.economics)
        if r.shareRoot != NO_HASH:
            self.works.change(r.work, issued=True)
            self.ledger.plant(r.work, r.shareRoot, r.registrant)
        return spent

    def transferFrom(self, msg: Message, sender: str, receiver: str, work: int) -> None:
        """EIP-721; the shares are issued to the sender first, and everything open ends."""
        reasons = [*self.works.tokens.transfer_reasons(msg.sender, sender, receiver, work)]
        if work in self.works.titles:
            reasons += self.works.final_reasons(msg.now, work, "WorkRegistry")
            reasons += ["WorkRegistry__Disputed"] * self.works.disputed(work)
        refuse(reasons)
        self.works.change(work, issued=True)
        self.works.tokens.move(work, receiver)
        self.works.raise_epoch(work)


_WRONG_VALUE = ("WorkRegistry__WrongValue", "Licensing__WrongValue", "RoyaltyLedger__WrongValue")
"""Whoever finds that too much or too little came along."""
_SIBLINGS = {
    "licensing.adapt": "Licensing__NotRegistry",
    "book.publish": "OfferBook__NotRegistry",
    "book.take": "OfferBook__NotLicensing",
    "book.takeFee": "OfferBook__NotLicensing",
    "book.takeRenewal": "OfferBook__NotLicensing",
    "book.limit": "OfferBook__NotLicensing",
    "registry.voidOffers": "WorkRegistry__NotOfferBook",
    "registry.markIssued": "WorkRegistry__NotLedger",
    "registry.markDisputed": "WorkRegistry__NotLedger",
    "registry.retitle": "WorkRegistry__NotLedger",
    "ledger.issue": "RoyaltyLedger__NotRegistry",
    "ledger.link": "RoyaltyLedger__NotRegistry",
    "ledger.root": "RoyaltyLedger__NotRegistry",
    "ledger.depositFrom": "RoyaltyLedger__NotLicensing",
    "ledger.depositMany": "RoyaltyLedger__NotLicensing",
    "ledger.refund": "RoyaltyLedger__NotLicensing",
}
"""What only a sibling contract may call, and how everybody else is refused."""
_JUDGED = {"ledger.freeze", "ledger.resolve"}


class Model:
    """Everything that the rules say about a deployment whose disputes are decided by the account `judge`."""

    def __init__(
        self, admin: str, judge: str, ledger: str, refuser: str, currencies: tuple[Currency, ...], digests: Digests
    ) -> None:
        self.judge = judge
        self.works = Works(admin, digests.registration)
        self.ledger = Ledger(self.works, ledger, refuser, currencies)
        self.book = Book(self.works, self.ledger, digests.quote, digests.consent)
        self.licensing = Licensing(self.works, self.ledger, self.book, admin, digests.order, digests.payment)
        self.registry = Registry(self.works, self.ledger, self.book, self.licensing)
        self.digests = digests
        self._rooms: dict[str, Room] = {
            "works": self.works,
            "titles": self.works.tokens,
            "ledger": self.ledger,
            "book": self.book,
            "licensing": self.licensing,
            "licences": self.licensing.tokens,
        }

    def saved(self) -> State:
        """A copy of all state."""
        return {name: room.saved() for name, room in self._rooms.items()}

    def state(self) -> State:
        """All state itself."""
        return {name: room.state() for name, room in self._rooms.items()}

    def restore(self, state: State) -> None:
        """Put a saved state back."""
        for name, room in self._rooms.items():
            room.restore(state[name])

    def perform(self, contract: str, method: str, msg: Message, arguments: tuple[Any, ...]) -> Any:
        """What the call returns; raises RefusedError. The caller puts the state back after a refusal."""
        call = f"{contract}.{method}"
        refuse([_SIBLINGS[call]] if call in _SIBLINGS else [])
        refuse(["RoyaltyLedger__NotDisputes"] if call in _JUDGED and msg.sender != self.judge else [])
        return getattr(getattr(self, contract), method)(msg, *arguments)
