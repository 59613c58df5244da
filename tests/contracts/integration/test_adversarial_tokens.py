"""Tokens that misbehave harm nobody but those who use them (M3, M4, R7)."""

from __future__ import annotations

import pytest

from tests.contracts.reverts import reverts
from tests.contracts.structs import Permit
from tests.contracts.world import DOLLAR, NATIVE, UNITS

REENTRANCY = "0xab143c06"  # selector of Reentrancy()


@pytest.fixture
def adopt(world, buyer):
    """Deploy a token, make it a currency, give the buyer a million units and let the ledger take them."""

    def run(name, *arguments):
        token = world.contract(name, *arguments)
        number = world.add_currency(token)
        token.mint(buyer, 10**6, {"from": buyer})
        token.approve(world.ledger, 10**6, {"from": buyer})
        return token, number

    return run


def deposit(world, work, number, amount):
    return world.ledger.deposit(work, number, amount, {"from": world.buyers[0]})


# Fee on transfer


def test_fee_token__deposit__what_arrived_is_credited(world, ledger, creator, work, adopt):
    """M4: counted by balance difference, so that the ledger owes what it has."""
    token, number = adopt("FeeToken")
    assert deposit(world, work, number, 1000).events["Deposited"]["amount"] == 990
    assert ledger.claimable(work, number, creator) == token.balanceOf(ledger) == 990
    assert world.claimed([work], creator, number) == 990
    assert (token.balanceOf(ledger), token.balanceOf(creator)) == (0, 990 - 9)


def test_fee_token__purchase__underpaid_and_undone(world, licensing, ledger, buyer, work, adopt):
    """M4: whoever lists a price gets the price."""
    token, number = adopt("FeeToken")
    offer = world.list(work, 1000, number)
    with reverts("Licensing__Underpaid", 990, 1000):
        licensing.buy(world.purchase(offer), buyer, {"from": buyer})
    assert (token.balanceOf(buyer), ledger.grossOf(work, number)) == (10**6, 0)
    with reverts("Licensing__UnknownLicence", 1):
        licensing.licenceOf(1)


# Answers that differ from ERC-20


def test_silent_token__deposit_purchase_and_claim__work(world, licensing, creator, buyer, work, adopt):
    """A token that answers nothing is as good as one that answers true."""
    token, number = adopt("SilentToken")
    deposit(world, work, number, 1000)
    licensing.buy(world.purchase(world.list(work, 500, number)), buyer, {"from": buyer})
    assert world.claimed([work], creator, number) == token.balanceOf(creator) == 1500


def test_false_token__deposit_and_purchase__refused(world, licensing, ledger, buyer, work, adopt):
    token, number = adopt("FalseToken")
    token.setFailing(True, {"from": buyer})
    with reverts("TransferFromFailed"):
        deposit(world, work, number, 1000)
    offer = world.list(work, 500, number)
    with reverts("TransferFromFailed"):
        licensing.buy(world.purchase(offer), buyer, {"from": buyer})
    assert ledger.grossOf(work, number) == 0


def test_false_token__claim__refused_and_nothing_lost(world, ledger, creator, buyer, work, adopt):
    """M3: a claim that was not paid is still owed."""
    token, number = adopt("FalseToken")
    deposit(world, work, number, 1000)
    token.setFailing(True, {"from": buyer})
    with reverts("RoyaltyLedger__PaymentFailed", creator, number, 1000):
        ledger.claim([work], number, creator, {"from": creator})
    assert ledger.claimable(work, number, creator) == 1000
    token.setFailing(False, {"from": buyer})
    assert world.claimed([work], creator, number) == token.balanceOf(creator) == 1000


# Blacklists


def test_blacklist__ledger_blocked__other_currencies_go_on(world, registry, ledger, creator, buyer, rival, work, adopt):
    """M3: a token blocks itself alone; shares and titles move without touching it."""
    token, number = adopt("BlacklistToken")
    for currency in (NATIVE, DOLLAR):
        world.deposit(work, 1000, currency)
    deposit(world, work, number, 1000)
    token.setBlocked(ledger, True, {"from": buyer})
    with reverts("TransferFromFailed"):
        deposit(world, work, number, 1)
    with reverts("RoyaltyLedger__PaymentFailed", creator, number, 1000):
        ledger.claim([work], number, creator, {"from": creator})
    assert world.claimed([work], creator, NATIVE) == 1000
    assert world.claimed([work], creator, DOLLAR) == 1000
    ledger.transfer(rival, work, UNITS // 2, {"from": creator})
    registry.transferFrom(creator, rival, work, {"from": creator})
    token.setBlocked(ledger, False, {"from": buyer})
    assert world.claimed([work], creator, number) == 1000


def test_blacklist__one_holder_blocked__others_are_paid_and_it_may_name_another_account(
    world, ledger, creator, buyer, rival, stranger, work, adopt
):
    """M3: one bad recipient never blocks another."""
    token, number = adopt("BlacklistToken")
    ledger.transfer(rival, work, UNITS // 2, {"from": creator})
    deposit(world, work, number, 1000)
    token.setBlocked(creator, True, {"from": buyer})
    with reverts("RoyaltyLedger__PaymentFailed", creator, number, 500):
        ledger.claim([work], number, creator, {"from": creator})
    assert world.claimed([work], rival, number) == 500
    assert world.claimed([work], creator, number, to=stranger) == token.balanceOf(stranger) == 500


# Decimals


@pytest.mark.parametrize("decimals", [0, 77])
@pytest.mark.parametrize("amount", [1, 7, 2**100 + 1])
def test_decimals__none_or_77__irrelevant(world, ledger, creator, rival, buyer, work, adopt, decimals, amount):
    """Amounts are whole minor units; no power of ten enters the ledger."""
    token, number = adopt("PlainToken", decimals)
    token.mint(buyer, amount, {"from": buyer})
    token.approve(ledger, amount, {"from": buyer})
    ledger.transfer(rival, work, 250_000, {"from": creator})
    deposit(world, work, number, amount)
    assert ledger.claimable(work, number, rival) == amount // 4
    assert ledger.claimable(work, number, creator) == amount * 3 // 4


# Reentrancy


@pytest.fixture
def reentrant(adopt):
    return adopt("ReentrantToken")


def outcomes(token) -> list[tuple[bool, str]]:
    made = [token.outcome(i) for i in range(token.sprung())]
    return [(success, "0x" + bytes(answer).hex()) for success, answer in made]


def money_calls(ledger, work, token, number) -> list[str]:
    """Every function of the ledger that moves money, as the token itself would call it."""
    return [
        ledger.deposit.encode_input(work, number, 1),
        ledger.claim.encode_input([work], number, token),
        ledger.pull.encode_input(work, 0, number),
        ledger.pullMany.encode_input([(work, 0, number)]),
        ledger.pullAndClaim.encode_input([], [work], number, token),
    ]


@pytest.mark.parametrize("moment", ["deposit", "claim"])
def test_reentrant_token__calls_the_ledger_back__every_call_fails(
    world, ledger, creator, stranger, work, reentrant, moment
):
    """R7: the token even holds half of the shares, so that it has something to claim."""
    token, number = reentrant
    ledger.transfer(token, work, UNITS // 2, {"from": creator})
    if moment == "claim":
        deposit(world, work, number, 1000)
    calls = money_calls(ledger, work, token, number)
    for call in calls:
        token.lay(ledger, call, {"from": stranger})
    if moment == "deposit":
        deposit(world, work, number, 1000)
    else:
        assert world.claimed([work], creator, number) == 500
    assert outcomes(token) == [(False, REENTRANCY)] * len(calls)
    assert ledger.grossOf(work, number) == 1000
    owed = ledger.claimable(work, number, creator) + ledger.claimable(work, number, token)
    assert token.balanceOf(ledger) == owed == (1000 if moment == "deposit" else 500)


def test_reentrant_token__moves_its_shares_during_a_deposit__sum_stays_exact(
    world, ledger, creator, rival, stranger, work, reentrant
):
    """R7 and M6: a transfer of shares needs no lock, since the deposit is credited after the token was called."""
    token, number = reentrant
    ledger.transfer(token, work, UNITS // 2, {"from": creator})
    token.lay(ledger, ledger.transfer.encode_input(rival, work, UNITS // 4), {"from": stranger})
    deposit(world, work, number, 1000)
    assert outcomes(token)[0][0]
    assert [ledger.claimable(work, number, who) for who in (creator, token, rival)] == [500, 250, 250]


def test_reentrant_token__reuses_quote_and_order_during_payment__both_already_used(
    world, licensing, ledger, buyer, stranger, work, reentrant
):
    """R6 and R7: all effects of a sale precede its payment, in Licensing by order and in the ledger by lock."""
    token, number = reentrant
    quote = world.quote(work, currency=number, price=1000, maxQuantity=1)
    order = world.order(quote, buyer)
    signatures = world.sign(quote, quote.seller), world.sign(order, buyer)
    token.lay(licensing, licensing.buyQuote.encode_input(quote, signatures[0], token), {"from": stranger})
    again = licensing.fulfil.encode_input(quote, signatures[0], order, signatures[1], Permit())
    token.lay(licensing, again, {"from": stranger})
    world.fulfil(quote, order)
    selectors = [answer[:10] for success, answer in outcomes(token) if not success]
    assert selectors == [world.selector("OfferBook__SoldOut"), world.selector("Licensing__NonceUsed")]
    assert ledger.grossOf(work, number) == 1000
    with reverts("Licensing__UnknownLicence", 2):
        licensing.licenceOf(2)


def test_reentrant_token__reuses_the_order_in_its_permit__already_used(
    world, licensing, buyer, stranger, work, reentrant
):
    """R7: the permit is a call to a token, too; the order's nonce is used before it."""
    token, number = reentrant
    quote = world.quote(work, currency=number, price=1000)
    order, permit = world.order(quote, buyer), Permit(5000, 1)
    signatures = world.sign(quote, quote.seller), world.sign(order, buyer)
    again = licensing.fulfil.encode_input(quote, signatures[0], order, signatures[1], permit)
    token.lay(licensing, again, {"from": stranger})
    world.fulfil(quote, order, permit)
    assert [answer[:10] for _, answer in outcomes(token)] == [world.selector("Licensing__NonceUsed")]
    assert world.ledger.grossOf(work, number) == 1000


def test_reentrant_token__buys_during_payment__the_ledger_is_locked(
    world, licensing, ledger, stranger, buyer, work, reentrant
):
    """R7: a second sale inside the first cannot pay."""
    token, number = reentrant
    offer = world.list(work, 1000, number)
    token.lay(licensing, licensing.buy.encode_input(world.purchase(offer), token), {"from": stranger})
    licensing.buy(world.purchase(offer), buyer, {"from": buyer})
    assert outcomes(token) == [(False, REENTRANCY)]
    assert ledger.grossOf(work, number) == 1000
    with reverts("Licensing__UnknownLicence", 2):
        licensing.licenceOf(2)
