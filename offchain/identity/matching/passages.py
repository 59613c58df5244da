"""Passages that two texts share: grams that occur in both, joined where they follow each other in the same order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["Passage", "covered", "passages", "shared"]

_REPEATS: Final = 4
"""Occurrences of a repeated gram that one occurrence is paired with, nearest in rank: a refrain stays linear."""
_DRIFT: Final = 4
"""Words inserted or deleted between two neighbouring grams, beside one in eight of their distance."""


@dataclass(slots=True)
class Passage:
    """A shared run of words; positions are token numbers, ends exclusive.

    Attributes:
        here: first token in the probe.
        here_end: behind the last one.
        there: first token in the registered work.
        there_end: behind the last one.
        grams: shared grams in it.
    """

    here: int
    here_end: int
    there: int
    there_end: int
    grams: int

    @property
    def length(self) -> int:
        """Tokens of the shorter side."""
        return min(self.here_end - self.here, self.there_end - self.there)


def shared(here: NDArray[np.uint32], there: NDArray[np.uint32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of equal values, (k,) in `here` and (k,) in `there`, by the former; O((n + m) log m)."""
    order = np.argsort(there, kind="stable")
    ordered = there[order]
    low = np.searchsorted(ordered, here, "left")
    count = np.searchsorted(ordered, here, "right") - low
    taken = np.minimum(count, _REPEATS)
    rows = np.repeat(np.arange(len(here)), taken)
    nearest = np.clip(_ranks(here) - 1, 0, count - taken)
    step = np.arange(len(rows)) - np.repeat(np.cumsum(taken) - taken, taken)
    return rows, order[np.repeat(low + nearest, taken) + step]


def passages(pairs: Iterator[tuple[int, int]], gram: int, gap: int, fewest: int) -> list[Passage]:
    """Join pairs of positions into passages.

    Args:
        pairs: positions (here, there) of shared grams, by the former, then the latter.
        gram: tokens that a gram spans.
        gap: tokens between two grams of one passage, at most.
        fewest: grams of a passage, at least.

    Returns:
        Passages, longest first.
    """
    closed: list[Passage] = []
    growing: list[Passage] = []
    for here, there in pairs:
        if growing and growing[0].here_end - gram + gap < here:
            closed += [passage for passage in growing if passage.here_end - gram + gap < here]
            growing = [passage for passage in growing if passage.here_end - gram + gap >= here]
        passage = _continued(growing, here, there, gram, gap)
        if passage is None:
            growing.append(Passage(here, here + gram, there, there + gram, 1))
            continue
        passage.grams += here + gram > passage.here_end
        passage.here_end, passage.there_end = here + gram, there + gram
    found = [passage for passage in closed + growing if passage.grams >= fewest]
    return sorted(found, key=lambda passage: (-passage.length, passage.here, passage.there))


def covered(ranges: list[tuple[int, int]]) -> int:
    """Tokens in the union of (start, end) ranges."""
    total, reached = 0, 0
    for start, end in sorted(ranges):
        total += max(0, end - max(start, reached))
        reached = max(reached, end)
    return total


def _continued(growing: list[Passage], here: int, there: int, gram: int, gap: int) -> Passage | None:
    """The passage that a pair of positions continues best: with the least drift."""
    best, least = None, gap + _DRIFT
    for passage in growing:
        ahead, beyond = here + gram - passage.here_end, there + gram - passage.there_end
        drift = abs(ahead - beyond)
        if 0 < beyond <= gap and drift < least and drift <= _DRIFT + ahead // 8:
            best, least = passage, drift
    return best


def _ranks(values: NDArray[np.uint32]) -> NDArray[np.int64]:
    """How many equal values come before each."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    begins = np.searchsorted(ordered, ordered, "left")
    ranks = np.empty(len(values), dtype=np.int64)
    ranks[order] = np.arange(len(values)) - begins
    return ranks
