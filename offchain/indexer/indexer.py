"""Blocks and events into the store, exactly once, through reorganisations and through nodes that contradict themselves.

A window of blocks is read, and kept only if the chain still says the same about its ends afterwards. The newest blocks
are read one by one by their hashes, each the child of the one before, and a block without events of ours is believed
only if its bloom filter agrees. Remembered block hashes are compared with the chain's before each window; where they
differ, everything above the last common block is removed in one transaction.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from offchain.chain.client import Block, Log
from offchain.chain.contracts import Contracts
from offchain.errors import ColophonError, NotFoundError, RefusedError, UnavailableError
from offchain.indexer.bloom import may_hold
from offchain.indexer.projection import project, touched, updated
from offchain.indexer.rows import INDEXED, row
from offchain.indexer.standing import Standing
from offchain.indexer.window import Window
from offchain.store import BlockRecord, EventRecord, Store, UnitOfWork

__all__ = ["Indexer", "Progress"]

MetadataOf = Callable[[int], bytes | None]

_WINDOW: Final = 10_000
"""Blocks of the widest window; public nodes refuse more."""

_STALLS: Final = 20
"""Reads in a row that may come to nothing; narrowing the widest window to one block takes 14."""

_WALK: Final = 100
"""Remembered blocks that are compared in one go while looking for the last common one."""

_YOUNG: Final = 12
"""Newest blocks that the nodes behind one address may still disagree about; they are read one by one."""

_AGREE: Final = 3
"""Answers in a row that a block holds nothing of ours before its bloom filter, which errs to one side, is overruled."""

_PAUSES: Final = (0.2, 0.4, 0.8, 1.6)
"""Seconds to wait, one after the other, for a node that asks for patience."""


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
    """Reads one deployment's events into one store, up to the head of the chain; used by any thread.

    Args:
        contracts: whose events; what lies before their deployment is not read.
        store: where they are kept.
        confirmations: blocks above an event before it counts as confirmed: 0 on a local chain.
        patience: seconds for which a node may name an older head than it did, before the blocks above it are taken for
            undone: behind a load balancer it is most often another node that lags; 0 where chains do get shorter.
        window: blocks that are asked for at once at most; narrowed while the node refuses.
    """

    def __init__(
        self,
        contracts: Contracts,
        store: Store,
        confirmations: int = 0,
        patience: float = 0,
        window: int = _WINDOW,
    ) -> None:
        self._contracts = contracts
        self._client = contracts.client
        self._store = store
        self._confirmations = confirmations
        self._patience = patience
        self._window = Window(window)
        self._addresses = [contracts.deployment.address(name) for name in INDEXED]
        self._origin = contracts.deployment.block - 1
        self._behind_since: float | None = None
        self._advanced_at: int | None = None
        self._error: str | None = None

    def advance(self, report: Callable[[int, int], None] = lambda *_: None) -> Progress:
        """Read everything up to the head, first undoing what the chain undid.

        Args:
            report: told the last kept block and the head after each window.

        Raises:
            UnavailableError: `chain-down`, `chain-busy`, `chain-error` or `chain-unstable`; what was read before stays.
        """
        with self._noted():
            return self._advance(report)

    def standing(self) -> Standing:
        """How far the index is behind the chain.

        Raises:
            UnavailableError: `chain-down`, `store-unavailable`.
        """
        block, head = self._last(), self._client.head()
        last = self._client.block(block) if block < head else None
        age = 0 if last is None else max(int(time.time()) - last.timestamp, 0)
        confirmed = min(block, max(head, block) - self._confirmations)
        return Standing(head, block, confirmed, max(head - block, 0), age, self._advanced_at, self._error)

    def forget_above(self, block: int) -> int:
        """Remove every event above a block, and what was folded from it; how many events went."""
        asked = self._asked_above(block)
        with self._store.transaction() as tx:
            tx.events.change_alone()
            return self._forget(tx, block, asked)

    def ask(self, works: Collection[int], events: Iterable[EventRecord] = ()) -> MetadataOf:
        """Learn what metadata works have now, before a transaction folds them: none waits for the chain's node.

        Args:
            works: that are to be folded; the chain is asked about those that were updated.
            events: about them that are not kept yet.

        Returns:
            Sha256 of a work's metadata; asks for what it does not know, where an update came in between.

        Raises:
            UnavailableError: as of `advance`.
        """
        named = {each.work for each in events if each.name == "MetadataUpdate" and each.work is not None}
        with self._store.snapshot() as tx:
            named |= updated(tx, works)
        known = {work: self.metadata(work) for work in sorted(named)}
        return lambda work: known[work] if work in known else self.metadata(work)

    def _asked_above(self, block: int) -> MetadataOf:
        """As `ask`, of the works that are folded anew when what is above a block goes."""
        with self._store.snapshot() as tx:
            works, _ = tx.events.touched_above(block)
        return self.ask(works)

    @contextmanager
    def _noted(self) -> Iterator[None]:
        try:
            yield
        except ColophonError as error:
            self._error = error.code
            raise
        self._error, self._advanced_at = None, int(time.time())

    def _advance(self, report: Callable[[int, int], None]) -> Progress:
        added = removed = stalls = 0
        newest = self._newest()
        while stalls < _STALLS:
            gone = self._rewind(newest)
            before = newest if gone is None else self._newest()
            removed += gone or 0
            last, head = self._number(before), self._client.head()
            if last >= head:
                return Progress(last, head, added, removed)
            added += self._read(before, min(last + self._window.width, max(last + 1, head - _YOUNG)))
            newest = self._newest()
            now = self._number(newest)
            stalls = stalls + 1 if now == last else 0
            report(now, head)
        raise UnavailableError(
            "chain-unstable",
            "the chain's node contradicts itself about its newest blocks",
            "try again later, or use another node",
            block=last + 1,
        )

    def _last(self) -> int:
        return self._number(self._newest())

    def _number(self, block: BlockRecord | None) -> int:
        return self._origin if block is None else block.number

    def _newest(self) -> BlockRecord | None:
        with self._store.snapshot() as tx:
            return tx.events.last_block()

    def _rewind(self, newest: BlockRecord | None) -> int | None:
        """Remove what is not on the chain any more; number of events removed, None where the newest block stands."""
        if newest is None:
            return None
        found = self._client.block(newest.number)
        if found is None and self._only_behind():
            return None
        self._behind_since = None if found else self._behind_since
        if found is not None and found.hash == newest.hash:
            return None
        common = self._last_common(newest.number)
        asked = self._asked_above(common)
        with self._store.transaction() as tx:
            tx.events.change_alone()
            last = tx.events.last_block()
            if last is None or last.hash != newest.hash:
                return 0  # another indexer was faster
            return self._forget(tx, common, asked)

    def _only_behind(self) -> bool:
        """Whether a node that lacks our newest block may still be one that lags."""
        now = time.monotonic()
        self._behind_since = now if self._behind_since is None else self._behind_since
        return now - self._behind_since < self._patience

    def _forget(self, tx: UnitOfWork, block: int, asked: MetadataOf) -> int:
        works, licences = tx.events.touched_above(block)
        gone = tx.events.remove_above(block)
        project(tx, works, licences, asked)
        return gone

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

    def _read(self, before: BlockRecord | None, last: int) -> int:
        """Read and keep the window from the newest block to `last`; 0, with nothing kept, when the chain moved."""
        first, end = self._number(before) + 1, self._client.block(last)
        if end is None:
            return 0
        if first == last and before is not None and end.parent != before.hash:
            return 0
        logs = self._logs_of(end) if first == last else self._logs(first, last)
        if logs is None:
            return 0
        events = [row(event) for event in self._contracts.decode(logs)]
        if not self._consistent(first, end, before, events):
            return 0
        return self._keep(end, before, events)

    def _logs(self, first: int, last: int) -> list[Log] | None:
        """Logs of a window; None where it is too wide for the node."""
        blocks = last - first + 1
        try:
            logs = patiently(lambda: self._client.logs(first, last, self._addresses))
        except UnavailableError as error:
            if error.code == "chain-busy" or blocks == 1:
                raise
            if error.code != "chain-error":
                self._window.failed(blocks)
                raise
            self._window.refused(blocks)
            return None
        self._window.answered(blocks, len(logs))
        return logs

    def _logs_of(self, block: Block) -> list[Log] | None:
        """Logs of one block by its hash; None where the node contradicts itself about it."""
        for _ in range(_AGREE):
            try:
                logs = patiently(lambda: self._client.block_logs(block.hash, self._addresses))
            except UnavailableError as error:
                if error.code != "chain-error":
                    raise
                return None  # this node does not have the block that another one named
            if logs or not may_hold(block.bloom, self._addresses):
                break
        return logs

    def metadata(self, work: int) -> bytes | None:
        """Sha256 of a work's metadata as the chain has it now; None where it has no such work."""
        try:
            return self._contracts.registry.metadata(work)
        except NotFoundError:
            return None  # the chain undid the registration meanwhile, which the next rewind finds

    def _consistent(self, first: int, end: Block, before: BlockRecord | None, events: list[EventRecord]) -> bool:
        """Whether the events are the window's own, and its ends are still what they were."""
        if any(not first <= event.block <= end.number for event in events):
            return False
        if any(event.block == end.number and event.block_hash != end.hash for event in events):
            return False
        if len({(event.block_hash, event.log_index) for event in events}) != len(events):
            return False
        if first == end.number:
            return True  # it was read by its hash
        after = self._client.block(end.number)
        return after is not None and after.hash == end.hash and (before is None or self._stands(before))

    def _keep(self, end: Block, before: BlockRecord | None, events: list[EventRecord]) -> int:
        hashes = {event.block: event.block_hash for event in events} | {end.number: end.hash}
        blocks = [BlockRecord(number=number, hash=value) for number, value in sorted(hashes.items())]
        works, licences = touched(events)
        asked = self.ask(works, events)
        try:
            with self._store.transaction() as tx:
                tx.events.change_alone()
                last = tx.events.last_block()
                if (last and last.hash) != (before and before.hash):
                    return 0
                tx.events.add(blocks, events)
                project(tx, works, licences, asked)
        except RefusedError as error:
            if error.code != "store-conflict":
                raise
            return 0
        return len(events)


def patiently(ask: Callable[[], list[Log]]) -> list[Log]:
    """Ask, and wait for a node that asks for patience, a little longer each time."""
    for pause in _PAUSES:
        try:
            return ask()
        except UnavailableError as error:
            if error.code != "chain-busy":
                raise
            time.sleep(pause)
    return ask()
