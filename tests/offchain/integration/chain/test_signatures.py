"""Who agreed to typed data, when no contract of ours asks: accounts with keys, and contracts by ERC-1271."""

from __future__ import annotations

import pytest
from web3 import HTTPProvider, Web3

from offchain.chain.client import Client
from offchain.chain.eip712 import key_request_typed
from offchain.chain.key_request import KeyRequest
from offchain.chain.signatures import require_signature
from offchain.chain.signer import development_signer
from offchain.chain.structs import ZERO_ADDRESS
from offchain.errors import DeniedError, UnavailableError
from tests.offchain.deployed import BUYER, CREATOR, World

SIGNER = development_signer(BUYER, 1337)


def typed(account: str, nonce: int = 0):
    return key_request_typed(1337, "0x" + "11" * 20, KeyRequest(account, 1, 2, "age1", nonce, 3))


@pytest.fixture(scope="module")
def wallet(world: World) -> str:
    """A contract account of the buyer's."""
    return world.deploy_wallet(SIGNER.address)


def refused(world: World, account: str, signature: bytes, nonce: int = 0) -> None:
    with pytest.raises(DeniedError) as caught:
        require_signature(world.client, account, typed(account, nonce), signature)
    assert caught.value.code == "bad-signature"


def test_require_signature__own_key__passes_without_a_node():
    nowhere = connect_to_nothing()
    require_signature(nowhere, SIGNER.address, typed(SIGNER.address), SIGNER.sign_typed(typed(SIGNER.address)))


def test_require_signature__other_data_or_account__denied(world: World):
    signature = SIGNER.sign_typed(typed(SIGNER.address))
    refused(world, SIGNER.address, signature, nonce=1)
    refused(world, world.accounts[CREATOR], signature)
    refused(world, SIGNER.address, signature[:64])
    refused(world, SIGNER.address, b"")


def test_require_signature__contract_wallet__asks_the_contract(world: World, wallet: str):
    signature = SIGNER.sign_typed(typed(wallet))
    require_signature(world.client, wallet, typed(wallet), signature)
    refused(world, wallet, signature, nonce=1)
    refused(world, wallet, development_signer(CREATOR, 1337).sign_typed(typed(wallet)))


def test_require_signature__contract_that_knows_no_signatures__denied(world: World):
    """It reverts, and that is an answer."""
    account = world.contracts.registry.address
    refused(world, account, SIGNER.sign_typed(typed(account)))


@pytest.mark.parametrize("number", range(1, 10))
def test_require_signature__precompiled_contract__denied(world: World, number: int):
    """The identity contract (4) answers with what it was asked, which begins with the magic value."""
    account = f"0x{number:040x}"
    refused(world, account, SIGNER.sign_typed(typed(account)))


@pytest.mark.parametrize("signature", [bytes(65), b"\xff" * 65, b"", bytes(64) + b"\x1b"])
def test_require_signature__nobody__is_never_somebody(world: World, signature: bytes):
    """A recovery that fails must not pass for the signature of the zero address."""
    refused(world, ZERO_ADDRESS, signature)


def test_require_signature__chain_away__is_not_a_refusal(wallet: str):
    with pytest.raises(UnavailableError):
        require_signature(connect_to_nothing(), wallet, typed(wallet), bytes(65))


def connect_to_nothing():
    """A client whose node went away."""
    return Client(Web3(HTTPProvider("http://127.0.0.1:1")), "http://127.0.0.1:1", 1337)
