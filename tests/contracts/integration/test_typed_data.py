"""Every struct that people sign, hashed byte for byte alike in Solidity, Python (eth_account) and JavaScript (viem)."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.contracts.signing import digest, typed
from tests.contracts.structs import (
    EIP712_TYPES,
    Consent,
    Economics,
    Listing,
    Order,
    Purchase,
    Quote,
)

FOLDER = Path(__file__).parents[1]
MOST = {bits: 2**bits - 1 for bits in (8, 24, 32, 40, 104, 256)}


@pytest.fixture
def registration(world, creator, rival):
    """Nothing is empty and nothing alike, so that a swapped or forgotten field shows."""
    bounds = world.bounds(rival, floor=MOST[104] - 1, ceiling=MOST[104], expiry=MOST[40], perDay=MOST[24])
    return world.registration(
        "a work",
        creator,
        provenance=b"\7" * 32,
        iscc=bytes(range(40)),
        permits=(3, MOST[256]),
        purchases=(Purchase(5, b"\x0a" * 32, 1), Purchase(MOST[256], b"\x0b" * 32, MOST[32])),
        listings=(Listing(1, 2, 3, 4), Listing(MOST[32], MOST[8], MOST[104], MOST[32])),
        bounds=(bounds, bounds._replace(terms=7)),
        economics=Economics(1, MOST[104], MOST[24], 500_001),
        shareRoot=b"\x0c" * 32,
        salt=b"\x0d" * 32,
    )


@pytest.fixture
def cases(world, registration, buyer, rival):
    """(primary type, contract, its name, message, what the contract says)."""
    work, basis = registration.work, b"\x0e" * 32
    quote = Quote(work, str(rival), 2, 1, MOST[104], str(buyer), 9, MOST[40], MOST[24], 11, 13, basis)
    order = Order(str(buyer), str(rival), b"\x0f" * 32, MOST[256], MOST[40], 17, 19)
    consent = Consent(registration.work, str(rival), registration.economics, 23, 29, 41)
    stated = {
        **registration._asdict(),
        "permits": list(registration.permits),
        "purchases": [each._asdict() for each in registration.purchases],
        "listings": [each._asdict() for each in registration.listings],
        "bounds": [each._asdict() for each in registration.bounds],
        "economics": registration.economics._asdict(),
        "epoch": 31,
        "deadline": 37,
    }
    agreed = {**consent._asdict(), "economics": consent.economics._asdict()}
    return [
        ("Registration", world.registry, "WorkRegistry", stated, world.registry.hashRegistration(registration, 31, 37)),
        ("Quote", world.book, "OfferBook", quote._asdict(), world.book.hashQuote(quote)),
        ("Consent", world.book, "OfferBook", agreed, world.book.hashConsent(*consent)),
        ("Order", world.licensing, "Licensing", order._asdict(), world.licensing.hashOrder(order)),
    ]


def test_typed_data__every_struct__has_one_digest_in_three_languages(cases):
    signed = [typed(contract.address, name, message, primary=primary) for primary, contract, name, message, _ in cases]
    solidity = ["0x" + bytes(found).hex() for *_, found in cases]
    python = ["0x" + digest(message).hex() for message in signed]
    javascript = _viem([_as_json(*case[:4]) for case in cases])
    assert solidity == python == javascript


def _viem(structs: list[dict[str, Any]]) -> list[str]:
    done = subprocess.run(
        ["node", FOLDER / "typed_data.mjs"],
        input=json.dumps(structs),
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _as_json(primary: str, contract: Any, name: str, message: dict[str, Any]) -> dict[str, Any]:
    domain = {"name": name, "version": "1", "chainId": 1337, "verifyingContract": contract.address}
    return {"domain": domain, "types": EIP712_TYPES, "primaryType": primary, "message": _strings(message)}


def _strings(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _strings(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_strings(each) for each in value]
    if isinstance(value, bytes):
        return "0x" + value.hex()
    return str(value)
