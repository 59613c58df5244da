"""Auctions: escrow, bids, the end, and what becomes of the money when the end cannot come."""

from __future__ import annotations

import pytest
from brownie import chain

from tests.contracts.reverts import reverts
from tests.contracts.unit.RightsExchange.sales import NOBODY, SHARES, TITLE, Pull
from tests.contracts.world import DAY, DOLLAR, NATIVE, UNITS, now, work_id

DIVERT, RETITLE = 1, 2
REJECT, GRANT = 1, 2
TEN_MINUTES = 600
WEEK = 7 * DAY
REENTRANCY = "0xab143c06"  # selector of Reentrancy()


# Opening


def test_open__title__in_escrow_and_nothing_can_be_sold_under_it(
    exchange, registry, ledger, licensing, world, seller, buyer, work, lot, auction
):
    """The escrow's epoch voids every listing: what is bid on cannot be hollowed out meanwhile."""
    offer = world.list(work, 1)
    number = auction(lot(TITLE))
    assert registry.ownerOf(work) == exchange.escrowOf(number)
    assert ledger.balanceOf(seller, work) == UNITS
    with reverts("OfferBook__WrongWorkEpoch"):
        licensing.buy(world.purchase(offer), buyer, {"from": buyer, "value": 1})


@pytest.mark.parametrize("asset", [TITLE, SHARES])
def test_open__lot__recorded_and_told(exchange, registry, ledger, seller, work, lot, asset):
    stated = lot(asset, reserve=77)
    opened = exchange.openAuction(stated, {"from": seller}).events["AuctionOpened"]
    number = opened["auction"]
    assert (opened["work"], opened["seller"]) == (work, seller)
    assert (opened["escrow"], opened["series"]) == (exchange.escrowOf(number), 0)
    assert tuple(opened["lot"]) == (asset, work, stated.units, NATIVE, 77, stated.startsAt, stated.endsAt, ())
    kept = exchange.auctionOf(number).dict()
    assert (kept["seller"], kept["asset"], kept["units"], kept["currency"]) == (seller, asset, stated.units, NATIVE)
    assert (kept["startsAt"], kept["endsAt"], kept["open"], kept["bidder"]) == (
        stated.startsAt,
        stated.endsAt,
        True,
        NOBODY,
    )
    assert exchange.leastBid(number) == 77
    escrow = exchange.escrowOf(number)
    if asset == TITLE:
        assert registry.ownerOf(work) == escrow
    else:
        assert ledger.balanceOf(escrow, work) == 250_000


def test_open__same_lot_twice__two_numbers(exchange, lot, auction, seller, ledger, work):
    stated = lot(SHARES)
    first, second = auction(stated), auction(stated)
    assert first != second
    assert exchange.escrowOf(first) != exchange.escrowOf(second)
    assert ledger.balanceOf(seller, work) == 500_000


@pytest.mark.parametrize(
    "changes",
    [
        {"reserve": 0},
        {"endsAt": 1},
        {"startsAt": 2**40 - 1},
        {"endsAt": 2**40 - 1},
    ],
)
def test_open__no_reserve_or_impossible_times__refused(lot, auction, changes):
    """A time in milliseconds, for example, would lock the asset for ever."""
    stated = lot(SHARES, **changes)
    with reverts("RightsExchange__BadAuction", stated.reserve, stated.startsAt, stated.endsAt):
        auction(stated)


def test_open__ninety_days__and_no_longer(lot, auction):
    """Opened in the block of `now`, or later: a minute of slack on the side that must pass."""
    auction(lot(SHARES, endsAt=now() + 90 * DAY))
    with reverts("RightsExchange__BadAuction"):
        auction(lot(SHARES, endsAt=now() + 90 * DAY + 60))


@pytest.mark.parametrize(("asset", "units"), [(TITLE, 1), (SHARES, 0)])
def test_open__neither_title_nor_shares__refused(lot, auction, asset, units):
    with reverts("RightsExchange__BadAsset", asset, units):
        auction(lot(asset, units=units))


def test_open__unknown_work_currency_or_edge__refused(lot, auction, work):
    unknown = work_id("never registered")
    with reverts("WorkRegistry__UnknownWork", unknown):
        auction(lot(TITLE, work=unknown))
    with reverts("RoyaltyLedger__UnknownCurrency", 9):
        auction(lot(TITLE, currency=9))
    with reverts("RoyaltyLedger__UnknownEdge", work, 0):
        auction(lot(SHARES, pulls=(Pull(work, 0, NATIVE),)))


def test_open__what_the_seller_does_not_hold__refused(registry, ledger, exchange, rival, seller, lot, auction):
    """Neither the exchange's permission of others nor its own calls can put a stranger's property up."""
    with reverts("TransferFromIncorrectOwner"):
        auction(lot(TITLE), by=rival)
    with reverts("RoyaltyLedger__InsufficientAllowance"):
        auction(lot(SHARES), by=rival)
    ledger.setOperator(exchange, True, {"from": rival})
    with reverts("RoyaltyLedger__InsufficientShares"):
        auction(lot(SHARES), by=rival)


def test_open__disputed__refused(dispute, stranger, work, lot, auction):
    dispute(work, DIVERT, stranger)
    with reverts("RightsExchange__Disputed", work):
        auction(lot(SHARES))


# Bids


def test_bid__highest__recorded_and_the_former_bidder_credited(exchange, buyer, bidder, lot, auction, bid):
    number = auction(lot(TITLE))
    bid(number, buyer, 1000)
    done = bid(number, bidder, 1050)
    ends_at = exchange.auctionOf(number)["endsAt"]
    assert tuple(done.events["BidPlaced"].values()) == (number, bidder, 1050, ends_at)
    assert tuple(done.events["Credited"].values()) == (buyer, NATIVE, 1000)
    assert exchange.creditOf(buyer, NATIVE) == 1000
    assert exchange.balance() == 2050
    before = buyer.balance()
    done = exchange.withdraw(buyer, NATIVE, buyer, {"from": buyer})
    assert buyer.balance() - before == 1000 - done.gas_used * done.gas_price
    assert tuple(done.events["Withdrawn"].values()) == (buyer, NATIVE, buyer, 1000)
    with reverts("RightsExchange__NothingToWithdraw", buyer, NATIVE):
        exchange.withdraw(buyer, NATIVE, buyer, {"from": buyer})


@pytest.mark.parametrize(("first", "least"), [(1000, 1050), (1001, 1052), (1019, 1070), (1020, 1071)])
def test_bid__increment__five_per_cent_rounded_up(exchange, buyer, bidder, lot, auction, bid, first, least):
    number = auction(lot(SHARES))
    bid(number, buyer, first)
    assert exchange.leastBid(number) == least == first + -(-first * 5 // 100)
    with reverts("RightsExchange__BidTooLow", least - 1, least):
        bid(number, bidder, least - 1)
    bid(number, bidder, least)


def test_bid__reserve_of_one__next_is_two(exchange, buyer, bidder, lot, auction, bid):
    """Rounded up: a bid of the same amount never replaces another."""
    number = auction(lot(SHARES, reserve=1))
    bid(number, buyer, 1)
    with reverts("RightsExchange__BidTooLow", 1, 2):
        bid(number, bidder, 1)


def test_bid__below_reserve__refused(buyer, lot, auction, bid):
    number = auction(lot(TITLE))
    with reverts("RightsExchange__BidTooLow", 999, 1000):
        bid(number, buyer, 999)


def test_bid__before_start_and_after_end__refused(exchange, buyer, lot, auction, bid, end):
    stated = lot(TITLE, startsAt=now() + 1000)
    number = auction(stated)
    times = stated.startsAt, stated.endsAt
    with reverts("RightsExchange__NotRunning", number, *times):
        bid(number, buyer, 1000)
    chain.sleep(1000)
    bid(number, buyer, 1000)
    end(number)
    with reverts("RightsExchange__NotRunning", number, *times):
        bid(number, buyer, 2000)


def test_bid__unknown_auction__refused(exchange, buyer):
    with reverts("RightsExchange__NoAuction", 1):
        exchange.bid(1, 5, {"from": buyer, "value": 5})
    with reverts("RightsExchange__NoAuction", 1):
        exchange.leastBid(1)


def test_bid__another_value__refused(exchange, buyer, lot, auction):
    native, dollars = auction(lot(SHARES)), auction(lot(SHARES, currency=DOLLAR))
    with reverts("RightsExchange__WrongValue", 1001, 1000):
        exchange.bid(native, 1000, {"from": buyer, "value": 1001})
    with reverts("RightsExchange__WrongValue", 1000, 0):
        exchange.bid(dollars, 1000, {"from": buyer, "value": 1000})


@pytest.mark.parametrize(("left", "moved"), [(TEN_MINUTES + 60, False), (TEN_MINUTES - 60, True), (5, True)])
def test_bid__last_ten_minutes__end_moves(exchange, buyer, lot, auction, bid, left, moved):
    """Threat: a bid in the last block that nobody can answer."""
    stated = lot(TITLE)
    number = auction(stated)
    chain.sleep(stated.endsAt - now() - left)
    done = bid(number, buyer, 1000)
    ends_at = exchange.auctionOf(number)["endsAt"]
    assert ends_at == (done.timestamp + TEN_MINUTES if moved else stated.endsAt)
    assert done.events["BidPlaced"]["endsAt"] == ends_at


def test_bid__token_with_a_fee__counts_what_arrived(world, exchange, buyer, lot, auction):
    """M4: and so the seller is paid what is there."""
    token = world.contract("FeeToken")
    number = auction(lot(TITLE, currency=world.add_currency(token), reserve=990))
    token.mint(buyer, 2000, {"from": world.admin})
    token.approve(exchange, 2000, {"from": buyer})
    with reverts("RightsExchange__BidTooLow", 981, 990):
        exchange.bid(number, 990, {"from": buyer})  # a hundredth of 990, rounded down, is burnt
    exchange.bid(number, 1000, {"from": buyer})
    assert exchange.auctionOf(number)["bid"] == token.balanceOf(exchange) == 990


def test_bid__bidder_refuses_refunds__is_outbid_all_the_same(
    world, exchange, seller, buyer, stranger, lot, auction, bid
):
    """M3: nobody is paid in a bid, so nobody can refuse to be outbid."""
    wallet = world.contract("SmartWallet", stranger)
    wallet.setRefusing(True, {"from": stranger})
    number = auction(lot(TITLE))
    call = exchange.bid.encode_input(number, 1000)
    wallet.execute([(exchange, 1000, call)], {"from": stranger, "value": 1000})
    bid(number, buyer, 1050)
    assert exchange.auctionOf(number)["bidder"] == buyer
    with reverts("RightsExchange__PaymentFailed", wallet, NATIVE, 1000):
        exchange.withdraw(wallet, NATIVE, wallet, {"from": buyer})
    call = exchange.withdraw.encode_input(wallet, NATIVE, seller)
    before = seller.balance()
    wallet.execute([(exchange, 0, call)], {"from": stranger})
    assert seller.balance() - before == 1000


def test_withdraw__for_somebody_else__only_to_them(exchange, buyer, bidder, stranger, lot, auction, bid):
    number = auction(lot(TITLE))
    bid(number, buyer, 1000)
    bid(number, bidder, 1050)
    with reverts("RightsExchange__NotAllowed", buyer, stranger):
        exchange.withdraw(buyer, NATIVE, stranger, {"from": stranger})
    for nowhere in (NOBODY, exchange):
        with reverts("RightsExchange__BadRecipient", nowhere):
            exchange.withdraw(buyer, NATIVE, nowhere, {"from": buyer})
    before = buyer.balance()
    exchange.withdraw(buyer, NATIVE, buyer, {"from": stranger})
    assert buyer.balance() - before == 1000


def test_withdraw__called_back__paid_once(world, exchange, buyer, bidder, stranger, lot, auction, bid):
    """R7: others' bids stay where they are."""
    trap = world.contract("ReentrantReceiver")
    number = auction(lot(TITLE))
    call = exchange.bid.encode_input(number, 1000)
    trap.execute(exchange, 1000, call, {"from": stranger, "value": 1000})
    bid(number, bidder, 1050)
    again = exchange.withdraw.encode_input(trap, NATIVE, trap)
    trap.lay(exchange, again, {"from": stranger})
    trap.execute(exchange, 0, again, {"from": stranger})
    success, answer = trap.outcome(0)
    assert (success, "0x" + bytes(answer).hex()) == (False, REENTRANCY)
    assert (trap.balance(), exchange.balance()) == (1000, 1050)


# The end


def test_settle__title__to_the_winner_with_royalty_to_the_inbox(
    exchange, registry, ledger, inboxes, seller, bidder, stranger, work, lot, auction, bid, end
):
    number = auction(lot(TITLE))
    bid(number, bidder, 10_000)
    end(number)
    before = seller.balance()
    done = exchange.settle(number, [], {"from": stranger})
    assert registry.ownerOf(work) == bidder
    assert seller.balance() - before == 9_500
    sold = done.events["RightsSold"]
    assert (int(str(sold["sale"]), 16), sold["royalty"]) == (number, 500)
    assert tuple(sold["deal"]) == (TITLE, work, 0, 0, NATIVE, 10_000, seller, bidder)
    inboxes.sweep(work, NATIVE, {"from": stranger})
    assert ledger.claimable(work, NATIVE, seller) == 500
    assert exchange.balance() == 0
    with reverts("RightsExchange__NoAuction", number):
        exchange.settle(number, [], {"from": stranger})


def test_settle__shares_for_dollars__to_the_winner(
    exchange, ledger, dollar, seller, bidder, stranger, work, lot, auction, bid, end
):
    number = auction(lot(SHARES, currency=DOLLAR))
    bid(number, bidder, 10_000)
    end(number)
    exchange.settle(number, [], {"from": stranger})
    assert [ledger.balanceOf(who, work) for who in (seller, bidder, exchange.escrowOf(number))] == [750_000, 250_000, 0]
    assert (dollar.balanceOf(seller), dollar.balanceOf(exchange)) == (10_000, 0)


def test_settle__still_running__refused_to_the_second(exchange, bidder, stranger, lot, auction, bid):
    stated = lot(TITLE)
    number = auction(stated)
    bid(number, bidder, 1000)
    chain.mine(timestamp=stated.endsAt - 1)
    with reverts("RightsExchange__StillRunning", number, stated.endsAt):
        exchange.settle.call(number, [], {"from": stranger})  # a call has the time of the last block
    chain.mine(timestamp=stated.endsAt)
    exchange.settle.call(number, [], {"from": stranger})
    exchange.settle(number, [], {"from": stranger})


@pytest.mark.parametrize("asset", [TITLE, SHARES])
def test_settle__nobody_bid__back_to_the_seller(
    exchange, registry, ledger, seller, stranger, work, lot, auction, end, asset
):
    number = auction(lot(asset))
    end(number)
    done = exchange.settle(number, [], {"from": stranger})
    assert tuple(done.events["AuctionFailed"].values()) == (number, work, seller)
    assert (registry.ownerOf(work), ledger.balanceOf(seller, work)) == (seller, UNITS)


@pytest.mark.parametrize("asset", [TITLE, SHARES])
def test_cancel__no_bid_yet__back_to_the_seller(exchange, registry, ledger, seller, rival, work, lot, auction, asset):
    number = auction(lot(asset))
    with reverts("RightsExchange__NotAllowed", seller, rival):
        exchange.cancelAuction(number, {"from": rival})
    exchange.cancelAuction(number, {"from": seller})
    assert (registry.ownerOf(work), ledger.balanceOf(seller, work)) == (seller, UNITS)
    with reverts("RightsExchange__NoAuction", number):
        exchange.cancelAuction(number, {"from": seller})


def test_cancel__after_a_bid__refused(exchange, seller, bidder, lot, auction, bid):
    """A seller cannot look at the bids and then think again."""
    number = auction(lot(TITLE))
    bid(number, bidder, 1000)
    with reverts("RightsExchange__HasBid", number, bidder):
        exchange.cancelAuction(number, {"from": seller})


def test_settle__seller_burns_gas_and_calls_back__sold_credited_and_paid_once(
    world, exchange, registry, seller, bidder, stranger, work, auction, lot, bid, end
):
    """M3 and R7: who needs more than 100,000 gas to be paid delays nobody's title, nor gains by calling back."""
    trap = world.contract("ReentrantReceiver")
    registry.transferFrom(seller, trap, work, {"from": seller})
    trap.execute(registry, 0, registry.approve.encode_input(exchange, work), {"from": stranger})
    opened = trap.execute(exchange, 0, exchange.openAuction.encode_input(lot(TITLE)), {"from": stranger})
    number = opened.events["AuctionOpened"]["auction"]
    bid(number, bidder, 1000)
    for call in (
        exchange.settle.encode_input(number, []),
        exchange.cancelAuction.encode_input(number),
        exchange.withdraw.encode_input(trap, NATIVE, trap),
    ):
        trap.lay(exchange, call, {"from": stranger})
    end(number)
    exchange.settle(number, [], {"from": stranger})
    assert registry.ownerOf(work) == bidder
    assert (trap.sprung(), exchange.creditOf(trap, NATIVE)) == (0, 950)
    exchange.withdraw(trap, NATIVE, trap, {"from": stranger})
    outcomes = [trap.outcome(i) for i in range(trap.sprung())]
    assert [(success, "0x" + bytes(answer).hex()) for success, answer in outcomes] == [(False, REENTRANCY)] * 3
    assert (trap.balance(), exchange.balance()) == (950, 0)


def test_settle__seller_cannot_be_paid__credited(
    world, exchange, seller, bidder, stranger, work, lot, auction, bid, end
):
    """M3: a token that refuses the seller and the inbox delays their money, not the winner's title."""
    token = world.contract("BlacklistToken")
    number = auction(lot(TITLE, currency=world.add_currency(token)))
    currency = exchange.auctionOf(number)["currency"]
    token.mint(bidder, 1000, {"from": world.admin})
    token.approve(exchange, 1000, {"from": bidder})
    exchange.bid(number, 1000, {"from": bidder})
    inbox = world.inboxes.inboxOf(work)
    for who in (seller, inbox):
        token.setBlocked(who, True, {"from": stranger})
    end(number)
    exchange.settle(number, [], {"from": bidder})
    assert world.registry.ownerOf(work) == bidder
    assert [exchange.creditOf(who, currency) for who in (seller, inbox)] == [950, 50]
    with reverts("RightsExchange__PaymentFailed", seller, currency, 950):
        exchange.withdraw(seller, currency, seller, {"from": seller})
    token.setBlocked(inbox, False, {"from": stranger})
    exchange.withdraw(inbox, currency, inbox, {"from": stranger})
    exchange.withdraw(seller, currency, bidder, {"from": seller})
    assert [token.balanceOf(who) for who in (inbox, bidder, exchange)] == [50, 950, 0]


def test_settle__token_answers_false__credited_until_it_works(
    world, exchange, seller, bidder, stranger, lot, auction, end
):
    token = world.contract("FalseToken")
    currency = world.add_currency(token)
    number = auction(lot(SHARES, currency=currency))
    token.mint(bidder, 1000, {"from": world.admin})
    token.approve(exchange, 1000, {"from": bidder})
    exchange.bid(number, 1000, {"from": bidder})
    token.setFailing(True, {"from": stranger})
    end(number)
    exchange.settle(number, [], {"from": stranger})
    assert exchange.creditOf(seller, currency) == 1000
    token.setFailing(False, {"from": stranger})
    exchange.withdraw(seller, currency, seller, {"from": stranger})
    assert token.balanceOf(seller) == 1000


def test_settle__token_needs_more_gas_than_the_stipend__credited(
    world, exchange, seller, bidder, stranger, lot, auction, end
):
    """M3: a token whose transfer to one seller eats all gas delays that seller, not the winner."""
    token, glutton = world.contract("ReentrantToken"), world.contract("HungryReceiver")
    currency = world.add_currency(token)
    number = auction(lot(SHARES, currency=currency))
    token.mint(bidder, 1000, {"from": world.admin})
    token.approve(exchange, 1000, {"from": bidder})
    exchange.bid(number, 1000, {"from": bidder})
    glutton.setSlots(10, {"from": stranger})  # 22,100 gas each
    token.lay(glutton, b"", {"from": stranger})
    end(number)
    exchange.settle(number, [], {"from": stranger})
    assert exchange.creditOf(seller, currency) == token.balanceOf(exchange) == 1000
    exchange.withdraw(seller, currency, seller, {"from": stranger})  # with all the gas there is
    assert token.balanceOf(seller) == 1000


def test_settle__silent_token__paid(world, exchange, seller, bidder, stranger, lot, auction, end):
    token = world.contract("SilentToken")
    number = auction(lot(SHARES, currency=world.add_currency(token)))
    token.mint(bidder, 1000, {"from": world.admin})
    token.approve(exchange, 1000, {"from": bidder})
    exchange.bid(number, 1000, {"from": bidder})
    end(number)
    exchange.settle(number, [], {"from": stranger})
    assert token.balanceOf(seller) == 1000


# What shares in escrow earn


def test_collect__earned_until_settled__the_sellers_to_the_wei(
    world, exchange, ledger, dollar, seller, bidder, stranger, work, lot, auction, bid, end
):
    """M6: also what comes after the end, until the shares change hands."""
    number = auction(lot(SHARES))
    bid(number, bidder, 1000)
    world.deposit(work, 1000)
    end(number)
    world.deposit(work, 200)
    world.deposit(work, 40, DOLLAR)
    exchange.settle(number, [], {"from": stranger})
    world.deposit(work, 4000)
    before = seller.balance()
    done = exchange.collect(number, NATIVE, seller, {"from": stranger})
    assert tuple(done.events["EarningsCollected"].values()) == (number, NATIVE, seller, 300)
    assert seller.balance() - before == 300
    exchange.collect(number, DOLLAR, bidder, {"from": seller})
    assert dollar.balanceOf(bidder) == 10
    assert [ledger.claimable(work, NATIVE, who) for who in (seller, bidder)] == [3900, 1000]
    with reverts("RoyaltyLedger__NothingToClaim", exchange.escrowOf(number), NATIVE):
        exchange.collect(number, NATIVE, seller, {"from": seller})


def test_collect__two_auctions_of_one_work__each_its_own(
    world, exchange, ledger, seller, rival, stranger, work, lot, auction
):
    """Threat: a seller who collects what another seller's shares earned."""
    ledger.transfer(rival, work, 500_000, {"from": seller})
    ledger.setOperator(exchange, True, {"from": rival})
    first = auction(lot(SHARES, units=100_000))
    world.deposit(work, 1000)
    second = auction(lot(SHARES, units=400_000), by=rival)
    world.deposit(work, 1000)
    claimable = [ledger.claimable(work, NATIVE, exchange.escrowOf(number)) for number in (first, second)]
    assert claimable == [200, 400]
    for number, to, amount in ((second, rival, 400), (first, seller, 200)):
        before = to.balance()
        exchange.collect(number, NATIVE, to, {"from": stranger})
        assert to.balance() - before == amount


def test_collect__somebody_else__only_to_the_seller(exchange, seller, bidder, stranger, lot, auction):
    number = auction(lot(SHARES))
    with reverts("RightsExchange__NotAllowed", seller, stranger):
        exchange.collect(number, NATIVE, stranger, {"from": stranger})
    with reverts("RightsExchange__NoAuction", 1):
        exchange.collect(1, NATIVE, seller, {"from": seller})


def test_push__shares_in_escrow__to_the_seller(world, exchange, ledger, dollar, seller, stranger, work, lot, auction):
    """Threat: whoever pushes tokens to an escrow that could not pass them on."""
    number = auction(lot(SHARES))
    world.deposit(work, 40, DOLLAR)
    ledger.push(work, DOLLAR, [exchange.escrowOf(number)], {"from": stranger})
    assert dollar.balanceOf(seller) == 10
    assert dollar.balanceOf(exchange.escrowOf(number)) == 0


def test_escrow__not_the_exchange__refused(escrow_of, seller, stranger, work, lot, auction):
    number = auction(lot(SHARES))
    escrow = escrow_of(number)
    for call in (
        lambda who: escrow.giveTitle(work, stranger, who),
        lambda who: escrow.giveShares(work, 1, stranger, who),
        lambda who: escrow.claim([work], NATIVE, stranger, who),
        lambda who: escrow.setPayout(stranger, who),
    ):
        for by in (seller, stranger):
            with reverts("RightsEscrow__NotExchange", by):
                call({"from": by})


def test_settle__pulls_of_the_lot__made_before_the_shares_go(
    world, exchange, ledger, seller, bidder, stranger, work, child, lot, auction, bid, end
):
    """Edges not pulled go with the units (M6), so the winner may not leave them out."""
    pulls = (Pull(child, 0, NATIVE),)
    number = auction(lot(SHARES, units=UNITS, pulls=pulls))
    bid(number, bidder, 1000)
    world.deposit(child, 1000)
    end(number)
    for wrong in ([], [Pull(child, 0, DOLLAR)], [*pulls, *pulls]):
        with reverts("RightsExchange__WrongPulls", number):
            exchange.settle(number, wrong, {"from": bidder})
    exchange.settle(number, pulls, {"from": stranger})
    escrow = exchange.escrowOf(number)
    assert [ledger.claimable(work, NATIVE, who) for who in (escrow, bidder)] == [400, 0]


# When it cannot be settled


@pytest.mark.parametrize("remedy", [DIVERT, RETITLE])
@pytest.mark.parametrize("asset", [TITLE, SHARES])
def test_settle__disputed_and_rejected__waits_then_sold(
    exchange, registry, ledger, dispute, rule, bidder, stranger, work, lot, auction, bid, end, asset, remedy
):
    number = auction(lot(asset))
    bid(number, bidder, 1000)
    case = dispute(work, remedy, stranger)
    end(number)
    with reverts("RightsExchange__Disputed", work):
        exchange.settle(number, [], {"from": stranger})
    rule(case, REJECT)
    exchange.settle(number, [], {"from": stranger})
    owned = registry.ownerOf(work) if asset == TITLE else ledger.balanceOf(bidder, work)
    assert owned == (bidder if asset == TITLE else 250_000)


def test_settle__title_judged_away__bid_goes_back(
    exchange, registry, dispute, rule, seller, bidder, stranger, work, lot, auction, bid, end
):
    number = auction(lot(TITLE))
    bid(number, bidder, 1000)
    rule(dispute(work, RETITLE, stranger), GRANT)
    end(number)
    done = exchange.settle(number, [], {"from": bidder})
    assert tuple(done.events["AuctionFailed"].values()) == (number, work, seller)
    assert registry.ownerOf(work) == stranger
    assert exchange.creditOf(bidder, NATIVE) == exchange.balance() == 1000


def test_settle__series_ended__bid_and_shares_go_back(
    world, exchange, ledger, dispute, rule, seller, bidder, stranger, work, lot, auction, bid, end
):
    """The old shares never earn again; what they earned before the dispute is still the seller's."""
    number = auction(lot(SHARES))
    bid(number, bidder, 1000)
    world.deposit(work, 400)
    rule(dispute(work, RETITLE, stranger), GRANT)
    world.deposit(work, 80)
    end(number)
    exchange.settle(number, [], {"from": bidder})
    assert exchange.creditOf(bidder, NATIVE) == 1000
    assert ledger.balanceOf(seller, work) == UNITS
    assert ledger.claimable(work, NATIVE, exchange.escrowOf(number)) == 100
    assert ledger.claimable(ledger.shareId(work, 1), NATIVE, bidder) == 0


@pytest.fixture
def lent_on(ledger, seller, rival, bidder, work, lot, auction, bid) -> int:
    """An auction of shares, bid on, then an advance of a friend of the seller's."""
    number = auction(lot(SHARES))
    bid(number, bidder, 1000)
    ledger.requestAdvance(work, NATIVE, 500, 500_000, {"from": seller})
    ledger.payAdvance(work, NATIVE, 500, 500_000, {"from": rival, "value": 500})
    return number


def test_settle__advance_paid_meanwhile__nobody_but_the_winner_for_a_week(
    exchange, ledger, seller, rival, bidder, stranger, work, lent_on, end
):
    """Threat: a seller who sells, through an advance of a friend's, the revenue that is being bid on."""
    ends_at = exchange.auctionOf(lent_on)["endsAt"]
    for at in (ends_at, ends_at + WEEK - 1):
        chain.mine(timestamp=at)
        for who in (seller, rival, stranger):
            with reverts("RightsExchange__AdvancesChanged", work, b"\0" * 32):
                exchange.settle.call(lent_on, [], {"from": who})  # a call has the time of the last block
        exchange.settle.call(lent_on, [], {"from": bidder})
    assert ledger.balanceOf(exchange.escrowOf(lent_on), work) == 250_000


def test_settle__advance_paid_meanwhile_by_the_winner__takes_the_shares_as_they_are(
    world, exchange, ledger, seller, bidder, work, lent_on, end
):
    """Threat: a seller who undoes, through an advance of one wei, a sale below its hopes."""
    end(lent_on)
    before = seller.balance()
    exchange.settle(lent_on, [], {"from": bidder})
    assert ledger.balanceOf(bidder, work) == 250_000
    assert (seller.balance() - before, exchange.balance()) == (1000, 0)
    world.deposit(work, 400)
    assert ledger.claimable(work, NATIVE, bidder) == 50


@pytest.mark.parametrize("who", ["stranger", "bidder"])
def test_settle__advance_paid_and_a_week_over__bid_and_shares_go_back(
    request, exchange, ledger, seller, bidder, work, lent_on, end, who
):
    end(lent_on, later=WEEK)
    exchange.settle(lent_on, [], {"from": request.getfixturevalue(who)})
    assert exchange.creditOf(bidder, NATIVE) == exchange.balance() == 1000
    assert ledger.balanceOf(seller, work) == UNITS


def test_settle__advance_paid_and_repaid__anybody(world, exchange, ledger, bidder, stranger, work, lent_on, end):
    """What is repaid is no harm."""
    world.deposit(work, 1000)
    end(lent_on)
    exchange.settle(lent_on, [], {"from": stranger})
    assert ledger.balanceOf(bidder, work) == 250_000


def test_settle__advance_paid_then_series_ended__goes_back_at_once(
    exchange, ledger, dispute, rule, seller, bidder, stranger, work, lent_on, end
):
    rule(dispute(work, RETITLE, stranger), GRANT)
    end(lent_on)
    exchange.settle(lent_on, [], {"from": stranger})
    assert exchange.creditOf(bidder, NATIVE) == exchange.balance() == 1000
    assert ledger.balanceOf(seller, work) == UNITS


def test_rescind__advance_paid_meanwhile__from_the_end_on(
    exchange, ledger, dispute, seller, bidder, stranger, work, lent_on, end
):
    """Also while the work is disputed: the winner's money waits for nobody."""
    ends_at = exchange.auctionOf(lent_on)["endsAt"]
    dispute(work, DIVERT, stranger)
    chain.mine(timestamp=ends_at - 1)
    with reverts("RightsExchange__TooEarly", lent_on, ends_at):
        exchange.rescind.call(lent_on, {"from": bidder})  # a call has the time of the last block
    chain.mine(timestamp=ends_at)
    exchange.rescind.call(lent_on, {"from": bidder})
    exchange.rescind(lent_on, {"from": bidder})
    assert exchange.creditOf(bidder, NATIVE) == 1000
    exchange.settle(lent_on, [], {"from": stranger})
    assert ledger.balanceOf(seller, work) == UNITS


def test_rescind__advance_paid_on_a_work_whose_title_is_sold__not_before_the_week(
    exchange, ledger, seller, rival, bidder, work, lot, auction, bid, end
):
    """A title earns nothing, so advances do not count for it."""
    ledger.requestAdvance(work, NATIVE, 500, 500_000, {"from": seller})
    ledger.payAdvance(work, NATIVE, 500, 500_000, {"from": rival, "value": 500})
    number = auction(lot(TITLE))
    bid(number, bidder, 1000)
    end(number)
    with reverts("RightsExchange__TooEarly", number, exchange.auctionOf(number)["endsAt"] + WEEK):
        exchange.rescind(number, {"from": bidder})
    exchange.settle(number, [], {"from": rival})


def test_settle__advance_from_before__sold_with_it(
    exchange, ledger, seller, rival, bidder, stranger, work, lot, auction, bid, end
):
    ledger.requestAdvance(work, NATIVE, 500, 500_000, {"from": seller})
    ledger.payAdvance(work, NATIVE, 500, 500_000, {"from": rival, "value": 500})
    number = auction(lot(SHARES))
    assert bytes(exchange.auctionOf(number)["advances"]) == bytes(exchange.advancesOf(work)) != b"\0" * 32
    bid(number, bidder, 1000)
    end(number)
    exchange.settle(number, [], {"from": stranger})
    assert ledger.balanceOf(bidder, work) == 250_000


def test_rescind__disputed_for_a_week__bid_goes_back_and_title_when_it_can(
    exchange, registry, dispute, rule, seller, bidder, stranger, work, lot, auction, bid, end
):
    """Threat: a dispute, perhaps the seller's own, that holds the winner's money for half a year."""
    number = auction(lot(TITLE))
    bid(number, bidder, 1000)
    case = dispute(work, DIVERT, stranger)
    end(number, later=WEEK)
    done = exchange.rescind(number, {"from": bidder})
    assert tuple(done.events["BidRescinded"].values()) == (number, bidder, 1000)
    assert exchange.creditOf(bidder, NATIVE) == 1000
    with reverts("RightsExchange__NotBidder", number, bidder):
        exchange.rescind(number, {"from": bidder})
    with reverts("WorkRegistry__Disputed", work):
        exchange.settle(number, [], {"from": seller})
    with reverts("RightsExchange__NotRunning"):
        exchange.bid(number, 5000, {"from": stranger, "value": 5000})
    rule(case, REJECT)
    exchange.settle(number, [], {"from": stranger})
    assert registry.ownerOf(work) == seller


def test_rescind__not_the_winner_or_too_early__refused(exchange, seller, buyer, bidder, lot, auction, bid, end):
    number = auction(lot(TITLE))
    bid(number, buyer, 1000)
    bid(number, bidder, 2000)
    ends_at = exchange.auctionOf(number)["endsAt"]
    chain.mine(timestamp=ends_at + WEEK - 1)
    with reverts("RightsExchange__TooEarly", number, ends_at + WEEK):
        exchange.rescind.call(number, {"from": bidder})  # a call has the time of the last block
    end(number, later=WEEK)
    exchange.rescind.call(number, {"from": bidder})
    for who in (seller, buyer):
        with reverts("RightsExchange__NotBidder", number, who):
            exchange.rescind(number, {"from": who})
    exchange.rescind(number, {"from": bidder})


def test_rescind__settled__refused(exchange, bidder, stranger, lot, auction, bid, end):
    number = auction(lot(TITLE))
    bid(number, bidder, 1000)
    end(number, later=WEEK)
    exchange.settle(number, [], {"from": stranger})
    with reverts("RightsExchange__NoAuction", number):
        exchange.rescind(number, {"from": bidder})


def test_rescind__pulls_became_impossible__money_comes_back(
    world, exchange, ledger, seller, bidder, stranger, work, child, lot, auction, bid, end
):
    """A parent whose gross is full refuses every pull: no list of pulls may hold the winner's money for ever."""
    token = world.contract("PlainToken", 18)
    currency = world.add_currency(token)
    number = auction(lot(SHARES, pulls=(Pull(child, 0, currency),)))
    bid(number, bidder, 1000)
    token.mint(stranger, 2**110, {"from": world.admin})
    token.approve(ledger, 2**110, {"from": stranger})
    ledger.deposit(work, currency, 2**108 - 1, {"from": stranger})
    ledger.deposit(child, currency, 1000, {"from": stranger})
    end(number, later=WEEK)
    with reverts("RoyaltyLedger__GrossOverflow"):
        exchange.settle(number, [Pull(child, 0, currency)], {"from": stranger})
    exchange.rescind(number, {"from": bidder})
    exchange.settle(number, [], {"from": stranger})
    assert exchange.creditOf(bidder, NATIVE) == 1000
    assert ledger.balanceOf(seller, work) == UNITS


def test_auction__second_series__its_own_shares_and_earnings(
    world, exchange, ledger, dispute, rule, seller, bidder, stranger, work, lot, auction, bid, end
):
    """After a judgement the winner's shares have another id; the former holder's are nothing to them."""
    rule(dispute(work, RETITLE, stranger), GRANT)
    ledger.setOperator(exchange, True, {"from": stranger})
    with reverts("RoyaltyLedger__InsufficientShares"):
        auction(lot(SHARES), by=seller)
    number = auction(lot(SHARES), by=stranger)
    world.deposit(work, 400)
    bid(number, bidder, 1000)
    end(number)
    exchange.settle(number, [], {"from": bidder})
    second = ledger.shareId(work, 1)
    assert [ledger.balanceOf(who, second) for who in (stranger, bidder)] == [750_000, 250_000]
    assert exchange.collect(number, NATIVE, stranger, {"from": seller}).events["EarningsCollected"]["amount"] == 100
    assert ledger.balanceOf(seller, work) == UNITS
