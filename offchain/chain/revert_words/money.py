"""Errors of the registry and of the ledger."""

from __future__ import annotations

from typing import Final

from offchain.chain.revert_words.entry import HOLDER_ACTS, INTERNAL, SIGN_AGAIN, WAIT_FOR_DISPUTE, Words
from offchain.errors import DeniedError, InputError, NotFoundError, RefusedError

__all__ = ["LEDGER", "REGISTRY"]

REGISTRY: Final[dict[str, Words]] = {
    "AlreadyRegistered": Words(
        RefusedError,
        "this work is already registered, and {holder} holds its title",
        "buy a licence from the holder, or register a work of your own",
    ),
    "UnknownWork": Words(NotFoundError, "no work with this id is registered", "check the id, or register the work"),
    "EmptyWork": Words(InputError, "this id is no file that can be registered", "register a file that has content"),
    "NotRegistrant": Words(
        DeniedError,
        "{caller} may not register for {registrant}",
        "send it from {registrant}, or relay its signature",
    ),
    "NotHolder": Words(DeniedError, "{caller} does not hold the title of this work", HOLDER_ACTS),
    "NotLedger": Words(DeniedError, "only the ledger may do this", INTERNAL),
    "NotOfferBook": Words(DeniedError, "only the offer book may do this", INTERNAL),
    "NotFinal": Words(
        RefusedError,
        "this work is not final before {finalAt} (Unix seconds)",
        "wait until then",
    ),
    "CommitmentUnknown": Words(
        RefusedError,
        "no open commitment matches this registrant, work and salt",
        "commit first, or register at once without a salt",
    ),
    "CommitmentTooYoung": Words(
        RefusedError, "the commitment was made in this very block", "send the registration in a later block"
    ),
    "EpochsUsedUp": Words(
        RefusedError,
        "this work's offers were revoked too often: neither can they be again, nor can the title change hands",
        "keep the title, and sell under the offers that are open",
    ),
    "BadSignature": Words(DeniedError, "the signature is not by {registrant}", SIGN_AGAIN),
    "Expired": Words(RefusedError, "the signature expired at {deadline} (Unix seconds)", SIGN_AGAIN),
    "UpstreamTooHigh": Words(
        RefusedError,
        "the parents together would receive {upstream} parts per million, above 900000",
        "derive from fewer works, or under terms with a lower share",
    ),
    "TooManyParents": Words(InputError, "{parents} parents are more than 16", "derive from at most 16 works"),
    "WrongValue": Words(
        InputError,
        "{sent} wei were sent along, {spent} are due",
        "send exactly what the purchases and guarantees cost",
    ),
    "Disputed": Words(RefusedError, "the title of this work is disputed", WAIT_FOR_DISPUTE),
    "SeriesUsedUp": Words(
        RefusedError, "judgements have changed this title 31 times", "dispute its revenue (DIVERT) instead"
    ),
}

LEDGER: Final[dict[str, Words]] = {
    "ZeroAmount": Words(InputError, "the amount is zero", "pay at least one minor unit"),
    "ZeroAddress": Words(InputError, "the receiver is the zero address", "name an account that somebody owns"),
    "WrongValue": Words(
        InputError, "{sent} wei were sent along, {expected} are due", "send exactly {expected} wei with the call"
    ),
    "WrongReceipt": Words(
        RefusedError, "{received} arrived, {due} are due: the token keeps a fee", "pay in another currency"
    ),
    "UnknownCurrency": Words(
        NotFoundError, "the ledger has no currency number {currency}", "use a currency of the ledger's list"
    ),
    "TooManyCurrencies": Words(RefusedError, "the ledger's list of currencies is full", "use one that it has"),
    "CurrencyExists": Words(RefusedError, "{token} is already a currency", "use it; nothing is to be done"),
    "NotAToken": Words(InputError, "{token} is not a contract", "give the address of an ERC-20 token"),
    "GrossOverflow": Words(
        RefusedError, "the work would earn more than the ledger can count", "pay less; one currency holds 2^108 units"
    ),
    "UnknownEdge": Words(NotFoundError, "the work has no parent number {edge}", "parents count from 0"),
    "NothingToPull": Words(RefusedError, "nothing new is owed to this parent", "pull again after the child earned"),
    "NothingToClaim": Words(
        RefusedError,
        "{holder} has nothing to claim here",
        "pull from the derivatives first, or wait for the next sale; after a judgement shares go by "
        "`share_id(work, series)`",
    ),
    "PaymentFailed": Words(
        RefusedError,
        "{to} or the token refused the payment; nothing was lost",
        "claim to an account that accepts this currency",
    ),
    "InsufficientShares": Words(
        RefusedError, "{holder} has {units} units, {wanted} are wanted", "transfer at most {units} units"
    ),
    "InsufficientAllowance": Words(
        DeniedError, "{spender} may not move {wanted} units of {owner}", "let the owner approve the spender first"
    ),
    "NotFinal": REGISTRY["NotFinal"],
    "NotRegistry": Words(DeniedError, "only the registry may do this", INTERNAL),
    "NotLicensing": Words(DeniedError, "only Licensing may name a payer", "deposit with your own money instead"),
    "NotDisputes": Words(DeniedError, "only the contract of disputes may do this", INTERNAL),
    "NotHolder": REGISTRY["NotHolder"],
    "TooManyHolders": Words(
        InputError, "{holders} holders are more than one payment takes", "pay 32 holders at a time at most"
    ),
    "InsufficientGas": Words(
        InputError, "{left} gas is left, {needed} is needed to pay one holder", "send more gas, or pay fewer holders"
    ),
    "StillHeld": Words(
        RefusedError, "the money of day {day} can still be given back", "release it after that UTC day is over"
    ),
    "NothingHeld": Words(NotFoundError, "nothing waits for the end of day {day}", "check work, currency and day"),
    "AlreadyIssued": Words(
        RefusedError, "the shares of this work are distributed already", "transfer the units that you hold"
    ),
    "NoRoot": Words(NotFoundError, "these shares were not distributed by a tree", "check the id of the shares"),
    "BadProof": Words(
        InputError, "the proof does not lead to the root {root}", "prove index, account and units as the tree has them"
    ),
    "AlreadyActivated": Words(RefusedError, "leaf {index} was activated already", "nothing is to be done"),
    "BadAdvance": Words(
        InputError,
        "no advance of {principal} at {rate} parts per million is possible here",
        "request at 1 to 500000 parts per million; to pay, repeat what is asked for (`RoyaltyLedger.advance`)",
    ),
    "AdvanceOpen": Words(
        RefusedError, "an earlier advance on this work is not repaid yet", "wait until its principal is recouped"
    ),
    "NoAdvance": Words(
        NotFoundError, "nothing is asked for now, or no advance was paid yet", "let the title's holder request one"
    ),
    "NotAdvancer": Words(
        DeniedError, "{caller} did not pay this advance", "send it from the account that paid the advance"
    ),
    "Disputed": REGISTRY["Disputed"],
    "NotDisputed": Words(RefusedError, "no dispute over this work is open", "nothing is to be decided"),
}
