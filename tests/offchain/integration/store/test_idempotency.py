"""Idempotency keys in a real store of each kind: one request under a key, also where processes race or die."""

from __future__ import annotations

import threading
import time

import pytest

from offchain.errors import RefusedError
from offchain.store.idempotency import PATIENCE


def test_idempotency__same_request__gives_the_kept_answer(store):
    with store.transaction() as tx:
        assert tx.idempotency.claim("alice", "key", b"r" * 32, now=1) is None
    with store.transaction() as tx:
        tx.idempotency.answer("alice", "key", 1, 201, {"id": "0x01"})
    with store.transaction() as tx:
        kept = tx.idempotency.claim("alice", "key", b"r" * 32, now=2)
        assert (kept.status, kept.answer) == (201, {"id": "0x01"})
        assert tx.idempotency.claim("bob", "key", b"x" * 32, now=2) is None


def test_idempotency__another_request_under_the_key__is_refused_until_released(store):
    with store.transaction() as tx:
        tx.idempotency.claim("alice", "key", b"r" * 32, now=1)
    with pytest.raises(RefusedError) as refused, store.transaction() as tx:
        tx.idempotency.claim("alice", "key", b"x" * 32, now=2)
    assert refused.value.code == "idempotency-key-reused"
    with store.transaction() as tx:
        tx.idempotency.release("alice", "key", 1)
        assert tx.idempotency.claim("alice", "key", b"x" * 32, now=3) is None


def test_idempotency__first_request_ends_after_another_took_its_key_over__changes_nothing(store):
    """It would give the other's caller the wrong answer, or have a third carry the same out while it is under way."""
    later = 2 + PATIENCE
    with store.transaction() as tx:
        tx.idempotency.claim("alice", "key", b"r" * 32, now=1)
    with store.transaction() as tx:
        assert tx.idempotency.claim("alice", "key", b"r" * 32, now=later) is None
    with store.transaction() as tx:
        tx.idempotency.answer("alice", "key", 1, 201, {"id": "0x01"})
        tx.idempotency.release("alice", "key", 1)
    with store.transaction() as tx:
        standing = tx.idempotency.claim("alice", "key", b"r" * 32, now=later)
        assert standing is not None
        assert standing.status is None


def test_idempotency__many_find_a_key_that_was_cut_short__one_takes_it_over(store):
    with store.transaction() as tx:
        tx.idempotency.claim("alice", "key", b"r" * 32, now=1)
    together, taken = threading.Barrier(4), []

    def take() -> None:
        together.wait()
        with store.transaction() as tx:
            found = tx.idempotency.claim("alice", "key", b"r" * 32, now=2 + PATIENCE)
            time.sleep(0.05)  # as long as a busy database takes to commit
            taken.append(found is None)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == [False, False, False, True]


def test_idempotency__another_request_under_a_key_that_was_cut_short__is_refused(store):
    with store.transaction() as tx:
        tx.idempotency.claim("alice", "key", b"r" * 32, now=1)
    with pytest.raises(RefusedError) as refused, store.transaction() as tx:
        tx.idempotency.claim("alice", "key", b"x" * 32, now=2 + PATIENCE)
    assert refused.value.code == "idempotency-key-reused"
