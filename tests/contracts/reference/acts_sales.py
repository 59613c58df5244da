"""What people do with offers and licences: list, quote, buy, renew, give back, seat, protect, reserve."""

from __future__ import annotations

from typing import Final

from tests.contracts.reference.accounts import DOLLAR, NATIVE
from tests.contracts.reference.draws import MOST_PRICE, Draws
from tests.contracts.reference.eip712 import Signature, authorization, sign
from tests.contracts.reference.rules import DAY, MAX_TIME
from tests.contracts.reference.system import KEYS, PEOPLE, STRANGER
from tests.contracts.reference.tokens import NOBODY
from tests.contracts.structs import Economics, Order, Permit, Quote

__all__ = ["Sales"]

_NO_PERMIT: Final = Permit()


class Sales(Draws):
    """Calls of the offer book and of Licensing."""

    # Offers

    def list(self) -> None:
        work = self.work()
        self.do("book", "list", self.holder(work), work, self.listing())

    def close(self) -> None:
        offers = self.model.book.offers
        number = self.rng.choice([*offers, 999])
        self.do("book", "close", self.holder(offers[number].work if number in offers else 0), number)

    def register_terms(self) -> None:
        known = self.rng.choice([*self.model.book.terms.values()])
        fresh = known._replace(
            scope=self.rng.getrandbits(64), duration=self.rng.choice([0, 60, DAY, 3_650 * DAY, 3_651 * DAY]),
            upstream=self.rng.choice([0, 1, 333_333, 900_000, 900_001]), exclusive=self.chance(0.3),
            renewable=self.chance(0.3), refundDays=self.rng.choice([0, 0, 0, 1]), currency=self.currency(),
            guarantee=self.rng.choice([0, 0, 5]), ceiling=self.rng.choice([0, 4, 5]), text=self.salt(),
        )  # fmt: skip
        self.do("book", "registerTerms", self.person(), known if self.chance(0.2) else fresh)

    def set_bounds(self) -> None:
        work = self.work()
        self.do("book", "setBounds", self.holder(work), work, self.bounds())

    def set_economics(self) -> None:
        """Stricter or not; with nobody's consent, with that of all, or of some."""
        work = self.work_with(self.model.book.economics)
        economics = self.economics()
        consents = [self._consent(work, economics, who) for who in sorted(PEOPLE) if self.chance(0.6)]
        if self.chance(0.1):
            self.rng.shuffle(consents)
        if consents and self.chance(0.04):
            consents = [consents[0]] * 33
        self.do("book", "setEconomics", self.holder(work), work, economics, tuple(consents))

    def _consent(self, work: int, economics: Economics, who: str) -> tuple[str, int, Signature]:
        book, now = self.model.book, self.history.now
        signer, named = [who if not self.chance(0.01) else self.person() for _ in range(2)]
        deadline = now + self.rng.choice([DAY, DAY, MAX_TIME]) if not self.chance(0.02) else now
        hashed = self.model.digests.consent(work, named, economics, book.changes[work], book.epoch_of(who), deadline)
        return who, deadline, sign(KEYS[signer], hashed)

    # Listings

    def sale(self) -> None:
        offers = self.model.book.offers
        current = [n for n, o in offers.items() if not o.quoted and self._epoch(o.work) == o.epoch]
        numbers = [self._number(current) for _ in range(self.rng.choice([1, 1, 1, 1, 2, 3]))]
        purchases = tuple(self.purchase(n, self.rng.choice([1, 1, 1, 2, 5, 257 * self.chance(0.1)])) for n in numbers)
        value = self.model.licensing.native_price(purchases) + self.chance(0.01)
        if len(purchases) == 1:
            self.do("licensing", "buy", self.person(), purchases[0], self.recipient(), value=value)
        else:
            self.do("licensing", "buyMany", self.person(), purchases, self.recipient(), value=value)

    def _number(self, current: list[int]) -> int:
        return 999 if self.chance(0.02) else self.rng.choice((current if self.chance(0.9) else None) or [1])

    def _epoch(self, work: int) -> int:
        title = self.model.works.titles.get(work)
        return title.epoch if title else 0

    def refundable_sale(self) -> None:
        """Sell on terms that can be given back, and mostly for a price; sometimes give it back at once."""
        work = self.work()
        listing = self.listing(terms=self.rng.choice([10, 11]), currency=self.rng.choice(self.currencies))
        offers, sold = len(self.model.book.offers), self.model.licensing.sold["licences"]
        self.do("book", "list", self.holder(work), work, listing, wait=self.finality(work))
        if len(self.model.book.offers) == offers:
            return
        who, number = self.person(), offers + 1
        value = self.value(listing.currency, listing.price)
        self.do("licensing", "buy", who, self.purchase(number), who, value=value)
        if self.model.licensing.sold["licences"] > sold and self.chance(0.5):
            self.do("licensing", "refund", who, sold + 1)

    # Quotes and orders

    def quote(self) -> None:
        self._accept_some(*self._signed(self._drawn_quote()))

    def exclusive(self) -> None:
        """Begin to count, and quote exclusives; somebody may buy something else in between."""
        work = self.work()
        if work not in self.model.book.grants or self.chance(0.1):
            self.do("book", "countGrants", self.holder(work), work, wait=self.finality(work))
        for terms in self.rng.choice([(14,), (15,), (16,), (14, 15), (15, 17, 14)]):
            self._exclusive(work, terms)
        if self.chance(0.5):
            self.sale()

    def _exclusive(self, work: int, terms: int) -> None:
        quote = self._drawn_quote()._replace(
            work=work, seller=self.holder(work), terms=terms, workEpoch=self._epoch(work),
            grants=self.model.book.grants.get(work, 0) + self.chance(0.03),
        )  # fmt: skip
        quote, signature = self._signed(quote._replace(signerEpoch=self.model.book.epoch_of(quote.seller)))
        if self.chance(0.1):
            self.sale()
        self._accept_some(quote, signature)

    def all_exclusives(self) -> None:
        """Give away, one after the other, more exclusives than a work may have."""
        work, who = self.work(), self.person()
        self.do("book", "countGrants", self.holder(work), work, wait=self.finality(work))
        for terms in range(17, 26):
            drawn = Quote(
                work, self.holder(work), terms, NATIVE, 0, NOBODY, 0, self.history.now + DAY, self._epoch(work), 0,
                self.model.book.grants.get(work, 0), self.salt(),
            )  # fmt: skip
            quote, signature = self._signed(drawn._replace(signerEpoch=self.model.book.epoch_of(drawn.seller)))
            self.do("licensing", "buyQuote", who, quote, signature, who, wait=0)

    def delegate(self) -> None:
        """Let somebody sell, within a day more than is allowed."""
        work = self.work()
        floor = self.rng.choice([0, 0, 5])
        bounds = self.bounds(currency=self.rng.choice(self.currencies), floor=floor, perDay=self.rng.choice([1, 2]))
        bounds = bounds._replace(ceiling=self.rng.choice([floor, 10**6, MOST_PRICE]), terms=self.rng.choice([1, 3, 5]))
        self.do("book", "setBounds", self.holder(work), work, bounds, wait=self.finality(work))
        mandate = (work, self._epoch(work), bounds.terms, bounds.currency, bounds.delegate)
        if mandate in self.model.book.mandates:
            quote = self._by_delegate(self._drawn_quote(), mandate)
            epochs = {"workEpoch": mandate[1], "signerEpoch": self.model.book.epoch_of(bounds.delegate)}
            self._accept_some(*self._signed(quote._replace(work=work, buyer=NOBODY, **epochs)))

    def _accept_some(self, quote: Quote, signature: bytes) -> None:
        self.quotes.append((quote, signature))
        for _ in range(self.rng.choice([1, 1, 2, 3])):
            self._accept(*self.rng.choice([self.quotes[-1], self.rng.choice(self.quotes)]))

    def _signed(self, quote: Quote) -> tuple[Quote, bytes]:
        signer = quote.seller if not self.chance(0.02) else self.person()
        return quote, sign(KEYS[signer], self.model.digests.quote(quote))

    def _drawn_quote(self) -> Quote:
        work = self.work()
        epoch, draw = self._epoch(work), self.rng
        quote = Quote(
            work, self.holder(work), self.terms(), self.currency(), self.price(),
            NOBODY if self.chance(0.7) else self.person(), draw.choice([0, 0, 1, 2]),
            self.history.now + draw.choice([0, 60, 3_600, DAY, 4 * DAY, 4 * DAY]), epoch, 0,
            self.model.book.grants.get(work, 0), self.salt(),
        )  # fmt: skip
        mandates = [key for key in self.model.book.mandates if key[1] == epoch and key[0] == work]
        if mandates and self.chance(0.7):
            quote = self._by_delegate(quote, draw.choice(mandates))
        behind = self.chance(0.02)
        return quote._replace(
            workEpoch=epoch + behind, signerEpoch=self.model.book.epoch_of(quote.seller) + self.chance(0.02)
        )

    def _by_delegate(self, quote: Quote, mandate: tuple[int, int, int, int, str]) -> Quote:
        """Inside the bounds, at their edges, or just outside."""
        bounds = self.model.book.mandates[mandate]
        prices = [bounds.floor, bounds.ceiling, max(bounds.floor - 1, 0), min(bounds.ceiling + 1, MOST_PRICE)]
        return quote._replace(
            terms=bounds.terms, currency=bounds.currency, seller=bounds.delegate, price=self.rng.choice(prices)
        )

    def _accept(self, quote: Quote, signature: bytes) -> None:
        buyer = quote.buyer if quote.buyer != NOBODY and not self.chance(0.1) else self.person()
        if self.chance(0.5 if quote.currency != NATIVE else 0.05):
            self._fulfil(quote, signature, buyer)
        else:
            value = self.value(quote.currency, quote.price)
            wait = self.rng.choice([0, 1, 12, None])
            self.do("licensing", "buyQuote", buyer, quote, signature, self.recipient(), value=value, wait=wait)

    def _fulfil(self, quote: Quote, signature: bytes, buyer: str) -> None:
        order = Order(
            buyer, self.recipient(), self.model.digests.quote(quote), max(quote.price - self.chance(0.04), 0),
            self.history.now + self.rng.choice([0, DAY, DAY, DAY, 10 * DAY]),
            self.model.licensing.epoch_of(buyer) + self.chance(0.02), self.rng.randint(0, 9),
        )  # fmt: skip
        if self.chance(0.02):
            order = order._replace(quote=self.salt())
        signer = buyer if not self.chance(0.02) else self.person()
        if self.chance(0.5 if quote.currency == DOLLAR else 0.05):
            self._fulfil_authorized(quote, signature, order, signer)
            return
        signed = sign(KEYS[signer], self.model.digests.order(order))
        for _ in range(self.rng.choice([1, 1, 1, 2])):
            wait = self.rng.choice([0, 1, 12, None])
            self.do("licensing", "fulfil", STRANGER, quote, signature, order, signed, _NO_PERMIT, wait=wait)

    def _fulfil_authorized(self, quote: Quote, signature: bytes, order: Order, signer: str) -> None:
        now = self.history.now
        price = quote.price + self.chance(0.04)
        after, before = self.rng.choice([0, 0, 0, now]), self.rng.choice([now + 12, now + DAY, now + DAY, MAX_TIME])
        signed = sign(KEYS[signer], self.model.digests.payment(order, price, after, before))
        paper = authorization(signed, after, before)
        for _ in range(self.rng.choice([1, 1, 1, 2])):
            wait = self.rng.choice([0, 1, 12, None])
            self.do("licensing", "fulfilAuthorized", STRANGER, quote, signature, order, paper, wait=wait)

    def void(self) -> None:
        if self.chance(0.5):
            self.do("licensing", "cancelOrder", self.person(), self.rng.randint(0, 9))
        else:
            self.do(self.rng.choice(["licensing", "book"]), "advanceEpoch", self.person())

    # Licences

    def _licence(self, *, renewable: bool = False) -> int:
        """A licence, perhaps one that was given back, is over, or never was."""
        terms = self.model.book.terms
        known = [n for n, each in self.model.licensing.licences.items() if terms[each.terms].renewable or not renewable]
        return self.rng.choice(known) if known and not self.chance(0.03) else 999

    def _owner(self, licence: int) -> str:
        return self.model.licensing.tokens.owners.get(licence, PEOPLE[0]) if not self.chance(0.07) else self.person()

    def transfer_licence(self) -> None:
        licence = self._licence()
        owner = self._owner(licence)
        mover = owner
        if self.chance(0.3):
            mover = self.person()
            coins = int(self.chance(0.1))
            self.do("licensing", "approve", self.rng.choice([owner, mover]), mover, licence, value=coins)
        self.do("licensing", "transferFrom", mover, owner, self.rng.choice([*PEOPLE, NOBODY]), licence)

    def renew(self) -> None:
        if self.chance(0.6):
            self._sell_renewable()
        licence = self._licence(renewable=self.chance(0.9))
        held = self.model.licensing.licences.get(licence)
        offer = self.model.book.offers[held.offer] if held else None
        period = self.model.book.terms[held.terms].duration if held else DAY
        periods = self.rng.choice([1, 1, 2, 8, 9, 0])
        duration = periods * period + self.chance(0.04)
        value = self.value(offer.currency, offer.price * periods) if offer else 0
        self.do("licensing", "renewSubscription", self._owner(licence), licence, duration, value=value)

    def _sell_renewable(self) -> None:
        work, who = self.work(), self.person()
        listing = self.listing(terms=self.rng.choice([10, 12, 13]), currency=self.rng.choice(self.currencies))
        offers = len(self.model.book.offers)
        self.do("book", "list", self.holder(work), work, listing, wait=self.finality(work))
        if len(self.model.book.offers) > offers:
            value = self.value(listing.currency, listing.price)
            self.do("licensing", "buy", who, self.purchase(offers + 1), who, value=value)

    def cancel(self) -> None:
        licence = self._licence()
        self.do("licensing", "cancelSubscription", self._owner(licence), licence)

    def refund(self) -> None:
        refundable = [n for n, each in self.model.licensing.licences.items() if each.refundable_for]
        licence = self.rng.choice(refundable) if refundable and not self.chance(0.1) else self._licence()
        self.do("licensing", "refund", self._owner(licence), licence)

    def seat(self) -> None:
        terms = self.model.book.terms
        seated = [n for n, each in self.model.licensing.licences.items() if terms[each.terms].seats]
        licence = self.rng.choice(seated) if seated and not self.chance(0.1) else self._licence()
        for _ in range(self.rng.choice([1, 2, 3])):
            self.do("licensing", "setSeat", self._owner(licence), licence, self.person(), self.chance(0.7))
