"""Licensing, as docs/SPECIFICATION.md §4 tells it: sale, orders, renewal, return, seats."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from tests.contracts.reference.accounts import DOLLAR, NATIVE
from tests.contracts.reference.derivatives import Derivatives
from tests.contracts.reference.eip712 import Signature, SignedAuthorization
from tests.contracts.reference.evm import NO_REASON
from tests.contracts.reference.licences import Licence, Payers
from tests.contracts.reference.offers import Sale
from tests.contracts.reference.rules import TEN_YEARS, Message, Tally, refuse, try_all
from tests.contracts.reference.tokens import NOBODY
from tests.contracts.structs import Order, Permit, Purchase, Quote

__all__ = ["Licensing"]

MOST_AT_ONCE = 256


class Licensing(Derivatives):
    """Everything that people do with licences."""

    # Sales

    def _sell(self, sale: Sale, quantity: int, recipient: str, payer: str) -> int:
        """Take the money and mint; licence number of the first."""
        self.charge(Payers(payer, payer), sale.work, sale.currency, sale.price * quantity, sale.held_for)
        first = self.sold["licences"] + 1
        for licence in range(first, first + quantity):
            self.licences[licence] = Licence(sale.work, sale.offer, sale.terms, sale.expiry, sale.held_for)
            self.tokens.move(licence, recipient)
        self.sold["licences"] += quantity
        return first

    def buy(self, msg: Message, purchase: Purchase, recipient: str) -> int:
        """At the listed price."""
        return self.buyMany(msg, (purchase,), recipient)[0]

    def buyMany(self, msg: Message, purchases: Sequence[Purchase], recipient: str) -> tuple[int, ...]:
        """All or none."""
        bought: list[int] = []

        def one(purchase: Purchase) -> Callable[[], None]:
            def step() -> None:
                taken: list[Sale] = []  # also where it cannot be paid: payment comes last
                try_all(
                    lambda: refuse(self._buy_reasons(msg, purchase, recipient)),
                    lambda: taken.append(self.book.take(msg.now, purchase)),
                )
                bought.append(self._sell(taken[0], purchase.quantity, recipient, msg.sender))

            return step

        try_all(
            lambda: refuse(self.running_reasons()),
            lambda: refuse(self._value_reasons(msg, self.native_price(purchases))),
            *map(one, purchases),
            lambda: refuse(self._receipt_reasons(purchases)),
        )
        return tuple(bought)

    def _receipt_reasons(self, purchases: Sequence[Purchase]) -> Iterator[str]:
        """Each token is transferred once, and what its transfers cost is rounded once."""
        due = Tally()
        for purchase in purchases:
            if offer := self.book.offers.get(purchase.offer):
                due[offer.currency] += offer.price * purchase.quantity
        for currency, amount in due.items():
            if self.ledger.currencies[currency].arriving(amount) < amount:
                yield "RoyaltyLedger__WrongReceipt"

    def _buy_reasons(self, msg: Message, purchase: Purchase, recipient: str) -> Iterator[str]:
        if purchase.quantity > MOST_AT_ONCE:
            yield "Licensing__QuantityTooLarge"
        if recipient == NOBODY:
            yield "Licensing__ZeroAddress"
        yield from self.book.take_reasons(msg.now, purchase)
        offer = self.book.offers.get(purchase.offer)
        if offer:
            yield from self.due_reasons(msg.sender, offer, offer.price * purchase.quantity)

    def native_price(self, purchases: Sequence[Purchase]) -> int:
        """Native coins that purchases cost."""
        listed = [(self.book.offers.get(purchase.offer), purchase.quantity) for purchase in purchases]
        return sum(offer.price * quantity for offer, quantity in listed if offer and offer.currency == NATIVE)

    def _value_reasons(self, msg: Message, native: int) -> Iterator[str]:
        if msg.value != native:
            yield "Licensing__WrongValue"
            yield "RoyaltyLedger__WrongValue"

    def buyQuote(self, msg: Message, quote: Quote, signature: Signature, recipient: str) -> int:
        """On a seller's quote, by whom it names."""
        return self._buy_quoted(msg, quote, signature, recipient, msg.sender)

    def fulfil(
        self,
        msg: Message,
        quote: Quote,
        quote_signature: Signature,
        order: Order,
        order_signature: Signature,
        _: Permit,
    ) -> int:
        """A buyer's order on a seller's quote, carried by anybody; not even a bad payment permit makes it fail."""
        first: list[int] = []

        def sell() -> None:
            first.append(self._buy_quoted(msg, quote, quote_signature, order.recipient, order.buyer))

        agreed = (order_signature.signer, order_signature.digest) == (order.buyer, self.hash_order(order))
        reasons = [*self.order_reasons(msg.now, quote, order), *["Licensing__BadSignature"] * (not agreed)]
        try_all(lambda: refuse(reasons), sell)
        self.nonces.add((order.buyer, order.nonce))
        return first[0]

    def fulfilAuthorized(
        self, msg: Message, quote: Quote, quote_signature: Signature, order: Order, paper: SignedAuthorization
    ) -> int:
        """As `fulfil`; the signature that pays exactly the price, which is not nothing, is the buyer's agreement."""
        first: list[int] = []

        def sell() -> None:
            first.append(self._buy_quoted(msg, quote, quote_signature, order.recipient, order.buyer))

        reasons = [*self.order_reasons(msg.now, quote, order), *self._paper_reasons(msg.now, quote, order, paper)]
        try_all(lambda: refuse(reasons), sell)
        self.nonces.add((order.buyer, order.nonce))
        return first[0]

    def _paper_reasons(self, now: int, quote: Quote, order: Order, paper: SignedAuthorization) -> Iterator[str]:
        expected = self.hash_payment(order, quote.price, paper.validAfter, paper.validBefore)
        if (paper.signature.signer, paper.signature.digest) != (order.buyer, expected):
            yield "TestDollar__BadSignature"
        if now <= paper.validAfter:
            yield "TestDollar__NotYetValid"
        if now >= paper.validBefore:
            yield "TestDollar__Expired"
        if quote.price == 0:
            yield "Licensing__BadSignature"
        if quote.currency != DOLLAR:
            yield NO_REASON
        elif self.ledger.wallets[DOLLAR, order.buyer] < quote.price:
            yield "ERC20InsufficientBalance"

    def _buy_quoted(self, msg: Message, quote: Quote, signature: Signature, recipient: str, payer: str) -> int:
        native = quote.price if quote.currency == NATIVE else 0
        refuse(
            [
                *self.running_reasons(),
                *self._value_reasons(msg, native),
                *self.book.quote_reasons(msg.now, quote, signature, payer),
                *self.due_reasons(payer, quote, quote.price),
                *["Licensing__ZeroAddress"] * (recipient == NOBODY),
            ]
        )
        return self._sell(self.book.take_quote(msg.now, quote, signature, payer), 1, recipient, payer)

    def order_reasons(self, now: int, quote: Quote, order: Order) -> Iterator[str]:
        """R4, R6: the buyer signed this quote at no less than its price, once."""
        if now >= order.expiry:
            yield "Licensing__Expired"
        if quote.currency == NATIVE:
            yield "Licensing__NativeOrder"
        if order.quote != self.book.hash_quote(quote):
            yield "Licensing__WrongQuote"
        if quote.price > order.maxPrice:
            yield "Licensing__PriceTooHigh"
        if order.epoch != self.epoch_of(order.buyer):
            yield "Licensing__WrongEpoch"
        if (order.buyer, order.nonce) in self.nonces:
            yield "Licensing__NonceUsed"

    def cancelOrder(self, msg: Message, nonce: int) -> None:
        """Void one order of the caller."""
        refuse(["Licensing__NonceUsed"] if (msg.sender, nonce) in self.nonces else [])
        self.nonces.add((msg.sender, nonce))

    def advanceEpoch(self, msg: Message) -> None:
        """Void all of the caller's unused orders."""
        self.epochs[msg.sender] = self.epoch_of(msg.sender) + 1

    # The life of a licence

    def renewSubscription(self, msg: Message, licence: int, duration: int) -> None:
        """Whole periods at the offer's price, to at most ten years from now."""
        refuse([*self.running_reasons(), *self._renewal_reasons(msg, licence)])
        held = self.licences[licence]

        def pay() -> None:
            sale = self.book.renew(msg.now, held.offer, duration)
            value = [*self._value_reasons(msg, sale.price if sale.currency == NATIVE else 0)]
            payers = Payers(msg.sender, msg.sender)
            try_all(lambda: refuse(value), lambda: self.charge(payers, sale.work, sale.currency, sale.price))

        far = held.expiry + duration > msg.now + TEN_YEARS
        try_all(lambda: refuse(["Licensing__TooFarAhead"] if far else []), pay)
        self.licences[licence] = held._replace(expiry=held.expiry + duration)

    def _renewal_reasons(self, msg: Message, licence: int) -> Iterator[str]:
        yield from self.mover_reasons(msg.sender, licence)
        if not self.live(licence, msg.now):
            yield "Licensing__NotLive"
        if licence in self.licences and self.refundable(licence, msg.now):
            yield "Licensing__Refundable"

    def cancelSubscription(self, msg: Message, licence: int) -> None:
        """End a licence now; nothing is paid back."""
        refuse([*self.mover_reasons(msg.sender, licence)] + ["Licensing__NotLive"] * (not self.live(licence, msg.now)))
        self.licences[licence] = self.licences[licence]._replace(expiry=msg.now)

    def refund(self, msg: Message, licence: int) -> None:
        """The holder gives a licence back and is paid its price."""
        refuse(self._refund_reasons(msg, licence))
        held = self.licences.pop(licence)
        self.tokens.burn(licence)
        self._end_seats(licence)
        offer = self.book.offers[held.offer]
        if offer.price:
            self.ledger.give_back(held.work, offer.currency, held.refundable_for, offer.price, msg.sender)

    def _refund_reasons(self, msg: Message, licence: int) -> Iterator[str]:
        yield from self.holder_reasons(msg.sender, licence)
        if licence not in self.licences:
            return
        if not self.refundable(licence, msg.now):
            yield "Licensing__NotRefundable"
        if not self.live(licence, msg.now):
            yield from ("Licensing__NotRefundable", "Licensing__NotLive")

    def setSeat(self, msg: Message, licence: int, account: str, taken: bool) -> None:
        """The holder lets an account use the licence, or no longer."""
        refuse(self._seat_reasons(msg, licence, account, taken))
        (self.seats.add if taken else self.seats.discard)((licence, account))

    def _seat_reasons(self, msg: Message, licence: int, account: str, taken: bool) -> Iterator[str]:
        yield from self.holder_reasons(msg.sender, licence)
        if licence not in self.licences:
            return
        if taken == ((licence, account) in self.seats):
            yield "Licensing__SeatUnchanged"
        if taken and self.seats_taken(licence) >= self.book.terms[self.licences[licence].terms].seats:
            yield "Licensing__NoSeatLeft"

    def _end_seats(self, licence: int) -> None:
        self.seats = {(of, account) for of, account in self.seats if of != licence}

    def approve(self, msg: Message, account: str, licence: int) -> None:
        """EIP-721."""
        refuse([*self.tokens.approval_reasons(msg.sender, licence), *["ConsecutiveERC721__CoinsRefused"] * msg.value])
        self.tokens.approved[licence] = account

    def setApprovalForAll(self, msg: Message, operator: str, approved: bool) -> None:
        """EIP-721."""
        (self.tokens.operators.add if approved else self.tokens.operators.discard)((msg.sender, operator))

    def transferFrom(self, msg: Message, sender: str, receiver: str, licence: int) -> None:
        """EIP-721, where the terms let licences change hands; it ends all seats."""
        fixed = licence not in self.licences or not self.book.terms[self.licences[licence].terms].transferable
        refuse(
            [
                *["Licensing__NotTransferable"] * fixed,
                *["Licensing__UnknownLicence"] * (licence not in self.licences),
                *self.tokens.transfer_reasons(msg.sender, sender, receiver, licence),
            ]
        )
        self.tokens.move(licence, receiver)
        self._end_seats(licence)

    def setPaused(self, msg: Message, paused: bool) -> None:
        """By the admin; the guardian is nobody here."""
        refuse(["Pausable__NotGuardian"] if msg.sender != self.admin else [])
        self.paused = paused
