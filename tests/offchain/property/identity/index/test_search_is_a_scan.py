"""Whatever is filed, however, and whatever is asked: the index answers what comparing every code would answer."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from offchain.identity.index import hamming as hamming_module
from offchain.identity.index import open_index
from offchain.identity.index.hamming import HammingIndex

ROWS = 60_000


def clustered(rows: int) -> NDArray[np.uint8]:
    """A third random; a third around 40 centres, up to 40 bits away; a third around one, where buckets overflow."""
    chance = np.random.default_rng(11)
    codes = chance.integers(0, 256, (rows, 32), dtype=np.uint8)
    centres = chance.integers(0, 256, (40, 32), dtype=np.uint8)
    codes[rows // 3 :] = centres[chance.integers(0, 40, rows - rows // 3)]
    codes[2 * rows // 3 :] = centres[0]
    turned = chance.random((rows - rows // 3, 256)) < chance.integers(0, 41, (rows - rows // 3, 1)) / 256
    codes[rows // 3 :] ^= np.packbits(turned, axis=1)
    return codes


CODES = clustered(ROWS)
KEYS = np.arange(ROWS, dtype=np.uint64) // np.uint64(3)  # a key has three codes


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HammingIndex]:
    """Two segments and a tail."""
    with open_index(tmp_path_factory.mktemp("index")) as index:
        for start, stop in ((0, 40_000), (40_000, 57_000), (57_000, ROWS)):
            index.add(CODES[start:stop], KEYS[start:stop])
        yield index


def by_comparing(
    codes: NDArray[np.uint8], keys: NDArray[np.uint64], asked: bytes, radius: int
) -> list[tuple[int, int]]:
    """(distance, key) of every key within the radius, in order."""
    distances = np.bitwise_count(codes ^ np.frombuffer(asked, np.uint8)).sum(axis=1, dtype=np.int64)
    nearest: dict[int, int] = {}
    for row in np.flatnonzero(distances <= radius).tolist():
        key = int(keys[row])
        nearest[key] = min(nearest.get(key, 256), int(distances[row]))
    return sorted((distance, key) for key, distance in nearest.items())


def turned(code: bytes, bits: frozenset[int]) -> bytes:
    return (int.from_bytes(code, "big") ^ sum(1 << bit for bit in bits)).to_bytes(32, "big")


places = st.frozensets(st.integers(0, 255), max_size=45)
one_asked = st.tuples(st.integers(0, ROWS - 1), places).map(lambda pair: turned(CODES[pair[0]].tobytes(), pair[1]))


@settings(max_examples=40, deadline=None)
@given(asked=st.lists(one_asked, min_size=1, max_size=6), radius=st.one_of(st.integers(0, 45), st.integers(0, 128)))
def test_search__large_clustered_index__agrees_with_comparing_each(index, asked, radius):
    for code, found in zip(asked, index.search_many(asked, radius), strict=True):
        expected = by_comparing(CODES, KEYS, code, radius)
        assert list(zip(found.distances.tolist(), found.keys.tolist(), strict=True)) == expected


acts = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.lists(st.tuples(st.integers(0, 9), st.integers(0, 30)), max_size=12)),
        st.tuples(st.sampled_from(["compact", "reopen", "refresh"]), st.just([])),
    ),
    max_size=12,
)


@settings(max_examples=30, deadline=None)
@given(acts=acts, radius=st.integers(0, 256))
def test_index__any_history_over_two_handles__agrees_with_comparing_each(acts, radius):
    filed: list[tuple[int, int]] = []  # (row of CODES, key)
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patched:
        patched.setattr(hamming_module, "TAIL_ROWS", 10)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        indexes = [stack.enter_context(open_index(folder)) for _ in range(2)]
        for turn, (act, added) in enumerate(acts):
            index = indexes[turn % 2]
            if act == "add":
                rows = [40_000 + row for row, _ in added]
                index.add(CODES[rows], [key for _, key in added])
                filed += [(row, key) for row, (_, key) in zip(rows, added, strict=True)]
            elif act == "compact":
                index.compact()
            elif act == "refresh":
                index.refresh()
            else:
                indexes[turn % 2] = stack.enter_context(open_index(folder))
        codes, keys = CODES[[row for row, _ in filed]], np.array([key for _, key in filed], np.uint64)
        for index in indexes:
            index.refresh()
            assert len(index) == len(filed)
            found = index.search(CODES[40_000].tobytes(), radius)
            expected = by_comparing(codes, keys, CODES[40_000].tobytes(), radius)
            assert list(zip(found.distances.tolist(), found.keys.tolist(), strict=True)) == expected
