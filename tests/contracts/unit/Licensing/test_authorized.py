"""Orders whose only signature is the buyer's ERC-3009 authorization."""

from __future__ import annotations

import pytest

from tests.contracts.reverts import reverts
from tests.contracts.world import DAY, DOLLAR, NATIVE, now


@pytest.fixture
def quote(world, work):
    return world.quote(work)


@pytest.fixture
def order(world, quote, buyer, stranger):
    """The buyer's, who gives the licence to somebody else."""
    return world.order(quote, buyer, recipient=str(stranger))


@pytest.fixture(autouse=True)
def dollars(world, dollar, buyer, quote):
    """The buyer has three prices; the ledger may take nothing by itself."""
    dollar.mint(buyer, 3 * quote.price, {"from": world.admin})


@pytest.fixture
def submit(world, licensing):
    """Let the relayer bring a quote signed by its seller, and an authorization of its price."""

    def run(quote, order, authorization=None):
        signature = world.sign(quote, quote.seller)
        authorization = authorization or world.authorization(order, quote.price)
        return licensing.fulfilAuthorized(quote, signature, order, authorization, {"from": world.relayer})

    return run


def test_fulfil_authorized__one_signature__accepts_and_pays(
    world, licensing, ledger, dollar, buyer, stranger, quote, order, submit
):
    done = submit(quote, order)
    digest = "0x" + world.hash(order).hex()
    assert dict(done.events["OrderUsed"]) == {"buyer": buyer, "nonce": 0, "digest": digest}
    assert dict(done.events["AuthorizationUsed"]) == {"authorizer": buyer, "nonce": digest}
    assert (licensing.ownerOf(1), done.events["LicenceSold"]["payer"]) == (stranger, buyer)
    assert (dollar.balanceOf(buyer), dollar.balanceOf(ledger)) == (2 * quote.price, quote.price)
    assert ledger.grossOf(quote.work, DOLLAR) == quote.price
    assert licensing.isNonceUsed(buyer, 0)


def test_fulfil_authorized__again__refused(world, buyer, quote, order, submit):
    """R6: the nonce of the order is used, and that of the token too."""
    authorization = world.authorization(order, quote.price)
    submit(quote, order, authorization)
    with reverts("Licensing__NonceUsed", buyer, 0):
        submit(quote, order, authorization)
    with reverts("TestDollar__BadSignature", buyer):
        submit(quote, order._replace(nonce=1), authorization)


def test_fulfil_authorized__after_the_order_was_fulfilled__refused(world, dollar, buyer, quote, order, submit):
    """R6: one order, however it is paid."""
    world.fund(buyer, quote.price)
    world.fulfil(quote, order)
    with reverts("Licensing__NonceUsed", buyer, 0):
        submit(quote, order)
    assert dollar.balanceOf(buyer) == 3 * quote.price


@pytest.mark.parametrize(
    "change",
    [{"recipient": "0x" + "ab" * 20}, {"maxPrice": 2**200}, {"expiry": 2**39}, {"nonce": 1}],
    ids=lambda change: next(iter(change)),
)
def test_fulfil_authorized__one_field_of_the_order_changed__refused(world, buyer, quote, order, submit, change):
    """R4: the authorization's nonce binds every field, so the submitter redirects nothing."""
    authorization = world.authorization(order, quote.price)
    with reverts("TestDollar__BadSignature", buyer):
        submit(quote, order._replace(**change), authorization)


def test_fulfil_authorized__other_value_than_the_price__refused(world, buyer, quote, order, submit):
    """Exactly the price: a wallet that shows the authorization shows what is paid."""
    for value in (quote.price - 1, quote.price + 1):
        with reverts("TestDollar__BadSignature", buyer):
            submit(quote, order, world.authorization(order, value))


def test_fulfil_authorized__to_somebody_else__refused(world, licensing, buyer, quote, order, submit):
    for changes in ({"to": licensing.address}, {"nonce": b"\7" * 32}):
        with reverts("TestDollar__BadSignature", buyer):
            submit(quote, order, world.authorization(order, quote.price, **changes))


def test_fulfil_authorized__signed_by_somebody_else__refused(world, buyer, stranger, quote, order, submit):
    with reverts("TestDollar__BadSignature", buyer):
        submit(quote, order, world.authorization(order, quote.price, signer=stranger))


def test_fulfil_authorized__outside_its_time__refused(world, quote, order, submit):
    late, early = now() - 1, now() + 1000
    with reverts("TestDollar__Expired", late):
        submit(quote, order, world.authorization(order, quote.price, validBefore=late))
    with reverts("TestDollar__NotYetValid", early):
        submit(quote, order, world.authorization(order, quote.price, validAfter=early))


def test_fulfil_authorized__cancelled_at_the_token__refused(world, licensing, dollar, buyer, quote, order, submit):
    """Either way of cancelling ends the order: at the token, or here."""
    submit(quote, order)
    other = world.order(quote, buyer, nonce=1)
    licensing.cancelOrder(1, {"from": buyer})
    with reverts("Licensing__NonceUsed", buyer, 1):
        submit(quote, other)
    licensing.advanceEpoch({"from": buyer})
    with reverts("Licensing__WrongEpoch", buyer, 1):
        submit(quote, other._replace(nonce=2))


def test_fulfil_authorized__what_the_order_refuses__refused(world, chain, work, buyer, quote, submit):
    """R4: quote, price, currency and expiry are the order's."""
    dear = world.order(quote, buyer, maxPrice=quote.price - 1)
    with reverts("Licensing__PriceTooHigh", quote.price, quote.price - 1):
        submit(quote, dear)
    cheap, order = world.quote(work, price=1), world.order(quote, buyer)
    with reverts("Licensing__WrongQuote", world.hash(quote), world.hash(cheap)):
        submit(cheap, order, world.authorization(order, 1))
    native = world.quote(work, currency=NATIVE)
    with reverts("Licensing__NativeOrder"):
        submit(native, world.order(native, buyer))
    order = world.order(quote, buyer, expiry=now() + 60)
    chain.sleep(61)
    with reverts("Licensing__Expired", order.expiry):
        submit(quote, order)


def test_fulfil_authorized__free_licence__refused_since_nobody_would_ask_the_buyer(
    world, licensing, work, buyer, stranger, submit
):
    """Threat: the token is never called, so that anybody could use up a buyer's nonces, and with them its orders."""
    gift = world.quote(work, price=0)
    forged = world.order(gift, buyer)
    with reverts("Licensing__BadSignature", buyer, world.hash(forged)):
        submit(gift, forged, world.authorization(forged, 0, signer=stranger))
    assert not licensing.isNonceUsed(buyer, 0)


def test_fulfil_authorized__token_that_only_swallows_the_call__nothing_sold(world, licensing, buyer, work, submit):
    """Threat: a token whose fallback succeeds without moving anything, as that of wrapped coins does."""
    token = world.contract("SwallowingToken")
    number = world.add_currency(token)
    quote = world.quote(work, currency=number, price=7)
    order = world.order(quote, buyer)
    with reverts("RoyaltyLedger__ZeroAmount"):
        submit(quote, order)
    assert not licensing.isNonceUsed(buyer, 0)


def test_fulfil_authorized__refundable__held_and_given_back(world, licensing, ledger, dollar, buyer, work, submit):
    terms = world.terms(refundDays=2)
    quote = world.quote(work, terms=terms)
    submit(quote, world.order(quote, buyer))
    day = licensing.licenceOf(1)["refundableFor"]
    assert (ledger.heldOf(work, DOLLAR, day), ledger.grossOf(work, DOLLAR)) == (quote.price, 0)
    assert day >= now() // DAY + 1
    licensing.refund(1, {"from": buyer})
    assert dollar.balanceOf(buyer) == 3 * quote.price
