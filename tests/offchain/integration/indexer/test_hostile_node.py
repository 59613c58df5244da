"""A node that fails, lags, and contradicts itself changes when the index is complete, and never what it holds."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from offchain.chain.client import Client, connect
from offchain.errors import UnavailableError
from offchain.indexer import Indexer
from offchain.store import Store, open_store
from tests.offchain.databases import KINDS, fresh_database
from tests.offchain.deployed import CREATOR, World, deploy
from tests.offchain.faulty_rpc import FAULTS, Faults, faulty
from tests.offchain.integration.indexer.history import History
from tests.offchain.integration.indexer.test_indexer import behind, contents, rebuilt, sqlite

ATTEMPTS = 200


def followed(world: World, store: Store, url: str, patience: float = 0) -> None:
    """Advance until the head is reached, as the service does: again after each failure."""
    indexer = Indexer(behind(world, connected(url)), store, patience=patience)
    for _ in range(ATTEMPTS):
        try:
            if indexer.advance().block == world.client.head():
                return
        except UnavailableError:
            continue
    raise AssertionError(f"not at the head after {ATTEMPTS} attempts")


def connected(url: str) -> Client:
    """Through a proxy, which may fail while the chain's id is asked for."""
    for _ in range(ATTEMPTS):
        try:
            client = connect(url)
        except UnavailableError:
            continue
        client.w3.provider.exception_retry_configuration = None  # the faults must reach the indexer
        return client
    raise AssertionError("never connected")


@pytest.mark.parametrize("seed", [1, 2])
def test_advance__node_that_fails_in_every_way__ends_with_the_same_rows(world: World, tmp_path: Path, seed: int):
    faults, url = Faults(seed, rate=0.25, widest=50), sqlite(tmp_path)
    store = open_store(url)
    with faulty(world.client.rpc_url, faults) as proxy:
        for step in range(4):
            History(world, seed=100 * seed + step).live(3)
            followed(world, store, proxy)
    store.close()
    assert set(faults.happened) & set(FAULTS)
    assert contents(url) == rebuilt(world, tmp_path)


def test_advance__node_that_hides_a_blocks_events__is_asked_again(world: World, tmp_path: Path):
    """The block's own bloom filter convicts the empty answer."""
    store = open_store(sqlite(tmp_path))
    Indexer(world.contracts, store).advance()
    faults = Faults(3, rate=0.5, kinds=("empty",))
    with faulty(world.client.rpc_url, faults) as proxy:
        for number in range(4):
            world.register(f"hidden {number}".encode(), CREATOR)
        followed(world, store, proxy)
    store.close()
    assert faults.happened["empty"] > 0
    assert contents(sqlite(tmp_path)) == rebuilt(world, tmp_path)


def test_advance__node_behind_the_others__takes_nothing_away(world: World, store: Store):
    """A block that a lagging node lacks is not a block that the chain undid."""
    world.register(b"lag", CREATOR)
    Indexer(world.contracts, store).advance()
    faults = Faults(4, rate=1, kinds=("absent",))
    with faulty(world.client.rpc_url, faults) as proxy:
        world.register(b"later", CREATOR)
        late = Indexer(behind(world, connected(proxy)), store, patience=60)
        with pytest.raises(UnavailableError) as refused:
            late.advance()
    assert refused.value.code == "chain-unstable"
    assert late.standing().error == "chain-unstable"
    assert Indexer(world.contracts, store).advance().removed == 0


def test_advance__range_limit_of_50__is_learnt_and_then_kept(world: World, store: Store):
    for _ in range(400):
        world.rpc("evm_mine")
    faults = Faults(5, widest=50)
    with faulty(world.client.rpc_url, faults) as proxy:
        followed(world, store, proxy)
    steady = faults.asked[-4:-1]
    assert faults.happened["refused"] <= 8
    assert all(40 <= width <= 50 for width in steady), faults.asked


def test_advance__two_indexers_at_once_while_the_chain_reorganises__one_truth(fresh_chain_url: str, tmp_path: Path):
    world = deploy(fresh_chain_url)
    with fresh_database(KINDS[-1], tmp_path) as url, fresh_database(KINDS[-1], tmp_path) as other:
        stores = [open_store(url), open_store(url)]
        ending = threading.Event()

        def follow(store: Store) -> None:
            indexer = Indexer(behind(world, connect(world.client.rpc_url)), store)
            while not ending.is_set():
                try:
                    indexer.advance()
                except UnavailableError:
                    continue

        threads = [threading.Thread(target=follow, args=(each,)) for each in stores]
        for thread in threads:
            thread.start()
        try:
            for depth in (1, 4, 12):
                snapshot = world.rpc("evm_snapshot")
                for number in range(depth):
                    world.register(f"lost {depth} {number}".encode(), CREATOR)
                world.rpc("evm_revert", snapshot)
                History(world, seed=depth).live(3)
        finally:
            ending.set()
            for thread in threads:
                thread.join()
        Indexer(world.contracts, stores[0]).advance()
        kept = contents(url)
        again = open_store(other)
        Indexer(world.contracts, again).advance()
        for store in (*stores, again):
            store.close()
        assert kept == contents(other)


def test_advance__killed_in_the_middle__goes_on_without_loss(world: World, tmp_path: Path):
    History(world, seed=77).live(10)
    url = sqlite(tmp_path)
    open_store(url).close()
    code = (
        "import sys, pickle, time\n"
        "from offchain.chain.client import connect\n"
        "from offchain.chain.contracts import open_contracts\n"
        "from offchain.indexer import Indexer\n"
        "from offchain.store import open_store\n"
        "deployment = pickle.load(open(sys.argv[3], 'rb'))\n"
        "contracts = open_contracts(connect(sys.argv[1]), deployment)\n"
        "print('ready', flush=True)\n"
        "Indexer(contracts, open_store(sys.argv[2]), window=1).advance(lambda *_: print('.', flush=True))\n"
    )
    (tmp_path / "deployment").write_bytes(pickle.dumps(world.contracts.deployment))
    arguments = [sys.executable, "-c", code, world.client.rpc_url, url, str(tmp_path / "deployment")]
    for windows in (3, 9):
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": "."})
        assert process.stdout is not None
        for _ in range(windows):
            process.stdout.readline()
        time.sleep(0.01 * windows)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
    store = open_store(url)
    Indexer(world.contracts, store).advance()
    store.close()
    assert contents(url) == rebuilt(world, tmp_path)
