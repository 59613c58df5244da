"""Typed data (EIP-712) that people sign: registrations, quotes, orders, consents, sales, and payments of a token.

Each function gives the complete JSON that any wallet takes (`eth_signTypedData_v4`): numbers as decimal strings,
bytes as hex. Struct types are read from the committed ABIs, so a width that changes there changes here.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Final, TypeAlias, cast

from eth_account import Account
from eth_account.messages import SignableMessage, encode_typed_data
from eth_keys.exceptions import BadSignature
from eth_utils.crypto import keccak
from eth_utils.exceptions import ValidationError

from offchain.chain.abi import entries
from offchain.chain.key_request import KeyLogRequest, KeyRequest
from offchain.chain.structs import Agreement, Order, Quote, Registration
from offchain.errors import InputError

__all__ = [
    "Domain",
    "TypedData",
    "authorization_typed",
    "consent_typed",
    "digest",
    "key_log_request_typed",
    "key_request_typed",
    "order_typed",
    "permit_typed",
    "quote_typed",
    "recover",
    "registration_typed",
    "signable",
    "struct_typed",
]

TypedData: TypeAlias = dict[str, Any]
"""`{domain, types, primaryType, message}`."""

Types: TypeAlias = dict[str, list[dict[str, str]]]

_DOMAIN: Final = [
    {"name": "name", "type": "string"},
    {"name": "version", "type": "string"},
    {"name": "chainId", "type": "uint256"},
    {"name": "verifyingContract", "type": "address"},
]
_PERMIT: Final = [  # EIP-2612, "Specification"
    {"name": "owner", "type": "address"},
    {"name": "spender", "type": "address"},
    {"name": "value", "type": "uint256"},
    {"name": "nonce", "type": "uint256"},
    {"name": "deadline", "type": "uint256"},
]
_AUTHORIZATION: Final = [  # ERC-3009, "Specification", receiveWithAuthorization
    {"name": "from", "type": "address"},
    {"name": "to", "type": "address"},
    {"name": "value", "type": "uint256"},
    {"name": "validAfter", "type": "uint256"},
    {"name": "validBefore", "type": "uint256"},
    {"name": "nonce", "type": "bytes32"},
]
_KEY_REQUEST: Final = [
    {"name": "account", "type": "address"},
    {"name": "work", "type": "uint256"},
    {"name": "licence", "type": "uint256"},
    {"name": "recipient", "type": "string"},
    {"name": "nonce", "type": "uint256"},
    {"name": "deadline", "type": "uint256"},
]
_KEY_LOG_REQUEST: Final = [
    {"name": "account", "type": "address"},
    {"name": "work", "type": "uint256"},
    {"name": "service", "type": "string"},
    {"name": "deadline", "type": "uint256"},
]
_SIGNED_BESIDE: Final = [{"name": "epoch", "type": "uint256"}, {"name": "deadline", "type": "uint256"}]


@dataclass(frozen=True, slots=True)
class Domain:
    """What a signature is bound to: one contract on one chain."""

    name: str
    version: str
    chain_id: int
    contract: str


def registration_typed(domain: Domain, registration: Registration, epoch: int, deadline: int) -> TypedData:
    """What a registrant signs; the struct is `Registration` followed by `epoch` and `deadline` (Unix seconds)."""
    types = dict(_struct_types("WorkRegistry", "hashRegistration"))
    types["Registration"] = [*types["Registration"], *_SIGNED_BESIDE]
    message = {**_message(registration), "epoch": str(epoch), "deadline": str(deadline)}
    return _typed(domain, "Registration", types, message)


def quote_typed(domain: Domain, quote: Quote) -> TypedData:
    """What a seller signs."""
    return struct_typed(domain, "hashQuote", quote)


def order_typed(domain: Domain, order: Order) -> TypedData:
    """What a buyer signs."""
    return struct_typed(domain, "hashOrder", order)


def struct_typed(domain: Domain, function: str, struct: object) -> TypedData:
    """A struct that the hash function of the domain's contract takes alone; its class is named as in Solidity."""
    return _typed(domain, type(struct).__name__, _struct_types(domain.name, function), _message(struct))


def consent_typed(domain: Domain, agreement: Agreement) -> TypedData:
    """What a share holder signs who agrees to new economics."""
    types: Types = {}
    inputs = _inputs("OfferBook", "hashConsent")
    types["Consent"] = [{"name": given["name"], "type": _collect(given, types)} for given in inputs]
    return _typed(domain, "Consent", types, _message(agreement))


def key_request_typed(chain_id: int, licensing: str, request: KeyRequest) -> TypedData:
    """What the holder of a licence signs to be given the content key; bound to the chain and its Licensing contract."""
    domain = Domain("Colophon", "1", chain_id, licensing)
    return _typed(domain, "KeyRequest", {"KeyRequest": _KEY_REQUEST}, _message(request))


def key_log_request_typed(chain_id: int, licensing: str, request: KeyLogRequest) -> TypedData:
    """What the holder of a title signs to see the releases of the work's key; bound as a key request is."""
    domain = Domain("Colophon", "1", chain_id, licensing)
    return _typed(domain, "KeyLogRequest", {"KeyLogRequest": _KEY_LOG_REQUEST}, _message(request))


def permit_typed(domain: Domain, owner: str, spender: str, value: int, nonce: int, deadline: int) -> TypedData:
    """What a token's owner signs (ERC-2612)."""
    values = {"value": str(value), "nonce": str(nonce), "deadline": str(deadline)}
    return _typed(domain, "Permit", {"Permit": _PERMIT}, {"owner": owner, "spender": spender, **values})


def authorization_typed(
    domain: Domain, payer: str, receiver: str, value: int, valid_before: int, nonce: bytes
) -> TypedData:
    """What a token's owner signs so that `receiver`, a contract, may take `value` (ERC-3009), from now on."""
    message = {"from": payer, "to": receiver, "value": str(value), "validAfter": "0"}
    types = {"ReceiveWithAuthorization": _AUTHORIZATION}
    message |= {"validBefore": str(valid_before), "nonce": "0x" + nonce.hex()}
    return _typed(domain, "ReceiveWithAuthorization", types, message)


def signable(typed: TypedData) -> SignableMessage:
    """The bytes that are signed.

    Raises:
        InputError: `typed-data-malformed`.
    """
    try:
        return encode_typed_data(full_message=typed)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            "typed-data-malformed", f"the typed data cannot be encoded: {error}", "sign what Colophon handed out"
        ) from error


def digest(typed: TypedData) -> bytes:
    """keccak256(0x19 0x01 ‖ domain separator ‖ struct hash)."""
    message = signable(typed)
    return keccak(b"\x19" + message.version + message.header + message.body)


def recover(typed: TypedData, signature: bytes) -> str:
    """The account that signed.

    Raises:
        InputError: `signature-malformed`, not a 65-byte secp256k1 signature.
    """
    try:
        return str(Account.recover_message(signable(typed), signature=signature))
    except (ValueError, TypeError, IndexError, BadSignature, ValidationError) as error:
        raise InputError(
            "signature-malformed", "the signature is not a signature of an account", "sign the typed data again"
        ) from error


def _typed(domain: Domain, primary: str, types: Types, message: dict[str, Any]) -> TypedData:
    return {
        "domain": {
            "name": domain.name,
            "version": domain.version,
            "chainId": domain.chain_id,
            "verifyingContract": domain.contract,
        },
        "types": {"EIP712Domain": _DOMAIN, **types},
        "primaryType": primary,
        "message": message,
    }


@cache
def _struct_types(contract: str, function: str) -> Types:
    """The struct that a hash function takes first, and every struct inside it."""
    types: Types = {}
    _collect(_inputs(contract, function)[0], types)
    return types


def _inputs(contract: str, function: str) -> list[dict[str, Any]]:
    (entry,) = (entry for entry in entries(contract, "function") if entry["name"] == function)
    inputs: list[dict[str, Any]] = entry["inputs"]
    return inputs


def _collect(parameter: dict[str, Any], types: Types) -> str:
    """The EIP-712 name of an ABI parameter's type; structs are added to `types`."""
    kind = str(parameter["type"])
    if not kind.startswith("tuple"):
        return kind
    # "struct ILicensing.Order", "struct Listing[]"
    name, _, brackets = parameter["internalType"].removeprefix("struct ").rpartition(".")[2].partition("[")
    types[name] = [{"name": member["name"], "type": _collect(member, types)} for member in parameter["components"]]
    return f"{name}[{brackets}" if brackets else name


def _message(struct: object) -> dict[str, Any]:
    return {_camel(field.name): _json(getattr(struct, field.name)) for field in fields(cast("Any", struct))}


def _json(value: object) -> object:
    if isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, tuple):
        return [_json(item) for item in value]
    return _message(value)


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)
