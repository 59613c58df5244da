"""What each custom error of the contracts means to a person: kind, sentence, remedy.

Sentences and remedies are format strings over the error's named values. Errors of the two registries that mean the
same share a code. A test lists every error of the committed ABIs and fails for one that is not here.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from offchain.errors import ColophonError, DeniedError, InputError, NotFoundError, RefusedError

__all__ = ["WORDS", "Words"]


class Words(NamedTuple):
    """How a custom error is told."""

    kind: type[ColophonError]
    message: str
    remedy: str


_INTERNAL = "this call belongs to the contracts themselves; use the public function instead"
_SIGN_AGAIN = "ask for fresh typed data and sign again with that account"
_HOLDER_ACTS = "send it from the account that holds the title"

_REGISTRY: dict[str, Words] = {
    "AlreadyRegistered": Words(
        RefusedError,
        "this work is already registered, and {holder} holds its title",
        "buy a licence from the holder, or register a work of your own",
    ),
    "UnknownWork": Words(NotFoundError, "no work with this id is registered", "check the id, or register the work"),
    "EmptyWork": Words(InputError, "an empty file cannot be registered", "register a file that has content"),
    "NotRegistrant": Words(
        DeniedError,
        "{caller} may not register for {registrant}",
        "send it from {registrant}, or relay its signature",
    ),
    "NotHolder": Words(DeniedError, "{caller} does not hold the title of this work", _HOLDER_ACTS),
    "NotLedger": Words(DeniedError, "only the ledger may do this", _INTERNAL),
    "NotFinal": Words(
        RefusedError,
        "this work is not final before {finalAt} (Unix seconds)",
        "wait until then; a registration by commitment is final at once",
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
        RefusedError, "the holder has revoked this work's offers too often", "sell it under the offers that are open"
    ),
    "BadSignature": Words(DeniedError, "the signature is not by {registrant}", _SIGN_AGAIN),
    "Expired": Words(RefusedError, "the signature expired at {deadline} (Unix seconds)", _SIGN_AGAIN),
    "UpstreamTooHigh": Words(
        RefusedError,
        "the parents together would receive {upstream} parts per million, above 900000",
        "derive from fewer works, or under terms with a lower share",
    ),
    "TooManyParents": Words(InputError, "{parents} parents are more than 16", "derive from at most 16 works"),
}

_LEDGER: dict[str, Words] = {
    "ZeroAmount": Words(InputError, "the amount is zero", "pay at least one minor unit"),
    "ZeroAddress": Words(InputError, "the receiver is the zero address", "name an account that somebody owns"),
    "WrongValue": Words(
        InputError, "{sent} wei were sent along, {expected} are due", "send exactly {expected} wei with the call"
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
        "pull from the derivatives first, or wait for the next sale",
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
    "NotFinal": _REGISTRY["NotFinal"],
    "NotRegistry": Words(DeniedError, "only the registry may do this", _INTERNAL),
    "NotLicensing": Words(DeniedError, "only Licensing may name a payer", "deposit with your own money instead"),
}

_LICENSING: dict[str, Words] = {
    "UnknownTerms": Words(NotFoundError, "there are no terms number {terms}", "register the terms first"),
    "BadTerms": Words(
        InputError, "terms that owe {upstream} parts per million upstream are refused", "owe at most 900000"
    ),
    "TermsExist": Words(RefusedError, "the same terms stand under number {terms}", "use number {terms}"),
    "UnknownOffer": Words(NotFoundError, "no listing has number {offer}", "look the offer up at its work"),
    "OfferClosed": Words(RefusedError, "listing {offer} is closed", "ask the holder for a quote"),
    "UnknownLicence": Words(NotFoundError, "there is no licence number {licence}", "check the number"),
    "NativeOrder": Words(
        InputError, "an order can only be paid in a token", "buy directly, sending the native coin along"
    ),
    "NotHolder": _REGISTRY["NotHolder"],
    "NotRegistry": _LEDGER["NotRegistry"],
    "NotFinal": _REGISTRY["NotFinal"],
    "WrongWorkEpoch": Words(
        RefusedError,
        "the price is void: the title changed hands or its holder revoked it (epoch is now {epoch})",
        "ask for a new quote",
    ),
    "WrongEpoch": Words(RefusedError, "{account} has revoked the signatures of that epoch", _SIGN_AGAIN),
    "Expired": Words(RefusedError, "the quote or order expired at {expiry} (Unix seconds)", "ask for a new quote"),
    "BadSignature": Words(DeniedError, "the signature is not by {signer}", _SIGN_AGAIN),
    "WrongBuyer": Words(DeniedError, "the quote is for {buyer} alone", "ask for a quote of your own"),
    "WrongQuote": Words(RefusedError, "the order accepts another quote", "sign an order for this quote"),
    "SoldOut": Words(RefusedError, "the quote has sold all of its {quantity} licences", "ask for a new quote"),
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
    "PermitExpired": Words(
        RefusedError,
        "the derivative's permit ended at {sellUntil} (Unix seconds)",
        "license works whose permits live, or buy a lasting permit",
    ),
    "ScopeTooWide": Words(
        RefusedError, "the licence would grant more than the parents permit", "sell under terms of a narrower scope"
    ),
    "ZeroAddress": _LEDGER["ZeroAddress"],
}

_TOKENS: dict[str, Words] = {
    "Pausable__Paused": Words(RefusedError, "registrations and sales are paused", "wait; claims go on"),
    "TestDollar__LiveChain": Words(
        RefusedError, "play money may not live on chain {chainId}", "use a local chain, 1337 or 31337"
    ),
    "OwnableUnauthorizedAccount": Words(DeniedError, "{account} is not the admin", "send it from the admin's account"),
    "OwnableInvalidOwner": Words(InputError, "{owner} cannot be the admin", "name an account that somebody owns"),
    "Reentrancy": Words(RefusedError, "a receiver called back into the ledger", "claim to an account that does not"),
    "AccountBalanceOverflow": Words(RefusedError, "the account holds too many tokens", "use another account"),
    "BalanceQueryForZeroAddress": Words(InputError, "the zero address holds nothing", "name an account"),
    "NotOwnerNorApproved": Words(DeniedError, "the sender may not move this token", "send it from its holder"),
    "TokenAlreadyExists": Words(RefusedError, "this token already exists", "nothing is to be done"),
    "TokenDoesNotExist": Words(NotFoundError, "there is no such title or licence", "check the number"),
    "TransferFromIncorrectOwner": Words(RefusedError, "the token belongs to somebody else", "look its holder up"),
    "TransferToNonERC721ReceiverImplementer": Words(
        RefusedError, "the receiving contract does not accept titles or licences", "send it to another account"
    ),
    "TransferToZeroAddress": Words(InputError, "the receiver is the zero address", "name an account"),
    "TransferFromFailed": Words(
        RefusedError,
        "the token did not let the ledger take the money: balance or allowance is too small",
        "fund the account and allow the ledger the price, or sign a permit",
    ),
    "ERC20InsufficientBalance": Words(
        RefusedError, "{sender} has {balance} minor units, {needed} are needed", "fund the account"
    ),
    "ERC20InsufficientAllowance": Words(
        RefusedError,
        "{spender} is allowed {allowance} minor units, {needed} are needed",
        "approve more, or sign a permit",
    ),
    "ERC20InvalidApprover": Words(InputError, "{approver} cannot approve", "name an account"),
    "ERC20InvalidReceiver": Words(InputError, "{receiver} cannot receive", "name an account"),
    "ERC20InvalidSender": Words(InputError, "{sender} cannot send", "name an account"),
    "ERC20InvalidSpender": Words(InputError, "{spender} cannot spend", "name an account"),
    "ERC2612ExpiredSignature": Words(RefusedError, "the permit expired at {deadline} (Unix seconds)", _SIGN_AGAIN),
    "ERC2612InvalidSigner": Words(DeniedError, "the permit is signed by {signer}, not by {owner}", _SIGN_AGAIN),
    "InvalidAccountNonce": Words(RefusedError, "the permit's nonce is not {currentNonce}", _SIGN_AGAIN),
    "ECDSAInvalidSignature": Words(InputError, "the signature is malformed", _SIGN_AGAIN),
    "ECDSAInvalidSignatureLength": Words(InputError, "the signature has {length} bytes, not 65", _SIGN_AGAIN),
    "ECDSAInvalidSignatureS": Words(InputError, "the signature's s is in the upper half", _SIGN_AGAIN),
    "InvalidShortString": Words(InputError, "the token's name is malformed", "use another token"),
    "StringTooLong": Words(InputError, "the token's name is too long", "use another token"),
}

WORDS: Final[dict[str, Words]] = {
    **{f"WorkRegistry__{reason}": words for reason, words in _REGISTRY.items()},
    **{f"RoyaltyLedger__{reason}": words for reason, words in _LEDGER.items()},
    **{f"Licensing__{reason}": words for reason, words in _LICENSING.items()},
    **_TOKENS,
}
"""By the error's Solidity name."""
