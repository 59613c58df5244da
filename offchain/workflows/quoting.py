"""Quotes: prices from the LP, inside the holder's mandate, signed by the pricing delegate."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Final, TypeAlias

from offchain.chain import ZERO_ADDRESS, Currency, Quote, Title, work_hex
from offchain.chain.address import parse_address
from offchain.chain.eip712 import TypedData, digest
from offchain.chain.signer import Signer
from offchain.errors import InputError, RefusedError
from offchain.pricing import DEFAULT_SEGMENTS, Price, Solution
from offchain.pricing.epochs import Basis
from offchain.store import QuoteRecord, UnitOfWork
from offchain.workflows.mandates import Mandate
from offchain.workflows.offers_log import log_offer
from offchain.workflows.prices import believed_problem, mandated
from offchain.workflows.requoting import Standing, standing
from offchain.workflows.services import Services
from offchain.workflows.takedowns import require_none_in_force

__all__ = ["QuoteRequest", "SignedQuote", "make_quote", "quote_by_digest"]

DEFAULT_SECONDS: Final = 15 * 60
MAX_SECONDS: Final = 24 * 3600

_DAY: Final = 86_400
_KEPT: Final = 10_000
"""Offers that are remembered as judged."""

_Place: TypeAlias = tuple[bytes, int | None, int]


@dataclass(frozen=True, slots=True)
class QuoteRequest:
    """What a buyer asks: `seconds` is how long the quote shall stand."""

    work: int
    tier: str
    buyer: str | None = None
    segment: str = "individual"
    currency: str | None = None
    seconds: int = DEFAULT_SECONDS


@dataclass(frozen=True, slots=True)
class SignedQuote:
    """A quote that a buyer can accept.

    Attributes:
        quote: the signed struct; its `basis` is the digest of the one below.
        digest: EIP-712 digest.
        signature: the delegate's.
        tier: what is licensed.
        segment: who was asked for.
        currency: of the price.
        explanation: why it is this price.
        basis: the pricing problem that proves it, and the epoch it was made in.
        number: how many quotes were made for this buyer before; None for an open quote.
    """

    quote: Quote
    digest: bytes
    signature: bytes
    tier: str
    segment: str
    currency: Currency
    explanation: str
    basis: Basis
    number: int | None = None


@dataclass(frozen=True, slots=True)
class _Judged:
    """An offer that the contracts would take, and that its certificate proves, at a place in time.

    Attributes:
        place: hash of the newest block, number of the newest epoch of prices, UTC day.
        quote: an open one, whose expiry and buyer may be others.
    """

    place: _Place
    title: Title
    mandate: Mandate
    priced: Standing
    price: Price
    quote: Quote


def make_quote(services: Services, request: QuoteRequest) -> SignedQuote:
    """Price one tier and sign the price, if the contracts would let it be bought now.

    Raises:
        NotFoundError: `unknown-work`, `unknown-tier`, `unknown-currency`.
        InputError: `segment-unknown`, `quote-duration-out-of-range`, or a malformed account.
        RefusedError: `not-for-sale`, `wrong-currency`, `not-final`, or the offer book's reason: `below-economics`,
            `reserved`, `permit-expired`, `scope-too-wide`, `daily-cap-reached` and others.
        UnavailableError: `no-pricing-key`.
    """
    signer = services.require_pricing()
    _require_readable(request)
    services.terms_number(request.tier)
    buyer = None if request.buyer is None else parse_address(request.buyer)
    judged, now = _judged(services, request, signer)
    _require_final(judged.title, now)
    mandate, priced, price = judged.mandate, judged.priced, judged.price
    expiry = min(now + request.seconds, mandate.expiry)
    quote = replace(judged.quote, buyer=buyer or ZERO_ADDRESS, expiry=expiry)
    # Counted and kept in one unit of work, else two quotes made at once would share a number, and their orders a nonce.
    with services.store.transaction() as tx:
        number = _number(services, tx, buyer)
        quote, typed, hashed = _distinct(services, tx, quote, (now, mandate.expiry))
        signed = SignedQuote(
            quote=quote,
            digest=hashed,
            signature=signer.sign_digest(hashed),
            tier=request.tier,
            segment=request.segment,
            currency=mandate.currency,
            explanation=price.explanation.sentence + priced.note,
            basis=priced.basis,
            number=number,
        )
        _keep(tx, signed, typed)
        log_offer(tx, signed, now)
    return signed


def _judged(services: Services, request: QuoteRequest, signer: Signer) -> tuple[_Judged, int]:
    """What is offered as of the newest block, and the time that quotes go by, Unix seconds.

    While the chain has no newer block, the catalogue no newer epoch of prices, and the UTC day lasts by which demand is
    learnt, the same answer would come out again: it is kept, and only the chain's head and the epoch are asked for.
    """
    head = services.client.block("latest")
    now = max(int(time.time()), head.timestamp if head else 0)
    currency = services.currency(request.currency)
    with services.store.snapshot() as tx:
        require_none_in_force(tx, request.work)
        epoch = tx.epochs.newest_number(currency.index)
    place = (head.hash if head else b"", epoch, now // _DAY)
    key = (request.work, request.tier, request.segment, currency.index)
    kept = services.judged.get(key)
    if isinstance(kept, _Judged) and kept.place == place and kept.mandate.expiry > now:
        return kept, now
    judged = _judge(services, request, signer, place, now)
    if len(services.judged) >= _KEPT:
        services.judged.clear()
    services.judged[key] = judged
    return judged, now


def _judge(services: Services, request: QuoteRequest, signer: Signer, place: _Place, now: int) -> _Judged:
    title = services.contracts.registry.title(request.work)
    _require_final(title, now)
    allowed = mandated(services, request.work, request.currency)
    mandate = _of_tier(allowed, request)
    priced = standing(services, believed_problem(services, request.work, title, allowed)[0])
    price = _price(priced.solution, request)
    quote = Quote(
        work=request.work,
        seller=signer.address,
        terms=mandate.terms,
        currency=mandate.currency.index,
        price=price.amount,
        buyer=ZERO_ADDRESS,
        max_quantity=0,
        expiry=min(now + request.seconds, mandate.expiry),
        work_epoch=title.epoch,
        signer_epoch=services.contracts.offers.epoch(signer.address),
        grants=0,
        basis=priced.basis.digest(),
    )
    _require_usable(services, quote, signer)
    return _Judged(place, title, mandate, priced, price, quote)


def quote_by_digest(services: Services, quote: bytes) -> SignedQuote:
    """A quote that was made here.

    Raises:
        NotFoundError: `unknown-quote`.
    """
    with services.store.snapshot() as tx:
        record = tx.quotes.get(quote)
    message, told = record.typed["message"], record.explanation
    return SignedQuote(
        Quote(
            work=int(message["work"]),
            seller=record.seller,
            terms=record.terms,
            currency=record.currency,
            price=record.price,
            buyer=message["buyer"],
            max_quantity=int(message["maxQuantity"]),
            expiry=record.expiry,
            work_epoch=int(message["workEpoch"]),
            signer_epoch=int(message["signerEpoch"]),
            grants=int(message["grants"]),
            basis=bytes.fromhex(message["basis"].removeprefix("0x")),
        ),
        record.digest,
        record.signature,
        told["tier"],
        told["segment"],
        services.currency_at(record.currency),
        told["sentence"],
        # Quotes of earlier versions name no more than the problem's hash, which is what the struct carries.
        Basis(**told["basis"]) if "basis" in told else Basis(message["basis"]),
        told["number"],
    )


def _require_readable(request: QuoteRequest) -> None:
    if request.segment not in DEFAULT_SEGMENTS:
        known = ", ".join(DEFAULT_SEGMENTS)
        raise InputError("segment-unknown", f"there is no segment {request.segment!r}", f"use one of: {known}")
    if not 1 <= request.seconds <= MAX_SECONDS:
        raise InputError(
            "quote-duration-out-of-range", f"a quote for {request.seconds} seconds", f"ask for 1 to {MAX_SECONDS}"
        )


def _require_final(title: Title, now: int) -> None:
    if title.final_at > now:
        raise RefusedError(
            "not-final", f"this work is not final before {title.final_at} (Unix seconds)", "wait until then"
        )


def _require_usable(services: Services, quote: Quote, signer: Signer) -> None:
    """Let the offer book judge the quote before anybody sees it: economics, exclusives, limits, mandate.

    It is asked about an open quote, since one for a buyer might have been made in this second before, and used up.
    """
    offers, opened = services.contracts.offers, replace(quote, buyer=ZERO_ADDRESS)
    offers.try_quote(opened, signer.sign_typed(offers.quote_typed(opened)), services.contracts.licensing.address)


def _of_tier(allowed: Sequence[Mandate], request: QuoteRequest) -> Mandate:
    for mandate in allowed:
        if mandate.tier == request.tier:
            return mandate
    offered = ", ".join(mandate.tier for mandate in allowed)
    raise RefusedError(
        "not-for-sale",
        f"this work is not sold as {request.tier}",
        f"ask for: {offered}; or look for a listing",
        work=work_hex(request.work),
    )


def _price(solution: Solution, request: QuoteRequest) -> Price:
    wanted = (work_hex(request.work), request.tier, request.segment)
    return next(price for price in solution.prices if price.key == wanted)


def _distinct(
    services: Services, tx: UnitOfWork, quote: Quote, between: tuple[int, int]
) -> tuple[Quote, TypedData, bytes]:
    """The quote, its typed data and their digest.

    A quote for a named buyer sells once, so one that is asked for again in the same second must differ: its expiry
    moves later up to the second of `between`, the mandate's end, then earlier down to the first, now.
    """
    typed = services.contracts.offers.quote_typed(quote)
    if quote.buyer == ZERO_ADDRESS:
        return quote, typed, digest(typed)
    first, last = between
    for expiry in itertools.chain(range(quote.expiry, last + 1), range(quote.expiry - 1, first, -1)):
        other = replace(quote, expiry=expiry)
        typed = services.contracts.offers.quote_typed(other)
        hashed = digest(typed)
        if tx.quotes.find(hashed) is None:
            return other, typed, hashed
    raise RefusedError(
        "not-for-sale",
        f"the mandate ends at {last} (Unix seconds), and a quote was made for each second until then",
        "buy on one of these quotes, or ask for an open one",
        work=work_hex(quote.work),
    )


def _number(services: Services, tx: UnitOfWork, buyer: str | None) -> int | None:
    """How many quotes were made for this buyer so far; no other is counted until the unit of work ends."""
    if buyer is None:
        return None
    tx.transactions.lock_account(services.client.chain_id, buyer)
    return tx.quotes.made_for(buyer)


def _keep(tx: UnitOfWork, signed: SignedQuote, typed: TypedData) -> None:
    quote = signed.quote
    told: dict[str, object] = {"tier": signed.tier, "segment": signed.segment, "sentence": signed.explanation}
    told |= {"number": signed.number, "basis": asdict(signed.basis)}
    tx.quotes.add(
        QuoteRecord(
            digest=signed.digest,
            work=quote.work,
            seller=quote.seller,
            terms=quote.terms,
            currency=quote.currency,
            price=quote.price,
            expiry=quote.expiry,
            typed=typed,
            signature=signed.signature,
            created_at=int(time.time()),
            buyer=None if quote.buyer == ZERO_ADDRESS else quote.buyer,
            explanation=told,
        )
    )
