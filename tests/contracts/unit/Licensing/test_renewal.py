"""ERC-5643: licences that their holders extend, and end."""

from __future__ import annotations

import pytest
from brownie import web3

from tests.contracts.reverts import reverts
from tests.contracts.world import DAY, DOLLAR, NATIVE, now

MONTH = 30 * DAY
TEN_YEARS = 3650 * DAY
PRICE = 1000


@pytest.fixture
def terms(world) -> int:
    return world.terms(renewable=True, duration=MONTH)


@pytest.fixture
def offer(world, work, terms, currency) -> int:
    return world.list(work, PRICE, currency, terms)


@pytest.fixture
def licence(world, offer, buyer) -> int:
    """A month, renewable; its holder has the dollars for a year."""
    licence = world.buy(offer, buyer)
    world.fund(buyer, 12 * PRICE)
    return licence


@pytest.fixture
def renew(licensing, buyer, licence, currency):
    """Buy periods at the price of one each, or for another sum."""

    def run(periods=1, value=None, by=buyer, which=None):
        due = PRICE * periods if currency == NATIVE else 0
        value = due if value is None else value
        return licensing.renewSubscription(which or licence, MONTH * periods, {"from": by, "value": value})

    return run


def test_renew__one_period__extended_from_its_expiry_and_paid(licensing, ledger, buyer, work, currency, licence, renew):
    expiry = licensing.expiresAt(licence)
    done = renew()
    assert licensing.expiresAt(licence) == expiry + MONTH
    assert dict(done.events["LicenceRenewed"]) == {
        "licence": licence, "work": work, "payer": buyer, "price": PRICE, "expiry": expiry + MONTH,
    }  # fmt: skip
    assert dict(done.events["SubscriptionUpdate"]) == {"tokenId": licence, "expiration": expiry + MONTH}
    assert ledger.grossOf(work, currency) == 2 * PRICE
    assert licensing.balance() == 0


def test_renew__several_periods__each_at_the_price_it_was_sold_at(
    world, licensing, ledger, creator, work, currency, licence, renew
):
    """Neither a dearer listing nor the end of the offer changes what was promised with the licence."""
    expiry = licensing.expiresAt(licence)
    world.book.close(licensing.licenceOf(licence)["offer"], {"from": creator})
    world.registry.advanceWorkEpoch(work, {"from": creator})
    assert renew(3).events["LicenceRenewed"]["price"] == 3 * PRICE
    assert licensing.expiresAt(licence) == expiry + 3 * MONTH
    assert ledger.grossOf(work, currency) == 4 * PRICE


@pytest.mark.parametrize("value", [0, PRICE - 1, PRICE + 1])
def test_renew__value_is_not_the_price__refused(licensing, currency, licence, renew, value):
    due = PRICE if currency == NATIVE else 0
    if value == due:
        value = 1
    expiry = licensing.expiresAt(licence)
    with reverts("Licensing__WrongValue", value, due):
        renew(value=value)
    assert licensing.expiresAt(licence) == expiry


def test_renew__part_of_a_period_or_none__refused(licensing, buyer, licence):
    for duration in (0, 1, MONTH - 1, MONTH + 1):
        with reverts("OfferBook__BadDuration", duration, MONTH):
            licensing.renewSubscription(licence, duration, {"from": buyer})


def test_renew__approved_account_or_operator__pays_itself(world, licensing, dollar, buyer, stranger, licence, renew):
    """As ERC-5643 says: the holder or an approved account; a stranger cannot bind the holder to anything."""
    with reverts("Licensing__NotLicenceHolder", licence, stranger):
        renew(by=stranger)
    licensing.approve(stranger, licence, {"from": buyer})
    world.fund(stranger, PRICE)
    before = dollar.balanceOf(buyer)
    assert renew(by=stranger).events["LicenceRenewed"]["payer"] == stranger
    assert dollar.balanceOf(buyer) == before
    licensing.approve("0x" + "0" * 40, licence, {"from": buyer})
    licensing.setApprovalForAll(stranger, True, {"from": buyer})
    world.fund(stranger, PRICE)
    renew(by=stranger)


def test_renew__expired__refused_and_in_the_last_second_not(licensing, chain, buyer, licence, renew):
    """R3: what has ended proves nothing any more, and cannot be revived."""
    expiry = licensing.expiresAt(licence)
    chain.mine(timestamp=expiry - 1)
    assert licensing.isRenewable(licence)
    chain.mine(timestamp=expiry)
    with reverts("Licensing__NotLive", licence):
        renew()
    assert not licensing.isRenewable(licence)


def test_renew__beyond_ten_years__refused(world, licensing, buyer, work, licence):
    """A holder cannot buy today's price for ever."""
    offer = world.list(work, 0, terms=world.terms(renewable=True, duration=DAY))
    daily = world.buy(offer, buyer)
    periods = TEN_YEARS // DAY - 1
    with reverts("Licensing__TooFarAhead"):
        licensing.renewSubscription(daily, (periods + 1) * DAY, {"from": buyer})
    with reverts("Licensing__TooFarAhead"):
        licensing.renewSubscription(daily, 2**64 - 1, {"from": buyer})
    licensing.renewSubscription(daily, periods * DAY, {"from": buyer})
    assert TEN_YEARS - 3600 <= licensing.expiresAt(daily) - now() <= TEN_YEARS
    with reverts("Licensing__TooFarAhead"):
        licensing.renewSubscription(daily, DAY, {"from": buyer})
    assert not licensing.isRenewable(daily)
    assert licensing.isRenewable(licence)


def test_renew__terms_without__refused(world, licensing, buyer, work):
    licence = world.free_licence(work, buyer, duration=MONTH)
    with reverts("OfferBook__NotRenewable", world.terms(duration=MONTH)):
        licensing.renewSubscription(licence, MONTH, {"from": buyer})
    assert not licensing.isRenewable(licence)


def test_renew__in_its_refundable_days__refused(world, licensing, chain, buyer, work, midday):
    """Threat: a licence renewed and given back, whose refund knows only the first price."""
    offer = world.list(work, 0, terms=world.terms(renewable=True, duration=MONTH, refundDays=1))
    licence = world.buy(offer, buyer)
    day = licensing.licenceOf(licence)["refundableFor"]
    with reverts("Licensing__Refundable", licence, day):
        licensing.renewSubscription(licence, MONTH, {"from": buyer})
    assert not licensing.isRenewable(licence)
    chain.mine(timestamp=(day + 1) * DAY)
    assert licensing.isRenewable(licence)
    licensing.renewSubscription(licence, MONTH, {"from": buyer})


def test_renew__overlapping_exclusive__refused_until_it_ends(
    world, licensing, book, chain, creator, buyer, work, licence, renew
):
    """R2: existing licences run out while an exclusive lives."""
    book.countGrants(work, {"from": creator})
    exclusive = world.quote(work, terms=world.terms(exclusive=True, duration=DAY), price=0)
    licensing.buyQuote(exclusive, world.sign(exclusive, creator), buyer, {"from": buyer})
    with reverts("OfferBook__Reserved"):
        renew()
    assert not licensing.isRenewable(licence)
    chain.sleep(DAY)
    chain.mine()
    assert licensing.isRenewable(licence)
    renew()


def test_renew__paused__refused_and_cancelling_not(licensing, admin, buyer, licence, renew):
    """M7: a pause stops sales and renewals; nobody is kept in."""
    licensing.setPaused(True, {"from": admin})
    with reverts("Pausable__Paused"):
        renew()
    assert not licensing.isRenewable(licence)
    licensing.cancelSubscription(licence, {"from": buyer})
    assert not licensing.isLive(licence)


def test_renew__one_of_several__the_others_run_out(world, licensing, buyer, offer, renew):
    """A slot is written before it changes; the neighbours keep their expiry."""
    world.fund(buyer, 20 * PRICE)
    first = world.buy(offer, buyer, quantity=3)
    world.fund(buyer, PRICE)
    expiry = licensing.expiresAt(first)
    renew(which=first + 1)
    assert [licensing.expiresAt(first + i) for i in range(3)] == [expiry, expiry + MONTH, expiry]


def test_renew__after_a_transfer__right_goes_with_the_licence(world, licensing, buyer, stranger, licence, renew):
    licensing.transferFrom(buyer, stranger, licence, {"from": buyer})
    with reverts("Licensing__NotLicenceHolder", licence, buyer):
        renew()
    world.fund(stranger, PRICE)
    renew(by=stranger)


def test_unknown_licence__renewed_or_ended__refused(licensing, buyer):
    with reverts("Licensing__UnknownLicence", 7):
        licensing.renewSubscription(7, MONTH, {"from": buyer})
    with reverts("Licensing__UnknownLicence", 7):
        licensing.cancelSubscription(7, {"from": buyer})
    assert not licensing.isRenewable(7)


def test_cancel__holder_or_approved__ends_now(licensing, buyer, stranger, licence):
    with reverts("Licensing__NotLicenceHolder", licence, stranger):
        licensing.cancelSubscription(licence, {"from": stranger})
    licensing.approve(stranger, licence, {"from": buyer})
    done = licensing.cancelSubscription(licence, {"from": stranger})
    assert dict(done.events["SubscriptionUpdate"]) == {"tokenId": licence, "expiration": done.timestamp}
    assert (licensing.expiresAt(licence), licensing.isLive(licence)) == (done.timestamp, False)
    assert licensing.ownerOf(licence) == buyer


def test_cancel__ended_already__refused(licensing, chain, buyer, licence):
    """Threat: an expiry that is moved forward to now."""
    chain.mine(timestamp=licensing.expiresAt(licence) + 5)
    with reverts("Licensing__NotLive", licence):
        licensing.cancelSubscription(licence, {"from": buyer})


def test_cancel__coins__refused(licensing, buyer, licence):
    with reverts("Licensing__WrongValue", 1, 0):
        licensing.cancelSubscription(licence, {"from": buyer, "value": 1})


def test_supports_interface__erc_5643__by_its_functions(licensing):
    """The id is the exclusive or of the selectors (ERC-165)."""
    functions = (
        "renewSubscription(uint256,uint64)",
        "cancelSubscription(uint256)",
        "expiresAt(uint256)",
        "isRenewable(uint256)",
    )
    identity = 0
    for function in functions:
        identity ^= int.from_bytes(web3.keccak(text=function)[:4], "big")
    assert identity == 0x8C65F84D
    assert licensing.supportsInterface(identity.to_bytes(4, "big"))
    assert not licensing.supportsInterface("0xffffffff")


def test_renew__dollar_licence__needs_an_allowance(world, licensing, buyer, work, terms):
    licence = world.buy(world.list(work, PRICE, DOLLAR, terms), buyer)
    with reverts("TransferFromFailed"):
        licensing.renewSubscription(licence, MONTH, {"from": buyer})
