"""Any range of any file is the slice, and costs no leaf outside of it."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from offchain.storage.unixfs import CHUNK_SIZE
from tests.offchain.unit.storage.blocks import Blocks

CONTENT = random.Random(11).randbytes(9 * CHUNK_SIZE + 77)
BLOCKS = Blocks()
CIDS = {size: BLOCKS.put(CONTENT[:size]) for size in (1, CHUNK_SIZE, CHUNK_SIZE + 1, len(CONTENT))}

places = st.one_of(
    st.integers(0, len(CONTENT) + 10),
    st.builds(lambda chunks, offset: max(0, chunks * CHUNK_SIZE + offset), st.integers(0, 10), st.integers(-2, 2)),
)


@settings(max_examples=150, deadline=None)
@given(size=st.sampled_from(sorted(CIDS)), start=places, end=st.none() | places)
def test_read__any_range__is_the_slice(size, start, end):
    BLOCKS.asked.clear()
    whole = CONTENT[:size]
    stop = size if end is None else end
    assert b"".join(BLOCKS.open(CIDS[size]).read(start, end)) == whole[start:stop]
    leaves = -(-min(stop, size) // CHUNK_SIZE) - start // CHUNK_SIZE if start < min(stop, size) else 0
    assert len(BLOCKS.asked) <= 1 + leaves
