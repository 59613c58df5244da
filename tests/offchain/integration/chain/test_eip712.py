"""Typed data is hashed in Python exactly as the contracts hash it."""

from __future__ import annotations

import hashlib

import pytest

from offchain.chain import Agreement, Bounds, Economics, Listing, Order, Pull, Purchase, Quote, Registration
from offchain.chain.eip712 import digest, recover
from offchain.chain.exchange import Asset, Sale
from offchain.chain.signer import development_signer
from offchain.errors import InputError
from tests.offchain.deployed import BUYER, CREATOR, RELAYER, World

NONE = "0x0000000000000000000000000000000000000000"
DIGEST = hashlib.sha256(b"digest").digest()


def registration(registrant: str, delegate: str) -> Registration:
    return Registration(
        work=2**256 - 1,
        registrant=registrant,
        metadata=DIGEST,
        provenance=bytes(32),
        iscc=bytes(range(40)),
        permits=(1, 2**255),
        purchases=(Purchase(2**256 - 1, DIGEST, 2**32 - 1), Purchase(0, bytes(32), 0)),
        listings=(Listing(1, 0, 2**104 - 1, 2**32 - 1), Listing(2**32 - 1, 255, 0)),
        bounds=(Bounds(delegate, 7, 1, 5, 2**104 - 1, 2**40 - 1, 2**24 - 1),),
        economics=Economics(255, 2**104 - 1, 2**24 - 1, 2**24 - 2),
        share_root=DIGEST,
    )


def quote(seller: str) -> Quote:
    return Quote(5, seller, 1, 1, 2**104 - 1, NONE, 2**32 - 1, 2**40 - 1, 2**24 - 1, 2**255, 2**32 - 1, DIGEST)


def test_digest__registration_with_nested_arrays__equals_the_contracts(world: World):
    registry, stated = world.contracts.registry, registration(world.accounts[CREATOR], world.accounts[RELAYER])
    assert digest(registry.typed(stated, 3, 2**64)) == registry.digest(stated, 3, 2**64)


def test_digest__registration_with_empty_arrays__equals_the_contracts(world: World):
    registry = world.contracts.registry
    stated = Registration(1, world.accounts[CREATOR], DIGEST)
    assert digest(registry.typed(stated, 0, 0)) == registry.digest(stated, 0, 0)


def test_digest__quote_and_order_at_their_limits__equal_the_contracts(world: World):
    offers, licensing = world.contracts.offers, world.contracts.licensing
    offered = quote(world.accounts[CREATOR])
    assert digest(offers.quote_typed(offered)) == offers.quote_digest(offered)
    order = Order(world.accounts[BUYER], world.accounts[CREATOR], DIGEST, 2**256 - 1, 2**40 - 1, 9, 2**256 - 1)
    assert digest(licensing.order_typed(order)) == licensing.order_digest(order)


def test_digest__consent_at_its_limits__equals_the_contracts(world: World):
    offers, economics = world.contracts.offers, Economics(255, 2**104 - 1, 2**24 - 1, 2**24 - 2)
    agreement = Agreement(2**256 - 1, world.accounts[BUYER], economics, 2**256 - 2, 2**256 - 3, 2**256 - 4)
    assert digest(offers.consent_typed(agreement)) == offers.consent_digest(agreement)


@pytest.mark.parametrize("pulls", [(), (Pull(2**256 - 1, 15, 3), Pull(1, 0, 0))])
def test_digest__sale_at_its_limits__equals_the_contracts(world: World, pulls: tuple[Pull, ...]):
    exchange, seller = world.contracts.exchange, world.accounts[CREATOR]
    numbers = {"units": 2**32 - 1, "currency": 255, "price": 2**256 - 1, "expiry": 2**40 - 1}
    epochs = {"work_epoch": 2**24 - 1, "signer_epoch": 2**256 - 2, "nonce": 2**256 - 3, "advances": DIGEST}
    sale = Sale(seller, Asset.SHARES, 2**256 - 1, 255, buyer=NONE, **numbers, **epochs, pulls=pulls)
    assert digest(exchange.sale_typed(sale)) == exchange.sale_digest(sale)


def test_permit__signed_by_the_owner__is_accepted_by_the_token(world: World):
    dollar, ledger = world.contracts.dollar, world.contracts.ledger
    owner = development_signer(BUYER, 1337)
    deadline = world.now() + 3600
    permit = dollar.permit(
        77, deadline, owner.sign_typed(dollar.permit_typed(owner.address, ledger.address, 77, deadline))
    )
    call = dollar.contract.call(
        "permit", owner.address, ledger.address, permit.value, permit.deadline, permit.v, permit.r, permit.s
    )
    world.send(call, RELAYER)
    assert dollar.allowance(owner.address, ledger.address) == 77


def test_recover__signature_of_an_account__names_it(world: World):
    signer = development_signer(CREATOR, 1337)
    typed = world.contracts.offers.quote_typed(quote(signer.address))
    assert recover(typed, signer.sign_typed(typed)) == signer.address


@pytest.mark.parametrize("signature", [b"", bytes(65), b"\x01" * 64, b"\xff" * 65])
def test_recover__not_a_signature__is_refused(world: World, signature: bytes):
    typed = world.contracts.offers.quote_typed(quote(world.accounts[CREATOR]))
    with pytest.raises(InputError) as refused:
        recover(typed, signature)
    assert refused.value.code == "signature-malformed"


def test_digest__field_missing__is_refused(world: World):
    typed = world.contracts.offers.quote_typed(quote(world.accounts[CREATOR]))
    del typed["message"]["price"]
    with pytest.raises(InputError) as refused:
        digest(typed)
    assert refused.value.code == "typed-data-malformed"
