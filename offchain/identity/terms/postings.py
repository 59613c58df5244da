"""Postings: (term, key) pairs in one sorted, immutable array of eight bytes each.

A term is spread over 64 bits, of which 44 are kept: the first 12 choose one of 4,096 buckets, the next 32 are the upper
half of an entry whose lower half is the key. Within its bucket an entry is thus a plain 64-bit number, and merging is
sorting numbers. Two terms fall together once in 2^44: at 200 million postings one lookup in 90,000 meets a stranger.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from offchain.identity.mixing import mixed

__all__ = ["BUCKETS", "MAX_KEY", "Address", "Postings", "address", "merged", "merged_buckets", "postings"]

BUCKETS: Final = 4_096
MAX_KEY: Final = 2**32 - 1

_BUCKET_SHIFT: Final = np.uint64(52)
_TAIL_SHIFT: Final = np.uint64(20)
_HALF: Final = np.uint64(32)
_LOWER: Final = np.uint64(MAX_KEY)


@dataclass(frozen=True, slots=True)
class Address:
    """Where terms stand: bucket (n,) int64 and least entry (n,) uint64 of each."""

    bucket: NDArray[np.int64]
    entry: NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Postings:
    """Pairs in order of term, then key, without repetition.

    Attributes:
        directory: (`BUCKETS` + 1,) int64, where each bucket begins in `entries`.
        entries: (n,) uint64, in memory or mapped from a file.
    """

    directory: NDArray[np.int64]
    entries: NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.entries)

    def ranges(self, terms: Address) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """First row of each term and how many it has; all terms search side by side, O(log n) array steps."""
        begins, ends = self.directory[terms.bucket], self.directory[terms.bucket + 1]
        starts = self._lower_bound(begins, ends, terms.entry)
        counts = np.zeros(len(starts), dtype=np.int64)
        # Most terms are in few runs: only those that are here need to know where they end.
        present = np.flatnonzero(starts < ends)
        present = present[(self.entries[starts[present]] ^ terms.entry[present]) <= _LOWER]
        last = terms.entry[present] | _LOWER
        behind = self._lower_bound(starts[present], ends[present], last)
        behind += (behind < ends[present]) & (self._at(behind) == last)
        counts[present] = behind - starts[present]
        return starts, counts

    def keys(self, rows: NDArray[np.int64]) -> NDArray[np.uint64]:
        """Keys in the given rows."""
        return self.entries[rows] & _LOWER

    def _at(self, rows: NDArray[np.int64]) -> NDArray[np.uint64]:
        return self.entries[np.minimum(rows, len(self.entries) - 1)]

    def _lower_bound(
        self, low: NDArray[np.int64], high: NDArray[np.int64], wanted: NDArray[np.uint64]
    ) -> NDArray[np.int64]:
        """First row in [low, high) whose entry is not below the wanted one, else high."""
        low, high = low.copy(), high.copy()
        for _ in range(int((high - low).max(initial=0)).bit_length()):
            middle = (low + high) >> 1
            below = (low < high) & (self._at(middle) < wanted)
            low = np.where(below, middle + 1, low)
            high = np.where(below, high, middle)
        return low


def address(terms: NDArray[np.uint64]) -> Address:
    """Where terms stand in any postings."""
    spread = mixed(terms)
    return Address((spread >> _BUCKET_SHIFT).astype(np.int64), ((spread >> _TAIL_SHIFT) & _LOWER) << _HALF)


def postings(terms: NDArray[np.uint64], keys: NDArray[np.uint64]) -> Postings:
    """Sort pairs, given as two arrays of one length, in memory."""
    where = address(terms)
    return _sorted(where.bucket, where.entry | keys)


def merged(runs: Sequence[Postings]) -> Postings:
    """The pairs of several, in memory."""
    buckets = [np.repeat(np.arange(BUCKETS), np.diff(run.directory)) for run in runs]
    return _sorted(np.concatenate(buckets), np.concatenate([run.entries for run in runs]))


def merged_buckets(runs: Sequence[Postings]) -> Iterator[NDArray[np.uint64]]:
    """The merged entries of each bucket in turn: memory for one bucket, not for all."""
    for bucket in range(BUCKETS):
        slices = [run.entries[run.directory[bucket] : run.directory[bucket + 1]] for run in runs]
        yield np.unique(np.concatenate(slices))


def _sorted(buckets: NDArray[np.int64], entries: NDArray[np.uint64]) -> Postings:
    order = np.lexsort((entries, buckets))
    buckets, entries = buckets[order], entries[order]
    fresh = np.ones(len(entries), dtype=np.bool_)
    fresh[1:] = (entries[1:] != entries[:-1]) | (buckets[1:] != buckets[:-1])
    directory = np.searchsorted(buckets[fresh], np.arange(BUCKETS + 1))
    return Postings(directory, entries[fresh])
