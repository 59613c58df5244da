"""Fees and the two kinds of signed transactions."""

from __future__ import annotations

import pytest
import rlp
from eth_account import Account
from eth_account.typed_transactions import TypedTransaction
from hexbytes import HexBytes

from offchain.chain import Call
from offchain.chain.client import Fees
from offchain.chain.sender.signing import capped, fees_of, raised, sign_attempt
from offchain.chain.signer import LocalSigner
from offchain.errors import RefusedError

SIGNER = LocalSigner("0x" + "42" * 32, 1)
CALL = Call("0x" + "11" * 20, b"\x01\x02", 5)


def test_sign_attempt__chain_with_base_fee__is_type_2_with_every_field():
    attempt = sign_attempt(CALL, SIGNER, (1, 9), 50_000, Fees(100, 7), now=3)
    signed = TypedTransaction.from_bytes(HexBytes(attempt.raw)).as_dict()
    assert signed["type"] == 2
    assert (signed["chainId"], signed["nonce"], signed["gas"], signed["value"]) == (1, 9, 50_000, 5)
    assert (signed["maxFeePerGas"], signed["maxPriorityFeePerGas"]) == (100, 7)
    assert (signed["to"], signed["data"]) == (bytes.fromhex("11" * 20), b"\x01\x02")
    assert Account.recover_transaction(attempt.raw) == SIGNER.address
    assert (attempt.max_fee, attempt.created_at) == (100, 3)


def test_sign_attempt__chain_without_base_fee__is_legacy_with_the_chain_id_in_v():
    attempt = sign_attempt(CALL, SIGNER, (1, 9), 50_000, Fees(100, None), now=3)
    nonce, price, gas, to, value, data, v, _, _ = rlp.decode(attempt.raw)
    assert (nonce, price, int.from_bytes(gas, "big")) == (b"\x09", b"\x64", 50_000)
    assert (to, value, data) == (bytes.fromhex("11" * 20), b"\x05", b"\x01\x02")
    assert int.from_bytes(v, "big") in (1 * 2 + 35, 1 * 2 + 36)  # EIP-155
    assert Account.recover_transaction(attempt.raw) == SIGNER.address


def test_sign_attempt__tip_above_the_fee__is_cut_to_it():
    attempt = sign_attempt(CALL, SIGNER, (1, 9), 50_000, Fees(100, 101), now=3)
    assert TypedTransaction.from_bytes(HexBytes(attempt.raw)).as_dict()["maxPriorityFeePerGas"] == 100


@pytest.mark.parametrize("last", [1, 9, 10, 999, 10**9])
def test_raised__quiet_chain__is_a_tenth_more_of_fee_and_tip(last: int):
    fees = raised(Fees(2 * last, last), Fees(1, 1), cap=10**12)
    assert fees.most * 10 >= 2 * last * 11
    assert fees.priority * 10 >= last * 11


def test_raised__busy_chain__follows_the_chain():
    assert raised(Fees(100, 10), Fees(500, 50), cap=10**12) == Fees(500, 50)


def test_raised__above_the_cap__is_none():
    assert raised(Fees(100, None), Fees(1, None), cap=110) is None
    assert raised(Fees(100, None), Fees(1, None), cap=111) == Fees(111, None)


@pytest.mark.parametrize("fees", [Fees(100, 7), Fees(100, None)])
def test_fees_of__attempt__are_those_it_was_signed_with(fees: Fees):
    assert fees_of(sign_attempt(CALL, SIGNER, (1, 9), 50_000, fees, now=3)) == fees


def test_capped__at_and_above_the_cap__is_paid_and_refused():
    assert capped(Fees(10, 1), 10) == Fees(10, 1)
    with pytest.raises(RefusedError) as refused:
        capped(Fees(11, 1), 10)
    assert refused.value.facts == {"fee": 11, "cap": 10}
