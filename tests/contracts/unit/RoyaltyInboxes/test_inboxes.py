"""Inboxes: paid by whoever knows only an address, swept by anybody, into the ledger and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest
from brownie import project, web3

from tests.contracts.reverts import reverts
from tests.contracts.world import DOLLAR, GRACE, NATIVE, work_id

STIPEND_TRANSFER = 21_000 + 2_300
"""Gas of a transaction that leaves the 2,300 of Solidity's `transfer` to the receiver: EIP-2929 has the receiver warm,
and whatever the receiver calls cold (2,600)."""


@pytest.fixture
def inbox(inboxes, work) -> str:
    return inboxes.inboxOf(work)


@pytest.fixture
def deployed(world, inboxes, work, inbox, buyer) -> str:
    """The inbox after its first sweep."""
    buyer.transfer(inbox, 1)
    inboxes.sweep(work, NATIVE, {"from": world.relayer})
    assert len(web3.eth.get_code(inbox)) > 0
    return inbox


def test_inbox_of__two_works__two_addresses_of_this_factory_alone(world, inboxes, work):
    """CREATE2: nobody else can put code there."""
    other = world.contract("RoyaltyInboxes", world.ledger)
    addresses = {inboxes.inboxOf(work), inboxes.inboxOf(work + 1), other.inboxOf(work)}
    assert len(addresses) == 3


def test_sweep__native__all_goes_to_the_work(world, inboxes, ledger, creator, buyer, work, inbox):
    """M1: the amount of the sweep is what the ledger credits, in the inbox's name."""
    buyer.transfer(inbox, 1000)
    done = inboxes.sweep(work, NATIVE, {"from": world.relayer})
    assert done.return_value == 1000
    assert dict(done.events["Swept"]) == {"work": work, "currency": NATIVE, "amount": 1000}
    credited = {"work": work, "currency": NATIVE, "payer": inbox, "by": inbox, "amount": 1000}
    assert dict(done.events["Deposited"]) == credited
    assert (web3.eth.get_balance(inbox), ledger.claimable(work, NATIVE, creator)) == (0, 1000)


def test_sweep__token__all_goes_to_the_work(world, inboxes, ledger, dollar, creator, work, inbox):
    dollar.mint(inbox, 7, {"from": world.admin})
    done = inboxes.sweep(work, DOLLAR, {"from": world.relayer})
    assert dict(done.events["Swept"]) == {"work": work, "currency": DOLLAR, "amount": 7}
    assert (dollar.balanceOf(inbox), ledger.claimable(work, DOLLAR, creator)) == (0, 7)
    assert dollar.allowance(inbox, ledger) == 0


def test_sweep__again_and_other_currencies__one_inbox_for_all(world, inboxes, ledger, dollar, buyer, work, deployed):
    for amount in (2, 3):
        buyer.transfer(deployed, amount)
        dollar.mint(deployed, amount, {"from": world.admin})
        for currency in (NATIVE, DOLLAR):
            inboxes.sweep(work, currency, {"from": world.relayer})
    assert (ledger.grossOf(work, NATIVE), ledger.grossOf(work, DOLLAR)) == (6, 5)


def test_transfer__with_2300_gas__arrives_before_the_inbox_is_deployed(buyer, inbox):
    buyer.transfer(inbox, 5, gas_limit=STIPEND_TRANSFER)
    assert web3.eth.get_balance(inbox) == 5


def test_transfer__with_2300_gas__arrives_after_the_inbox_is_deployed(buyer, deployed):
    """Marketplaces that still pay by `transfer`: a clone that delegates would need 2,600 for the call alone."""
    buyer.transfer(deployed, 5, gas_limit=STIPEND_TRANSFER)
    assert web3.eth.get_balance(deployed) == 5


def test_sweep__nothing_there__refused(world, inboxes, work, inbox):
    for currency in (NATIVE, DOLLAR):
        with reverts("RoyaltyInboxes__NothingToSweep", work, currency):
            inboxes.sweep(work, currency, {"from": world.relayer})
    assert web3.eth.get_code(inbox) == b""


def test_sweep__unknown_currency__refused_until_it_is_one(world, inboxes, ledger, work, inbox):
    """Tokens that are no currency wait."""
    token = world.contract("PlainToken", 18)
    token.mint(inbox, 5, {"from": world.admin})
    with reverts("RoyaltyLedger__UnknownCurrency", 2):
        inboxes.sweep(work, 2, {"from": world.relayer})
    currency = world.add_currency(token)
    inboxes.sweep(work, currency, {"from": world.relayer})
    assert ledger.grossOf(work, currency) == 5


def test_sweep__work_unknown_then_not_final_then_final__money_waits(world, inboxes, ledger, chain, creator, buyer):
    """Whoever pays an address before its work is registered pays whoever registers it."""
    work = work_id("registered later")
    buyer.transfer(inboxes.inboxOf(work), 10)
    with reverts("WorkRegistry__UnknownWork", work):
        inboxes.sweep(work, NATIVE, {"from": world.relayer})
    world.register_at_once("registered later", creator)
    with reverts("RoyaltyLedger__NotFinal"):
        inboxes.sweep(work, NATIVE, {"from": world.relayer})
    chain.sleep(GRACE)
    inboxes.sweep(work, NATIVE, {"from": world.relayer})
    assert ledger.claimable(work, NATIVE, creator) == 10


def test_sweep__fee_on_transfer__what_arrived_is_counted(world, inboxes, ledger, work, inbox):
    """M4: the ledger credits 99 of 100."""
    token = world.contract("FeeToken")
    currency = world.add_currency(token)
    token.mint(inbox, 100, {"from": world.admin})
    done = inboxes.sweep(work, currency, {"from": world.relayer})
    assert done.return_value == done.events["Swept"]["amount"] == ledger.grossOf(work, currency) == 99


def test_sweep__token_without_answers__all_goes_to_the_work(world, inboxes, ledger, work, inbox):
    token = world.contract("SilentToken")
    currency = world.add_currency(token)
    token.mint(inbox, 8, {"from": world.admin})
    inboxes.sweep(work, currency, {"from": world.relayer})
    assert ledger.grossOf(work, currency) == 8


def test_sweep__token_refuses_the_inbox__the_other_currencies_go(world, inboxes, ledger, buyer, work, inbox):
    """M3: a token that blocks one inbox blocks nothing else."""
    token = world.contract("BlacklistToken")
    currency = world.add_currency(token)
    token.mint(inbox, 8, {"from": world.admin})
    token.setBlocked(inbox, True, {"from": world.admin})
    buyer.transfer(inbox, 4)
    with reverts("TransferFromFailed"):
        inboxes.sweep(work, currency, {"from": world.relayer})
    inboxes.sweep(work, NATIVE, {"from": world.relayer})
    assert ledger.grossOf(work, NATIVE) == 4
    token.setBlocked(inbox, False, {"from": world.admin})
    inboxes.sweep(work, currency, {"from": world.relayer})
    assert ledger.grossOf(work, currency) == 8


def test_sweep__token_sweeps_again_meanwhile__counted_once(world, inboxes, ledger, buyer, work, inbox):
    """R7: the ledger's lock refuses the inner sweep of this token and of the native coin alike."""
    token = world.contract("ReentrantToken")
    currency = world.add_currency(token)
    token.mint(inbox, 8, {"from": world.admin})
    buyer.transfer(inbox, 4)
    for each in (currency, NATIVE):
        token.lay(inboxes, inboxes.sweep.encode_input(work, each), {"from": world.admin})
    inboxes.sweep(work, currency, {"from": world.relayer})
    assert [token.outcome(i)[0] for i in range(token.sprung())] == [False, False]
    assert (ledger.grossOf(work, currency), ledger.grossOf(work, NATIVE)) == (8, 0)
    assert (token.balanceOf(inbox), web3.eth.get_balance(inbox)) == (0, 4)


def test_deposit__not_the_factory__refused(world, inboxes, work, deployed, buyer):
    """Threat: whoever names another work, to move an inbox's money there."""
    theirs = work_id("another work")
    for address in (deployed, _implementation(inboxes)):
        with reverts("RoyaltyInbox__NotFactory", buyer):
            _inbox(address).deposit(theirs, NATIVE, "0x" + "0" * 40, 1, {"from": buyer})


def test_royalty_info__paid_to_the_inbox__reaches_the_holders_of_shares(
    world, registry, inboxes, ledger, creator, buyer, stranger, work
):
    """ERC-2981: a marketplace that knows only `royaltyInfo` pays the holders of shares, not of the title."""
    registry.transferFrom(creator, buyer, work, {"from": creator})
    receiver, amount = registry.royaltyInfo(work, 10**18)
    stranger.transfer(receiver, amount)
    inboxes.sweep(work, NATIVE, {"from": stranger})
    assert ledger.claimable(work, NATIVE, creator) == 5 * 10**16
    assert ledger.claimable(work, NATIVE, buyer) == 0


def _inbox(address: str) -> Any:
    return project.get_loaded_projects()[0]["RoyaltyInbox"].at(address)


def _implementation(inboxes: Any) -> str:
    """First contract that the factory made: keccak256(rlp([factory, nonce 1])) (Yellow Paper, section 7)."""
    made = web3.keccak(bytes.fromhex("d694" + inboxes.address[2:] + "01"))[12:]
    assert len(web3.eth.get_code(web3.to_checksum_address(made))) > 0
    return str(web3.to_checksum_address(made))
