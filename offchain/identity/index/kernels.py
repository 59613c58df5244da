"""The inner loops, compiled by numba: building the bands of a segment, searching them, scanning codes.

Arrays of codes are (rows, CODE_WORDS) uint64. A hit is (query, row, distance). Where a damaged file would lead outside
an array, functions say so and follow it no further.

Compiling takes some seconds, once a machine: the machine code is kept beside this file or in the user's cache folder,
until this file changes. Hence one file for all: what another one compiled would not be compiled again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeVar, cast

import numpy as np
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

from offchain.identity.index.bands import BANDS, CODE_WORDS

__all__ = ["PROBES_PER_CANDIDATE", "SCANNED_PER_CANDIDATE", "Bands", "Flips", "build_bands", "find", "scan"]

F = TypeVar("F", bound=Callable[..., Any])

SCANNED_PER_CANDIDATE: Final = 16
"""Codes scanned in the time of one candidate looked up: 1.2 to 1.9 ns against 14 (1 M codes) to 36 (10 M)."""

PROBES_PER_CANDIDATE: Final = 4
"""Buckets found empty in the time of one candidate looked up."""

_UNEVEN: Final = 4  # times the candidates of evenly spread codes; from there on better limits are worth looking for
_TILE: Final = 512  # codes; 16 KiB stay in the first-level cache


def compiled(function: F) -> F:
    """Machine code that runs without the interpreter's lock, kept for the next process where a folder allows it."""
    try:
        return cast(F, njit(nogil=True, cache=True)(function))
    except RuntimeError:  # neither this folder nor the user's can be written
        return cast(F, njit(nogil=True)(function))


def _population_count(typing_context: Any, word: Any) -> Any:  # noqa: ANN401, ARG001 - numba's protocol
    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ANN401, ARG001
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), emit


_ones: Any = intrinsic(_population_count)
"""Bits set in a uint64: one instruction of the processor, for which numba has no function."""


class Bands(NamedTuple):
    """What `build_bands` makes of a segment's codes.

    Attributes:
        directory: (BANDS, 2^width + 1), where each bucket starts; its last column is the number of rows.
        postings: (BANDS, rows, 3), row numbers of 24 bits, little-endian, bucket by bucket.
    """

    directory: NDArray[np.uint32]
    postings: NDArray[np.uint8]


class Flips(NamedTuple):
    """What to XOR a bucket number with to reach its neighbours.

    Attributes:
        masks: uint32, those with the fewest bits first.
        ends: int64, how many masks have at most 0, 1, 2 … bits.
    """

    masks: NDArray[np.uint32]
    ends: NDArray[np.int64]


class _Scratch(NamedTuple):
    """Memory that the queries of a call share: bucket numbers, limits and masks of the bands, costs, rows found."""

    numbers: NDArray[np.uint32]
    limits: NDArray[np.int64]
    masks: NDArray[np.uint64]
    costs: NDArray[np.int64]
    rows: NDArray[np.uint64]


@compiled
def _width(bands: Bands) -> int:
    """Bits of a bucket number."""
    width = 0
    while (1 << width) < bands.directory.shape[1] - 1:
        width += 1
    return width


@compiled
def _bucket(code: NDArray[np.uint64], band: int, width: int) -> np.uint32:
    """Number of the bucket of `band` that a code lies in."""
    number = np.uint32(0)
    for j in range(width):
        bit = band + BANDS * j
        number |= np.uint32((code[bit >> 6] >> np.uint64(bit & 63)) & np.uint64(1)) << np.uint32(j)
    return number


@compiled
def _band_masks(width: int) -> NDArray[np.uint64]:
    """(BANDS, CODE_WORDS) masks of the bits of each band."""
    masks = np.zeros((BANDS, CODE_WORDS), dtype=np.uint64)
    for band in range(BANDS):
        for j in range(width):
            bit = band + BANDS * j
            masks[band, bit >> 6] |= np.uint64(1) << np.uint64(bit & 63)
    return masks


@compiled
def build_bands(codes: NDArray[np.uint64], bands: Bands) -> None:
    """Sort the rows of a segment into the buckets of every band, by counting."""
    rows = codes.shape[0]
    buckets = bands.directory.shape[1] - 1
    width = _width(bands)
    numbers = np.empty(rows, dtype=np.uint32)
    for band in range(BANDS):
        starts = np.zeros(buckets + 1, dtype=np.uint32)
        for row in range(rows):
            numbers[row] = _bucket(codes[row], band, width)
            starts[numbers[row] + 1] += np.uint32(1)
        for bucket in range(buckets):
            starts[bucket + 1] += starts[bucket]
        bands.directory[band] = starts
        for row in range(rows):
            at = starts[numbers[row]]
            starts[numbers[row]] += np.uint32(1)
            bands.postings[band, at, 0] = row & 255
            bands.postings[band, at, 1] = (row >> 8) & 255
            bands.postings[band, at, 2] = row >> 16


@compiled
def _price(bands: Bands, flips: Flips, rows: int, scratch: _Scratch, shares: int) -> bool:
    """Fill in what each band costs at the limits -1, 0 … `shares` - 2, in probes; False if the directory is damaged."""
    for band in range(BANDS):
        cost, probe = 0, 0
        scratch.costs[band, 0] = 0
        for share in range(1, shares):
            while probe < flips.ends[share - 1]:
                bucket = scratch.numbers[band] ^ flips.masks[probe]
                begin, end = bands.directory[band, bucket], bands.directory[band, bucket + 1]
                if begin > end or end > rows:
                    return False
                cost += 1 + PROBES_PER_CANDIDATE * int(end - begin)
                probe += 1
            scratch.costs[band, share] = cost
    return True


@compiled
def _allot(scratch: _Scratch, shares: int, total: int) -> int:
    """Fill in the limits with Σ(limit + 1) = `total` that cost least, by dynamic programming; returns their cost."""
    costs = scratch.costs
    best = np.full((BANDS + 1, total + 1), 1 << 60)
    best[0, 0] = 0
    for band in range(BANDS):
        for spent in range(total + 1):
            for share in range(min(shares, spent + 1)):
                best[band + 1, spent] = min(best[band + 1, spent], best[band, spent - share] + costs[band, share])
    spent = total
    for band in range(BANDS - 1, -1, -1):
        share = 0
        while best[band, spent - share] + costs[band, share] != best[band + 1, spent]:
            share += 1
        scratch.limits[band] = share - 1
        spent -= share
    return int(best[BANDS, total])


@compiled
def _plan(bands: Bands, flips: Flips, rows: int, scratch: _Scratch, total: int, even: int) -> int:
    """Choose the limits of a query whose bucket numbers are known; returns the cost, -1 if the directory is damaged."""
    shares = flips.ends.shape[0]
    if not _price(bands, flips, rows, scratch, shares):
        return -1
    cost = _allot(scratch, shares, total)
    if cost <= _UNEVEN * even:
        return cost
    # Full buckets: one bit more for other bands may spare these.
    if not _price(bands, flips, rows, scratch, shares + 1):
        return -1
    return _allot(scratch, shares + 1, total)


@compiled
def _gather(bands: Bands, flips: Flips, band: int, scratch: _Scratch) -> np.uint64:
    """Write down the rows in a band's buckets; comparing them apart lets the processor fetch many codes at a time."""
    count = np.uint64(0)
    if scratch.limits[band] < 0:
        return count
    starts, postings = bands.directory[band], bands.postings[band]
    for probe in range(flips.ends[scratch.limits[band]]):
        bucket = np.uint64(scratch.numbers[band] ^ flips.masks[probe])
        for place in range(np.uint64(starts[bucket]), np.uint64(starts[bucket + np.uint64(1)])):
            scratch.rows[count] = (
                np.uint64(postings[place, 0])
                | np.uint64(postings[place, 1]) << np.uint64(8)
                | np.uint64(postings[place, 2]) << np.uint64(16)
            )
            count += np.uint64(1)
    return count


@compiled
def _keep_near(
    codes: NDArray[np.uint64], found: NDArray[np.uint64], query: NDArray[np.uint64], radius: np.uint64
) -> int:
    """Move the rows within the radius to the front: how many, or -1 if one is no row of the segment."""
    q0, q1, q2, q3 = query[0], query[1], query[2], query[3]
    rows = np.uint64(codes.shape[0])
    near = 0
    for place in range(found.shape[0]):
        row = found[place]
        if row >= rows:
            return -1
        distance = _ones(codes[row, 0] ^ q0) + _ones(codes[row, 1] ^ q1)
        distance += _ones(codes[row, 2] ^ q2) + _ones(codes[row, 3] ^ q3)
        if distance <= radius:
            found[near] = row
            near += 1
    return near


@compiled
def _distance(code: NDArray[np.uint64], query: NDArray[np.uint64]) -> int:
    distance = 0
    for word in range(CODE_WORDS):
        distance += int(_ones(code[word] ^ query[word]))
    return distance


@compiled
def _seen_before(code: NDArray[np.uint64], query: NDArray[np.uint64], band: int, scratch: _Scratch) -> bool:
    """Whether a band before `band` has led to this code already."""
    for earlier in range(band):
        apart = 0
        for word in range(CODE_WORDS):
            apart += int(_ones((code[word] ^ query[word]) & scratch.masks[earlier, word]))
        if apart <= scratch.limits[earlier]:
            return True
    return False


@compiled
def _appended(hits: NDArray[np.uint32], count: int, query: int, row: int, distance: int) -> NDArray[np.uint32]:
    """The hits with one more at `count`, in an array twice as large when it was full."""
    if count == hits.shape[0]:
        larger = np.empty((2 * count, 3), dtype=np.uint32)
        larger[:count] = hits
        hits = larger
    hits[count, 0] = query
    hits[count, 1] = row
    hits[count, 2] = distance
    return hits


@compiled
def find(
    codes: NDArray[np.uint64], bands: Bands, flips: Flips, queries: NDArray[np.uint64], radius: int, even: int
) -> tuple[NDArray[np.uint32], NDArray[np.bool_], bool]:
    """Look queries up in the bands of a segment.

    Args:
        codes: the segment's.
        bands: the segment's.
        flips: to one bit more than `bands.reach_needed(radius)`.
        queries: codes to look for.
        radius: bits, inclusive.
        even: probes that a query would cost if the codes were spread evenly.

    Returns:
        (hits, 3) every code within the radius once, for the queries that were looked up; which queries were left, as a
        scan is cheaper; whether all that was read made sense. If not, there are no hits.
    """
    rows, width = codes.shape[0], _width(bands)
    scratch = _Scratch(
        np.empty(BANDS, dtype=np.uint32),
        np.empty(BANDS, dtype=np.int64),
        _band_masks(width),
        np.empty((BANDS, flips.ends.shape[0] + 1), dtype=np.int64),
        np.empty(rows // SCANNED_PER_CANDIDATE + 1, dtype=np.uint64),
    )
    hits = np.empty((256, 3), dtype=np.uint32)
    count = 0
    left = np.zeros(queries.shape[0], dtype=np.bool_)
    for at in range(queries.shape[0]):
        query = queries[at]
        for band in range(BANDS):
            scratch.numbers[band] = _bucket(query, band, width)
        cost = _plan(bands, flips, rows, scratch, radius + 1, even)
        if cost < 0:
            return hits[:0], left, False
        if cost * SCANNED_PER_CANDIDATE > PROBES_PER_CANDIDATE * rows:
            left[at] = True
            continue
        for band in range(BANDS):
            found = scratch.rows[: _gather(bands, flips, band, scratch)]
            near = _keep_near(codes, found, query, np.uint64(radius))
            if near < 0:
                return hits[:0], left, False
            for row in found[:near]:
                if not _seen_before(codes[row], query, band, scratch):
                    hits = _appended(hits, count, at, row, _distance(codes[row], query))
                    count += 1
    return hits[:count], left, True


@compiled
def scan(codes: NDArray[np.uint64], queries: NDArray[np.uint64], radius: int) -> NDArray[np.uint32]:
    """Compare every query with every code.

    Returns:
        (hits, 3) every code within `radius` bits, inclusive, of a query.
    """
    hits = np.empty((256, 3), dtype=np.uint32)
    count = 0
    reach = np.uint64(radius)
    words = np.empty((CODE_WORDS, _TILE), dtype=np.uint64)
    apart = np.empty(_TILE, dtype=np.uint64)
    for first in range(0, codes.shape[0], _TILE):
        rows = min(_TILE, codes.shape[0] - first)
        # Word by word the comparison fills whole vector registers.
        for row in range(rows):
            for word in range(CODE_WORDS):
                words[word, row] = codes[first + row, word]
        w0, w1, w2, w3 = words[0], words[1], words[2], words[3]
        for at in range(queries.shape[0]):
            q0, q1, q2, q3 = queries[at, 0], queries[at, 1], queries[at, 2], queries[at, 3]
            near = np.uint64(0)
            for row in range(rows):
                distance = _ones(w0[row] ^ q0) + _ones(w1[row] ^ q1) + _ones(w2[row] ^ q2) + _ones(w3[row] ^ q3)
                apart[row] = distance
                near += np.uint64(distance <= reach)
            row = 0
            while near:
                if apart[row] <= reach:
                    hits = _appended(hits, count, at, first + row, int(apart[row]))
                    count += 1
                    near -= np.uint64(1)
                row += 1
    return hits[:count]
