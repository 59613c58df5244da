"""Blocks and events into the store, exactly once, through reorganisations.

A window of blocks is read, and kept only if the chain still says the same about its ends afterwards. Remembered
block hashes are compared with the chain's before each window; where they differ, everything above the last common
block is removed in one transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from offchain.chain.client import Block
from offchain.chain.contracts import Contracts
from offchain.errors import NotFoundError, RefusedError, UnavailableError
from offchain.indexer.projection import project
from offchain.indexer.rows import INDEXED, row
from offchain.store import BlockRecord, EventRecord, Store

__all__ = ["Indexer", "Progress"]

_WINDOW: Final = 10_000
"""Blocks of the widest window; public nodes refuse more."""

_STALLS: Final = 20
"""Reads in a row that may come to nothing; narrowing the widest window to one block takes 14."""

_WALK: Final = 100
"""Remembered blocks that are compared in one go while looking for the last common one."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the store has come.

    Attributes:
        block: last block whose events are kept.
        head: newest block of the chain.
        added: events that were added.
        removed: events that a reorganisation took away.
    """

    block: int
    head: int
    added: int
    removed: int


class Indexer:
    """Reads one deployment's events into one store.

    Args:
        contracts: whose events; what lies before their deployment is not read.
        store: where they are kept.
        depth: blocks above an event before it is read: 0 on a local chain, 10 where reorganisations are common.
        window: blocks that are asked for at once at most; narrowed while the node refuses.
    """

    def __init__(self, contracts: Contracts, store: Store, depth: int = 0, window: int = _WINDOW) -> None:
        self._contracts = contracts
        self._client = contracts.client
        self._store = store
        self._depth = depth
        self._widest = window
        self._window = window
        self._addresses = [contracts.deployment.address(name) for name in INDEXED]
        self._origin = contracts.deployment.block - 1

    def advance(self) -> Progress:
        """Read everything up to the confirmed head, first undoing what the chain undid.

        Raises:
            UnavailableError: `chain-down`, `chain-error` or `chain-unstable`; what was read before stays.
        """
        added = removed = stalls = 0
        while stalls < _STALLS:
            removed += self._rewind()
            last, head = self._last(), self._client.head()
            if last >= head - self._depth:
                return Progress(last, head, added, removed)
            added += self._read(last + 1, min(last + self._window, head - self._depth))
            stalls = stalls + 1 if self._last() == last else 0
        raise UnavailableError(
            "chain-unstable",
            "the chain's node contradicts itself about its newest blocks",
            "try again later, or use another node",
            block=last + 1,
        )

    def _last(self) -> int:
        with self._store.snapshot() as tx:
            block = tx.events.last_block()
        return self._origin if block is None else block.number

    def _rewind(self) -> int:
        """Remove what is not on the chain any more; number of events removed."""
        with self._store.snapshot() as tx:
            newest = tx.events.last_block()
        if newest is None or self._stands(newest):
            return 0
        common = self._last_common(newest.number)
        with self._store.transaction() as tx:
            gone = tx.events.remove_above(common)
            project(tx, gone, self._metadata)
        return len(gone)

    def _last_common(self, below: int) -> int:
        while True:
            with self._store.snapshot() as tx:
                older = tx.events.blocks_below(below, _WALK)
            for block in older:
                if self._stands(block):
                    return block.number
            if not older:
                return self._origin
            below = older[-1].number

    def _stands(self, block: BlockRecord) -> bool:
        found = self._client.block(block.number)
        return found is not None and found.hash == block.hash

    def _read(self, first: int, last: int) -> int:
        """Read and keep one window; 0, with nothing kept, when the chain or another indexer moved meanwhile."""
        end = self._client.block(last)
        try:
            logs = self._client.logs(first, last, self._addresses)
        except UnavailableError as error:
            if error.code != "chain-error" or self._window == 1:
                raise
            self._window = max(1, self._window // 2)
            return 0
        self._window = min(self._widest, self._window * 2)
        events = [row(event) for event in self._contracts.decode(logs)]
        if end is None or not self._consistent(first, end, events):
            return 0
        return self._keep(first, end, events)

    def _metadata(self, work: int) -> bytes | None:
        try:
            return self._contracts.registry.metadata(work)
        except NotFoundError:
            return None  # the chain undid the registration meanwhile, which the next rewind finds

    def _consistent(self, first: int, end: Block, events: list[EventRecord]) -> bool:
        """Whether the window's end, and the block before its start, are still what they were."""
        after = self._client.block(end.number)
        if after is None or after.hash != end.hash:
            return False
        if any(event.block == end.number and event.block_hash != end.hash for event in events):
            return False
        with self._store.snapshot() as tx:
            before = tx.events.last_block()
        return before is None or (before.number == first - 1 and self._stands(before))

    def _keep(self, first: int, end: Block, events: list[EventRecord]) -> int:
        hashes = {event.block: event.block_hash for event in events} | {end.number: end.hash}
        blocks = [BlockRecord(number=number, hash=value) for number, value in sorted(hashes.items())]
        try:
            with self._store.transaction() as tx:
                before = tx.events.last_block()
                if (self._origin if before is None else before.number) != first - 1:
                    return 0
                tx.events.add(blocks, events)
                project(tx, events, self._metadata)
        except RefusedError as error:
            if error.code != "store-conflict":
                raise
            return 0
        return len(events)
