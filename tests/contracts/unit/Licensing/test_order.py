"""Buyer-signed orders that anybody may submit."""

from __future__ import annotations

import pytest

from tests.contracts.reverts import reverts
from tests.contracts.signing import compact, high_s
from tests.contracts.structs import Permit
from tests.contracts.world import DOLLAR, NATIVE, now


@pytest.fixture
def quote(world, work):
    return world.quote(work)


@pytest.fixture
def order(world, quote, buyer):
    return world.order(quote, buyer)


@pytest.fixture
def funded(world, buyer, quote):
    """The buyer has three prices, and lets the ledger take them."""
    world.fund(buyer, 3 * quote.price)


def test_hash_order__every_field__equals_eth_account(world, licensing, quote, buyer):
    order = world.order(quote, buyer, recipient="0x" + "ab" * 20, maxPrice=2**255, epoch=7, nonce=2**256 - 1)
    assert licensing.hashOrder(order) == "0x" + world.hash(order).hex()


def test_fulfil__allowance__buyer_pays_and_recipient_holds(
    world, licensing, ledger, dollar, buyer, stranger, quote, funded
):
    order = world.order(quote, buyer, recipient=str(stranger))
    done = world.fulfil(quote, order)
    assert dict(done.events["OrderUsed"]) == {"buyer": buyer, "nonce": 0, "digest": "0x" + world.hash(order).hex()}
    assert (done.events["LicenceSold"]["payer"], done.events["Deposited"]["payer"]) == (buyer, buyer)
    assert licensing.ownerOf(1) == stranger
    assert dollar.balanceOf(ledger) == quote.price
    assert licensing.isNonceUsed(buyer, 0)
    assert not licensing.isNonceUsed(buyer, 1)


def test_fulfil__permit__needs_no_earlier_transaction_of_the_buyer(world, ledger, dollar, buyer, quote, order):
    dollar.mint(buyer, quote.price, {"from": buyer})
    world.fulfil(quote, order, world.permit(buyer, quote.price))
    assert (dollar.balanceOf(buyer), dollar.balanceOf(ledger), dollar.allowance(buyer, ledger)) == (0, quote.price, 0)


def test_fulfil__permit_front_run__order_still_executes(world, ledger, dollar, buyer, stranger, quote, order):
    """Whoever submits the permit first only does the relayer's work: the allowance decides."""
    dollar.mint(buyer, quote.price, {"from": buyer})
    permit = world.permit(buyer, quote.price)
    dollar.permit(buyer, ledger, *permit, {"from": stranger})
    world.fulfil(quote, order, permit)
    assert dollar.balanceOf(buyer) == 0


def test_fulfil__permit_invalid_and_no_allowance__nothing_sold(world, licensing, dollar, buyer, quote, order):
    dollar.mint(buyer, quote.price, {"from": buyer})
    with reverts("TransferFromFailed"):
        world.fulfil(quote, order, Permit(quote.price, 2**40, 27, b"\1" * 32, b"\1" * 32))
    assert not licensing.isNonceUsed(buyer, 0)


def test_fulfil__token_without_permit__allowance_decides(world, licensing, buyer, work):
    token = world.contract("PlainToken", 0)
    number = world.add_currency(token)
    token.mint(buyer, 7, {"from": buyer})
    token.approve(world.ledger, 7, {"from": buyer})
    quote = world.quote(work, currency=number, price=7)
    world.fulfil(quote, world.order(quote, buyer), Permit(7, 2**40, 27, b"\1" * 32, b"\1" * 32))
    assert licensing.ownerOf(1) == buyer


def test_fulfil__again__refused(world, buyer, quote, order, funded):
    """R6: an order is single-use, whatever quote or submitter it comes with."""
    world.fulfil(quote, order)
    with reverts("Licensing__NonceUsed", buyer, 0):
        world.fulfil(quote, order)
    with reverts("Licensing__NonceUsed", buyer, 0):
        world.fulfil(quote, order, by=buyer)
    with reverts("Licensing__NonceUsed", buyer, 0):
        world.fulfil(quote, order._replace(maxPrice=2**100))


@pytest.mark.parametrize("form", [high_s, compact], ids=["high-s", "compact"])
def test_fulfil__other_form_of_the_signature__refused_after_use(world, licensing, buyer, quote, order, funded, form):
    """R6: the nonce is used, not the bytes of the signature."""
    world.fulfil(quote, order)
    signatures = world.sign(quote, quote.seller), form(world.sign(order, buyer))
    with reverts("Licensing__NonceUsed", buyer, 0):
        licensing.fulfil(quote, signatures[0], order, signatures[1], Permit(), {"from": world.relayer})


def test_fulfil__nonces_in_any_order__each_once(world, licensing, buyer, quote, funded):
    """256 nonces share a word: neighbours and the next word stay independent."""
    for nonce in (256, 0, 255):
        world.fulfil(quote, world.order(quote, buyer, nonce=nonce))
    used = {nonce for nonce in (0, 1, 254, 255, 256, 257, 2**256 - 1) if licensing.isNonceUsed(buyer, nonce)}
    assert used == {0, 255, 256}


def test_cancel_order__before_use__order_is_void(world, licensing, buyer, stranger, quote, order, funded):
    licensing.cancelOrder(0, {"from": stranger})
    assert not licensing.isNonceUsed(buyer, 0)
    done = licensing.cancelOrder(0, {"from": buyer})
    assert dict(done.events["OrderUsed"]) == {"buyer": buyer, "nonce": 0, "digest": "0x" + "00" * 32}
    with reverts("Licensing__NonceUsed", buyer, 0):
        world.fulfil(quote, order)
    with reverts("Licensing__NonceUsed", buyer, 0):
        licensing.cancelOrder(0, {"from": buyer})
    world.fulfil(quote, world.order(quote, buyer, nonce=1))


def test_advance_epoch__open_orders__void_in_bulk(world, licensing, buyer, quote, order, funded):
    """R6: cancellable in bulk."""
    licensing.advanceEpoch({"from": buyer})
    with reverts("Licensing__WrongEpoch", buyer, 1):
        world.fulfil(quote, order)
    world.fulfil(quote, world.order(quote, buyer))


def test_fulfil__price_above_the_maximum__refused(world, buyer, quote, funded):
    """R4: nobody pays above the price they signed."""
    with reverts("Licensing__PriceTooHigh", quote.price, quote.price - 1):
        world.fulfil(quote, world.order(quote, buyer, maxPrice=quote.price - 1))
    world.fulfil(quote, world.order(quote, buyer, maxPrice=quote.price))


def test_fulfil__other_quote_than_signed__refused(world, licensing, work, quote, order, funded):
    """R4: cheaper or not, the buyer signed one quote."""
    other = world.quote(work, price=1)
    with reverts("Licensing__WrongQuote", world.hash(quote), world.hash(other)):
        world.fulfil(other, order)


def test_fulfil__native_quote__refused(world, work, buyer):
    """Only a buyer's own transaction can carry coins."""
    quote = world.quote(work, currency=NATIVE)
    with reverts("Licensing__NativeOrder"):
        world.fulfil(quote, world.order(quote, buyer))


def test_fulfil__expired_order_or_quote__refused(world, chain, work, buyer, funded):
    quote = world.quote(work, expiry=now() + 7200)
    late = world.order(quote, buyer, expiry=now() + 60)
    chain.sleep(61)
    with reverts("Licensing__Expired", late.expiry):
        world.fulfil(quote, late)
    order = world.order(quote, buyer, expiry=now() + 10_000)
    chain.sleep(7200)
    with reverts("OfferBook__Expired", quote.expiry):
        world.fulfil(quote, order)


@pytest.mark.parametrize(
    "wrong",
    [{"chain_id": 1}, {"contract": "0x" + "11" * 20}, {"name": "WorkRegistry"}, {"version": "2"}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_fulfil__order_signed_for_another_domain__refused(world, licensing, buyer, quote, order, funded, wrong):
    signatures = world.sign(quote, quote.seller), world.sign(order, buyer, **wrong)
    with reverts("Licensing__BadSignature", buyer, world.hash(order)):
        licensing.fulfil(quote, signatures[0], order, signatures[1], Permit(), {"from": world.relayer})


@pytest.mark.parametrize(
    "change",
    [{"recipient": "0x" + "ab" * 20}, {"maxPrice": 2**200}, {"expiry": 2**39}, {"nonce": 1}],
    ids=lambda change: next(iter(change)),
)
def test_fulfil__one_field_of_the_order_changed__refused(world, licensing, buyer, quote, order, funded, change):
    """R4: the submitter redirects nothing."""
    signatures = world.sign(quote, quote.seller), world.sign(order, buyer)
    with reverts("Licensing__BadSignature"):
        licensing.fulfil(
            quote, signatures[0], order._replace(**change), signatures[1], Permit(), {"from": world.relayer}
        )


def test_fulfil__somebody_elses_money__refused(world, buyer, stranger, quote, order, funded):
    with reverts("Licensing__BadSignature"):
        world.fulfil(quote, order, buyer=stranger)
    with reverts("Licensing__BadSignature"):
        world.fulfil(quote, order._replace(buyer=str(stranger)), buyer=buyer)


def test_fulfil__quote_for_another_buyer__refused(world, work, buyer, stranger, funded):
    quote = world.quote(work, buyer=stranger)
    with reverts("OfferBook__WrongBuyer", stranger, buyer):
        world.fulfil(quote, world.order(quote, buyer))


def test_fulfil__sold_out_after_signing__order_stays_unused(world, licensing, work, buyer, stranger, funded):
    """R6: a failed order can still be cancelled or wait; its nonce is not lost."""
    quote = world.quote(work, maxQuantity=1)
    world.fund(stranger, quote.price)
    licensing.buyQuote(quote, world.sign(quote, quote.seller), stranger, {"from": stranger})
    with reverts("OfferBook__SoldOut"):
        world.fulfil(quote, world.order(quote, buyer))
    assert not licensing.isNonceUsed(buyer, 0)


def test_fulfil__contract_wallet_buys__erc1271_decides(world, licensing, dollar, ledger, buyer, rival, quote):
    wallet = world.contract("SmartWallet", buyer)
    dollar.mint(wallet, quote.price, {"from": buyer})
    wallet.execute([(dollar, 0, dollar.approve.encode_input(ledger, quote.price))], {"from": buyer})
    order = world.order(quote, wallet)
    with reverts("Licensing__BadSignature"):
        world.fulfil(quote, order, buyer=rival)
    world.fulfil(quote, order, buyer=buyer)
    assert licensing.ownerOf(1) == wallet


def test_fulfil__recipient_is_nobody__refused(world, buyer, quote, funded):
    with reverts("Licensing__ZeroAddress"):
        world.fulfil(quote, world.order(quote, buyer, recipient="0x" + "0" * 40))


def test_fulfil__two_kinds_of_currency__named_by_the_quote(world, ledger, buyer, quote, order, funded):
    """R4: currency is part of the quote that the order names."""
    world.fulfil(quote, order)
    assert ledger.grossOf(quote.work, DOLLAR) == quote.price
    assert ledger.grossOf(quote.work, NATIVE) == 0
