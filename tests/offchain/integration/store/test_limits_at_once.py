"""Limits that are counted before something is added hold for requests that come at the same moment, too."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from types import SimpleNamespace
from typing import Any

from offchain.errors import RefusedError
from offchain.store import Store
from offchain.workflows.callers import Caller, Scope, make_key

ALICE = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
MOST = 50
AT_ONCE = 12


def test_make_key__many_at_once__never_more_than_an_account_may_have(store: Store):
    """Who counts without a lock finds room for each of them: on PostgreSQL no transaction sees the others' rows."""
    services: Any = SimpleNamespace(store=store)  # keys are a matter of the database alone
    caller, together = Caller(ALICE, frozenset(Scope), session="0" * 24), Barrier(AT_ONCE, timeout=30)
    for number in range(MOST - 1):
        make_key(services, caller, f"key {number}", [Scope.WORKS])

    def attack(number: int) -> str:
        together.wait()
        try:
            make_key(services, caller, f"more {number}", [Scope.WORKS])
        except RefusedError as error:
            return error.code
        return "made"

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = sorted(pool.map(attack, range(AT_ONCE)))
    assert answers == ["made"] + ["too-many-keys"] * (AT_ONCE - 1)
    with store.snapshot() as tx:
        assert len(tx.api_keys.of(ALICE)) == MOST


def test_alone__another_name__does_not_wait(store: Store):
    """Two accounts never wait for each other; on SQLite every writer does, by the database's own lock."""
    if not store.shared:
        return
    with store.transaction() as one, store.transaction() as other:
        one.alone("api-keys of one")
        other.alone("api-keys of another")
