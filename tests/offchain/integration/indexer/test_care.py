"""The event index can be compared with the chain, and repaired from it, whatever became of its rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from offchain.indexer import Indexer
from offchain.indexer.care import damage, rebuild, repair
from offchain.store import Store, open_store
from tests.offchain.deployed import World
from tests.offchain.integration.indexer.history import History
from tests.offchain.integration.indexer.test_indexer import contents, rebuilt, sqlite

HARM = {
    "an event is gone": "DELETE FROM events WHERE name = 'Deposited'",
    "an amount is another": "UPDATE events SET amount = zeroblob(32) WHERE name = 'Deposited'",
    "an event never was": "UPDATE events SET log_index = log_index + 1000 WHERE name = 'WorkRegistered'",
    "a block is gone": "DELETE FROM blocks WHERE number IN (SELECT block FROM events WHERE name = 'LicenceSold')",
    "a hash is another": "UPDATE blocks SET hash = randomblob(32) WHERE number = (SELECT max(block) - 9 FROM events)"
    " OR number IN (SELECT block FROM events WHERE name = 'WorkRegistered')",
    "a title has another holder": "UPDATE titles SET holder = 'somebody'",
    "a title is gone": "DELETE FROM titles",
    "a licence is gone": "DELETE FROM licences",
    "a licence lasts longer": "UPDATE licences SET expiry = expiry + 1",
}


@pytest.fixture(scope="module")
def lived(world: World) -> World:
    History(world, seed=5).live(12)
    return world


@pytest.fixture
def indexed(lived: World, tmp_path: Path) -> Iterator[tuple[Indexer, Store]]:
    store = open_store(sqlite(tmp_path))
    indexer = Indexer(lived.contracts, store)
    indexer.advance()
    yield indexer, store
    store.close()


def test_damage__untouched__is_none(lived: World, indexed):
    assert list(damage(indexed[0], lived.contracts, indexed[1])) == []


@pytest.mark.parametrize("harm", HARM)
def test_repair__harmed__is_found_and_equals_a_rebuild(lived: World, indexed, tmp_path: Path, harm: str):
    indexer, store = indexed
    engine = create_engine(sqlite(tmp_path))
    with engine.begin() as connection:
        assert connection.execute(text(HARM[harm])).rowcount > 0
    engine.dispose()
    assert repair(indexer, lived.contracts, store)
    assert list(damage(indexer, lived.contracts, store)) == []
    assert contents(sqlite(tmp_path)) == rebuilt(lived, tmp_path)


def test_rebuild__stopped_in_the_middle__goes_on(lived: World, indexed, tmp_path: Path):
    indexer, store = indexed
    before = contents(sqlite(tmp_path))

    def stop(*_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild(indexer, store, stop)
    assert contents(sqlite(tmp_path)) != before
    indexer.advance()
    assert contents(sqlite(tmp_path)) == before
