"""Pages that are kept: how soon what another process writes is seen, over a real database of each kind."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from fastapi import Request
from fastapi.responses import Response

from offchain.api import pages as module
from offchain.api.pages import FRESH, Pages
from offchain.store import Store, open_store
from tests.offchain.databases import KINDS, fresh_database
from tests.offchain.integration.store.test_catalogue import put

T = TypeVar("T")


@pytest.fixture(params=KINDS)
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Store, Store]]:
    """A process's own store, and another process's over the same database."""
    with fresh_database(request.param, tmp_path) as url:
        own, other = open_store(url), open_store(url)
        yield own, other
        own.close()
        other.close()


def asked(act: Callable[[], Awaitable[T]]) -> T:
    async def run() -> T:
        return await asyncio.wait_for(act(), 60)

    return asyncio.run(run())


def test_moment__this_process_writes__is_another_at_once(stores: tuple[Store, Store]):
    own, _ = stores
    pages = Pages(own)

    async def act() -> tuple[str, str]:
        before = await pages.moment()
        with own.transaction() as tx:
            put(tx, 1, "Rocket")
        return before, await pages.moment()

    before, after = asked(act)
    assert before != after


def test_moment__another_process_writes__is_another_within_a_tenth_of_a_second(stores: tuple[Store, Store]):
    """Pages are asked for all the while, so that the database is always asked ahead."""
    own, other = stores
    pages = Pages(own)

    async def act() -> list[float]:
        late = [0.0]
        for work in range(5):
            before = await pages.moment()
            with other.transaction() as tx:
                put(tx, work, f"Rocket {work}")
            wrote = called = time.monotonic()
            while await pages.moment() == before:
                late.append(called - wrote)
                await asyncio.sleep(0.005)
                called = time.monotonic()
        return late

    assert max(asked(act)) < FRESH


def test_moment__nobody_asked_for_long__is_not_served_stale(stores: tuple[Store, Store]):
    own, other = stores
    pages = Pages(own)

    async def act() -> tuple[str, str]:
        before = await pages.moment()
        with other.transaction() as tx:
            put(tx, 1, "Rocket")
        await asyncio.sleep(2 * FRESH)
        return before, await pages.moment()

    before, after = asked(act)
    assert before != after


def test_moment__many_ask_at_once__costs_one_question(stores: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch):
    own, _ = stores
    pages, looks = Pages(own), list[int]()
    look = own.moment

    def counted() -> str:
        looks.append(1)
        return look()

    monkeypatch.setattr(own, "moment", counted)

    async def act() -> set[str]:
        return set(await asyncio.gather(*(pages.moment() for _ in range(100))))

    assert len(asked(act)) == 1
    assert len(looks) == 1


def test_answer__pages_too_old_to_be_served__are_dropped_as_others_come(
    stores: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch
):
    """What was read once would stay otherwise until the room is full, and every process grow for days."""
    monkeypatch.setattr(module, "OLDEST", 0.2)
    pages = Pages(stores[0])

    async def make(request: Request) -> Response:
        return Response(request.url.path)

    async def read(*works: int) -> None:
        for work in works:
            scope = {
                "type": "http",
                "path": f"/v1/works/{work}",
                "query_string": b"",
                "headers": [],
                "server": ("a", 1),
            }
            await pages.answer(Request(scope), make)

    async def act() -> tuple[int, int]:
        await read(*range(30))
        at_first = len(pages)
        await asyncio.sleep(0.3)
        await read(*range(30, 50))
        return at_first, len(pages)

    assert asked(act) == (30, 20)
