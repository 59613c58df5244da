"""What is awaited of registrants' own wallets, on every database."""

from __future__ import annotations

from offchain.store import BlockRecord, EventRecord, Store, UnrelayedRecord

WORK = 2**255


def record(job: str, deadline: int = 9, **changed: int) -> UnrelayedRecord:
    return UnrelayedRecord(
        **{"job": job, "work": WORK, "commitment": b"\x05" * 32, "since": 4, "deadline": deadline} | changed
    )


def told(store: Store) -> list[tuple[str, int, bool]]:
    with store.snapshot() as tx:
        return [(each.job, each.deadline, each.reserved) for each in tx.unrelayed.all()]


def test_unrelayed__kept_marked_replaced_and_removed(store: Store):
    with store.transaction() as tx:
        tx.unrelayed.put(record("b", 7))
        tx.unrelayed.put(record("a", 8))
    with store.transaction() as tx:
        tx.unrelayed.mark("b", reserved=True)
        tx.unrelayed.mark("unknown", reserved=True)
    assert told(store) == [("b", 7, True), ("a", 8, False)]
    with store.transaction() as tx:
        tx.unrelayed.put(record("b", 9))
        tx.unrelayed.remove("unknown", 9)
        tx.unrelayed.remove("b", 7)
    assert told(store) == [("a", 8, False), ("b", 9, False)]
    with store.transaction() as tx:
        tx.unrelayed.remove("a", 8)
    with store.snapshot() as tx:
        (left,) = tx.unrelayed.all()
    assert (left.job, left.work, left.commitment, left.since) == ("b", WORK, b"\x05" * 32, 4)


def event(block: int, name: str, **args: str) -> EventRecord:
    return EventRecord(
        block_hash=bytes([block]) * 32,
        tx_hash=bytes([block, 1]) * 16,
        log_index=0,
        block=block,
        contract="WorkRegistry",
        name=name,
        args=dict(args),
    )


def test_committed__by_commitment__from_a_block_on(store: Store):
    hidden, other, absent = b"\x05" * 32, b"\x06" * 32, b"\x07" * 32
    with store.transaction() as tx:
        events = [
            event(3, "Committed", commitment="0x" + hidden.hex()),
            event(5, "Committed", commitment="0x" + other.hex()),
        ]
        events += [event(6, "EpochAdvanced", commitment="0x" + absent.hex())]
        tx.events.add([BlockRecord(number=each.block, hash=each.block_hash) for each in events], events)
    with store.snapshot() as tx:
        assert {key: each.block for key, each in tx.events.committed([hidden, other, absent]).items()} == {
            hidden: 3,
            other: 5,
        }
        assert list(tx.events.committed([hidden, other], since=4)) == [other]
        assert list(tx.events.committed([hidden], since=3)) == [hidden]
        assert tx.events.committed([]) == {}
