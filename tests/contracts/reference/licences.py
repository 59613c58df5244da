"""Licences as they stand, as docs/SPECIFICATION.md §4 tells it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.contracts.reference.accounts import NATIVE
from tests.contracts.reference.book import Book
from tests.contracts.reference.ledger import Ledger
from tests.contracts.reference.offers import Offer
from tests.contracts.reference.rules import DAY, Room, Tally, refuse
from tests.contracts.reference.tokens import Tokens
from tests.contracts.reference.works import Works
from tests.contracts.structs import Order, Quote

__all__ = ["Licence", "Licences", "Payers"]


class Licence(NamedTuple):
    """A licence, its holder left to the tokens; `refundable_for` is a UTC day, or zero."""

    work: int
    offer: int
    terms: int
    expiry: int
    refundable_for: int
    derivatives: int = 0


class Payers(NamedTuple):
    """Whose tokens and whose native coins pay."""

    tokens: str
    coins: str


@dataclass
class Licences(Room):
    """All licences. `hash_order` and `hash_payment` give the digests that a buyer signs."""

    STATE = ("licences", "sold", "seats", "epochs", "nonces", "paused")

    works: Works
    ledger: Ledger
    book: Book
    admin: str
    hash_order: Callable[[Order], bytes]
    hash_payment: Callable[[Order, int, int, int], bytes]
    tokens: Tokens = field(default_factory=Tokens)
    licences: dict[int, Licence] = field(default_factory=dict)
    sold: Tally = field(default_factory=Tally)
    seats: set[tuple[int, str]] = field(default_factory=set)
    epochs: dict[str, int] = field(default_factory=dict)
    nonces: set[tuple[str, int]] = field(default_factory=set)
    paused: bool = False

    # Questions

    def live(self, licence: int, now: int) -> bool:
        """R3: an expired licence proves nothing."""
        return licence in self.licences and now < self.licences[licence].expiry

    def refundable(self, licence: int, now: int) -> bool:
        """Whether its last refundable day is not over."""
        last = self.licences[licence].refundable_for
        return last != 0 and now // DAY <= last

    def may_use(self, licence: int, account: str, scope: int, now: int) -> bool:
        """Holder or seat, of a live licence that covers every use."""
        if not self.live(licence, now):
            return False
        named = account == self.tokens.owners[licence] or (licence, account) in self.seats
        return named and scope & ~self.book.terms[self.licences[licence].terms].scope == 0

    def seats_taken(self, licence: int) -> int:
        """By accounts that the present holder named."""
        return sum(1 for of, _ in self.seats if of == licence)

    def epoch_of(self, account: str) -> int:
        """Epoch of the orders that an account signs."""
        return self.epochs.get(account, 0)

    def running_reasons(self) -> Iterator[str]:
        """A pause stops sales and renewals."""
        if self.paused:
            yield "Pausable__Paused"

    def holder_reasons(self, caller: str, licence: int) -> Iterator[str]:
        """Only the licence's holder may."""
        if licence not in self.licences:
            yield "Licensing__UnknownLicence"
        if self.tokens.owners.get(licence) != caller:
            yield "Licensing__NotLicenceHolder"

    def mover_reasons(self, caller: str, licence: int) -> Iterator[str]:
        """The holder or whom it approved."""
        if licence not in self.licences:
            yield "Licensing__UnknownLicence"
        if not self.tokens.may_move(caller, licence):
            yield "Licensing__NotLicenceHolder"

    def payment_reasons(self, payer: str, currency: int, price: int) -> Iterator[str]:
        """M4: the payer has it, and all of it arrives; of several purchases together, the ledger says so."""
        if price and currency < len(self.ledger.currencies):
            yield from self.ledger.payment_reasons(payer, currency, price)
            if self.ledger.currencies[currency].arriving(price) < price:
                yield "Licensing__Underpaid"
                yield "RoyaltyLedger__WrongReceipt"

    def due_reasons(self, payer: str, offer: Offer | Quote, price: int) -> Iterator[str]:
        """As `payment_reasons`, and where the money is not held it can be credited."""
        yield from self.payment_reasons(payer, offer.currency, price)
        if offer.terms in self.book.terms and not self.book.terms[offer.terms].refundDays:
            yield from self.ledger.credit_reasons(offer.work, offer.currency, price)

    def charge(self, payers: Payers, work: int, currency: int, price: int, held_for: int = 0) -> None:
        """Take a price in full."""
        payer = payers.coins if currency == NATIVE else payers.tokens
        if price:
            refuse(self.payment_reasons(payer, currency, price))
            self.ledger.take(payer, work, currency, price, held_for)
