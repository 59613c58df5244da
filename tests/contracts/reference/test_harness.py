"""The fast EVM, codec and signatures against the slow libraries that everybody uses."""

from __future__ import annotations

from random import Random

import pytest
from eth_abi import decode, encode
from eth_account import Account
from eth_utils import keccak

from tests.contracts import signing
from tests.contracts.reference.codec import coder_of, selector
from tests.contracts.reference.eip712 import account, digest, sign
from tests.contracts.reference.evm import CHAIN_ID, Machine, RevertError
from tests.contracts.reference.system import ADMIN, PEOPLE, START, System
from tests.contracts.structs import Bounds, Consent, Economics, Listing, Order, Purchase, Quote, Registration

LISTING = "(uint32,uint8,uint104,uint32)"
BOUNDS = "(address,uint32,uint8,uint104,uint104,uint40,uint24)"
PURCHASE = "(uint256,bytes32,uint32)"
ECONOMICS = "(uint8,uint104,uint24,uint24)"
REGISTRATION = (
    f"(uint256,address,bytes32,bytes32,bytes,uint256[],{PURCHASE}[],{LISTING}[],{BOUNDS}[],{ECONOMICS},bytes32,bytes32)"
)
WHO, OTHER, CONTRACT = account(1), account(2), "0x" + "c0" * 20
HASH = bytes(range(32))
PROTECTED = Economics(3, 5, 7, 1_000_000)
STATED = Registration(
    2**255 + 7, WHO, HASH, HASH[::-1], b"iscc" * 9, (1, 2**200), (Purchase(9, HASH, 1), Purchase(2**255, HASH, 1)),
    (Listing(1, 0, 5), Listing(2**32 - 1, 3, 2**104 - 1, 7)), (Bounds(OTHER, 1, 1, 3, 4, 2**40 - 1, 9),), PROTECTED,
    HASH[::-1], HASH,
)  # fmt: skip


def bare(value):
    """Structs as plain tuples, as eth_abi returns them."""
    return tuple(map(bare, value)) if isinstance(value, tuple) else value


VALUES = [
    ("uint256", 2**256 - 1),
    ("int256", -1),
    ("bool", True),
    ("bytes4", b"abcd"),
    ("string", b"x" * 33),
    ("address", WHO),
    ("uint256[]", ()),
    (LISTING, bare(Listing(1, 2, 3))),
    (f"{BOUNDS}[]", bare(STATED.bounds * 3)),
    (REGISTRATION, bare(STATED)),
]
QUOTE = Quote(5, WHO, 1, 1, 77, OTHER, 3, 9_999, 4, 2**200, 6, HASH)
ORDER = Order(OTHER, WHO, HASH, 2**256 - 1, 1, 2, 3)


@pytest.mark.parametrize(("kind", "value"), VALUES, ids=lambda value: str(value)[:20])
def test_codec__every_type__is_what_eth_abi_makes_of_it(kind, value):
    """Between two other arguments, so that offsets count; read back as it was."""
    kinds, values = ["uint8", kind, "bytes"], (7, value, b"tail")
    coder = coder_of([{"type": each} for each in kinds])
    expected = encode(kinds, [7, value.decode() if kind == "string" else value, b"tail"])
    assert coder.encode(values) == expected
    assert coder.decode(expected, 0) == values
    assert decode(kinds, expected)[2] == b"tail"


def test_selector__struct_argument__is_written_out_as_its_members():
    members = [{"type": "uint32"}, {"type": "uint8"}]
    entry = {"name": "list", "inputs": [{"type": "uint256"}, {"type": "tuple[]", "components": members}]}
    assert selector(entry) == keccak(b"list(uint256,(uint32,uint8)[])")[:4]


@pytest.mark.parametrize("struct", [QUOTE, ORDER], ids=lambda struct: type(struct).__name__)
def test_digest__quote_and_order__are_what_eth_account_makes_of_them(struct):
    primary = type(struct).__name__
    slow = signing.typed(CONTRACT, "Licensing", struct._asdict(), primary=primary, chain_id=CHAIN_ID)
    assert digest(CONTRACT, "Licensing", primary, struct._asdict()) == signing.digest(slow)


def test_digest__consent_with_economics__is_what_eth_account_makes_of_it():
    struct = Consent(5, WHO, PROTECTED, 6, 2**200, 7)
    plain = {**struct._asdict(), "economics": PROTECTED._asdict()}
    slow = signing.typed(CONTRACT, "OfferBook", plain, primary="Consent", chain_id=CHAIN_ID)
    assert digest(CONTRACT, "OfferBook", "Consent", struct._asdict()) == signing.digest(slow)


def test_digest__registration_with_everything__is_what_eth_account_makes_of_it():
    lists = {name: [x._asdict() for x in getattr(STATED, name)] for name in ("purchases", "listings", "bounds")}
    rest = {"epoch": 3, "deadline": 4}
    plain = {"permits": list(STATED.permits), "economics": PROTECTED._asdict()}
    slow_message = {**STATED._asdict(), **lists, **plain, **rest}
    slow = signing.typed(CONTRACT, "WorkRegistry", slow_message, primary="Registration", chain_id=CHAIN_ID)
    assert digest(CONTRACT, "WorkRegistry", "Registration", {**STATED._asdict(), **rest}) == signing.digest(slow)


@pytest.mark.parametrize("key", range(1, 11))
def test_sign__any_digest__signer_is_recovered_and_s_is_low(key):
    message = Random(key).randbytes(32)
    signed = sign(key, message)
    recovered = Account._recover_hash(message, signature=bytes(signed))
    assert recovered.lower() == account(key) == signed.signer
    assert int.from_bytes(signed[32:64], "big") <= signing.CURVE_ORDER // 2


def test_machine__predicted_addresses__are_those_of_the_next_contracts():
    machine = Machine(START)
    predicted = [machine.predict(ADMIN, ahead) for ahead in range(3)]
    assert [machine.deploy("TestDollar", ADMIN).address for _ in range(3)] == predicted


def test_machine__checkpoint__brings_balances_and_storage_back():
    system = System()
    before = system.machine.snapshot()
    system.tokens[0].send(ADMIN, "mint", (ADMIN, 5))
    system.machine.call(ADMIN, PEOPLE[0], b"", 5)
    assert [system.balance(1, ADMIN), system.balance(0, ADMIN)] == [5, 2**120 - 5]
    system.machine.revert(before)
    assert system.balance(1, ADMIN) == 0
    assert system.balance(0, ADMIN) == 2**120


def test_machine__refused_call__names_the_error_with_its_values_and_keeps_the_money():
    system = System()
    with pytest.raises(RevertError) as caught:
        system.ledger.send(PEOPLE[0], "deposit", (12, 0, 5), 6)
    assert caught.value.name in {"WorkRegistry__UnknownWork", "RoyaltyLedger__WrongValue"}
    assert caught.value.values in {(12,), (6, 5)}
    assert system.balance(0, PEOPLE[0]) == 2**120


def test_machine__time__is_what_the_contracts_see():
    system = System()
    system.registry.send(PEOPLE[0], "commit", (HASH,))
    system.machine.set_time(START + 12_345)
    work = 2**255
    system.registry.send(PEOPLE[0], "register", (Registration(work, PEOPLE[0], HASH),))
    assert system.registry.read("titleOf", work)[1:3] == (START + 12_345, START + 12_345 + 300)
