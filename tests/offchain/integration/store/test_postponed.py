"""When postponed jobs are due, on every database."""

from __future__ import annotations

from offchain.store import PostponedRecord, Store


def record(workflow: str, due: int) -> PostponedRecord:
    return PostponedRecord(workflow=workflow, step="pin", tries=1, since=1, due=due)


def test_postponed__due_hastened_cancelled_and_removed(store: Store):
    with store.transaction() as tx:
        for workflow, due in (("late", 30), ("soon", 10), ("sooner", 9)):
            tx.postponed.put(record(workflow, due))
    with store.transaction() as tx:
        tx.postponed.put(record("late", 20))
        assert tx.postponed.due(10, 100) == ["sooner", "soon"]
        assert tx.postponed.due(8, 100) == []
        assert tx.postponed.due(8, 19) == ["late"]  # it was written by a clock that was ahead
        tx.postponed.cancel("sooner")
        tx.postponed.cancel("unknown")
    with store.transaction() as tx:
        tx.postponed.hasten(5)
    with store.snapshot() as tx:
        assert tx.postponed.due(5, 100) == tx.postponed.waiting() == ["late", "soon"]
        kept = tx.postponed.get("sooner")
        assert (kept.cancelled, kept.due, kept.step, kept.tries, kept.since) == (True, 9, "pin", 1, 1)
    with store.transaction() as tx:
        tx.postponed.remove("late")
        tx.postponed.remove("late")
    with store.snapshot() as tx:
        assert tx.postponed.waiting() == ["soon"]
        assert tx.postponed.get("late") is None
