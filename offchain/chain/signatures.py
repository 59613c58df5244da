"""Whether an account agreed to typed data: with its key, or by ERC-1271 when it is a contract.

The rule of contracts/libraries/Signatures.sol, for what no contract checks.
"""

from __future__ import annotations

from typing import Final

from eth_abi.abi import encode

from offchain.chain.client import Client
from offchain.chain.eip712 import TypedData, digest, recover
from offchain.chain.structs import ZERO_ADDRESS, Call
from offchain.errors import ColophonError, DeniedError, InputError

__all__ = ["require_signature"]

_IS_VALID_SIGNATURE: Final = bytes.fromhex("1626ba7e")  # ERC-1271: the function's selector, and its answer for "valid"
_VALID: Final = _IS_VALID_SIGNATURE + bytes(28)


def require_signature(client: Client, account: str, typed: TypedData, signature: bytes) -> None:
    """Let a signature of the account over typed data through.

    Args:
        client: asked only where the signature is not that of the account's own key.
        account: EIP-55 address.
        typed: what should have been signed.
        signature: 65 bytes r ‖ s ‖ v, or whatever the account's contract takes.

    Raises:
        DeniedError: `bad-signature`, somebody else's or over other data.
        UnavailableError: the chain does not answer.
    """
    if _is_by_key(account, typed, signature) or _is_by_contract(client, account, typed, signature):
        return
    raise DeniedError(
        "bad-signature", f"this is not the signature of {account}", "sign the typed data with that account"
    )


def _is_by_key(account: str, typed: TypedData, signature: bytes) -> bool:
    try:
        return recover(typed, signature) == account != ZERO_ADDRESS
    except InputError:  # not 65 bytes, or no point of the curve
        return False


def _is_by_contract(client: Client, account: str, typed: TypedData, signature: bytes) -> bool:
    asked = _IS_VALID_SIGNATURE + encode(["bytes32", "bytes"], [digest(typed), signature])
    try:
        return client.try_call(Call(account, asked), ZERO_ADDRESS) == _VALID
    except ColophonError as error:  # the contract fails, in its own words or the node's
        if error.code == "chain-down":
            raise
        return False
