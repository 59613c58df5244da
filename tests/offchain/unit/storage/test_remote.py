from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from offchain.storage.remote import RemoteStream
from offchain.storage.sealing import SealedReader, opened, sealed
from offchain.storage.stream import CHUNK_SIZE

KEY, SALT = b"k" * 32, b"s" * 16


class Ranges:
    """Content that is handed out in ranges, as a node does; counts how often it was asked."""

    def __init__(self, data: bytes, leaf: int) -> None:
        self._data, self._leaf, self.asked, self.ended = data, leaf, 0, 0
        self.size = len(data)

    def read(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        self.asked += 1
        stop = self.size if end is None else end
        try:
            for at in range(start, stop, self._leaf):
                yield self._data[at : min(at + self._leaf, stop)]
        finally:
            self.ended += 1


DATA = bytes(range(256)) * 4


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 300), st.lists(st.tuples(st.sampled_from(["seek", "read"]), st.integers(0, 1100)), max_size=20))
def test_remote_stream__any_seeks_and_reads__are_those_of_a_file(leaf: int, acts: list[tuple[str, int]]):
    remote, local = RemoteStream(Ranges(DATA, leaf)), io.BytesIO(DATA)
    for act, number in acts:
        if act == "seek":
            assert remote.seek(number) == local.seek(number)
            continue
        piece = remote.read(number)
        assert piece == local.read(len(piece))
        assert piece or not number or local.tell() >= len(DATA)
        assert remote.tell() == local.tell()


def test_remote_stream__read_to_its_end__asks_once():
    ranges = Ranges(DATA, 100)
    assert RemoteStream(ranges).readall() == DATA
    assert ranges.asked == 1


def test_remote_stream__closed_or_moved__ends_the_answer():
    ranges = Ranges(DATA, 100)
    with RemoteStream(ranges) as stream:
        stream.read(10)
        stream.seek(500)
        assert (ranges.asked, ranges.ended) == (1, 1)
        stream.read(10)
    assert (ranges.asked, ranges.ended) == (2, 2)


def test_remote_stream__sealed_content__plays_from_anywhere_in_one_answer():
    master = bytes(5 * CHUNK_SIZE)
    ranges = Ranges(b"".join(sealed(io.BytesIO(master), KEY, SALT)), 262_144)
    stream = cast("BinaryIO", RemoteStream(ranges))
    assert b"".join(opened(stream, KEY)) == master
    reader = SealedReader(stream, KEY)
    before = ranges.asked
    assert b"".join(reader.read(CHUNK_SIZE + 1, 4 * CHUNK_SIZE)) == master[CHUNK_SIZE + 1 : 4 * CHUNK_SIZE]
    assert ranges.asked == before + 1
