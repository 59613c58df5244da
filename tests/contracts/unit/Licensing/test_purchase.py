"""Purchases from listings: one licence, several of one offer, several offers; paid exactly or not at all."""

from __future__ import annotations

import pytest

from tests.contracts.reverts import reverts
from tests.contracts.structs import Purchase
from tests.contracts.world import DAY, DOLLAR, NATIVE

NOBODY = "0x" + "0" * 40


@pytest.fixture
def native(world, work) -> Purchase:
    """A licence for 1000 wei."""
    return world.purchase(world.list(work, 1000))


def test_buy__native__licence_to_the_recipient_and_price_to_the_work(
    licensing, ledger, creator, buyer, stranger, work, native
):
    done = licensing.buy(native, stranger, {"from": buyer, "value": 1000})
    expiry = done.timestamp + 365 * DAY
    assert dict(done.events["LicenceSold"]) == {
        "licence": 1, "work": work, "holder": stranger, "payer": buyer, "quantity": 1, "offer": native.offer,
        "terms": 1, "currency": NATIVE, "price": 1000, "expiry": expiry,
    }  # fmt: skip
    assert (done.events["Deposited"]["payer"], done.events["Deposited"]["by"]) == (buyer, licensing)
    assert tuple(licensing.licenceOf(1)) == (stranger, work, native.offer, 1, expiry, 0, 0)
    assert (licensing.ownerOf(1), licensing.expiresAt(1)) == (stranger, expiry)
    assert licensing.isLive(1)
    assert ledger.claimable(work, NATIVE, creator) == 1000
    assert licensing.balance() == 0


def test_buy__token__taken_from_the_buyer_by_the_ledger(world, licensing, ledger, dollar, creator, buyer, work):
    purchase = world.purchase(world.list(work, 1000, DOLLAR))
    world.fund(buyer, 1500)
    done = licensing.buy(purchase, buyer, {"from": buyer})
    assert done.events["Deposited"]["payer"] == buyer
    assert (dollar.balanceOf(buyer), dollar.balanceOf(ledger), dollar.balanceOf(licensing)) == (500, 1000, 0)
    assert ledger.claimable(work, DOLLAR, creator) == 1000


def test_buy__free__nothing_moves(world, licensing, ledger, buyer, work):
    for currency in (NATIVE, DOLLAR):
        purchase = world.purchase(world.list(work, 0, currency))
        done = licensing.buy(purchase, buyer, {"from": buyer})
        assert "Deposited" not in done.events
        assert licensing.isLive(done.return_value)
        with reverts("Licensing__WrongValue", 1, 0):
            licensing.buy(purchase, buyer, {"from": buyer, "value": 1})
    assert (ledger.grossOf(work, NATIVE), ledger.grossOf(work, DOLLAR)) == (0, 0)


@pytest.mark.parametrize("value", [0, 999, 1001])
def test_buy__value_is_not_the_price__refused(licensing, buyer, native, value):
    """R4: nobody pays more than the price, not even by mistake."""
    with reverts("Licensing__WrongValue", value, 1000):
        licensing.buy(native, buyer, {"from": buyer, "value": value})


def test_buy__coins_beside_a_token_price__refused(world, licensing, buyer, work):
    purchase = world.purchase(world.list(work, 1000, DOLLAR))
    world.fund(buyer, 1000)
    with reverts("Licensing__WrongValue", 1, 0):
        licensing.buy(purchase, buyer, {"from": buyer, "value": 1})


def test_buy__balance_too_small__nothing_sold(world, licensing, buyer, work):
    purchase = world.purchase(world.list(work, 1000, DOLLAR))
    world.fund(buyer, 999)
    with reverts("TransferFromFailed"):
        licensing.buy(purchase, buyer, {"from": buyer})
    with reverts("Licensing__UnknownLicence", 1):
        licensing.licenceOf(1)


def test_buy__token_that_arrives_short__nothing_sold(world, licensing, buyer, work):
    """M4: the price counts as it arrives."""
    token = world.contract("FeeToken")
    number = world.add_currency(token)
    token.mint(buyer, 10_000, {"from": buyer})
    token.approve(world.ledger, 10_000, {"from": buyer})
    purchase = world.purchase(world.list(work, 1000, number), 3)
    with reverts("Licensing__Underpaid", 2970, 3000):
        licensing.buy(purchase, buyer, {"from": buyer})
    assert licensing.balanceOf(buyer) == 0


def test_buy__for_nobody__refused(world, licensing, buyer, work):
    with reverts("Licensing__ZeroAddress"):
        licensing.buy(world.purchase(world.list(work, 0)), NOBODY, {"from": buyer})


def test_buy__several__consecutive_numbers_and_the_sum_of_prices(
    world, licensing, ledger, balance, buyer, stranger, work, currency
):
    """One event tells of all; each is a licence of its own, the next purchase follows on."""
    offer = world.list(work, 1000, currency)
    world.fund(buyer, 3000)
    due = 3000 if currency == NATIVE else 0
    done = licensing.buy(world.purchase(offer, 3), stranger, {"from": buyer, "value": due})
    sold = done.events["LicenceSold"]
    assert (sold["licence"], sold["quantity"], sold["price"]) == (1, 3, 1000)
    assert [event["id"] for event in done.events["Transfer"] if "id" in event] == [1, 2, 3]
    assert balance(ledger, currency) == 3000 == ledger.grossOf(work, currency)
    licences = [licensing.licenceOf(licence).dict() for licence in (1, 2, 3)]
    assert licences[0] == licences[1] == licences[2]
    assert (licences[2]["holder"], licences[2]["expiry"]) == (stranger, done.timestamp + 365 * DAY)
    assert licensing.balanceOf(stranger) == 3
    assert world.buy(offer, buyer) == 4


@pytest.mark.parametrize("value", [2999, 3001, 1000])
def test_buy__several_for_another_sum__refused(licensing, buyer, native, value):
    with reverts("Licensing__WrongValue", value, 3000):
        licensing.buy(native._replace(quantity=3), buyer, {"from": buyer, "value": value})


def test_buy__256__all_live_and_257__refused(world, licensing, buyer, work):
    """The bound keeps the search for the first of a batch short."""
    offer = world.list(work, 0)
    licence = world.buy(offer, buyer, quantity=256)
    assert licensing.isLive(licence + 255)
    assert not licensing.isLive(licence + 256)
    assert licensing.allows(licence + 255, 1)
    with reverts("Licensing__QuantityTooLarge", 257, 256):
        licensing.buy(world.purchase(offer, 257), buyer, {"from": buyer})


def test_buy__several__each_transferred_and_ended_alone(world, licensing, buyer, stranger, work):
    """A change of one writes the slots of its neighbours first."""
    world.buy(world.list(work, 0), buyer, quantity=5)
    expiry = licensing.expiresAt(1)
    licensing.transferFrom(buyer, stranger, 3, {"from": buyer})
    licensing.cancelSubscription(1, {"from": buyer})
    licensing.approve(stranger, 5, {"from": buyer})
    assert [licensing.ownerOf(licence) for licence in range(1, 6)] == [buyer, buyer, stranger, buyer, buyer]
    assert [licensing.isLive(licence) for licence in range(1, 6)] == [False, True, True, True, True]
    assert [licensing.expiresAt(licence) for licence in range(2, 6)] == [expiry] * 4
    assert [licensing.getApproved(licence) for licence in range(2, 6)] == [NOBODY, NOBODY, NOBODY, stranger]


def test_buy_many__works_and_currencies__paid_to_each(world, licensing, ledger, dollar, creator, rival, buyer, work):
    other = world.register("another work", rival)
    offers = [world.list(work, 1000), world.list(other, 70, DOLLAR), world.list(other, 5), world.list(work, 0)]
    purchases = [world.purchase(offer, quantity) for offer, quantity in zip(offers, (2, 1, 1, 3), strict=True)]
    world.fund(buyer, 70)
    done = licensing.buyMany(purchases, buyer, {"from": buyer, "value": 2005})
    assert tuple(done.return_value) == (1, 3, 4, 5)
    assert licensing.balanceOf(buyer) == 7
    assert [licensing.licenceOf(licence)["offer"] for licence in (1, 2, 3, 4, 5, 6, 7)] == [
        offers[i] for i in (0, 0, 1, 2, 3, 3, 3)
    ]
    assert (ledger.grossOf(work, NATIVE), ledger.grossOf(other, NATIVE)) == (2000, 5)
    assert (ledger.grossOf(other, DOLLAR), dollar.balanceOf(buyer)) == (70, 0)
    assert licensing.balance() == 0


@pytest.fixture
def catalogue(world, creator):
    """Ten works, each listed for 1000 and its own number more, in the given currency."""

    def run(currency) -> tuple[list[int], list[Purchase]]:
        works = [world.register(f"work {i}", creator) for i in range(10)]
        return works, [world.purchase(world.list(of, 1000 + i, currency)) for i, of in enumerate(works)]

    return run


def test_buy_many__ten_works__one_transfer_and_each_work_its_own_amount(
    world, licensing, ledger, dollar, buyer, stranger, catalogue
):
    works, purchases = catalogue(DOLLAR)
    world.fund(buyer, 10_045)
    done = licensing.buyMany(purchases, stranger, {"from": buyer})
    assert [dict(event) for event in done.events["Deposited"]] == [
        {"work": of, "currency": DOLLAR, "payer": buyer, "by": licensing, "amount": 1000 + i}
        for i, of in enumerate(works)
    ]
    assert [dict(event) for event in done.events["Transfer"] if "value" in event] == [
        {"from": buyer, "to": ledger, "value": 10_045}
    ]
    assert [(sold["licence"], sold["work"], sold["price"]) for sold in done.events["LicenceSold"]] == [
        (1 + i, of, 1000 + i) for i, of in enumerate(works)
    ]
    assert [ledger.grossOf(of, DOLLAR) for of in works] == [1000 + i for i in range(10)]
    assert (dollar.balanceOf(ledger), dollar.balanceOf(buyer), licensing.balanceOf(stranger)) == (10_045, 0, 10)


def test_buy_many__one_price_short_of_ten__nothing_sold(world, licensing, ledger, dollar, buyer, catalogue):
    works, purchases = catalogue(DOLLAR)
    world.fund(buyer, 10_044)
    with reverts("TransferFromFailed"):
        licensing.buyMany(purchases, buyer, {"from": buyer})
    assert (licensing.balanceOf(buyer), dollar.balanceOf(buyer)) == (0, 10_044)
    assert [ledger.grossOf(of, DOLLAR) for of in works] == [0] * 10


def test_buy_many__one_of_ten_arrives_short__nothing_sold(world, licensing, ledger, dollar, buyer, work, catalogue):
    """M4: nine honest prices do not make up for what one token keeps."""
    works, purchases = catalogue(DOLLAR)
    token = world.contract("FeeToken")
    number = world.add_currency(token)
    token.mint(buyer, 1000, {"from": buyer})
    token.approve(ledger, 1000, {"from": buyer})
    purchases[4] = world.purchase(world.list(work, 1000, number))
    world.fund(buyer, 20_000)
    with reverts("RoyaltyLedger__WrongReceipt", 990, 1000):
        licensing.buyMany(purchases, buyer, {"from": buyer})
    assert (licensing.balanceOf(buyer), dollar.balanceOf(buyer), token.balanceOf(buyer)) == (0, 20_000, 1000)
    assert [ledger.grossOf(of, DOLLAR) for of in works] == [0] * 10
    assert ledger.grossOf(work, number) == 0


@pytest.mark.usefixtures("midday")
def test_buy_many__refundable_and_other_currencies_between__each_where_it_belongs(
    world, licensing, ledger, dollar, creator, buyer, stranger, work, native
):
    """What can be given back waits, also among sales in one transfer; the other prices are credited at once."""
    other = world.register("another work", creator)
    returnable = world.purchase(world.list(other, 300, DOLLAR, world.terms(refundDays=2)), 2)
    plain, free = world.purchase(world.list(work, 70, DOLLAR)), world.purchase(world.list(work, 0, DOLLAR))
    world.fund(buyer, 670)
    done = licensing.buyMany([plain, native, returnable, free], buyer, {"from": buyer, "value": 1000})
    day = done.timestamp // DAY + 2
    assert [(event["work"], event["currency"], event["amount"]) for event in done.events["Deposited"]] == [
        (work, DOLLAR, 70), (work, NATIVE, 1000),
    ]  # fmt: skip
    assert dict(done.events["Held"]) == {
        "work": other, "currency": DOLLAR, "payer": buyer, "day": day, "amount": 600,
    }  # fmt: skip
    assert [licensing.licenceOf(licence)["refundableFor"] for licence in range(1, 6)] == [0, 0, day, day, 0]
    assert (ledger.grossOf(other, DOLLAR), ledger.heldOf(other, DOLLAR, day)) == (0, 600)
    assert (dollar.balanceOf(ledger), ledger.balance()) == (670, 1000)
    licensing.refund(3, {"from": buyer})
    assert (dollar.balanceOf(buyer), ledger.heldOf(other, DOLLAR, day), ledger.grossOf(work, DOLLAR)) == (300, 300, 70)


def test_buy_many__same_work_twice__both_prices_credited(world, licensing, ledger, buyer, work, currency):
    first, second = (world.purchase(world.list(work, price, currency)) for price in (1000, 70))
    world.fund(buyer, 2070)
    value = 2070 if currency == NATIVE else 0
    done = licensing.buyMany([first, second, first], buyer, {"from": buyer, "value": value})
    assert [event["amount"] for event in done.events["Deposited"]] == [1000, 70, 1000]
    assert ledger.grossOf(work, currency) == 2070


@pytest.mark.parametrize("value", [1001, 2001, 0], ids=["less", "more", "none"])
def test_buy_many__value_is_not_the_sum__refused(licensing, buyer, native, value):
    """R4: all or none, exactly."""
    with reverts("RoyaltyLedger__WrongValue", value, 2000):
        licensing.buyMany([native, native], buyer, {"from": buyer, "value": value})


def test_buy_many__coins_forced_upon_the_contract__pay_nothing(world, licensing, buyer, native):
    """Threat: a buyer who spends what somebody lost here."""
    # PUSH20 address SELFDESTRUCT: a contract that ends while it is created, and whose coins go to the address unasked.
    world.admin.transfer(amount=5000, data=f"0x73{licensing.address[2:]}ff")
    assert licensing.balance() == 5000
    with reverts("RoyaltyLedger__WrongValue", 1000, 2000):
        licensing.buyMany([native, native], buyer, {"from": buyer, "value": 1000})


def test_buy_many__one_refused__nothing_sold(world, licensing, ledger, buyer, work, native):
    closed = world.list(work, 0)
    world.book.close(closed, {"from": world.creators[0]})
    with reverts("OfferBook__OfferClosed", closed):
        licensing.buyMany([native, world.purchase(closed)], buyer, {"from": buyer, "value": 1000})
    assert (licensing.balanceOf(buyer), ledger.grossOf(work, NATIVE)) == (0, 0)


def test_buy_many__nothing__changes_nothing(licensing, buyer):
    assert licensing.buyMany([], buyer, {"from": buyer}).return_value == ()
    with reverts("RoyaltyLedger__WrongValue", 1, 0):
        licensing.buyMany([], buyer, {"from": buyer, "value": 1})


def test_buy__paused__refused_until_resumed(world, licensing, admin, buyer, work, native):
    """M7: pausing stops sales of every kind."""
    quote = world.quote(work, price=7)
    order = world.order(quote, buyer)
    signature = world.sign(quote, quote.seller)
    licensing.setPaused(True, {"from": admin})
    for sale in (
        lambda: licensing.buy(native, buyer, {"from": buyer, "value": 1000}),
        lambda: licensing.buyMany([native], buyer, {"from": buyer, "value": 1000}),
        lambda: licensing.buyQuote(quote, signature, buyer, {"from": buyer}),
        lambda: world.fulfil(quote, order),
        lambda: licensing.fulfilAuthorized(
            quote, signature, order, world.authorization(order, 7), {"from": world.relayer}
        ),
    ):
        with reverts("Pausable__Paused"):
            sale()
    licensing.setPaused(False, {"from": admin})
    licensing.buy(native, buyer, {"from": buyer, "value": 1000})


def test_buy_quote__recipient__licence_is_theirs_and_the_caller_pays(
    world, licensing, ledger, balance, creator, buyer, stranger, work, currency
):
    quote = world.quote(work, currency=currency, price=1000)
    signature = world.sign(quote, creator)
    world.fund(buyer, 2000)
    value = 1000 if currency == NATIVE else 0
    sold = licensing.buyQuote(quote, signature, stranger, {"from": buyer, "value": value})
    assert (licensing.ownerOf(sold.return_value), sold.events["LicenceSold"]["payer"]) == (stranger, buyer)
    assert balance(ledger, currency) == 1000 == ledger.grossOf(work, currency)
    with reverts("Licensing__WrongValue", value + 1, value):
        licensing.buyQuote(quote, signature, stranger, {"from": buyer, "value": value + 1})


def test_buy__token_that_calls_back__sells_twice_and_is_paid_twice(world, licensing, ledger, buyer, work):
    """R7: a sale inside a sale is refused by the ledger's lock, and undoes nothing."""
    token = world.contract("ReentrantToken")
    number = world.add_currency(token)
    token.mint(buyer, 10_000, {"from": buyer})
    token.approve(ledger, 10_000, {"from": buyer})
    token.mint(token, 10_000, {"from": buyer})
    purchase = world.purchase(world.list(work, 1000, number))
    token.lay(licensing, licensing.buy.encode_input(purchase, buyer), {"from": buyer})
    token.lay(licensing, licensing.buyMany.encode_input([purchase], buyer), {"from": buyer})
    licensing.buy(purchase, buyer, {"from": buyer})
    assert token.sprung() == 2
    assert [token.outcome(i)[0] for i in range(2)] == [False, False]
    assert (licensing.balanceOf(buyer), ledger.grossOf(work, number)) == (1, 1000)


def test_buy_many__token_that_calls_back__finds_the_ledger_locked(world, licensing, ledger, buyer, work):
    """R7: what is credited before the token is called cannot be taken out, and no sale gets in between."""
    token = world.contract("ReentrantToken")
    number = world.add_currency(token)
    token.mint(buyer, 10_000, {"from": buyer})
    token.approve(ledger, 10_000, {"from": buyer})
    mine = world.register("the token's own work", buyer)
    ledger.transfer(token, mine, 1_000_000, {"from": buyer})
    purchase = world.purchase(world.list(mine, 1000, number))
    token.lay(ledger, ledger.claim.encode_input([mine], number, buyer), {"from": buyer})
    token.lay(licensing, licensing.buyMany.encode_input([purchase], buyer), {"from": buyer})
    licensing.buyMany([purchase, purchase], buyer, {"from": buyer})
    assert token.sprung() == 2
    assert [token.outcome(i)[0] for i in range(2)] == [False, False]
    assert (licensing.balanceOf(buyer), ledger.grossOf(mine, number), token.balanceOf(ledger)) == (2, 2000, 2000)
