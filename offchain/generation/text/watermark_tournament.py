"""SynthID's tournament as a change of a distribution, in numpy; imported only where a marked text is drawn or read.

2³⁰ candidates are drawn from the model's distribution and meet in pairs, in 30 rounds; in each the candidate whose
keyed bit of that round is set wins, and a coin decides between equals. With bits g, one round turns probabilities p
into p·(1 + g − Σ p·g), so the winner's distribution needs no candidates (Dathathri et al. 2024, Nature 634,
supplement, corollary 14). Over random bits the winner is distributed as p: the mark does not distort.

A token's 30 bits are one word of a SplitMix64 stream (Steele et al. 2014, OOPSLA) that starts at a keyed hash of its
context: tokens that share ten bits share the factor of those ten rounds, so a round costs 1,024 sums, not a vocabulary.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["LAYERS", "Tournament", "layer_bits", "words"]

LAYERS: Final = 30
"""Rounds of a tournament; the paper's choice."""

_GROUP: Final = 10
_PATTERNS: Final = 2**_GROUP
_FIRST: Final = 64 - _GROUP  # the first rounds are decided by a word's highest bits

_STEP: Final = np.uint64(0x9E3779B97F4A7C15)
_MIXES: Final = ((np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)), (np.uint64(27), np.uint64(0x94D049BB133111EB)))

_NEAR: Final = 0.01
"""Draws nearer to a boundary than this are worth measuring how far rounding may move it."""

_TOO_RARE: Final = 1e-7
"""Probability below which a token's own errors move no boundary that could be seen."""


def words(starts: NDArray[np.uint64], tokens: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The words (64 bits each) of `tokens` in the streams that start at `starts`; one start may serve all."""
    return _mixed(starts + (tokens + np.uint64(1)) * _STEP)


def layer_bits(found: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """The bits of each round, (words, LAYERS), 0 or 1."""
    shifts = np.arange(63, 63 - LAYERS, -1, dtype=np.uint64)
    return ((found[:, None] >> shifts) & np.uint64(1)).astype(np.uint8)


class Tournament:
    """What one context's tournament makes of any distribution over the vocabulary.

    Args:
        start: keyed hash of the context, 64 bits.
    """

    def __init__(self, start: int) -> None:
        self._start = np.array(start, dtype=np.uint64)

    def __call__(self, probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
        """The winner's distribution, same shape, for probabilities that sum to 1; what was 0 stays 0."""
        inside, kept = _support(probabilities)
        found = self._words(len(probabilities), inside)
        for group in range(0, LAYERS, _GROUP):
            pattern = _patterns(found, group)
            masses: NDArray[np.float64] = np.bincount(pattern, kept, _PATTERNS).astype(np.float64)
            kept = kept * _factors(masses)[pattern]
        out = np.zeros_like(probabilities)
        out[inside] = kept
        return out

    def strain(self, probabilities: NDArray[np.float64], boundary: int, gap: float) -> float:
        """How many times as far as before the tournament a rounding error may move a cumulative probability.

        Relative errors of at most r in the probabilities move the cumulative probability F up to `boundary` by
        r·Σ pᵢ|∂F/∂pᵢ − Σ pⱼ ∂F/∂pⱼ|, to first order: r/2 at most without a tournament, which counts as 1.

        Args:
            probabilities: before the tournament, sum 1.
            boundary: the last token that F includes.
            gap: how far the draw is from F; where it is far, 1 comes back unmeasured.
        """
        if gap > _NEAR:
            return 1.0
        inside = np.flatnonzero(probabilities > _TOO_RARE)
        kept = probabilities[inside] / probabilities[inside].sum()
        bits = layer_bits(words(self._start, inside.astype(np.uint64))).T.astype(np.float64)
        rounds = []
        for layer in bits:
            rounds.append((kept, 1 + layer - kept @ layer))
            kept = kept * rounds[-1][1]
        slope = (inside <= boundary).astype(np.float64)
        for layer, (before, factor) in zip(bits[::-1], rounds[::-1], strict=True):
            slope = slope * factor - layer * (slope @ before)
        first = rounds[0][0]
        return max(1.0, 2 * float(first @ np.abs(slope - slope @ first)))

    def _words(self, size: int, inside: NDArray[np.intp] | slice) -> NDArray[np.uint64]:
        if isinstance(inside, slice):
            return _mixed(self._start + _steps(size))
        return words(self._start, inside.astype(np.uint64))


def _support(probabilities: NDArray[np.float64]) -> tuple[NDArray[np.intp] | slice, NDArray[np.float64]]:
    """The tokens that can be drawn, and their probabilities: a nucleus holds few of a vocabulary."""
    inside = np.flatnonzero(probabilities)
    if 2 * len(inside) > len(probabilities):
        return slice(None), probabilities
    return inside, probabilities[inside]


def _factors(masses: NDArray[np.float64]) -> NDArray[np.float64]:
    """What the rounds of one group multiply a probability with, by the pattern of its token's bits."""
    factors = np.ones_like(masses)
    for bits in _pattern_bits():
        factors *= 1 + bits - (masses * factors) @ bits
    return factors


@lru_cache(maxsize=1)
def _pattern_bits() -> NDArray[np.float64]:
    shifts = np.arange(_GROUP - 1, -1, -1)
    return ((np.arange(_PATTERNS) >> shifts[:, None]) & 1).astype(np.float64)


def _patterns(found: NDArray[np.uint64], group: int) -> NDArray[np.intp]:
    return ((found >> np.uint64(_FIRST - group)) & np.uint64(_PATTERNS - 1)).astype(np.intp)


@lru_cache(maxsize=4)
def _steps(size: int) -> NDArray[np.uint64]:
    return np.arange(1, size + 1, dtype=np.uint64) * _STEP


def _mixed(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    for shift, multiplier in _MIXES:
        state = (state ^ (state >> shift)) * multiplier
    return state ^ (state >> np.uint64(31))
