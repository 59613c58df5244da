"""Epochs of prices in the store, on every database."""

from __future__ import annotations

import pytest

from offchain.errors import RefusedError
from offchain.store import PriceEpochRecord, Store

WORK, OTHER = 2**255, 7


def epoch(follows: int = 0, currency: int = 1, revenue: int = 2**100) -> PriceEpochRecord:
    terms = {"rules": {"version": 1}, "duals": [], "slack": "0"}
    return PriceEpochRecord(
        currency=currency,
        follows=follows,
        model_hash=b"\x01" * 32,
        duals_hash=b"\x02" * 32,
        terms=terms,
        revenue=revenue,
        made_at=1_795_000_000,
    )


def test_epochs__kept__the_newest_of_a_currency_holds(store: Store):
    with store.transaction() as tx:
        assert tx.epochs.newest(1) is None
        first = tx.epochs.add(epoch(), {WORK: {"n": 1}, OTHER: {"n": 2}}).number
        second = tx.epochs.add(epoch(first), {WORK: {"n": 3}}).number
        foreign = tx.epochs.add(epoch(currency=0), {}).number
    assert first < second < foreign
    with store.snapshot() as tx:
        newest = tx.epochs.newest(1)
        assert newest is not None
        assert (newest.number, newest.revenue, newest.model_hash) == (second, 2**100, b"\x01" * 32)
        assert [each.number for each in tx.epochs.page(2)] == [foreign, second]
        assert tx.epochs.entry(second, WORK) == {"n": 3}
        assert tx.epochs.entry(second, OTHER) is None
        assert tx.epochs.entries(first) == {WORK: {"n": 1}, OTHER: {"n": 2}}


def test_epochs__two_after_the_same_one__the_second_is_refused(store: Store):
    with store.transaction() as tx:
        tx.epochs.add(epoch(), {})
    with pytest.raises(RefusedError) as caught, store.transaction() as tx:
        tx.epochs.add(epoch(), {WORK: {"n": 1}})
    assert caught.value.code == "store-conflict"


def test_epochs__prices_of_none__refused(store: Store):
    with pytest.raises(RefusedError), store.transaction() as tx:
        tx.epochs.put_entry(99, WORK, {})


def test_epochs__entry_put_again__replaces(store: Store):
    with store.transaction() as tx:
        number = tx.epochs.add(epoch(), {WORK: {"n": 1}}).number
        tx.epochs.put_entry(number, WORK, {"n": 2})
    with store.snapshot() as tx:
        assert tx.epochs.entry(number, WORK) == {"n": 2}
