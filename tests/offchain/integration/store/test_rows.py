"""Rows that are written past the session: they come back as they were, on a database of each kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from offchain.errors import InputError, RefusedError
from offchain.store import EventRecord, Store, open_store
from tests.offchain.databases import KINDS, fresh_database

WORK = 2**255 + 7
ODD = 'a\tb\nc\\N\\x41 "é" \u2028 \U0001f600'
"""What a form of text with tabs, line ends and backslashes could take apart."""


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with fresh_database(request.param, tmp_path) as url:
        opened = open_store(url)
        yield opened
        opened.close()


def event(index: int, name: str = "Named", **args: object) -> EventRecord:
    return EventRecord(
        block_hash=b"\\\n\t" + bytes(29),
        tx_hash=b"\xff" * 32,
        log_index=index,
        block=2**40,
        contract="WorkRegistry",
        name=name,
        args=args,
        work=WORK,
        amount=None,
    )


def kept(store: Store) -> list[EventRecord]:
    with store.snapshot() as tx:
        return list(tx.events.of_work(WORK))


def test_insert_all__any_text_bytes_and_numbers__come_back_as_they_were(store: Store):
    told = {"text": ODD, "list": [True, "0x", [ODD]]}
    with store.transaction() as tx:
        tx.events.add([], [event(0, ODD, **told), event(1)])
    first, second = kept(store)
    assert (first.name, first.args, first.block_hash, first.tx_hash) == (ODD, told, b"\\\n\t" + bytes(29), b"\xff" * 32)
    assert (first.work, first.amount, first.related, first.block) == (WORK, None, None, 2**40)
    assert (second.log_index, second.args) == (1, {})


def test_insert_all__one_is_there_already__none_is_written(store: Store):
    with store.transaction() as tx:
        tx.events.add([], [event(1)])
    with pytest.raises(RefusedError) as caught, store.transaction() as tx:
        tx.events.add([], [event(0), event(1), event(2)])
    assert caught.value.code == "store-conflict"
    assert len(kept(store)) == 1


def test_insert_all__a_letter_that_postgresql_cannot_keep__is_kept_or_refused_whole(store: Store):
    refused = []
    try:
        with store.transaction() as tx:
            tx.events.add([], [event(0), event(1, "\x00")])
    except InputError as error:
        refused.append(error.code)
    assert (refused, len(kept(store))) == ((["value-unstorable"], 0) if store.shared else ([], 2))


def test_insert_all__undone__is_not_there(store: Store):
    def act() -> None:
        with store.transaction() as tx:
            tx.events.add([], [event(0)])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        act()
    assert kept(store) == []
