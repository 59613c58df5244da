"""Errors of the standards and libraries that the contracts stand on."""

from __future__ import annotations

from typing import Final

from offchain.chain.revert_words.entry import SIGN_AGAIN, Words
from offchain.errors import DeniedError, InputError, NotFoundError, RefusedError

__all__ = ["TOKENS"]

TOKENS: Final[dict[str, Words]] = {
    "Pausable__Paused": Words(RefusedError, "registrations and sales are paused", "wait; claims go on"),
    "Pausable__NotGuardian": Words(
        DeniedError, "{caller} may not stop or resume this contract", "send it from the admin's account"
    ),
    "ConsecutiveERC721__CoinsRefused": Words(InputError, "{sent} wei were sent along, none are due", "send none"),
    "Tender__WrongValue": Words(
        InputError, "{sent} wei were sent along, {expected} are due", "send exactly {expected} wei with the call"
    ),
    "Tender__PaymentFailed": Words(
        RefusedError, "{to} or the token refused the payment; nothing was lost", "take it to an account that accepts it"
    ),
    "TestDollar__NotPayee": Words(
        DeniedError, "{caller} may not use an authorization to pay {payee}", "let the payee use it, or sign a transfer"
    ),
    "TestDollar__NotYetValid": Words(
        RefusedError, "the authorization holds from {validAfter} (Unix seconds) on", "wait until then"
    ),
    "TestDollar__Expired": Words(RefusedError, "the authorization expired at {validBefore} (Unix seconds)", SIGN_AGAIN),
    "TestDollar__AuthorizationUsed": Words(
        RefusedError, "this authorization was already used or cancelled", "sign a new one"
    ),
    "TestDollar__BadSignature": Words(DeniedError, "the authorization is not signed by {authorizer}", SIGN_AGAIN),
    "TestDollar__LiveChain": Words(
        RefusedError, "play money may not live on chain {chainId}", "use a local chain, 1337 or 31337"
    ),
    "OwnableUnauthorizedAccount": Words(
        DeniedError, "{account} is not the admin (owner) of this contract", "send it from the admin's account"
    ),
    "OwnableInvalidOwner": Words(InputError, "{owner} cannot be the admin", "name an account that somebody owns"),
    "Reentrancy": Words(RefusedError, "a receiver called back into the ledger", "claim to an account that does not"),
    "AccountBalanceOverflow": Words(RefusedError, "the account holds too many tokens", "use another account"),
    "BalanceQueryForZeroAddress": Words(InputError, "the zero address holds nothing", "name an account"),
    "NotOwnerNorApproved": Words(
        DeniedError,
        "the account or contract that moves this token is not approved by its holder",
        "let the holder approve it (`WorkRegistry.approve` for the rights exchange), or send it from the holder",
    ),
    "TokenAlreadyExists": Words(RefusedError, "this token already exists", "nothing is to be done"),
    "TokenDoesNotExist": Words(NotFoundError, "there is no such title or licence", "check the number"),
    "TransferFromIncorrectOwner": Words(RefusedError, "the token belongs to somebody else", "look its holder up"),
    "TransferToNonERC721ReceiverImplementer": Words(
        RefusedError, "the receiving contract does not accept titles or licences", "send it to another account"
    ),
    "TransferToZeroAddress": Words(InputError, "the receiver is the zero address", "name an account"),
    "TransferFromFailed": Words(
        RefusedError,
        "the token did not let its money be taken: balance or allowance is too small",
        "fund the account, and allow the contract that you called to take the money (the ledger for licences, the "
        "exchange for sales and bids), or sign a permit where it is offered",
    ),
    "TransferFailed": Words(
        RefusedError,
        "the token did not pay the receiver; nothing was lost",
        "take it to an account that the token pays",
    ),
    "ApproveFailed": Words(
        RefusedError, "the token did not let its money be paid on to the ledger", "use a token that can be approved"
    ),
    "ETHTransferFailed": Words(
        RefusedError, "the receiver refused the native coins; nothing was lost", "use an account that accepts them"
    ),
    "TargetIsNotContract": Words(
        RefusedError, "the currency's token is not a contract any more", "use another currency"
    ),
    "DeploymentFailed": Words(
        RefusedError, "the inbox or the escrow could not be created; nothing was lost", "send more gas"
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
    "ERC2612ExpiredSignature": Words(RefusedError, "the permit expired at {deadline} (Unix seconds)", SIGN_AGAIN),
    "ERC2612InvalidSigner": Words(DeniedError, "the permit is signed by {signer}, not by {owner}", SIGN_AGAIN),
    "InvalidAccountNonce": Words(RefusedError, "the permit's nonce is not {currentNonce}", SIGN_AGAIN),
    "ECDSAInvalidSignature": Words(InputError, "the signature is malformed", SIGN_AGAIN),
    "ECDSAInvalidSignatureLength": Words(InputError, "the signature has {length} bytes, not 65", SIGN_AGAIN),
    "ECDSAInvalidSignatureS": Words(InputError, "the signature's s is in the upper half", SIGN_AGAIN),
    "InvalidShortString": Words(InputError, "the token's name is malformed", "use another token"),
    "StringTooLong": Words(InputError, "the token's name is too long", "use another token"),
}
