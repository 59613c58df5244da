"""Several relayers on a real chain: once each, shared fairly, within what a day may cost."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest

from offchain.chain import Call
from offchain.chain.client import Client
from offchain.chain.sender import Limits, Relayers, Sender, standing
from offchain.chain.sender.book import DAY
from offchain.chain.signer import development_signer
from offchain.errors import RefusedError, UnavailableError
from offchain.store import Store, TransactionStatus, open_store
from tests.offchain.databases import KINDS, fresh_database
from tests.offchain.deployed import World, deploy

ACCOUNTS = (1, 2, 3)
ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture(scope="module")
def world(chain_url: str) -> World:
    """A deployment whose relayers have sent before: Ganache 7.9.2 takes a signed nonce 0 for none."""
    world = deploy(chain_url)
    for account in ACCOUNTS:
        world.send(world.contracts.dollar.approve(world.accounts[9], 1), account)
    return world


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with fresh_database(request.param, tmp_path) as url:
        yield url


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    store = open_store(database)
    yield store
    store.close()


@pytest.fixture
def relayers() -> Relayers:
    return Relayers([development_signer(each, 1337) for each in ACCOUNTS])


@pytest.fixture
def mining(world: World) -> Iterator[World]:
    """The world, mining again whatever the test did."""
    yield world
    world.rpc("miner_start")


def mint(world: World, amount: int) -> Call:
    return world.contracts.dollar.mint(world.accounts[9], amount)


def minted(world: World) -> int:
    return world.contracts.dollar.balance(world.accounts[9])


def today(store: Store, account: str) -> int:
    with store.snapshot() as tx:
        return tx.transactions.spent(1337, account, int(time.time()) // DAY)


def test_relay__fifty_at_once_over_three_accounts__each_is_mined_once(world, store, relayers):
    sender, before = Sender(world.client, store), minted(world)
    with ThreadPoolExecutor(12) as pool:
        receipts = list(pool.map(lambda n: sender.relay(mint(world, 1000 + n), relayers, f"order:{n}"), range(50)))
    assert len({each.tx_hash for each in receipts}) == 50
    assert minted(world) - before == sum(1000 + n for n in range(50))
    with store.snapshot() as tx:
        loads = [len(tx.transactions.mined_from(1337, account, 0)) for account in relayers.signers]
    assert sum(loads) == 50
    assert min(loads) > 0  # nobody idles while the others work


def test_relay__same_intent_from_two_stores_at_once__is_sent_once(world, database, relayers):
    """Two processes are two pools of connections; both may pick any account."""
    one, two = open_store(database), open_store(database)
    senders, before = [Sender(world.client, each) for each in (one, two)], minted(world)
    with ThreadPoolExecutor(8) as pool:
        receipts = list(pool.map(lambda n: senders[n % 2].relay(mint(world, 7), relayers, "order:same"), range(8)))
    one.close()
    two.close()
    assert len({each.tx_hash for each in receipts}) == 1
    assert minted(world) - before == 7


def test_relay__account_was_taken_from_the_settings__its_intent_stays_with_it(world, store, relayers):
    sender, first = Sender(world.client, store), Relayers([development_signer(1, 1337)])
    receipt = sender.relay(mint(world, 5), first, "order:kept")
    later = sender.relay(mint(world, 5), Relayers([development_signer(2, 1337)]), "order:kept")
    assert later == receipt


def test_relay__many_cheap_orders__never_pass_the_days_limit(world, store, relayers):
    """An attacker's orders are each worth relaying; together they must not empty the relayers."""
    highest = Sender(world.client, store).dry_run(mint(world, 1), relayers.address).fee
    limit = highest * 2
    sender = Sender(world.client, store, Limits(per_day=limit))
    before = {account: world.client.balance(account) for account in relayers.signers}

    def order(n: int) -> str:
        try:
            sender.relay(mint(world, n + 1), relayers, f"cheap:{n}")
        except UnavailableError as error:
            return error.code
        return "sent"

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(order, range(40)))
    assert set(outcomes) == {"sent", "spending-limit"}
    for account in relayers.signers:
        lost = before[account] - world.client.balance(account)
        assert 0 < lost <= limit
        assert today(store, account) == lost  # settled at the real cost, to the wei


def test_relay__dearer_than_one_may_cost__is_not_signed(world, store, relayers):
    with pytest.raises(UnavailableError) as refused:
        Sender(world.client, store, Limits(per_transaction=1)).relay(mint(world, 1), relayers, "order:dear")
    assert refused.value.code == "spending-limit"
    assert [today(store, account) for account in relayers.signers] == [0, 0, 0]


def test_relay__limit_of_one_is_used_up__another_sends(world, store, relayers):
    with store.transaction() as tx:
        tx.transactions.spend(1337, relayers.address, int(time.time()) // DAY, 10**18)
    sender = Sender(world.client, store, Limits(per_day=10**18))
    for n in range(3):
        sender.relay(mint(world, 1), relayers, f"order:{n}")
    assert today(store, relayers.address) == 10**18


def test_relay__dry__signs_and_sends_nothing(world, store, relayers):
    before = minted(world)
    with pytest.raises(UnavailableError) as told:
        Sender(world.client, store, Limits(dry=True)).relay(mint(world, 1), relayers, "order:dry")
    assert told.value.code == "dry-run"
    assert minted(world) == before
    with store.snapshot() as tx:
        assert not any(tx.transactions.unsettled(1337, account) for account in relayers.signers)


def test_relay__not_mined_before_its_deadline__is_freed_and_later_ones_go_on(mining, store):
    world, alone = mining, Relayers([development_signer(1, 1337)])
    before = minted(world)
    world.rpc("miner_stop")
    sender = Sender(world.client, store, Limits(wait=1.5, patience=0.3))
    with pytest.raises(UnavailableError):
        sender.relay(mint(world, 1), alone, "order:late", int(time.time()) + 1)
    time.sleep(0.6)
    with pytest.raises(UnavailableError):  # frees the one before it, and waits behind it
        sender.relay(mint(world, 2), alone, "order:next")
    with store.snapshot() as tx:
        late, following = tx.transactions.unsettled(1337, alone.address)
    fees = [each.max_fee for each in late.attempts]
    assert late.attempts[-1].void
    assert all(later * 10 >= earlier * 11 for earlier, later in pairwise(fees))
    world.rpc("miner_start")
    Sender(world.client, store).relay(mint(world, 2), alone, "order:next")
    with pytest.raises(RefusedError) as expired:
        Sender(world.client, store).relay(mint(world, 1), alone, "order:late", late.expires_at)
    assert expired.value.code == "transaction-expired"
    assert minted(world) - before == 2
    with store.snapshot() as tx:
        assert tx.transactions.get(late.id).status == TransactionStatus.EXPIRED
    assert following.nonce == late.nonce + 1


def test_relay__node_forgets_every_first_send__each_arrives_once(world, store, relayers):
    """The node that swallows is ours in front of the real one; what it passes on later is real."""

    class Forgetful(Client):
        seen: set[bytes] = set()  # noqa: RUF012 - one test's

        def broadcast(self, raw: bytes) -> str:
            if raw in self.seen:
                return super().broadcast(raw)
            self.seen.add(raw)
            return ""

    node = Forgetful(world.client.w3, world.client.rpc_url, 1337)
    sender, before = Sender(node, store, Limits(patience=0.1)), minted(world)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda n: sender.relay(mint(world, 1), relayers, f"order:{n}"), range(6)))
    assert minted(world) - before == 6


def test_relay__receipt_is_reorganised_away__is_sent_again_and_not_twice(world, store):
    sender, alone, before = Sender(world.client, store), Relayers([development_signer(1, 1337)]), minted(world)
    snapshot = world.rpc("evm_snapshot")
    sender.relay(mint(world, 3), alone, "order:reorganised")
    world.rpc("evm_revert", snapshot)
    assert minted(world) == before
    for _ in range(2):
        sender.relay(mint(world, 3), alone, "order:reorganised")
    assert minted(world) - before == 3


_KILLED = """
import os, signal, sys
from offchain.chain import Call
from offchain.chain.client import Client, connect
from offchain.chain.sender import Relayers, Sender
from offchain.chain.signer import development_signer
from offchain.store import open_store
url, database, to, data = sys.argv[1:]
Client.broadcast = lambda self, raw: os.kill(os.getpid(), signal.SIGKILL)
sender = Sender(connect(url), open_store(database))
sender.relay(Call(to, bytes.fromhex(data), 0), Relayers([development_signer(1, 1337)]), "order:killed")
"""


def test_relay__killed_between_commit_and_broadcast__is_sent_once_by_the_next(world, database, relayers):
    call, before = mint(world, 11), minted(world)
    arguments = [world.client.rpc_url, database, call.to, call.data.hex()]
    died = subprocess.run([sys.executable, "-c", _KILLED, *arguments], cwd=ROOT, timeout=60, check=False)
    assert died.returncode == -signal.SIGKILL
    assert minted(world) == before
    store = open_store(database)
    with store.snapshot() as tx:
        (kept,) = tx.transactions.unsettled(1337, relayers.address)
    receipt = Sender(world.client, store).relay(call, relayers, "order:killed")
    store.close()
    assert receipt.tx_hash == kept.attempts[0].hash
    assert minted(world) - before == 11


def test_standing__some_on_their_way__tells_how_many_how_old_and_what_they_cost(mining, store, relayers):
    world = mining
    world.rpc("miner_stop")
    sender = Sender(world.client, store, Limits(wait=0.1, per_day=10**18))
    with pytest.raises(UnavailableError):
        sender.relay(mint(world, 1), relayers, "order:waiting")
    busy, *idle = sorted(standing(world.client, sender, relayers), key=lambda each: -each.waiting)
    assert (busy.waiting, busy.limit, [each.waiting for each in idle]) == (1, 10**18, [0, 0])
    assert busy.oldest is not None
    assert 0 < busy.spent < 10**18
    assert [each.spent for each in idle] == [0, 0]
    assert busy.balance == world.client.balance(busy.address)
