"""An n-gram model of tokens: the baseline that every other model has to beat.

Interpolated absolute discounting with one discount (Ney, Essen and Kneser 1994): every order gives up a part of its
counts to the order below, down to equal chances.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

__all__ = ["NGram"]


class NGram:
    """Counts of every context of up to `order` − 1 tokens."""

    def __init__(self, order: int, vocabulary: int, discount: float = 0.75) -> None:
        self._order = order
        self._vocabulary = vocabulary
        self._discount = discount
        self._counts: defaultdict[tuple[int, ...], Counter[int]] = defaultdict(Counter)

    def learn(self, sequences: Iterable[Sequence[int]]) -> None:
        """Count the tokens of sequences in each of their contexts."""
        for sequence in sequences:
            for at, token in enumerate(sequence):
                for length in range(min(self._order - 1, at) + 1):
                    self._counts[tuple(sequence[at - length : at])][token] += 1

    def nats(self, sequence: Sequence[int]) -> Iterator[float]:
        """−log p of every token, given those before it."""
        for at, token in enumerate(sequence):
            yield -math.log(self._probability(sequence, at, token))

    def _probability(self, sequence: Sequence[int], at: int, token: int) -> float:
        """From the shortest context up; a context never seen leaves what is below as it is."""
        probability = 1 / self._vocabulary
        for length in range(min(self._order - 1, at) + 1):
            counts = self._counts.get(tuple(sequence[at - length : at]))
            if counts is None:
                break
            total = counts.total()
            kept = max(counts[token] - self._discount, 0.0)
            probability = (kept + self._discount * len(counts) * probability) / total
        return probability
