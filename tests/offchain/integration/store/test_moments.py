"""Moments of a real database, by which pages know that nothing has changed, and the connections that a store opens."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest

from offchain.store import Store, open_store
from tests.offchain.databases import POSTGRES, fresh_database
from tests.offchain.integration.store.test_catalogue import put

MOST = 10
"""Connections of a process to its store."""


def unchanged(store: Store) -> bool:
    """Whether a read leaves the moment as it is; on PostgreSQL whoever else uses the server may change it, too."""
    for _ in range(20):
        before = store.moment()
        with store.snapshot() as tx:
            tx.works.find(1)
        if store.moment() == before:
            return True
    return False


def test_moment__only_changes__when_somebody_writes(store: Store, database_url: str):
    other = open_store(database_url)
    assert unchanged(store)
    moments = [store.moment()]
    with other.transaction() as tx:
        put(tx, 1, "Rocket")
    moments.append(store.moment())
    with store.transaction() as tx:
        put(tx, 2, "Comet")
    moments.append(store.moment())
    other.close()
    assert len(set(moments)) == 3
    assert store.commits == 1


@dataclass(frozen=True)
class Seen:
    """A store on PostgreSQL, and its connections as the server sees them."""

    store: Store
    name: str
    server: psycopg.Connection[tuple[int]]

    def count(self) -> int:
        """How many there are."""
        return self._told("SELECT count(*) FROM pg_stat_activity WHERE application_name = %s")

    def end(self) -> int:
        """Let the server end them; how many there were."""
        return self._told("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = %s")

    def _told(self, query: LiteralString) -> int:
        row = self.server.execute(query, (self.name,)).fetchone()
        assert row is not None
        return row[0]


@pytest.fixture
def seen(tmp_path: Path) -> Iterator[Seen]:
    if not POSTGRES:
        pytest.skip("COLOPHON_TEST_POSTGRES_URL is not set")
    name = f"colophon-{uuid.uuid4().hex}"
    server = POSTGRES.replace("+psycopg", "")
    with fresh_database("postgresql", tmp_path) as url, psycopg.connect(server, autocommit=True) as connection:
        store = open_store(f"{url}&application_name={name}")
        yield Seen(store, name, connection)
        store.close()


def test_moment__server_ended_the_connection__is_asked_for_over_another(seen: Seen):
    seen.store.moment()
    assert seen.end() >= 1
    assert seen.store.moment()


def test_transactions__forty_threads_at_once__share_ten_connections(seen: Seen):
    most, began = [0], threading.Barrier(40)

    def work(number: int) -> None:
        began.wait(60)
        with seen.store.transaction() as tx:
            put(tx, number, f"Study {number}")
            most.append(seen.count())

    with ThreadPoolExecutor(40) as pool:
        list(pool.map(work, range(40)))
    assert 1 < max(most) <= MOST
