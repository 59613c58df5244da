"""Licences of several works at once, by one signature, with seats; and sales that are stopped."""

from __future__ import annotations

from dataclasses import replace

from offchain.chain import Listing
from offchain.chain.eip712 import digest
from offchain.chain.signer import development_signer
from tests.offchain.deployed import ADAPTATION, ADMIN, BUYER, CREATOR, RELAYER, SECOND_BUYER, World
from tests.offchain.integration.chain.acts import PRICE, ordered, quoted, refusal, sold


def test_buy_many__of_two_works_and_currencies__sells_each(world: World):
    licensing, ledger = world.contracts.licensing, world.contracts.ledger
    listings = (Listing(world.terms(), 0, 500), Listing(world.terms(), 1, 700))
    works = [world.register(name, CREATOR) for name in (b"first of two", b"second of two")]
    purchases = [world.list(work, each, CREATOR) for work, each in zip(works, listings, strict=True)]
    world.fund(BUYER, 700)
    world.send(licensing.buy_many(purchases, world.accounts[BUYER], 500), BUYER)
    assert [ledger.gross(work, currency) for work, currency in zip(works, (0, 1), strict=True)] == [500, 700]


def test_fulfil_authorized__one_signature_of_the_buyer__buys_and_pays(world: World):
    licensing, ledger, dollar = world.contracts.licensing, world.contracts.ledger, world.contracts.dollar
    buyer, work = development_signer(BUYER, 1337), world.register(b"authorized", CREATOR)
    world.send(dollar.mint(buyer.address, PRICE), RELAYER)
    quote, quote_signature = quoted(world, work)
    order, _ = ordered(world, quote)
    until, nonce = world.now() + 600, digest(licensing.order_typed(order))
    typed = dollar.authorization_typed(buyer.address, ledger.address, PRICE, until, nonce)
    authorization = dollar.authorization(until, buyer.sign_typed(typed))
    receipt = world.send(licensing.fulfil_authorized(quote, quote_signature, order, authorization), RELAYER)
    assert licensing.licence(sold(world, receipt)).holder == buyer.address
    assert ledger.gross(work, 1) == PRICE


def test_may_use__seat_given_and_taken_back__ends_with_it(world: World):
    licensing, guest = world.contracts.licensing, world.accounts[SECOND_BUYER]
    work, listing = world.register(b"seated", CREATOR), Listing(world.terms(replace(ADAPTATION, seats=1)), 0, 0)
    licence = world.buy(world.list(work, listing, CREATOR), listing, BUYER)
    assert licensing.may_use(licence, world.accounts[BUYER], ADAPTATION.scope)
    assert not licensing.may_use(licence, guest, ADAPTATION.scope)
    world.send(licensing.set_seat(licence, guest, True), BUYER)
    assert (licensing.may_use(licence, guest, ADAPTATION.scope), licensing.seats_taken(licence)) == (True, 1)
    world.send(licensing.set_seat(licence, guest, False), BUYER)
    assert (licensing.may_use(licence, guest, ADAPTATION.scope), licensing.seats_taken(licence)) == (False, 0)


def test_allows__use_outside_the_scope__is_not_allowed(world: World):
    licensing, listing = world.contracts.licensing, Listing(world.terms(), 0, 0)
    work = world.register(b"scoped", CREATOR)
    licence = world.buy(world.list(work, listing, CREATOR), listing, BUYER)
    wider = ADAPTATION.scope | (2 << 48)
    assert (licensing.allows(licence, ADAPTATION.scope), licensing.allows(licence, wider)) == (True, False)
    assert not licensing.may_use(licence, world.accounts[BUYER], wider)


def test_set_paused__by_the_guardian__stops_sales_until_the_admin_resumes(world: World):
    licensing, listing = world.contracts.licensing, Listing(world.terms(), 0, 0)
    work = world.register(b"paused", CREATOR)
    offer = world.list(work, listing, CREATOR)
    world.send(licensing.set_guardian(world.accounts[RELAYER]), ADMIN)
    assert licensing.guardian() == world.accounts[RELAYER]
    world.send(licensing.set_paused(True), RELAYER)
    assert licensing.paused()
    assert refusal(world, licensing.buy(offer, world.accounts[BUYER]), BUYER).code == "paused"
    assert refusal(world, licensing.set_paused(False), RELAYER).code == "not-guardian"
    world.send(licensing.set_paused(False), ADMIN)
    assert licensing.is_live(world.buy(offer, listing, BUYER))
