"""Every error of the contracts becomes an error that a person can act on."""

from __future__ import annotations

import json
import string
from collections.abc import Callable

import pytest
from eth_abi import encode
from eth_utils.abi import collapse_if_tuple, function_signature_to_4byte_selector

from offchain.chain.abi import CONTRACTS, entries
from offchain.chain.revert_words import WORDS
from offchain.chain.reverts import code_of, decode_revert
from offchain.errors import InputError, NotFoundError, RefusedError

FROM_ASSEMBLY = {
    "ApproveFailed",
    "DeploymentFailed",
    "ETHTransferFailed",
    "TargetIsNotContract",
    "TransferFailed",
    "TransferFromFailed",
}
"""Errors of Solady's SafeTransferLib, LibCall, LibClone and LibCWIA that the contracts can end with."""

ERRORS = {entry["name"]: entry for contract in CONTRACTS for entry in entries(contract, "error")}
SAMPLES = {"address": "0x" + "11" * 20, "bytes32": b"\x22" * 32, "string": "why", "bool": True}


def sample(given: dict) -> object:
    """A value of any type that the contracts use."""
    if given["type"] == "tuple":
        return tuple(map(sample, given["components"]))
    return 7 if given["type"].startswith("uint") else SAMPLES[given["type"]]


def highest(given: dict) -> object:
    """A value as above, with numbers as large as their type allows."""
    if given["type"] == "tuple":
        return tuple(map(highest, given["components"]))
    return 2 ** int(given["type"][4:]) - 1 if given["type"].startswith("uint") else SAMPLES[given["type"]]


def revert(entry: dict, value: Callable[[dict], object] = sample) -> bytes:
    types = [collapse_if_tuple(given) for given in entry["inputs"]]
    selector = function_signature_to_4byte_selector(f"{entry['name']}({','.join(types)})")
    return selector + encode(types, list(map(value, entry["inputs"])))


def test_words__every_error_of_the_abis__has_them():
    assert sorted(set(ERRORS) - set(WORDS)) == []


def test_words__not_in_any_abi__are_only_those_thrown_from_assembly():
    assert set(WORDS) - set(ERRORS) == FROM_ASSEMBLY


@pytest.mark.parametrize("name", sorted(ERRORS))
def test_decode_revert__any_error__is_told_with_its_named_values(name: str):
    error = decode_revert(revert(ERRORS[name]))
    assert error.code == code_of(name)
    assert list(error.facts) == [given["name"] for given in ERRORS[name]["inputs"]]
    assert isinstance(error, WORDS[name].kind)
    for text in (error.message, error.remedy):
        assert text
        assert not text.endswith(".")
        assert not [field for _, field, _, _ in string.Formatter().parse(text) if field]


def test_decode_revert__work_registered__names_work_and_holder():
    holder = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
    data = function_signature_to_4byte_selector("WorkRegistry__AlreadyRegistered(uint256,address)")
    error = decode_revert(data + encode(["uint256", "address"], [255, holder]))
    assert (type(error), error.code) == (RefusedError, "already-registered")
    assert error.facts == {"work": "0x" + "00" * 31 + "ff", "holder": holder}
    assert holder in error.message


def test_decode_revert__struct_among_the_values__is_told_by_its_fields():
    error = decode_revert(revert(ERRORS["OfferBook__BadTerms"]))
    assert error.facts["content"]["maxDerivatives"] == 7
    assert error.facts["content"]["text"] == "0x" + "22" * 32
    assert json.dumps(error.facts)


@pytest.mark.parametrize("name", sorted(ERRORS))
def test_decode_revert__highest_numbers__reach_a_browser_whole(name: str):
    """A reader of JSON with doubles for numbers keeps every digit up to 2^53 (RFC 8259 §6)."""
    error = decode_revert(revert(ERRORS[name], highest))
    assert json.dumps(json.loads(json.dumps(error.facts), parse_int=lambda digits: int(float(digits)))) == json.dumps(
        error.facts
    )


@pytest.mark.parametrize(
    ("name", "fact"),
    [
        ("WorkRegistry__UnknownWork", "work"),
        ("RoyaltyLedger__UnknownEdge", "child"),
        ("RoyaltyLedger__InsufficientShares", "id"),
        ("RightsExchange__NoAuction", "auction"),
    ],
)
def test_decode_revert__id__is_in_hex(name: str, fact: str):
    assert decode_revert(revert(ERRORS[name])).facts[fact] == f"0x{7:064x}"


def test_decode_revert__amount_above_what_json_keeps__is_decimal_text():
    error = decode_revert(revert(ERRORS["ERC20InsufficientAllowance"], highest))
    assert error.facts["allowance"] == str(2**256 - 1)


@pytest.mark.parametrize("name", sorted(FROM_ASSEMBLY))
def test_decode_revert__thrown_from_assembly__has_words(name: str):
    error = decode_revert(function_signature_to_4byte_selector(f"{name}()"))
    assert (error.code, error.message) == (code_of(name), WORDS[name].message)


def test_words__consents_unsorted__name_the_senders_own_too():
    """OfferBook throws it for a consent of the caller as well, who needs none."""
    assert "without your own" in WORDS["OfferBook__ConsentsUnsorted"].remedy


def test_words__epochs_used_up__speak_of_the_transfer_too():
    assert "change hands" in WORDS["WorkRegistry__EpochsUsedUp"].message


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("NotOwnerNorApproved", "`WorkRegistry.approve`"),
        ("TransferFromFailed", "the exchange for sales and bids"),
        ("OfferBook__BadTerms", "exclusive terms last up to ten years"),
        ("OfferBook__BadTerms", "renewable terms have a duration"),
        ("OfferBook__BelowEconomics", "`OfferBook.economics`"),
        ("RoyaltyLedger__BadAdvance", "repeat what is asked for (`RoyaltyLedger.advance`)"),
        ("RoyaltyLedger__NoAdvance", "let the title's holder request one"),
        ("RoyaltyLedger__NothingToClaim", "`share_id(work, series)`"),
    ],
)
def test_words__remedy__names_the_next_step(name: str, told: str):
    assert told in WORDS[name].remedy


def test_decode_revert__epoch_of_a_sale__remedy_names_the_epoch_and_that_of_shares():
    remedy = decode_revert(revert(ERRORS["RightsExchange__WrongWorkEpoch"])).remedy
    assert "epoch 7 of the work (0 for shares)" in remedy


def test_words__not_the_admin__says_whose():
    assert "admin (owner) of this contract" in WORDS["OwnableUnauthorizedAccount"].message


def test_decode_revert__transfer_from_failed__speaks_of_balance_and_allowance():
    error = decode_revert(function_signature_to_4byte_selector("TransferFromFailed()"))
    assert error.code == "transfer-from-failed"
    assert "allowance" in error.message


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "reverted"),
        (b"\x01\x02", "reverted"),
        (b"\xff" * 4, "reverted"),
        (bytes.fromhex("08c379a0") + encode(["string"], ["too late"]), "reverted"),
        (bytes.fromhex("08c379a0") + b"\x01", "reverted"),
        (bytes.fromhex("4e487b71") + encode(["uint256"], [0x11]), "panicked"),
        (function_signature_to_4byte_selector("WorkRegistry__AlreadyRegistered(uint256,address)"), "reverted"),
    ],
)
def test_decode_revert__bytes_of_any_kind__are_refusals(data: bytes, code: str):
    error = decode_revert(data)
    assert (type(error), error.code) == (RefusedError, code)


def test_decode_revert__reason_in_words__is_told():
    error = decode_revert(bytes.fromhex("08c379a0") + encode(["string"], ["too late"]))
    assert "too late" in error.message


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("WorkRegistry__AlreadyRegistered", "already-registered"),
        ("TransferToNonERC721ReceiverImplementer", "transfer-to-non-erc721-receiver-implementer"),
        ("ERC20InsufficientBalance", "insufficient-balance"),
        ("Reentrancy", "reentrancy"),
    ],
)
def test_code_of__name__is_its_reason_in_kebab_case(name: str, code: str):
    assert code_of(name) == code


def test_words__kinds__follow_the_tree():
    assert WORDS["WorkRegistry__UnknownWork"].kind is NotFoundError
    assert WORDS["WorkRegistry__EmptyWork"].kind is InputError
