"""Errors of the offer book and of Licensing."""

from __future__ import annotations

from typing import Final

from offchain.chain.revert_words.entry import INTERNAL, SIGN_AGAIN, Words
from offchain.chain.revert_words.money import LEDGER, REGISTRY
from offchain.errors import DeniedError, InputError, NotFoundError, RefusedError

__all__ = ["LICENSING", "OFFER_BOOK"]

OFFER_BOOK: Final[dict[str, Words]] = {
    "UnknownTerms": Words(NotFoundError, "there are no terms number {terms}", "register the terms first"),
    "TermsExist": Words(RefusedError, "the same terms stand under number {terms}", "use number {terms}"),
    "UnknownOffer": Words(NotFoundError, "no listing has number {offer}", "look the offer up at its work"),
    "OfferClosed": Words(RefusedError, "listing {offer} is closed", "ask the holder for a quote"),
    "NotHolder": REGISTRY["NotHolder"],
    "NotRegistry": LEDGER["NotRegistry"],
    "NotFinal": REGISTRY["NotFinal"],
    "WrongWorkEpoch": Words(
        RefusedError,
        "the price is void: the title changed hands or its holder revoked it (epoch is now {epoch})",
        "ask for a new quote",
    ),
    "WrongEpoch": Words(RefusedError, "{account} has revoked the signatures of that epoch", SIGN_AGAIN),
    "Expired": Words(RefusedError, "the quote or consent expired at {expiry} (Unix seconds)", "ask for a new one"),
    "BadSignature": Words(DeniedError, "the signature is not by {signer}", SIGN_AGAIN),
    "WrongBuyer": Words(DeniedError, "the quote is for {buyer} alone", "ask for a quote of your own"),
    "NoMandate": Words(
        DeniedError,
        "{seller} may not quote for this work",
        "let the holder quote, or set bounds for the delegate",
    ),
    "OutOfBounds": Words(
        RefusedError, "the price {price} is outside the mandate {floor} to {ceiling}", "quote inside the mandate"
    ),
    "BadBounds": Words(InputError, "the floor {floor} is above the ceiling {ceiling}", "swap or correct them"),
    "DailyCapReached": Words(
        RefusedError, "the delegate has sold its {perDay} licences of today", "try tomorrow, UTC, or ask the holder"
    ),
    "PermitExpired": Words(
        RefusedError,
        "the derivative's permit ended at {sellUntil} (Unix seconds)",
        "license works whose permits live, or buy a lasting permit",
    ),
    "ScopeTooWide": Words(
        RefusedError, "the licence would grant more than the parents permit", "sell under terms of a narrower scope"
    ),
    "BadTerms": Words(
        InputError,
        "these terms are refused: {content[upstream]} parts per million upstream, or parts that exclude one another",
        "owe at most 900000 upstream, keep the ceiling above the guarantee, and leave no part of the scope empty; "
        "exclusive terms last up to ten years and are neither refundable nor renewable; renewable terms have a "
        "duration",
    ),
    "WrongContent": Words(
        RefusedError,
        "offer {offer} is not the one that the purchase states",
        "look the offer up again",
    ),
    "ZeroQuantity": Words(InputError, "no licence is asked for", "buy at least one"),
    "NotLicensing": Words(DeniedError, "only Licensing may do this", INTERNAL),
    "SoldOut": Words(RefusedError, "the offer has sold all of its {supply} licences", "ask for a new quote"),
    "BelowEconomics": Words(
        RefusedError,
        "the share holders of this work protect its price: {price} at {upstream} parts per million is too low, or in "
        "another currency than theirs",
        "see `OfferBook.economics` for the minimum and its currency and keep to it, or have the share holders sign "
        "others",
    ),
    "BadEconomics": Words(
        InputError,
        "these economics are refused: quorum {economics[quorum]}, {economics[minUpstream]} parts per million",
        "name a quorum of at most 1000000 units, at most 900000 upstream, and a currency of the ledger",
    ),
    "ConsentsUnsorted": Words(
        InputError,
        "the consent of {holder} stands out of order, or is the sender's own",
        "sort the consents by account, each once, without your own",
    ),
    "TooManyConsents": Words(InputError, "{consents} consents are more than 32", "send at most 32"),
    "QuorumMissed": Words(RefusedError, "holders of {units} units agreed, {quorum} are needed", "gather more consents"),
    "Disputed": REGISTRY["Disputed"],
    "ExclusiveNeedsQuote": Words(
        RefusedError, "exclusive terms are sold on the holder's own quote alone", "let the holder sign a quote"
    ),
    "NotCounting": Words(
        RefusedError, "the holder does not count this work's licences yet", "let the holder begin to count, then quote"
    ),
    "AlreadyCounting": Words(RefusedError, "this work's licences are counted already", "nothing is to be done"),
    "GrantsChanged": Words(
        RefusedError,
        "{grants} licences were granted, the quote says {stated}: somebody bought or renewed one meanwhile",
        "ask for a new quote",
    ),
    "Reserved": Words(
        RefusedError,
        "offer {exclusiveOffer} was sold exclusively until {until} (Unix seconds)",
        "wait until then, or ask for a narrower scope",
    ),
    "TooManyExclusives": Words(
        RefusedError, "8 exclusive licences of this work are live", "wait until one of them ends"
    ),
    "NotRenewable": Words(RefusedError, "terms {terms} are not renewable", "buy a new licence"),
    "BadDuration": Words(
        InputError, "{duration} seconds are no whole periods of {unit}", "renew by a multiple of {unit} seconds"
    ),
}

LICENSING: Final[dict[str, Words]] = {
    "UnknownLicence": Words(NotFoundError, "there is no licence number {licence}", "check the number"),
    "NativeOrder": Words(
        InputError, "an order can only be paid in a token", "buy directly, sending the native coin along"
    ),
    "WrongQuote": Words(RefusedError, "the order accepts another quote", "sign an order for this quote"),
    "PriceTooHigh": Words(
        RefusedError,
        "the price {price} is above the buyer's maximum {maxPrice}",
        "sign an order with a higher maximum, or ask for a new quote",
    ),
    "WrongValue": Words(InputError, "{sent} wei were sent along, {price} are due", "send exactly {price} wei"),
    "Underpaid": Words(
        RefusedError, "{credited} arrived, {price} are due: the token keeps a fee", "pay in another currency"
    ),
    "NonceUsed": Words(RefusedError, "this order was already used or cancelled", "sign a new order with another nonce"),
    "NotTransferable": Words(
        RefusedError, "the terms of licence {licence} forbid a transfer", "let the receiver buy a licence"
    ),
    "NotLive": Words(RefusedError, "licence {licence} has expired", "buy a new licence"),
    "NotPermitHolder": Words(
        DeniedError, "{registrant} does not hold licence {licence}", "register from the account that holds it"
    ),
    "NoDerivativeLeft": Words(
        RefusedError,
        "licence {licence} permits {maxDerivatives} derivatives, all used",
        "buy another licence of the parent",
    ),
    "ZeroAddress": LEDGER["ZeroAddress"],
    "NotRegistry": LEDGER["NotRegistry"],
    "NotLicenceHolder": Words(
        DeniedError, "{caller} does not hold licence {licence}", "send it from the account that holds it"
    ),
    "WrongEpoch": OFFER_BOOK["WrongEpoch"],
    "Expired": Words(RefusedError, "the order expired at {expiry} (Unix seconds)", "sign a new order"),
    "BadSignature": OFFER_BOOK["BadSignature"],
    "QuantityTooLarge": Words(
        InputError, "{quantity} licences are more than one sale takes", "buy {most} licences at a time at most"
    ),
    "Refundable": Words(
        RefusedError,
        "licence {licence} can be given back until the end of day {untilDay}",
        "come back when that UTC day is over",
    ),
    "NotRefundable": Words(
        RefusedError, "licence {licence} cannot be given back, or not any more", "keep it, or hand it on"
    ),
    "TooFarAhead": Words(
        RefusedError, "licence {licence} would live until {expiry}, above ten years", "renew it later"
    ),
    "NoSeatLeft": Words(
        RefusedError, "licence {licence} has {seats} seats, all taken", "free a seat, or buy another licence"
    ),
    "SeatUnchanged": Words(RefusedError, "the seat of {account} stands like that", "nothing is to be done"),
    "NoDerivatives": Words(
        RefusedError,
        "offer {offer} permits no derivative, or can be given back",
        "derive under a licence at hand, or under other terms",
    ),
}
