"""The modules through their wrappers: inboxes, disputes, sale of rights, usage pools, subscriptions."""

from __future__ import annotations

from dataclasses import replace

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from offchain.chain import ZERO_ADDRESS, ZERO_DIGEST, Call
from offchain.chain.disputes import Case, CaseStatus, Remedy
from offchain.chain.exchange import Asset, Lot, Sale
from offchain.chain.ledger import share_id
from offchain.chain.pools import Pool, PoolEpoch, PoolLeaf
from offchain.chain.signer import development_signer
from offchain.chain.structs import Economics
from offchain.chain.subscriptions import Plan, Subscription
from tests.offchain.deployed import ADMIN, BUYER, CREATOR, RELAYER, SECOND_BUYER, SECOND_CREATOR, World, deploy
from tests.offchain.integration.chain.acts import refusal

DAY, HOUR = 86_400, 3600


@pytest.fixture
def alone(fresh_chain_url: str) -> World:
    """A deployment on a chain of its own, whose clock may run ahead."""
    return deploy(fresh_chain_url)


def event(world: World, receipt, name: str):
    return next(each.args for each in world.contracts.decode(receipt["logs"]) if each.name == name)


def sale(world: World, work: int, **changes: object) -> tuple[Sale, bytes]:
    """The creator's sale of a title for 1,000 wei, signed."""
    exchange, seller = world.contracts.exchange, development_signer(CREATOR, 1337)
    title = world.contracts.registry.title(work)
    offered = Sale(
        seller=seller.address,
        asset=Asset.TITLE,
        work=work,
        series=title.series,
        units=0,
        currency=0,
        price=1000,
        buyer=ZERO_ADDRESS,
        expiry=world.now() + HOUR,
        work_epoch=title.epoch,
        signer_epoch=exchange.epoch(seller.address),
        nonce=work,
    )
    offered = replace(offered, **changes)
    return offered, seller.sign_typed(exchange.sale_typed(offered))


def test_inbox__paid_and_swept__credits_the_work(world: World):
    inboxes, ledger = world.contracts.inboxes, world.contracts.ledger
    work = world.register(b"inbox", CREATOR)
    world.send(Call(inboxes.inbox(work), b"", 700), BUYER)
    world.send(inboxes.sweep(work, 0), RELAYER)
    assert ledger.gross(work, 0) == 700
    assert refusal(world, inboxes.sweep(work, 0), RELAYER).code == "nothing-to-sweep"


def test_dispute__granted__gives_the_title_and_returns_the_bond(world: World):
    disputes, claimant = world.contracts.disputes, world.accounts[SECOND_CREATOR]
    work = world.register(b"claimed", CREATOR)
    bond, _ = disputes.cost(work)
    before = disputes.withdrawable(claimant)
    dispute = world.dispute(work, Remedy.RETITLE, SECOND_CREATOR)
    opened = Case(work, claimant, world.now(), Remedy.RETITLE, CaseStatus.OPEN, bond)
    assert disputes.latest(work) == (dispute, opened)
    world.send(disputes.submit_evidence(work, "ipfs://more"), BUYER)
    world.rule(dispute, 2)
    assert disputes.case(dispute) == replace(opened, status=CaseStatus.GRANTED)
    title = world.contracts.registry.title(work)
    assert (title.holder, title.series, title.disputed) == (claimant, 1, False)
    assert world.contracts.ledger.units(claimant, share_id(work, 1)) == 1_000_000
    assert disputes.withdrawable(claimant) - before == bond
    world.send(disputes.withdraw(claimant), SECOND_CREATOR)
    assert disputes.withdrawable(claimant) == 0


def test_dispute__never_opened__has_no_remedy(world: World):
    work = world.register(b"undisputed", CREATOR)
    assert world.contracts.disputes.latest(work) == (0, Case(0, ZERO_ADDRESS, 0, None, CaseStatus.NONE, 0))


def test_dispute__not_ruled_for_half_a_year__expires(alone: World):
    disputes, work = alone.contracts.disputes, alone.register(b"forgotten", CREATOR)
    dispute = alone.dispute(work, Remedy.DIVERT, SECOND_CREATOR)
    assert refusal(alone, disputes.expire(work), BUYER).code == "not-expired"
    alone.sleep(180 * DAY)
    alone.send(disputes.expire(work), BUYER)
    assert disputes.case(dispute).status is CaseStatus.EXPIRED


def test_arbitrator__owner__is_who_deployed_it(world: World):
    assert world.contracts.arbitrator is not None
    assert world.contracts.arbitrator.owner() == world.accounts[ADMIN]


def test_arbitrator__after_a_ruling__pays_its_fee_out(world: World):
    work, purse = world.register(b"ruled", CREATOR), "0x" + "75" * 20
    _, fee = world.contracts.disputes.cost(work)
    world.send(world.contracts.arbitrator.withdraw(purse), ADMIN)  # what other tests paid
    before = world.client.balance(purse)
    world.rule(world.dispute(work, Remedy.DIVERT, SECOND_CREATOR), 1)
    world.send(world.contracts.arbitrator.withdraw(purse), ADMIN)
    assert world.client.balance(purse) - before == fee


def test_sale__of_a_title__gives_it_for_the_price_less_royalty(world: World):
    exchange, registry = world.contracts.exchange, world.contracts.registry
    work, seller = world.register(b"title sold", CREATOR), world.accounts[CREATOR]
    world.send(registry.approve(exchange.address, work), CREATOR)
    offered, signature = sale(world, work)
    before = world.client.balance(seller)
    world.send(exchange.buy(offered, signature, Economics()), BUYER)
    assert registry.title(work).holder == world.accounts[BUYER]
    inbox, royalty = registry.royalty(work, 1000)
    assert (world.client.balance(seller) - before, world.client.balance(inbox)) == (1000 - royalty, royalty)
    assert exchange.is_nonce_used(seller, offered.nonce)


def test_sale__of_shares__gives_the_units(world: World):
    exchange, ledger = world.contracts.exchange, world.contracts.ledger
    work = world.register(b"shares sold", CREATOR)
    world.send(ledger.approve_units(exchange.address, work, 250_000), CREATOR)
    assert exchange.advances(work) == ZERO_DIGEST
    world.send(exchange.buy(*sale(world, work, asset=Asset.SHARES, units=250_000, work_epoch=0), Economics()), BUYER)
    assert ledger.units(world.accounts[BUYER], work) == 250_000


def test_sale__cancelled_or_of_an_old_epoch__is_void(world: World):
    exchange, work = world.contracts.exchange, world.register(b"void", CREATOR)
    cancelled, old = sale(world, work), sale(world, work, nonce=1)
    world.send(exchange.cancel_sale(cancelled[0].nonce), CREATOR)
    assert refusal(world, exchange.buy(*cancelled, Economics()), BUYER).code == "nonce-used"
    world.send(exchange.advance_epoch(), CREATOR)
    assert refusal(world, exchange.buy(*old, Economics()), BUYER).code == "wrong-epoch"


def test_auction__of_shares__goes_to_the_highest_bid_and_its_earnings_to_the_seller(alone: World):
    exchange, ledger = alone.contracts.exchange, alone.contracts.ledger
    work, seller = alone.register(b"auctioned", CREATOR), alone.accounts[CREATOR]
    alone.send(ledger.approve_units(exchange.address, work, 500_000), CREATOR)
    ends = alone.now() + DAY
    opened = alone.send(exchange.open_auction(Lot(Asset.SHARES, work, 500_000, 0, 100, 0, ends)), CREATOR)
    number = event(alone, opened, "AuctionOpened")["auction"]
    assert exchange.least_bid(number) == 100
    alone.send(exchange.bid(number, 100, 100), BUYER)
    alone.send(exchange.bid(number, 200, 200), SECOND_BUYER)
    stands = exchange.auction(number)
    assert (stands.seller, stands.asset, stands.bidder, stands.bid, stands.ends_at, stands.open) == (
        seller, Asset.SHARES, alone.accounts[SECOND_BUYER], 200, ends, True
    )  # fmt: skip
    assert ledger.units(exchange.escrow(number), work) == 500_000
    alone.send(ledger.deposit(work, 0, 1000), RELAYER)
    alone.sleep(DAY)
    alone.send(exchange.settle(number), RELAYER)
    assert ledger.units(alone.accounts[SECOND_BUYER], work) == 500_000
    purse = "0x" + "72" * 20
    alone.send(exchange.collect(number, 0, purse), CREATOR)
    assert alone.client.balance(purse) == 500
    outbid = alone.accounts[BUYER]
    assert exchange.credit(outbid, 0) == 100
    alone.send(exchange.withdraw(outbid, 0, outbid), RELAYER)
    assert exchange.credit(outbid, 0) == 0


def test_auction__cancelled_before_a_bid__returns_the_title(world: World):
    exchange, registry = world.contracts.exchange, world.contracts.registry
    work = world.register(b"not auctioned", CREATOR)
    world.send(registry.approve(exchange.address, work), CREATOR)
    opened = world.send(exchange.open_auction(Lot(Asset.TITLE, work, 0, 0, 1, 0, world.now() + DAY)), CREATOR)
    number = event(world, opened, "AuctionOpened")["auction"]
    assert registry.title(work).holder == exchange.escrow(number)
    assert refusal(world, exchange.rescind(number), BUYER).code == "not-bidder"
    world.send(exchange.cancel_auction(number), CREATOR)
    assert registry.title(work).holder == world.accounts[CREATOR]
    assert not exchange.auction(number).open


def test_pool__division_posted__pays_the_work_and_the_rest_goes_back(alone: World):
    pools, ledger, funder = alone.contracts.pools, alone.contracts.ledger, alone.accounts[BUYER]
    work, poster, guardian = alone.register(b"used", CREATOR), alone.accounts[ADMIN], alone.accounts[RELAYER]
    created = alone.send(pools.create(poster, guardian, 0, HOUR, DAY, DAY), ADMIN)
    number = event(alone, created, "PoolCreated")["pool"]
    assert pools.pool(number) == Pool(poster, guardian, 0, alone.now(), HOUR, DAY, DAY)
    alone.send(pools.fund(number, 0, 1000, funder, 1000), BUYER)
    assert (pools.current_epoch(number), pools.given(number, 0, funder)) == (0, 1000)
    alone.sleep(HOUR)
    leaf = keccak(keccak(encode(["uint256", "uint256", "uint256"], [0, work, 600])))
    alone.send(pools.post(number, 0, leaf, 600, PoolLeaf(0, work, 600, [])), ADMIN)
    assert pools.epoch(number, 0) == PoolEpoch(1000, 600, leaf, alone.now(), 0)
    alone.sleep(DAY)
    alone.send(pools.pay(number, 0, PoolLeaf(0, work, 600, [])), RELAYER)
    assert (ledger.gross(work, 0), pools.is_paid(number, 0, 0)) == (600, True)
    alone.send(pools.reclaim(number, 0, funder), RELAYER)
    assert (pools.given(number, 0, funder), pools.reclaimed(number, 0, funder)) == (1000, 400)


def test_pool__division_refused__does_not_stand(alone: World):
    pools = alone.contracts.pools
    created = alone.send(pools.create(alone.accounts[ADMIN], alone.accounts[RELAYER], 0, HOUR, DAY, DAY), ADMIN)
    number = event(alone, created, "PoolCreated")["pool"]
    alone.sleep(HOUR)
    leaf = keccak(keccak(encode(["uint256", "uint256", "uint256"], [0, 1, 0])))
    alone.send(pools.post(number, 0, leaf, 0, PoolLeaf(0, 1, 0, [])), ADMIN)
    alone.send(pools.refuse(number, 0), RELAYER)
    assert pools.epoch(number, 0).root == ZERO_DIGEST


def test_subscription__cancelled_in_its_first_period__pays_that_one_alone(world: World):
    subscriptions, account = world.contracts.subscriptions, world.accounts[BUYER]
    plan = Plan("0x" + "73" * 20, 0, 300, HOUR)
    number = event(world, world.send(subscriptions.create_plan(plan), CREATOR), "PlanCreated")["plan"]
    assert subscriptions.plan(number) == plan
    assert not subscriptions.is_active(number, account)
    world.send(subscriptions.subscribe(number, 3, account, 900), RELAYER)
    start = world.now()
    assert subscriptions.subscription(number, account) == Subscription(start, start + 3 * HOUR, 0, 0)
    assert (subscriptions.is_active(number, account), subscriptions.collectable(number, account)) == (True, 1)
    purse = "0x" + "74" * 20
    world.send(subscriptions.cancel(number, purse), BUYER)
    world.send(subscriptions.collect(number, account), RELAYER)
    assert (world.client.balance(purse), world.client.balance(plan.beneficiary)) == (600, 300)
