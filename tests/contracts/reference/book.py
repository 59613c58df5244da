"""The offer book, as docs/SPECIFICATION.md §3 tells it: what may be sold, at which price, and by whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from tests.contracts.reference.eip712 import Signature
from tests.contracts.reference.ledger import Ledger
from tests.contracts.reference.offers import (
    SETS,
    Limits,
    Mandate,
    Offer,
    Sale,
    Window,
    content,
    mandate_of,
    offer_of,
    overlap,
    stricter,
)
from tests.contracts.reference.rules import DAY, MAX_TIME, TEN_YEARS, UNITS, Message, Room, Tally, refuse
from tests.contracts.reference.tokens import NOBODY
from tests.contracts.reference.works import MAX_UPSTREAM, Works
from tests.contracts.structs import Bounds, Economics, Listing, Purchase, Quote, Terms

__all__ = ["Book"]

HOUR = 3_600
MOST_PRICE = 2**104 - 1
MOST_WINDOWS = 8
MOST_CONSENTS = 32


@dataclass
class Book(Room):
    """All terms and offers. `hash_quote` and `hash_consent` give the digests that people sign."""

    STATE = (
        "terms", "offers", "quoted", "limits", "mandates", "sold_today", "economics", "changes", "grants", "windows",
        "epochs",
    )  # fmt: skip

    works: Works
    ledger: Ledger
    hash_quote: Callable[[Quote], bytes]
    hash_consent: Callable[[int, str, Economics, int, int, int], bytes]
    terms: dict[int, Terms] = field(default_factory=dict)
    offers: dict[int, Offer] = field(default_factory=dict)
    quoted: dict[bytes, int] = field(default_factory=dict)
    limits: dict[int, Limits] = field(default_factory=dict)
    mandates: dict[Mandate, Bounds] = field(default_factory=dict)
    sold_today: Tally = field(default_factory=Tally)
    economics: dict[int, Economics] = field(default_factory=dict)
    changes: Tally = field(default_factory=Tally)
    grants: dict[int, int] = field(default_factory=dict)
    windows: dict[int, tuple[Window, ...]] = field(default_factory=dict)
    epochs: dict[str, int] = field(default_factory=dict)

    # Questions

    def epoch_of(self, account: str) -> int:
        """Epoch of the quotes and consents that an account signs."""
        return self.epochs.get(account, 0)

    def limits_of(self, work: int) -> Limits:
        """Without limit unless it is a derivative."""
        return self.limits.get(work, Limits())

    def economics_of(self, work: int) -> Economics:
        """Without protection unless it was stated."""
        return self.economics.get(work, Economics())

    def live_windows(self, work: int, now: int) -> list[Window]:
        """Exclusive grants that have not expired."""
        return [window for window in self.windows.get(work, ()) if now < window.until]

    def terms_reasons(self, terms: int) -> Iterator[str]:
        """Terms are numbers from 1."""
        if terms not in self.terms:
            yield "OfferBook__UnknownTerms"

    def listing_reasons(self, work: int, listing: Listing) -> Iterator[str]:
        """A listing names what exists, inside the economics; anybody may take it, so it is never exclusive."""
        yield from self.terms_reasons(listing.terms)
        yield from self.ledger.currency_reasons(listing.currency)
        if listing.terms in self.terms:
            if self.terms[listing.terms].exclusive:
                yield "OfferBook__ExclusiveNeedsQuote"
            yield from self.price_reasons(work, listing.terms, listing.currency, listing.price)

    def price_reasons(self, work: int, terms: int, currency: int, price: int) -> Iterator[str]:
        """What the holders of shares protect. Under a ceiling a derivative could owe nothing, whatever its upstream."""
        least, of = self.economics_of(work), self.terms[terms]
        below = least.minPrice and (currency != least.currency or price < least.minPrice)
        if below or (least.minUpstream and (of.upstream < least.minUpstream or of.ceiling)):
            yield "OfferBook__BelowEconomics"

    def bounds_reasons(self, bounds: Bounds) -> Iterator[str]:
        """Bounds bound something, and no delegate sells exclusives."""
        yield from self.terms_reasons(bounds.terms)
        if bounds.floor > bounds.ceiling:
            yield "OfferBook__BadBounds"
        if bounds.terms in self.terms and self.terms[bounds.terms].exclusive:
            yield "OfferBook__ExclusiveNeedsQuote"

    def sale_reasons(self, now: int, offer: Offer, quantity: int) -> Iterator[str]:
        """What every sale asks, however its price was made."""
        yield from self.works.final_reasons(now, offer.work, "OfferBook")
        if offer.work in self.works.titles and self.works.titles[offer.work].epoch != offer.epoch:
            yield "OfferBook__WrongWorkEpoch"
        yield from self.grant_reasons(now, offer.work, offer.terms)
        if offer.supply and offer.sold + quantity > offer.supply:
            yield "OfferBook__SoldOut"

    def grant_reasons(self, now: int, work: int, terms: int) -> Iterator[str]:
        """A derivative's limits, and R2."""
        limits = self.limits_of(work)
        if now >= limits.sell_until:
            yield "OfferBook__PermitExpired"
        yield from self.terms_reasons(terms)
        if terms not in self.terms:
            return
        scope = self.terms[terms].scope
        if scope & ~limits.scope:
            yield "OfferBook__ScopeTooWide"
        if any(overlap(scope, window.scope) for window in self.live_windows(work, now)):
            yield "OfferBook__Reserved"

    def take_reasons(self, now: int, purchase: Purchase) -> Iterator[str]:
        """R4: an open listing that is what the buyer thinks it is."""
        offer = self.offers.get(purchase.offer)
        if offer is None or offer.quoted:
            yield "OfferBook__UnknownOffer"
        if offer is None:
            return
        if offer.closed:
            yield "OfferBook__OfferClosed"
        if content(offer, self.terms[offer.terms]) != purchase.content:
            yield "OfferBook__WrongContent"
        if purchase.quantity == 0:
            yield "OfferBook__ZeroQuantity"
        yield from self.sale_reasons(now, offer, purchase.quantity)

    def quote_reasons(self, now: int, quote: Quote, signature: Signature, buyer: str) -> Iterator[str]:
        """R4, R6: signed by who may, in time, inside the economics, and not sold out."""
        hashed = self.hash_quote(quote)
        if now >= quote.expiry:
            yield "OfferBook__Expired"
        if quote.signerEpoch != self.epoch_of(quote.seller):
            yield "OfferBook__WrongEpoch"
        if (signature.signer, signature.digest) != (quote.seller, hashed):
            yield "OfferBook__BadSignature"
        if quote.buyer not in {NOBODY, buyer}:
            yield "OfferBook__WrongBuyer"
        offer = self.offers[self.quoted[hashed]] if hashed in self.quoted else offer_of(quote)
        yield from self.sale_reasons(now, offer, 1)
        yield from self.ledger.currency_reasons(quote.currency)
        if quote.terms in self.terms:
            if hashed not in self.quoted:  # an offer made before stays as it is
                yield from self.price_reasons(quote.work, quote.terms, quote.currency, quote.price)
            if self.terms[quote.terms].exclusive:
                yield from self._exclusive_reasons(now, quote)
        if quote.work in self.works.titles and quote.seller != self.works.tokens.owners[quote.work]:
            yield from self._mandate_reasons(now, quote)

    def _exclusive_reasons(self, now: int, quote: Quote) -> Iterator[str]:
        if quote.seller != self.works.tokens.owners.get(quote.work):
            yield "OfferBook__NotHolder"
        if self.works.disputed(quote.work):
            yield "OfferBook__Disputed"
        if quote.work not in self.grants:
            yield "OfferBook__NotCounting"
        elif self.grants[quote.work] != quote.grants:
            yield "OfferBook__GrantsChanged"
        if len(self.live_windows(quote.work, now)) >= MOST_WINDOWS:
            yield "OfferBook__TooManyExclusives"

    def _mandate_reasons(self, now: int, quote: Quote) -> Iterator[str]:
        bounds = self.mandates.get(mandate_of(quote))
        if bounds is None or bounds.perDay == 0 or now >= bounds.expiry // HOUR * HOUR:
            yield "OfferBook__NoMandate"
        if bounds is None:
            return
        if not bounds.floor <= quote.price <= bounds.ceiling:
            yield "OfferBook__OutOfBounds"
        if self.sold_today[mandate_of(quote), now // DAY] >= bounds.perDay:
            yield "OfferBook__DailyCapReached"

    def economics_reasons(self, economics: Economics) -> Iterator[str]:
        """Limits that can be kept, in a currency that exists."""
        yield from self.ledger.currency_reasons(economics.currency)
        if economics.quorum > UNITS or economics.minUpstream > MAX_UPSTREAM:
            yield "OfferBook__BadEconomics"

    # Changes

    def publish(self, work: int, listings: Sequence[Listing], bounds: Sequence[Bounds], economics: Economics) -> None:
        """What a registration states; economics first, since the listings must obey them."""
        self.economics.pop(work, None)
        if any(economics[1:]):
            refuse(self.economics_reasons(economics))
            self._set_economics(work, economics)
        reasons = {reason for listing in listings for reason in self.listing_reasons(work, listing)}
        refuse(reasons | {reason for each in bounds for reason in self.bounds_reasons(each)})
        for listing in listings:
            self._list(work, listing)
        for each in bounds:
            self._bind(work, each)

    def _list(self, work: int, listing: Listing) -> int:
        epoch, counted = self.works.titles[work].epoch, work in self.grants
        offer = Offer(work, listing.terms, listing.currency, listing.price, epoch, supply=listing.supply)
        return self._offer(offer._replace(counted=counted))

    def _offer(self, offer: Offer) -> int:
        number = len(self.offers) + 1
        self.offers[number] = offer
        return number

    def _bind(self, work: int, bounds: Bounds) -> None:
        epoch = self.works.titles[work].epoch
        self.mandates[work, epoch, bounds.terms, bounds.currency, bounds.delegate] = bounds

    def _set_economics(self, work: int, economics: Economics) -> None:
        self.economics[work] = economics
        self.changes[work] += 1

    def take(self, now: int, purchase: Purchase) -> Sale:
        """A sale from a listing."""
        refuse(self.take_reasons(now, purchase))
        return self._sold(now, purchase.offer, purchase.quantity)

    def take_quote(self, now: int, quote: Quote, signature: Signature, buyer: str) -> Sale:
        """A sale of one licence on a quote."""
        refuse(self.quote_reasons(now, quote, signature, buyer))
        hashed = self.hash_quote(quote)
        if hashed not in self.quoted:
            self.quoted[hashed] = self._offer(offer_of(quote))
        if quote.seller != self.works.tokens.owners[quote.work]:
            self.sold_today[mandate_of(quote), now // DAY] += 1
        sale = self._sold(now, self.quoted[hashed], 1)
        if self.terms[quote.terms].exclusive:
            window = Window(self.terms[quote.terms].scope, sale.expiry)
            self.windows[quote.work] = (*self.windows.get(quote.work, ()), window)
        return sale

    def _sold(self, now: int, number: int, quantity: int) -> Sale:
        offer = self.offers[number]
        if offer.supply:
            self.offers[number] = offer._replace(sold=offer.sold + quantity)
        self._count(offer.work, quantity)
        terms = self.terms[offer.terms]
        expiry = now + terms.duration if terms.duration else MAX_TIME
        held_for = now // DAY + terms.refundDays if terms.refundDays else 0
        return Sale(number, offer.work, offer.terms, offer.currency, offer.price, expiry, held_for)

    def _count(self, work: int, grants: int) -> None:
        if work in self.grants:
            self.grants[work] += grants

    def renew(self, now: int, number: int, duration: int) -> Sale:
        """Whole periods, whose price together is still a price; one grant, however many they are."""
        offer = self.offers[number]
        terms = self.terms[offer.terms]
        periodic = terms.duration and duration and duration % terms.duration == 0
        price = offer.price * (duration // terms.duration) if periodic else 0
        refuse(
            ["OfferBook__NotRenewable"] * (not terms.renewable)
            + ["OfferBook__BadDuration"] * (not periodic or price > MOST_PRICE)
            + [*self.grant_reasons(now, offer.work, offer.terms)]
        )
        self._count(offer.work, 1)
        return Sale(number, offer.work, offer.terms, offer.currency, price, 0, 0)

    # Calls

    def registerTerms(self, _: Message, terms: Terms) -> int:
        """Once, for everybody."""
        refuse([*self._new_terms_reasons(terms)] + ["OfferBook__TermsExist"] * (terms in self.terms.values()))
        self.terms[len(self.terms) + 1] = terms
        return len(self.terms)

    def _new_terms_reasons(self, terms: Terms) -> Iterator[str]:
        forever = terms.duration == 0
        unbound = terms.refundDays or terms.renewable or forever or terms.duration > TEN_YEARS
        if (
            terms.upstream > MAX_UPSTREAM
            or 0 < terms.ceiling < terms.guarantee
            or (terms.exclusive and unbound)
            or (terms.renewable and forever)
            or not all(terms.scope & each for each in SETS)
        ):
            yield "OfferBook__BadTerms"
        if terms.guarantee or terms.ceiling:
            yield from self.ledger.currency_reasons(terms.currency)

    def list(self, msg: Message, work: int, listing: Listing) -> int:
        """By the title's holder."""
        refuse([*self.works.holder_reasons(msg.sender, work, "OfferBook"), *self.listing_reasons(work, listing)])
        return self._list(work, listing)

    def close(self, msg: Message, number: int) -> None:
        """By the title's holder; once closed, closing changes nothing."""
        refuse(self._close_reasons(msg.sender, number))
        self.offers[number] = self.offers[number]._replace(closed=True)

    def _close_reasons(self, caller: str, number: int) -> Iterator[str]:
        if number not in self.offers or self.offers[number].quoted:
            yield "OfferBook__UnknownOffer"
            return
        yield from self.works.holder_reasons(caller, self.offers[number].work, "OfferBook")

    def setBounds(self, msg: Message, work: int, bounds: Bounds) -> None:
        """By the title's holder."""
        refuse([*self.works.holder_reasons(msg.sender, work, "OfferBook"), *self.bounds_reasons(bounds)])
        self._bind(work, bounds)

    def countGrants(self, msg: Message, work: int) -> None:
        """By the holder of a final title, once; what was offered before is void."""
        refuse(
            [
                *self.works.holder_reasons(msg.sender, work, "OfferBook"),
                *self.works.final_reasons(msg.now, work, "OfferBook"),
                *["OfferBook__AlreadyCounting"] * (work in self.grants),
            ]
        )
        self.grants[work] = 0
        self.works.raise_epoch(work)

    def setEconomics(
        self, msg: Message, work: int, economics: Economics, consents: Sequence[tuple[str, int, Signature]]
    ) -> None:
        """By the title's holder; what is not stricter needs the quorum."""
        refuse(
            [
                *self.works.holder_reasons(msg.sender, work, "OfferBook"),
                *self.economics_reasons(economics),
                *self._consent_reasons(msg, work, economics, consents),
            ]
        )
        self._set_economics(work, economics)

    def _consent_reasons(
        self, msg: Message, work: int, economics: Economics, consents: Sequence[tuple[str, int, Signature]]
    ) -> Iterator[str]:
        present = self.economics_of(work)
        if work not in self.works.titles or stricter(present, economics):
            return
        if len(consents) > MOST_CONSENTS:
            yield "OfferBook__TooManyConsents"
        agreeing = [holder for holder, *_ in consents]
        if agreeing != sorted({*agreeing} - {msg.sender}):
            yield "OfferBook__ConsentsUnsorted"
        if any(msg.now > deadline for _, deadline, _ in consents):
            yield "OfferBook__Expired"
        for holder, deadline, signature in consents:
            expected = self.hash_consent(work, holder, economics, self.changes[work], self.epoch_of(holder), deadline)
            if (signature.signer, signature.digest) != (holder, expected):
                yield "OfferBook__BadSignature"
        series = self.ledger.current(work)
        units = sum(self.ledger.units[series, holder] for holder in {msg.sender, *agreeing})
        if units < max(present.quorum, 1):
            yield "OfferBook__QuorumMissed"

    def advanceEpoch(self, msg: Message) -> None:
        """Void all of the caller's unused quotes and consents."""
        self.epochs[msg.sender] = self.epoch_of(msg.sender) + 1
