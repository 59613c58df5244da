"""Pushes: many are paid in one call, and nobody's failure is another's (M3)."""

from __future__ import annotations

import pytest

from tests.contracts.reverts import reverts
from tests.contracts.structs import NOBODY
from tests.contracts.world import DOLLAR, NATIVE, UNITS, work_id

FAILED, SUCCEEDED = 2, 3
"""How a hasty call ended."""


@pytest.fixture(scope="module")
def world(bench):
    return bench


@pytest.fixture
def shared(world, ledger, creator, rival, buyer, work) -> int:
    """A work of which creator, rival and buyer have a half, three tenths and a fifth."""
    ledger.transfer(rival, work, 300_000, {"from": creator})
    ledger.transfer(buyer, work, 200_000, {"from": creator})
    return work


def give(ledger, work, receiver, creator, units=UNITS // 10):
    ledger.transfer(receiver, work, units, {"from": creator})
    return receiver


@pytest.mark.parametrize("currency", [NATIVE, DOLLAR])
def test_push__all_holders__each_paid_once(world, ledger, dollar, creator, rival, buyer, stranger, shared, currency):
    world.deposit(shared, 1000, currency, payer=stranger)
    holders = [creator, rival, buyer]
    before = [h.balance() if currency == NATIVE else dollar.balanceOf(h) for h in holders]
    done = ledger.push(shared, currency, [*holders, buyer, stranger], {"from": stranger})
    after = [h.balance() if currency == NATIVE else dollar.balanceOf(h) for h in holders]
    assert [b - a for a, b in zip(before, after, strict=True)] == [500, 300, 200]
    assert done.return_value == 1000
    assert [(e["id"], e["holder"], e["to"], e["amount"]) for e in done.events["Claimed"]] == [
        (shared, creator, creator, 500),
        (shared, rival, rival, 300),
        (shared, buyer, buyer, 200),
    ]
    assert world.balance(currency) == 0
    with reverts("RoyaltyLedger__NothingToClaim", rival, currency):
        ledger.claim([shared], currency, rival, {"from": rival})


def test_push__implicit_holder__paid(world, ledger, creator, stranger, work):
    world.deposit(work, 77, payer=stranger)
    before = creator.balance()
    assert ledger.push(work, NATIVE, [creator], {"from": stranger}).return_value == 77
    assert creator.balance() - before == 77


def test_push__fractions__kept(world, ledger, creator, buyer, stranger, shared):
    """M5: a fifth of one is nothing yet, and a push of nothing leaves no trace."""
    world.deposit(shared, 1, payer=stranger)
    done = ledger.push(shared, NATIVE, [buyer], {"from": stranger})
    assert done.return_value == 0
    assert "Claimed" not in done.events
    world.deposit(shared, 4, payer=stranger)
    assert ledger.push(shared, NATIVE, [buyer], {"from": stranger}).return_value == 1


def test_push__nobody_or_unknown_work__nothing_or_refused(ledger, creator, stranger, work):
    assert ledger.push(work, NATIVE, [], {"from": stranger}).return_value == 0
    unknown = work_id("never registered")
    with reverts("WorkRegistry__UnknownWork", unknown):
        ledger.push(unknown, NATIVE, [creator], {"from": stranger})


def test_set_payout__address__pushes_go_there(world, ledger, creator, stranger, rival, work):
    assert ledger.payoutOf(creator) == creator
    done = ledger.setPayout(rival, {"from": creator})
    assert dict(done.events["PayoutSet"]) == {"holder": creator, "to": rival}
    assert ledger.payoutOf(creator) == rival
    world.deposit(work, 50, payer=stranger)
    before = rival.balance()
    done = ledger.push(work, NATIVE, [creator], {"from": stranger})
    assert rival.balance() - before == 50
    assert (done.events["Claimed"]["holder"], done.events["Claimed"]["to"]) == (creator, rival)
    ledger.setPayout(NOBODY, {"from": creator})
    assert ledger.payoutOf(creator) == creator


def test_set_payout__the_ledger__nobody_can_push(world, ledger, creator, stranger, work):
    """A contract that keeps accounts of its own takes its money in `claim` alone, and so learns what it was for."""
    ledger.setPayout(ledger, {"from": creator})
    world.deposit(work, 50)
    done = ledger.push(work, NATIVE, [creator], {"from": stranger})
    assert dict(done.events["PushFailed"]) == {
        "id": work,
        "currency": NATIVE,
        "holder": creator,
        "to": ledger,
        "amount": 50,
    }
    assert world.claimed([work], creator) == 50


def test_push__thirty_three_holders__refused(ledger, accounts, stranger, work):
    """M2: bounded."""
    with reverts("RoyaltyLedger__TooManyHolders", 33):
        ledger.push(work, NATIVE, [accounts[0]] * 33, {"from": stranger})
    ledger.push(work, NATIVE, [accounts[0]] * 32, {"from": stranger})


def test_push__refusing_wallet__keeps_its_claim_and_others_are_paid(
    world, ledger, creator, rival, buyer, stranger, work
):
    wallet = world.contract("SmartWallet", buyer)
    give(ledger, work, wallet, creator)
    give(ledger, work, rival, creator)
    wallet.setRefusing(True, {"from": buyer})
    world.deposit(work, 1005, payer=stranger)
    done = ledger.push(work, NATIVE, [wallet, rival], {"from": stranger})
    assert done.return_value == 100
    assert [(e["holder"], e["amount"]) for e in done.events["PushFailed"]] == [(wallet, 100)]
    assert [(e["holder"], e["amount"]) for e in done.events["Claimed"]] == [(rival, 100)]
    assert ledger.claimable(work, NATIVE, wallet) == 100
    world.deposit(work, 5, payer=stranger)
    assert ledger.claimable(work, NATIVE, wallet) == 101  # the half from before is not lost either
    wallet.setRefusing(False, {"from": buyer})
    assert ledger.push(work, NATIVE, [wallet], {"from": stranger}).return_value == 101
    assert wallet.balance() == 101


def test_push__payee_eats_gas__stopped_at_a_hundred_thousand(world, ledger, creator, rival, stranger, work):
    """Thirty-two such payees still fit into one block; a claim may spend what its caller likes."""
    hungry = world.contract("HungryReceiver")
    ledger.setPayout(hungry, {"from": creator})
    give(ledger, work, rival, creator)
    world.deposit(work, 1000, payer=stranger)
    hungry.setSlots(6, {"from": stranger})  # 6 · 22,100 for new slots alone
    done = ledger.push(work, NATIVE, [creator, rival], {"from": stranger})
    assert [(e["holder"], e["amount"]) for e in done.events["PushFailed"]] == [(creator, 900)]
    assert done.return_value == 100
    assert ledger.claim([work], NATIVE, hungry, {"from": creator}).return_value == 900
    hungry.setSlots(2, {"from": stranger})
    world.deposit(work, 1000, payer=stranger)
    assert ledger.push(work, NATIVE, [creator], {"from": stranger}).return_value == 900


def test_push__caller_leaves_little_gas__refused(world, ledger, creator, stranger, work):
    """Threat: a payee that swallows a shortage of gas and forgets what it was paid for (SWC-126)."""
    world.deposit(work, 1000, payer=stranger)
    with reverts("RoyaltyLedger__InsufficientGas"):
        ledger.push(work, NATIVE, [creator], {"from": stranger, "gas_limit": 190_000})
    assert ledger.claimable(work, NATIVE, creator) == 1000
    ledger.push(work, NATIVE, [creator], {"from": stranger, "gas_limit": 400_000})


def test_push__token_refuses_one__others_are_paid(world, ledger, creator, rival, buyer, stranger, shared):
    token, number = world.add_token("BlacklistToken")
    ledger.deposit(shared, number, 1000, {"from": buyer})
    token.setBlocked(rival, True, {"from": stranger})
    done = ledger.push(shared, number, [creator, rival], {"from": stranger})
    assert done.return_value == token.balanceOf(creator) == 500
    assert [(e["holder"], e["amount"]) for e in done.events["PushFailed"]] == [(rival, 300)]
    token.setBlocked(rival, False, {"from": stranger})
    assert world.claimed([shared], rival, number) == 300


@pytest.mark.parametrize(("name", "paid"), [("SilentToken", 500), ("FalseToken", 0)])
def test_push__token_answers_nothing_or_false__only_the_first_is_payment(
    world, ledger, creator, buyer, stranger, shared, name, paid
):
    token, number = world.add_token(name)
    ledger.deposit(shared, number, 1000, {"from": buyer})
    if name == "FalseToken":
        token.setFailing(True, {"from": stranger})
    assert ledger.push(shared, number, [creator], {"from": stranger}).return_value == paid
    assert ledger.claimable(shared, number, creator) == 500 - paid


@pytest.mark.parametrize("call", ["claim", "push", "deposit"])
def test_push__payee_calls_back__locked_and_paid_once(world, ledger, creator, rival, stranger, work, call):
    """R7: the claim is taken before the coins go out, and whatever moves money finds the lock."""
    receiver = world.contract("HastyReceiver")
    give(ledger, work, receiver, creator)
    data = {
        "claim": ledger.claim.encode_input([work], NATIVE, receiver),
        "push": ledger.push.encode_input(work, NATIVE, [receiver]),
        "deposit": ledger.deposit.encode_input(work, NATIVE, 0),
    }[call]
    receiver.lay(ledger, data, {"from": stranger})
    world.deposit(work, 1000, payer=stranger)
    assert ledger.push(work, NATIVE, [receiver, receiver], {"from": stranger}).return_value == 100
    assert receiver.state() == FAILED
    assert (receiver.balance(), ledger.balance(), ledger.claimable(work, NATIVE, creator)) == (100, 900, 900)


def test_push__payee_hands_its_shares_on__earnings_stay_exact(world, ledger, creator, rival, stranger, work):
    """R7 and M6: a transfer of shares needs no lock; the next payee of the same push was settled by it meanwhile."""
    receiver = world.contract("HastyReceiver")
    give(ledger, work, receiver, creator, UNITS // 2)
    give(ledger, work, rival, creator, UNITS // 4)
    world.deposit(work, 1000, payer=stranger)
    receiver.lay(ledger, ledger.transfer.encode_input(rival, work, UNITS // 2), {"from": stranger})
    assert ledger.push(work, NATIVE, [receiver, rival], {"from": stranger}).return_value == 750
    assert receiver.state() == SUCCEEDED
    assert [ledger.balanceOf(who, work) for who in (receiver, rival)] == [0, UNITS * 3 // 4]
    assert [ledger.claimable(work, NATIVE, who) for who in (receiver, rival, creator)] == [0, 0, 250]


def test_push__token_moves_shares_while_it_fails__claim_is_restored_on_top(
    world, ledger, creator, rival, buyer, stranger, work
):
    """R7 and M6: a token that changes the payee's position and then answers false neither loses nor doubles it."""
    token, number = world.add_token("HastyToken")
    give(ledger, work, token, creator, UNITS // 2)
    ledger.deposit(work, number, 1000, {"from": buyer})
    token.lay(ledger, ledger.transfer.encode_input(rival, work, UNITS // 4), {"from": stranger})
    done = ledger.push(work, number, [token, creator], {"from": stranger})
    assert (token.state(), done.return_value) == (SUCCEEDED, 0)
    assert [ledger.claimable(work, number, who) for who in (creator, token, rival)] == [500, 500, 0]
    assert ledger.balanceOf(rival, work) == UNITS // 4
