"""Seller-signed quotes, accepted by the buyer's own transaction."""

from __future__ import annotations

import pytest

from tests.contracts.reverts import reverts
from tests.contracts.signing import compact, high_s
from tests.contracts.structs import Purchase
from tests.contracts.world import DOLLAR, NATIVE, now


def test_hash_quote__every_field__equals_eth_account(world, book, work):
    quote = world.quote(
        work,
        buyer="0x" + "ab" * 20,
        maxQuantity=2**32 - 1,
        workEpoch=2**24 - 1,
        signerEpoch=2**256 - 1,
        grants=2**32 - 2,
        basis=b"\x0b" * 32,
    )
    assert book.hashQuote(quote) == "0x" + world.hash(quote).hex()


def test_eip712_domain__by_erc5267__names_the_book(book):
    fields, name, version, chain_id, contract, salt, extensions = book.eip712Domain()
    assert (str(fields), name, version, chain_id, contract) == ("0x0f", "OfferBook", "1", 1337, book)
    assert (int(str(salt), 16), extensions) == (0, ())


@pytest.mark.parametrize("currency", [NATIVE, DOLLAR])
def test_take_quote__by_the_holder__sold_and_paid(
    world, book, licensing, ledger, creator, buyer, work, accept, currency
):
    quote = world.quote(work, currency=currency)
    done = accept(quote)
    made = done.events["OfferMade"]
    assert (made["quote"], made["supply"]) == ("0x" + world.hash(quote).hex(), 0)
    assert tuple(book.offerOf(1)) == (work, 1, currency, quote.price, 0, True, False, False, 0, 0)
    assert licensing.licenceOf(1)["holder"] == buyer
    assert ledger.claimable(work, currency, creator) == quote.price


def test_take_quote__reusable__one_offer_for_all_its_licences(world, licensing, stranger, work, accept):
    """A quote without buyer or quantity sells until it expires; only its first use writes an offer."""
    quote = world.quote(work)
    first, second = accept(quote), accept(quote, by=stranger)
    assert "OfferMade" not in second.events
    assert [e.events["LicenceSold"]["offer"] for e in (first, second)] == [1, 1]


def test_take__offer_of_a_quote__refused(world, book, licensing, stranger, work, accept):
    """What was quoted to some is not listed for all."""
    accept(world.quote(work))
    with reverts("OfferBook__UnknownOffer", 1):
        licensing.buy(Purchase(1, bytes(book.contentOf(1))), stranger, {"from": stranger})


def test_take_quote__max_quantity__sold_out_after_it(world, book, work, accept):
    """R6: a counted quote is used up."""
    quote = world.quote(work, maxQuantity=2)
    assert accept(quote).events["OfferMade"]["supply"] == 2
    accept(quote)
    with reverts("OfferBook__SoldOut", 1, 2):
        accept(quote)
    assert (book.offerOf(1)["supply"], book.offerOf(1)["sold"]) == (2, 2)


def test_take_quote__for_one_buyer__nobody_else_and_once(world, buyer, stranger, work, accept):
    quote = world.quote(work, buyer=buyer)
    with reverts("OfferBook__WrongBuyer", buyer, stranger):
        accept(quote, by=stranger)
    accept(quote)
    with reverts("OfferBook__SoldOut", 1, 1):
        accept(quote)


def test_take_quote__for_one_buyer_with_a_quantity__that_often(world, buyer, work, accept):
    quote = world.quote(work, buyer=buyer, maxQuantity=2)
    accept(quote)
    accept(quote)
    with reverts("OfferBook__SoldOut", 1, 2):
        accept(quote)


@pytest.mark.parametrize("form", [high_s, compact], ids=["high-s", "compact"])
def test_take_quote__other_form_of_the_signature__counts_as_the_same_quote(world, creator, work, accept, form):
    """R6: use is counted by digest, so that malleable signatures sell nothing twice."""
    quote = world.quote(work, maxQuantity=1)
    accept(quote)
    with reverts("OfferBook__SoldOut", 1, 1):
        accept(quote, signature=form(world.sign(quote, creator)))
    other = world.quote(work, maxQuantity=1, basis=b"\1" * 32)
    accept(other, signature=form(world.sign(other, creator)))


def test_take_quote__expired__refused(world, chain, work, accept):
    quote = world.quote(work, expiry=now() + 60)
    chain.sleep(61)
    with reverts("OfferBook__Expired", quote.expiry):
        accept(quote)


def test_take_quote__work_epoch_advanced__refused(world, registry, creator, work, accept):
    quote = world.quote(work)
    registry.advanceWorkEpoch(work, {"from": creator})
    with reverts("OfferBook__WrongWorkEpoch", work, 1):
        accept(quote)
    with reverts("OfferBook__BadSignature"):
        accept(quote._replace(workEpoch=1), signature=world.sign(quote, creator))


def test_take_quote__signer_epoch_advanced__refused(world, book, creator, work, accept):
    """R6: all unused quotes of a signer are cancelled at once."""
    quote = world.quote(work)
    assert dict(book.advanceEpoch({"from": creator}).events["EpochAdvanced"]) == {"account": creator, "epoch": 1}
    assert book.epochOf(creator) == 1
    with reverts("OfferBook__WrongEpoch", creator, 1):
        accept(quote)
    with reverts("OfferBook__BadSignature"):
        accept(quote._replace(signerEpoch=1), signature=world.sign(quote, creator))
    accept(world.quote(work))


def test_take_quote__title_moved__former_holder_sells_nothing(world, registry, creator, rival, work, accept):
    """Quotes die with the title, also when the former holder signs a new one or the title comes back."""
    quote = world.quote(work)
    registry.transferFrom(creator, rival, work, {"from": creator})
    with reverts("OfferBook__WrongWorkEpoch", work, 1):
        accept(quote)
    with reverts("OfferBook__NoMandate", work, creator):
        accept(world.quote(work, seller=creator))
    registry.transferFrom(rival, creator, work, {"from": rival})
    with reverts("OfferBook__WrongWorkEpoch", work, 2):
        accept(quote)
    accept(world.quote(work))


@pytest.mark.parametrize(
    "wrong",
    [{"chain_id": 1}, {"contract": "0x" + "11" * 20}, {"name": "Licensing"}, {"version": "2"}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_take_quote__signed_for_another_domain__refused(world, creator, work, accept, wrong):
    """R6: a quote binds chain and contract."""
    quote = world.quote(work)
    with reverts("OfferBook__BadSignature", creator, world.hash(quote)):
        accept(quote, **wrong)


@pytest.mark.parametrize(
    "change",
    [
        {"price": 1},
        {"terms": 2},
        {"currency": NATIVE},
        {"maxQuantity": 5},
        {"expiry": 2**39},
        {"grants": 1},
        {"basis": b"\1" * 32},
    ],
    ids=lambda change: next(iter(change)),
)
def test_take_quote__one_field_changed__refused(world, creator, work, accept, change):
    """R4: the terms are those that were signed."""
    world.terms(upstream=0)
    quote = world.quote(work)
    with reverts("OfferBook__BadSignature"):
        accept(quote._replace(**change), signature=world.sign(quote, creator))


def test_take_quote__buyer_changed__refused(world, creator, buyer, stranger, work, accept):
    quote = world.quote(work, buyer=buyer)
    with reverts("OfferBook__BadSignature"):
        accept(quote._replace(buyer=str(stranger)), signature=world.sign(quote, creator), by=stranger)


def test_take_quote__of_another_work__refused(world, creator, work, accept):
    other = world.register("another work", creator)
    quote = world.quote(work)
    with reverts("OfferBook__BadSignature"):
        accept(quote._replace(work=other), signature=world.sign(quote, creator))


def test_take_quote__signed_by_somebody_else__refused(world, rival, work, accept):
    with reverts("OfferBook__BadSignature"):
        accept(world.quote(work), signer=rival)
    with reverts("OfferBook__NoMandate", work, rival):
        accept(world.quote(work, seller=rival), signer=rival)
    with reverts("OfferBook__BadSignature"):
        accept(world.quote(work, seller="0x" + "0" * 40), signer=rival)


@pytest.mark.parametrize("length", [0, 63, 66])
def test_take_quote__signature_of_another_length__refused(world, creator, work, accept, length):
    quote = world.quote(work)
    with reverts("OfferBook__BadSignature"):
        accept(quote, signature=(world.sign(quote, creator) + b"\0")[:length])


def test_take_quote__unknown_terms_or_currency__refused(world, work, accept):
    for terms in (0, 9):
        with reverts("OfferBook__UnknownTerms", terms):
            accept(world.quote(work, terms=terms))
    with reverts("RoyaltyLedger__UnknownCurrency", 9):
        accept(world.quote(work, currency=9))


def test_take_quote__contract_wallet_holds_the_title__erc1271_decides(world, registry, creator, rival, work, accept):
    wallet = world.contract("SmartWallet", creator)
    registry.transferFrom(creator, wallet, work, {"from": creator})
    quote = world.quote(work)
    assert quote.seller == wallet
    with reverts("OfferBook__BadSignature"):
        accept(quote, signer=rival)
    accept(quote, signer=creator)


def test_close__offer_of_a_quote__refused_since_it_would_end_nothing(world, book, creator, work, accept):
    """A quote ends by its expiry or by an epoch, which also covers its first use."""
    quote = world.quote(work)
    offer = accept(quote).events["OfferMade"]["offer"]
    with reverts("OfferBook__UnknownOffer", offer):
        book.close(offer, {"from": creator})
    accept(quote)
