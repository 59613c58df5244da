"""The wrappers against the real contracts: the whole way of a work, and each refusal on it."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from offchain.chain import Bounds, Edge, Listing, Order, Pull, Quote, Registration
from offchain.chain.signer import development_signer
from offchain.errors import ColophonError, DeniedError, NotFoundError, RefusedError
from tests.offchain.deployed import ADAPTATION, BUYER, CREATOR, PRICING, RELAYER, SECOND_CREATOR, World

NOBODY = "0x" + "00" * 20
PRICE = 25 * 10**6
FEE = 100_000  # parts per million that ADAPTATION owes upstream


def refusal(world: World, call, account: int) -> ColophonError:
    """What a call is refused with; a call that is not refused fails the test."""
    with pytest.raises(ColophonError) as refused:
        world.client.try_call(call, world.accounts[account])
    return refused.value


def quoted(world: World, work: int, **changes: object) -> tuple[Quote, bytes]:
    """A quote of the title's holder, signed, valid for an hour."""
    title = world.contracts.registry.title(work)
    quote = Quote(
        work=work,
        seller=title.holder,
        terms=world.terms(),
        currency=1,
        price=PRICE,
        buyer=NOBODY,
        max_quantity=0,
        expiry=world.now() + 3600,
        work_epoch=title.epoch,
        signer_epoch=world.contracts.licensing.epoch(title.holder),
        basis=bytes(32),
    )
    quote = replace(quote, **changes)
    seller = development_signer(world.accounts.index(quote.seller), 1337)
    return quote, seller.sign_typed(world.contracts.licensing.quote_typed(quote))


def ordered(world: World, quote: Quote, **changes: object) -> tuple[Order, bytes]:
    """The buyer's order on a quote, signed."""
    buyer = development_signer(BUYER, 1337)
    licensing = world.contracts.licensing
    order = Order(
        buyer=buyer.address,
        recipient=buyer.address,
        quote=licensing.quote_digest(quote),
        max_price=quote.price,
        expiry=world.now() + 3600,
        epoch=licensing.epoch(buyer.address),
        nonce=int.from_bytes(hashlib.sha256(repr((quote, world.client.head())).encode()).digest(), "big"),
    )
    order = replace(order, **changes)
    return order, buyer.sign_typed(licensing.order_typed(order))


def sold(world: World, receipt) -> int:
    return next(e.args["licence"] for e in world.contracts.decode(receipt["logs"]) if e.name == "LicenceSold")


def test_registration__signed_by_the_creator_and_relayed__gives_the_creator_the_title(world: World):
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
    assert title.final_at - title.registered_at == registry.grace() == 300
    assert registry.metadata(registration.work) == metadata
    names = [event.name for event in world.contracts.decode(receipt["logs"])]
    assert names == ["Transfer", "WorkRegistered", "OfferMade", "BoundsSet"]
    replayed = refusal(world, registry.register_signed(registration, deadline, signature), RELAYER)
    assert replayed.code == "already-registered"
    assert replayed.facts["holder"] == creator.address
    altered = replace(registration, work=registration.work ^ 1)
    assert refusal(world, registry.register_signed(altered, deadline, signature), RELAYER).code == "bad-signature"
    early = world.contracts.ledger.deposit(registration.work, 0, 1)
    assert refusal(world, early, BUYER).code == "not-final"


def test_views__unknown_numbers__are_not_found(world: World):
    licensing = world.contracts.licensing
    asked = {
        "unknown-work": lambda: world.contracts.registry.title(1),
        "unknown-terms": lambda: licensing.terms(999),
        "unknown-offer": lambda: licensing.offer(999),
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
    assert world.contracts.licensing.terms(number) == ADAPTATION
    assert world.contracts.licensing.terms_number(replace(ADAPTATION, upstream=1)) is None


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
    assert licensing.offer(licence.offer).price == PRICE
    assert ledger.gross(work, 1) == PRICE
    assert licensing.is_nonce_used(buyer.address, order.nonce)
    assert refusal(world, call, RELAYER).code == "nonce-used"


def test_order__not_as_signed_or_too_late__is_refused_with_the_reason(world: World):
    licensing = world.contracts.licensing
    work = world.register(b"refused", CREATOR)
    quote, quote_signature = quoted(world, work)
    order, order_signature = ordered(world, quote)
    dearer, dearer_signature = quoted(world, work, price=PRICE + 1)
    late, late_signature = quoted(world, work, expiry=1)
    low, low_signature = ordered(world, quote, max_price=PRICE - 1)
    refused = {
        "wrong-quote": licensing.fulfil(dearer, dearer_signature, order, order_signature),
        "price-too-high": licensing.fulfil(quote, quote_signature, low, low_signature),
        "expired": licensing.fulfil(late, late_signature, *ordered(world, late)),
        "bad-signature": licensing.fulfil(quote, quote_signature, replace(order, nonce=1), order_signature),
        "transfer-from-failed": licensing.fulfil(quote, quote_signature, order, order_signature),
    }
    assert {code: refusal(world, call, RELAYER).code for code, call in refused.items()} == {
        code: code for code in refused
    }


def test_quote__by_a_delegate__is_bounded(world: World):
    licensing = world.contracts.licensing
    work = world.register(b"delegated", CREATOR)
    delegate = world.accounts[PRICING]
    stranger = {"seller": delegate, "signer_epoch": licensing.epoch(delegate), "currency": 0, "price": 10}
    call = licensing.buy_quote(*quoted(world, work, **stranger), world.accounts[BUYER])
    assert refusal(world, call, BUYER).code == "no-mandate"
    world.send(licensing.set_bounds(work, Bounds(delegate, world.terms(), 0, 11, 20, 2**40 - 1, 1)), CREATOR)
    error = refusal(world, call, BUYER)
    assert (error.code, error.facts) == ("out-of-bounds", {"price": 10, "floor": 11, "ceiling": 20})
    within = licensing.buy_quote(*quoted(world, work, **{**stranger, "price": 11}), world.accounts[BUYER])
    world.send(within, BUYER)
    assert refusal(world, within, BUYER).code == "daily-cap-reached"


def test_derivative__sold__pays_its_parent_by_pull_and_claim(world: World):
    licensing, ledger = world.contracts.licensing, world.contracts.ledger
    parent = world.register(b"parent", CREATOR)
    made = world.send(licensing.list_work(parent, Listing(world.terms(), 0, 500)), CREATOR)
    offer = world.contracts.decode(made["logs"])[0].args["offer"]
    assert refusal(world, licensing.buy(offer, world.accounts[BUYER], 499), BUYER).code == "wrong-value"
    permit = sold(world, world.send(licensing.buy(offer, world.accounts[SECOND_CREATOR], 500), SECOND_CREATOR))
    child = world.register(b"child", SECOND_CREATOR, permits=(permit,))
    assert ledger.edges(child, world.contracts.registry.title(child).parents) == (Edge(parent, FEE),)
    assert licensing.limits(child) == (2**40 - 1, ADAPTATION.scope)
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
    registry, licensing = world.contracts.registry, world.contracts.licensing
    for call in (
        registry.set_metadata(work, bytes(32)),
        registry.advance_work_epoch(work),
        licensing.list_work(work, Listing(world.terms(), 0, 1)),
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
    world.send(licensing.advance_epoch(), CREATOR)
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
