"""A revert's bytes as an error that a person can act on.

Custom errors are found by their selector in the committed ABIs; their code is the reason in kebab case
(`WorkRegistry__AlreadyRegistered` is `already-registered`), their facts are the error's named values: ids as 64 hex
digits, and a number that JSON might not keep as text.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.abi import collapse_if_tuple, function_signature_to_4byte_selector
from eth_utils.address import to_checksum_address

from offchain.chain.abi import CONTRACTS, entries
from offchain.chain.revert_words import WORDS
from offchain.chain.structs import work_hex
from offchain.errors import ColophonError, RefusedError

__all__ = ["code_of", "decode_revert"]

_ERROR: Final = bytes.fromhex("08c379a0")
"""Selector of `Error(string)`, Solidity documentation, "Errors and the Revert Statement"."""

_PANIC: Final = bytes.fromhex("4e487b71")
"""Selector of `Panic(uint256)`, same source."""

_LIBRARY_ERRORS: Final[list[dict[str, Any]]] = [
    {"name": name, "inputs": []}
    for name in (
        "TransferFromFailed",
        "TransferFailed",
        "ApproveFailed",
        "ETHTransferFailed",
        "TargetIsNotContract",
        "DeploymentFailed",
    )
]
"""Thrown by Solady's SafeTransferLib, LibCall, LibClone and LibCWIA from assembly, which no ABI shows."""

_IDS: Final = frozenset({"work", "child", "parent", "id", "auction"})
"""Numbers that are digests: of works, series of shares, auctions."""

_LARGEST_JSON_INTEGER: Final = 2**53 - 1
"""Above it readers of JSON may lose digits (RFC 8259 §6)."""


def code_of(name: str) -> str:
    """The problem code of a custom error: its reason in kebab case, without a standard's number before it."""
    reason = re.sub(r"^ERC[0-9]+", "", name.rsplit("__", 1)[-1])
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", reason).lower()


def decode_revert(data: bytes) -> ColophonError:
    """The typed error for the bytes that a call reverted with; to be raised by the caller."""
    selector, arguments = data[:4], data[4:]
    entry = _by_selector().get(selector)
    if entry is None:
        return _plain(selector, arguments)
    types = [collapse_if_tuple(given) for given in entry["inputs"]]
    try:
        values = decode(types, arguments)
    except DecodingError:
        return _unknown(data)
    named = {given["name"]: _plain_value(given, value) for given, value in zip(entry["inputs"], values, strict=True)}
    words = WORDS[entry["name"]]
    return words.kind(code_of(entry["name"]), words.message.format(**named), words.remedy.format(**named), **named)


@cache
def _by_selector() -> dict[bytes, dict[str, Any]]:
    found = [error for contract in CONTRACTS for error in entries(contract, "error")] + _LIBRARY_ERRORS
    return {_selector(error): error for error in found if error["name"] in WORDS}


def _selector(entry: dict[str, Any]) -> bytes:
    types = ",".join(collapse_if_tuple(given) for given in entry["inputs"])
    return function_signature_to_4byte_selector(f"{entry['name']}({types})")


def _plain_value(given: dict[str, Any], value: Any) -> object:  # noqa: ANN401 - ABI values have the type their entry says
    if given["type"] == "tuple":
        members = zip(given["components"], value, strict=True)
        return {member["name"]: _plain_value(member, each) for member, each in members}
    if given["type"] == "address":
        return to_checksum_address(value)
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if given["name"] in _IDS:
        return work_hex(value)
    return str(value) if isinstance(value, int) and value > _LARGEST_JSON_INTEGER else value


def _plain(selector: bytes, arguments: bytes) -> ColophonError:
    """Errors that Solidity itself defines."""
    try:
        if selector == _ERROR:
            (reason,) = decode(["string"], arguments)
            return RefusedError("reverted", f"the contract refused: {reason}", "check the arguments", reason=reason)
        if selector == _PANIC:
            (number,) = decode(["uint256"], arguments)
            return RefusedError(
                "panicked", f"the contract stopped with panic {number:#x}", "report this call", panic=hex(number)
            )
    except DecodingError:
        pass
    return _unknown(selector + arguments)


def _unknown(data: bytes) -> ColophonError:
    return RefusedError(
        "reverted",
        "the contract refused without a reason that Colophon knows",
        "check that the deployment matches this version of Colophon",
        data="0x" + data.hex(),
    )
