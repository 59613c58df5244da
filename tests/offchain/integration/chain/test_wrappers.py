"""The wrappers against the real contracts: the whole way of a work, and each refusal on it."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from offchain.chain import Bounds, Edge, Listing, Pull, Registration
from offchain.chain.ledger import share_id
from offchain.chain.offers import purchase
from offchain.chain.signer import development_signer
from offchain.errors import DeniedError, NotFoundError, RefusedError
from tests.offchain.deployed import ADAPTATION, BUYER, CREATOR, PRICING, RELAYER, SECOND_CREATOR, World, deploy
from tests.offchain.integration.chain.acts import PRICE, ordered, quoted, refusal, sold

FEE = 100_000  # parts per million that ADAPTATION owes upstream


def test_registration__signed_by_the_creator_and_relayed__gives_the_creator_the_title(chain_url: str):
    world = deploy(chain_url, grace=300)
    registry = world.contracts.registry
    creator = development_signer(CREATOR, 1337)
    metadata = hashlib.sha256(b"metadata").digest()
    registration = Registration(
        int.from_bytes(hashlib.sha256(b"relayed").digest(), "big"),
        creator.address,
        metadata,
        iscc=b"\x01\x02",
        listings=(Listing(world.terms(), 1, PRICE),),
        bounds=(Bounds(world.accounts[PRICING], world.terms(), 1, 1, PRICE, 2**40 - 1, 5),),
    )
    deadline = world.now() + 600
    signature = creator.sign_typed(registry.typed(registration, registry.epoch(creator.address), deadline))
    receipt = world.send(registry.register_signed(registration, deadline, signature), RELAYER)
    title = registry.title(registration.work)
    assert title.holder == creator.address
    assert title.final_at - title.priority_at == registry.grace() == 300
    assert registry.metadata(registration.work) == metadata
    names = [event.name for event in world.contracts.decode(receipt["logs"])]
    assert names == ["WorkRegistered", "Transfer", "OfferMade", "BoundsSet"]
    replayed = refusal(world, registry.register_signed(registration, deadline, signature), RELAYER)
    assert replayed.code == "already-registered"
    assert replayed.facts["holder"] == creator.address
    altered = replace(registration, work=registration.work ^ 1)
    assert refusal(world, registry.register_signed(altered, deadline, signature), RELAYER).code == "bad-signature"
    early = world.contracts.ledger.deposit(registration.work, 0, 1)
    assert refusal(world, early, BUYER).code == "not-final"
    world.sleep(300)
    world.client.try_call(early, world.accounts[BUYER])


def test_views__unknown_numbers__are_not_found(world: World):
    licensing, offers = world.contracts.licensing, world.contracts.offers
    asked = {
        "unknown-work": lambda: world.contracts.registry.title(1),
        "unknown-terms": lambda: offers.terms(999),
        "unknown-offer": lambda: offers.offer(999),
        "unknown-licence": lambda: licensing.licence(999),
        "unknown-edge": lambda: world.contracts.ledger.edge(1, 0),
        "unknown-currency": lambda: world.contracts.ledger.currency("eip155:1/slip44:60"),
    }
    for code, ask in asked.items():
        with pytest.raises(NotFoundError) as refused:
            ask()
        assert refused.value.code == code


def test_currencies__of_the_ledger__are_named_by_caip19(world: World):
    native, dollar = world.contracts.ledger.currencies()
    assert (native.index, native.caip19, native.token, native.decimals) == (0, "eip155:1337/slip44:60", None, 18)
    assert dollar.caip19 == f"eip155:1337/erc20:{world.contracts.dollar.address}"
    assert (dollar.symbol, dollar.decimals) == ("TUSD", 6)
    assert world.contracts.ledger.currency(dollar.caip19.lower()) == dollar


def test_terms__registered__are_found_by_content_and_number(world: World):
    number = world.terms()
    assert world.contracts.offers.terms(number) == ADAPTATION
    assert world.contracts.offers.terms_number(replace(ADAPTATION, upstream=1)) is None


def test_order__signed_with_a_permit_and_relayed__buys_a_licence(world: World):
    licensing, ledger, dollar = world.contracts.licensing, world.contracts.ledger, world.contracts.dollar
    buyer = development_signer(BUYER, 1337)
    work = world.register(b"ordered", CREATOR)
    world.send(dollar.mint(buyer.address, PRICE), RELAYER)
    quote, quote_signature = quoted(world, work)
    order, order_signature = ordered(world, quote)
    deadline = world.now() + 600
    permit_signature = buyer.sign_typed(dollar.permit_typed(buyer.address, ledger.address, PRICE, deadline))
    call = licensing.fulfil(
        quote, quote_signature, order, order_signature, dollar.permit(PRICE, deadline, permit_signature)
    )
    number = sold(world, world.send(call, RELAYER))
    licence = licensing.licence(number)
    assert (licence.holder, licence.work, licence.terms) == (buyer.address, work, quote.terms)
    assert licensing.is_live(number)
    assert world.contracts.offers.offer(licence.offer).price == PRICE
    assert ledger.gross(work, 1) == PRICE
    assert licensing.is_nonce_used(buyer.address, order.nonce)
    assert refusal(world, call, RELAYER).code == "nonce-used"


def test_order__not_as_signed_or_too_late__is_refused_with_the_reason(world: World):
    licensing = world.contracts.licensing
    work = world.register(b"refused", CREATOR)
    quote, quote_signature = quoted(world, work)
    order, order_signature = ordered(world, quote)
    # A gift: the quotes are compared after the payment, which would fail first.
    other, other_signature = quoted(world, work, price=0)
    late, late_signature = quoted(world, work, expiry=1)
    low, low_signature = ordered(world, quote, max_price=PRICE - 1)
    refused = {
        "wrong-quote": licensing.fulfil(other, other_signature, order, order_signature),
        "price-too-high": licensing.fulfil(quote, quote_signature, low, low_signature),
        "expired": licensing.fulfil(late, late_signature, *ordered(world, late)),
        "bad-signature": licensing.fulfil(quote, quote_signature, replace(order, nonce=1), order_signature),
        "transfer-from-failed": licensing.fulfil(quote, quote_signature, order, order_signature),
    }
    assert {code: refusal(world, call, RELAYER).code for code, call in refused.items()} == {
        code: code for code in refused
    }


def test_quote__by_a_delegate__is_bounded(world: World):
    licensing, offers = world.contracts.licensing, world.contracts.offers
    work = world.register(b"delegated", CREATOR)
    delegate = world.accounts[PRICING]
    stranger = {"seller": delegate, "signer_epoch": offers.epoch(delegate), "currency": 0, "price": 10}
    call = licensing.buy_quote(*quoted(world, work, **stranger), world.accounts[BUYER])
    assert refusal(world, call, BUYER).code == "no-mandate"
    world.send(offers.set_bounds(work, Bounds(delegate, world.terms(), 0, 11, 20, 2**40 - 1, 1)), CREATOR)
    error = refusal(world, call, BUYER)
    assert (error.code, error.facts) == ("out-of-bounds", {"price": 10, "floor": 11, "ceiling": 20})
    within = licensing.buy_quote(*quoted(world, work, **{**stranger, "price": 11}), world.accounts[BUYER])
    world.send(within, BUYER)
    assert refusal(world, within, BUYER).code == "daily-cap-reached"


def test_derivative__sold__pays_its_parent_by_pull_and_claim(world: World):
    licensing, ledger = world.contracts.licensing, world.contracts.ledger
    parent = world.register(b"parent", CREATOR)
    listing = Listing(world.terms(), 0, 500)
    offer = world.list(parent, listing, CREATOR)
    assert refusal(world, licensing.buy(offer, world.accounts[BUYER], 499), BUYER).code == "wrong-value"
    permit = world.buy(offer, listing, SECOND_CREATOR)
    child = world.register(b"child", SECOND_CREATOR, permits=(permit,))
    assert ledger.edges(child, world.contracts.registry.title(child).parents) == (Edge(parent, FEE),)
    assert world.contracts.offers.limits(child) == (2**40 - 1, ADAPTATION.scope)
    world.send(ledger.deposit(child, 0, 1005), BUYER)
    # ⌊1005 · 100000 / 1e6⌋ = 100 go to the parent, the rest stays.
    assert ledger.pullable(child, 0, 0) == 100
    assert ledger.net(child, 0) == 1005 - 100
    receiver = "0x" + "77" * 20
    before = world.client.balance(receiver)
    world.send(ledger.pull_and_claim([Pull(child, 0, 0)], [parent], 0, receiver), CREATOR)
    assert world.client.balance(receiver) - before == 500 + 100
    assert ledger.claimable(parent, 0, world.accounts[CREATOR]) == 0
    assert refusal(world, ledger.pull(child, 0, 0), BUYER).code == "nothing-to-pull"
    assert refusal(world, ledger.claim([parent], 0, receiver), CREATOR).code == "nothing-to-claim"


def test_purchase__of_another_offer_than_believed__is_refused(world: World):
    """The number is right, the price is not what the buyer saw: as after a reorganisation."""
    work = world.register(b"believed", CREATOR)
    offer = world.list(work, Listing(world.terms(), 0, 500), CREATOR)
    other = purchase(offer.offer, work, ADAPTATION, Listing(world.terms(), 0, 499))
    call = world.contracts.licensing.buy(other, world.accounts[BUYER], 500)
    assert refusal(world, call, BUYER).code == "wrong-content"


def test_purchase__of_other_terms_than_read__is_refused(world: World):
    """The numbers of offer and terms are right, but under that number the buyer read other terms."""
    work = world.register(b"read", CREATOR)
    listing = Listing(world.terms(), 0, 500)
    offer = world.list(work, listing, CREATOR)
    assert purchase(offer.offer, work, ADAPTATION, listing) == offer
    other = purchase(offer.offer, work, replace(ADAPTATION, upstream=ADAPTATION.upstream - 1), listing)
    call = world.contracts.licensing.buy(other, world.accounts[BUYER], 500)
    assert refusal(world, call, BUYER).code == "wrong-content"


def test_purchase__of_an_edition__ends_with_its_supply(world: World):
    licensing, listing = world.contracts.licensing, Listing(world.terms(), 0, 7, supply=3)
    work = world.register(b"edition", CREATOR)
    first = world.buy(world.list(work, listing, CREATOR, quantity=2), listing, BUYER)
    offer = world.contracts.offers.offer(licensing.licence(first).offer)
    assert (offer.supply, offer.sold) == (3, 2)
    assert [licensing.licence(first + each).holder for each in range(2)] == [world.accounts[BUYER]] * 2
    more = purchase(licensing.licence(first).offer, work, ADAPTATION, listing, quantity=2)
    error = refusal(world, licensing.buy(more, world.accounts[BUYER], 14), BUYER)
    assert (error.code, error.facts["supply"]) == ("sold-out", 3)


def test_licence__within_its_refundable_days__is_given_back_for_its_price(world: World):
    licensing, ledger, day = world.contracts.licensing, world.contracts.ledger, 86_400
    work = world.register(b"given back", CREATOR)
    listing = Listing(world.terms(replace(ADAPTATION, refund_days=2)), 1, PRICE)
    world.fund(BUYER, PRICE)
    licence = world.buy(world.list(work, listing, CREATOR), listing, BUYER)
    until = licensing.licence(licence).refundable_for
    assert until == world.now() // day + 2
    assert (ledger.held(work, 1, until), ledger.gross(work, 1)) == (PRICE, 0)
    assert refusal(world, ledger.release(work, 1, until), BUYER).code == "still-held"
    before = world.contracts.dollar.balance(world.accounts[BUYER])
    world.send(licensing.refund(licence), BUYER)
    assert world.contracts.dollar.balance(world.accounts[BUYER]) - before == PRICE
    assert not licensing.is_live(licence)
    assert ledger.held(work, 1, until) == 0


def test_edge__with_guarantee_and_ceiling__pays_what_docs_say(world: World):
    """E(x) = min(max(x, 40), 100) of a tenth of the child's gross."""
    ledger = world.contracts.ledger
    parent = world.register(b"guaranteed parent", CREATOR)
    listing = Listing(world.terms(replace(ADAPTATION, guarantee=40, ceiling=100)), 0, 0)
    permit = world.buy(world.list(parent, listing, CREATOR), listing, SECOND_CREATOR)
    child = world.register(b"guaranteed child", SECOND_CREATOR, permits=(permit,), value=40)
    (edge,) = ledger.edges(child, 1)
    assert edge == Edge(parent, FEE, 0, 40, 100)
    assert ledger.gross(parent, 0) == 40
    for deposit, paid in ((300, 40), (300, 60), (900, 100)):
        world.send(ledger.deposit(child, 0, deposit), BUYER)
        world.send(ledger.pull(child, 0, 0), BUYER)
        assert ledger.gross(parent, 0) == paid == edge.due(ledger.gross(child, 0) // 10, 0)
    # Of 150 that the share comes to, 100 were paid; 40 of them were paid before and not out of the gross.
    assert ledger.net(child, 0) == 1500 - (100 - 40)


def test_share_id__of_any_series__is_the_contracts(world: World):
    contract = world.contracts.ledger.contract
    assert [share_id(2**255, each) for each in (0, 1, 31)] == [
        contract.read("shareId", 2**255, each) for each in (0, 1, 31)
    ]


def test_units__moved__are_counted_and_never_exceeded(world: World):
    ledger = world.contracts.ledger
    work = world.register(b"shares", CREATOR)
    creator, buyer = world.accounts[CREATOR], world.accounts[BUYER]
    assert ledger.units(creator, work) == 1_000_000
    world.send(ledger.transfer_units(buyer, work, 250_000), CREATOR)
    assert (ledger.units(creator, work), ledger.units(buyer, work)) == (750_000, 250_000)
    error = refusal(world, ledger.transfer_units(buyer, work, 750_001), CREATOR)
    assert (error.code, error.facts["units"], error.facts["wanted"]) == ("insufficient-shares", 750_000, 750_001)


def test_holder_acts__by_somebody_else__are_denied(world: World):
    work = world.register(b"mine", CREATOR)
    registry, offers = world.contracts.registry, world.contracts.offers
    for call in (
        registry.set_metadata(work, bytes(32)),
        registry.advance_work_epoch(work),
        offers.list_work(work, Listing(world.terms(), 0, 1)),
    ):
        error = refusal(world, call, BUYER)
        assert (type(error), error.code, error.facts["caller"]) == (DeniedError, "not-holder", world.accounts[BUYER])


def test_revocations__by_holder_and_buyer__void_what_was_signed(world: World):
    licensing, registry = world.contracts.licensing, world.contracts.registry
    work = world.register(b"revoked", CREATOR)
    quote, signature = quoted(world, work, currency=0, price=5)
    world.send(registry.advance_work_epoch(work), CREATOR)
    call = licensing.buy_quote(quote, signature, world.accounts[BUYER])
    assert refusal(world, call, BUYER).code == "wrong-work-epoch"
    fresh, fresh_signature = quoted(world, work, currency=0, price=5)
    world.send(world.contracts.offers.advance_epoch(), CREATOR)
    call = licensing.buy_quote(fresh, fresh_signature, world.accounts[BUYER])
    assert refusal(world, call, BUYER).code == "wrong-epoch"
    world.send(licensing.cancel_order(77), BUYER)
    assert licensing.is_nonce_used(world.accounts[BUYER], 77)


def test_require_funds__too_little_of_anything__is_refused_before_anybody_pays(world: World):
    ledger, dollar = world.contracts.ledger, world.contracts.dollar
    native, currency = ledger.currencies()
    payer = world.accounts[9]
    balance = dollar.balance(payer)
    with pytest.raises(RefusedError) as refused:
        ledger.require_funds(payer, currency, balance + 1)
    assert refused.value.code == "insufficient-balance"
    world.send(dollar.mint(payer, 1), RELAYER)
    with pytest.raises(RefusedError) as refused:
        ledger.require_funds(payer, currency, balance + 1)
    assert refused.value.code == "insufficient-allowance"
    world.send(dollar.approve(ledger.address, balance + 1), 9)
    ledger.require_funds(payer, currency, balance + 1)
    with pytest.raises(RefusedError):
        ledger.require_funds(payer, native, world.client.balance(payer) + 1)
