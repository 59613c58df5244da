"""From a call to a signed transaction: fees, their raise, and the fields that each kind of chain wants."""

from __future__ import annotations

from typing import Any, Final, cast

from eth_account.typed_transactions.typed_transaction import TypedTransaction
from eth_utils.crypto import keccak
from hexbytes import HexBytes
from web3.types import TxParams

from offchain.chain.client import Fees
from offchain.chain.signer import Signer
from offchain.chain.structs import Call
from offchain.errors import RefusedError
from offchain.store import AttemptRecord

__all__ = ["VOID_GAS", "capped", "fees_of", "raised", "sign_attempt", "sign_void"]

VOID_GAS: Final = 21_000
"""Gas of a transaction that does nothing (Yellow Paper, G_transaction)."""


_TYPE_2: Final = 2
_RAISE: Final = (11, 10)  # nodes take a replacement from 10 % more on (go-ethereum, txpool PriceBump)


def capped(fees: Fees, cap: int) -> Fees:
    """Fees that the sender may pay.

    Raises:
        RefusedError: `fee-above-cap`, the chain asks for more.
    """
    if fees.most > cap:
        raise RefusedError(
            "fee-above-cap",
            f"the chain asks for {fees.most} wei a unit of gas, above the cap of {cap}",
            "wait for lower fees, or raise the cap",
            fee=fees.most,
            cap=cap,
        )
    return fees


def raised(last: Fees, now: Fees, cap: int) -> Fees | None:
    """Fees of a replacement: fee and tip a tenth above the last attempt's, or today's if higher; None above the cap."""
    most = max(_tenth_more(last.most), now.most)
    if most > cap:
        return None
    if last.priority is None or now.priority is None:
        return Fees(most, None)
    return Fees(most, max(_tenth_more(last.priority), now.priority))


def fees_of(attempt: AttemptRecord) -> Fees:
    """What an attempt offers, read from its signed form: type 2 (EIP-2718, EIP-1559) or legacy."""
    if attempt.raw[0] != _TYPE_2:
        return Fees(attempt.max_fee, None)
    fields = TypedTransaction.from_bytes(HexBytes(attempt.raw)).as_dict()
    return Fees(attempt.max_fee, int(fields["maxPriorityFeePerGas"]))


def sign_attempt(
    call: Call, signer: Signer, position: tuple[int, int], gas: int, fees: Fees, now: int
) -> AttemptRecord:
    """Sign a call.

    Args:
        call: what to do.
        signer: who does it.
        position: chain id and nonce.
        gas: limit.
        fees: wei per unit of gas.
        now: Unix seconds.
    """
    chain_id, nonce = position
    fields: dict[str, Any] = {
        "chainId": chain_id,
        "nonce": nonce,
        "to": call.to,
        "data": "0x" + call.data.hex(),
        "value": call.value,
        "gas": gas,
    }
    if fees.priority is None:
        fields["gasPrice"] = fees.most
    else:
        fields |= {"type": 2, "maxFeePerGas": fees.most, "maxPriorityFeePerGas": min(fees.priority, fees.most)}
    raw = signer.sign_transaction(cast("TxParams", fields))
    return AttemptRecord(hash=keccak(raw), raw=raw, max_fee=fees.most, created_at=now)


def sign_void(signer: Signer, position: tuple[int, int], fees: Fees, now: int) -> AttemptRecord:
    """Sign a transaction that does nothing but use up a nonce: no coins, to oneself. Arguments as of `sign_attempt`."""
    attempt = sign_attempt(Call(signer.address, b"", 0), signer, position, VOID_GAS, fees, now)
    attempt.void = True
    return attempt


def _tenth_more(wei: int) -> int:
    times, over = _RAISE
    return wei * times // over + 1
