"""Accounts that misbehave harm nobody but themselves (M3, R7)."""

from __future__ import annotations

import pytest

from tests.contracts.reverts import reverts
from tests.contracts.world import DOLLAR, NATIVE, UNITS

REENTRANCY = "0xab143c06"  # selector of Reentrancy()


@pytest.fixture
def wallet(world, creator):
    """A contract account of `creator`."""
    return world.contract("SmartWallet", creator)


@pytest.fixture
def trap(world):
    """An account that calls back when it is paid or handed a token."""
    return world.contract("ReentrantReceiver")


def outcomes(trap) -> list[tuple[bool, str]]:
    made = [trap.outcome(i) for i in range(trap.sprung())]
    return [(success, "0x" + bytes(answer).hex()) for success, answer in made]


def test_refusing_receiver__its_own_claim__fails_and_is_still_owed(
    world, ledger, creator, rival, stranger, work, wallet
):
    """M3: one bad recipient never blocks another, nor itself once it names another account."""
    for holder in (wallet, rival):
        ledger.transfer(holder, work, 250_000, {"from": creator})
    wallet.setRefusing(True, {"from": stranger})
    world.deposit(work, 1000)
    call = ledger.claim.encode_input([work], NATIVE, wallet)
    with reverts("RoyaltyLedger__PaymentFailed", wallet, NATIVE, 250):
        wallet.execute([(ledger, 0, call)], {"from": creator})
    assert world.claimed([work], creator) == 500
    assert world.claimed([work], rival) == 250
    before = stranger.balance()
    wallet.execute([(ledger, 0, ledger.claim.encode_input([work], NATIVE, stranger))], {"from": creator})
    assert stranger.balance() - before == 250
    assert ledger.balance() == 0


@pytest.mark.parametrize("currency", [NATIVE, DOLLAR])
def test_claim__to_the_ledger_itself__refused(world, ledger, creator, work, currency):
    """M1: money that came back would belong to nobody."""
    world.deposit(work, 1000, currency)
    with reverts("RoyaltyLedger__PaymentFailed", ledger, currency, 1000):
        ledger.claim([work], currency, ledger, {"from": creator})


def test_reentrant_receiver__claims_again_while_paid__paid_once(world, ledger, creator, rival, stranger, work, trap):
    """R7: everything was written down before the coins left."""
    ledger.transfer(trap, work, UNITS // 2, {"from": creator})
    world.deposit(work, 1000)
    calls = [
        ledger.claim.encode_input([work], NATIVE, trap),
        ledger.pullAndClaim.encode_input([], [work], NATIVE, trap),
        ledger.pull.encode_input(work, 0, NATIVE),
        ledger.deposit.encode_input(work, NATIVE, 0),
    ]
    for call in calls:
        trap.lay(ledger, call, {"from": stranger})
    trap.execute(ledger, 0, calls[0], {"from": stranger})
    assert outcomes(trap) == [(False, REENTRANCY)] * len(calls)
    assert trap.balance() == 500
    assert (ledger.balance(), ledger.claimable(work, NATIVE, creator)) == (500, 500)


def test_reentrant_receiver__moves_shares_while_paid__nothing_paid_twice(
    world, ledger, creator, rival, stranger, work, trap
):
    """R7 and M6."""
    ledger.transfer(trap, work, UNITS // 2, {"from": creator})
    world.deposit(work, 1000)
    trap.lay(ledger, ledger.transfer.encode_input(rival, work, UNITS // 2), {"from": stranger})
    trap.execute(ledger, 0, ledger.claim.encode_input([work], NATIVE, trap), {"from": stranger})
    assert outcomes(trap)[0][0]
    assert trap.balance() == 500
    assert [ledger.claimable(work, NATIVE, who) for who in (creator, trap, rival)] == [500, 0, 0]
    world.deposit(work, 100)
    assert [ledger.claimable(work, NATIVE, who) for who in (creator, trap, rival)] == [550, 0, 50]


def test_title__receiver_hands_it_on_in_the_callback__state_is_the_last_holders(
    world, registry, ledger, book, licensing, creator, rival, stranger, work, trap
):
    """R7: the receiver is called after everything was written."""
    trap.lay(book, book.list.encode_input(work, (1, NATIVE, 1, 0)), {"from": stranger})
    trap.lay(registry, registry.transferFrom.encode_input(trap, rival, work), {"from": stranger})
    trap.lay(book, book.list.encode_input(work, (1, NATIVE, 1, 0)), {"from": stranger})
    world.deposit(work, 1000)
    registry.safeTransferFrom(creator, trap, work, {"from": creator})
    assert [success for success, _ in outcomes(trap)] == [True, True, False]
    title = registry.titleOf(work).dict()
    assert (title["holder"], title["epoch"]) == (rival, 2)
    assert [ledger.balanceOf(who, work) for who in (creator, trap, rival)] == [UNITS, 0, 0]
    assert ledger.claimable(work, NATIVE, creator) == 1000
    with reverts("OfferBook__WrongWorkEpoch", work, 2):
        licensing.buy(world.purchase(1), stranger, {"from": stranger, "value": 1})


def test_licence__recipient_cannot_receive_tokens__still_sold(world, licensing, ledger, buyer, work):
    """R7: licences are minted without a callback, so that a recipient can neither block nor re-enter a sale."""
    offer = world.list(work, 0)
    licence = world.buy(offer, buyer, recipient=ledger)
    assert licensing.ownerOf(licence) == ledger


def test_wallet__sells_and_buys_in_one_transaction__as_any_account(
    world, registry, book, licensing, ledger, creator, work, wallet
):
    """The content of an offer is known before the offer has a number."""
    content = book.contentOf(world.list(work, 1000))
    registry.transferFrom(creator, wallet, work, {"from": creator})
    calls = [
        (book, 0, book.list.encode_input(work, (1, NATIVE, 1000, 0))),
        (licensing, 1000, licensing.buy.encode_input((2, content, 1), wallet)),
    ]
    wallet.execute(calls, {"from": creator, "value": 1000})
    assert licensing.ownerOf(1) == wallet
    assert ledger.claimable(work, NATIVE, creator) == 1000
