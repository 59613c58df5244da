"""Sealed content: whatever is sealed opens again, any part of it too, and whatever was changed does not."""

from __future__ import annotations

import io
import random
import tracemalloc
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offchain.errors import ColophonError, InputError
from offchain.storage.sealing import SealedReader, opened, read_range, sealed, sealed_size
from offchain.storage.stream import CHUNK_SIZE, HEADER_SIZE, TAG_SIZE, derive

KEY, SALT = b"k" * 32, b"s" * 16
PLACE = CHUNK_SIZE + TAG_SIZE
FEW = settings(max_examples=60, deadline=None)

# Sizes around the ends of chunks are where a format of chunks goes wrong.
SIZES = st.one_of(
    st.integers(0, 40),
    st.builds(lambda chunks, off: max(0, chunks * CHUNK_SIZE + off), st.integers(0, 3), st.integers(-2, 2)),
    st.integers(0, 3 * CHUNK_SIZE),
)


class Dripping(io.RawIOBase):
    """A stream that answers each read with as few bytes as it likes."""

    def __init__(self, data: bytes, seed: int) -> None:
        self._data, self._random = io.BytesIO(data), random.Random(seed)

    def read(self, size: int = -1) -> bytes:
        return self._data.read(self._random.randint(1, size)) if size > 0 else b""


def content(size: int) -> bytes:
    return random.Random(size).randbytes(size)


def seal(master: bytes) -> bytes:
    return b"".join(sealed(io.BytesIO(master), KEY, SALT))


@given(SIZES)
@FEW
def test_opened__anything_sealed__is_the_master_again(size: int):
    master = content(size)
    ciphertext = seal(master)
    assert len(ciphertext) == sealed_size(size)
    assert b"".join(opened(io.BytesIO(ciphertext), KEY)) == master
    assert seal(master) == ciphertext  # a step that is repeated pins the same CID


@given(SIZES, st.integers(0, 2**32))
@FEW
def test_sealed__stream_that_drips__is_sealed_as_a_whole_one(size: int, seed: int):
    master = content(size)
    ciphertext = b"".join(sealed(Dripping(master, seed), KEY, SALT))
    assert ciphertext == seal(master)
    assert b"".join(opened(Dripping(ciphertext, seed), KEY)) == master


@given(SIZES, st.data())
@FEW
def test_read_range__any_part__is_that_part_of_the_master(size: int, data: st.DataObject):
    master = content(size)
    start = data.draw(st.integers(0, size))
    end = data.draw(st.integers(start, size))
    assert read_range(io.BytesIO(seal(master)), KEY, start, end) == master[start:end]


@pytest.mark.parametrize(("start", "end"), [(-1, 1), (1, 0), (0, 11), (11, 11)])
def test_read_range__bytes_that_are_not_there__refused(start: int, end: int):
    with pytest.raises(InputError) as caught:
        read_range(io.BytesIO(seal(b"ten bytes!")), KEY, start, end)
    assert caught.value.code == "range-unsatisfiable"


class Counting(io.BytesIO):
    """Counts the bytes that were read from it."""

    count = 0

    def read(self, size: int | None = -1) -> bytes:
        piece = super().read(size)
        self.count += len(piece)
        return piece


def test_sealed_reader__seek_into_long_content__reads_only_what_it_needs():
    """A player that seeks pays for the header and the last chunk once, and then for the chunks that it plays."""
    master = content(40 * CHUNK_SIZE)
    ciphertext = Counting(seal(master))
    reader = SealedReader(ciphertext, KEY)
    assert ciphertext.count == HEADER_SIZE + PLACE
    start = 17 * CHUNK_SIZE + 5
    assert b"".join(reader.read(start, start + 10)) == master[start : start + 10]
    assert ciphertext.count == HEADER_SIZE + 2 * PLACE


class Zeros(io.RawIOBase):
    """So many zero bytes, none of which is anywhere before it is read."""

    def __init__(self, size: int) -> None:
        self._left = size

    def read(self, size: int = -1) -> bytes:
        count = min(size, self._left)
        self._left -= count
        return bytes(count)


class Joined(io.RawIOBase):
    """Pieces as a stream, cut as they come."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def read(self, size: int = -1) -> bytes:
        piece = next(self._pieces, b"")
        assert len(piece) <= size
        return piece


def test_sealed_and_opened__300_megabytes__need_less_than_one_at_a_time():
    size = 300 * 2**20
    tracemalloc.start()
    try:
        read = sum(map(len, opened(Joined(sealed(Zeros(size), KEY, SALT)), KEY)))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert read == size
    assert peak < 2**20


@given(st.integers(0, 3 * CHUNK_SIZE), st.integers(0, 2**32), st.integers(0, 7))
@FEW
def test_opened__one_bit_flipped_anywhere__never_gives_other_content(size: int, place: int, bit: int):
    damaged = bytearray(seal(content(size)))
    damaged[place % len(damaged)] ^= 1 << bit
    with pytest.raises(ColophonError) as caught:
        list(opened(io.BytesIO(bytes(damaged)), KEY))
    assert caught.value.code in ("sealed-malformed", "sealed-version", "sealed-damaged", "key-wrong")


def test_opened__any_byte_of_a_short_file_changed__is_told():
    """Every byte, header and tag included, not a sample."""
    ciphertext = seal(b"short")
    for place in range(len(ciphertext)):
        damaged = bytearray(ciphertext)
        damaged[place] ^= 0x80
        with pytest.raises(ColophonError):
            list(opened(io.BytesIO(bytes(damaged)), KEY))
        with pytest.raises(ColophonError):
            read_range(io.BytesIO(bytes(damaged)), KEY, 0, 5)


@given(SIZES, st.data())
@FEW
def test_opened__cut_anywhere__is_told(size: int, data: st.DataObject):
    ciphertext = seal(content(size))
    kept = data.draw(st.one_of(st.integers(0, len(ciphertext) - 1), st.sampled_from(_ends_of_chunks(ciphertext))))
    with pytest.raises(InputError):
        list(opened(io.BytesIO(ciphertext[:kept]), KEY))
    with pytest.raises(InputError):
        SealedReader(io.BytesIO(ciphertext[:kept]), KEY)


def _ends_of_chunks(ciphertext: bytes) -> list[int]:
    return list(range(HEADER_SIZE, len(ciphertext), PLACE))


def _chunks(ciphertext: bytes) -> list[bytes]:
    return [ciphertext[at : at + PLACE] for at in range(HEADER_SIZE, len(ciphertext), PLACE)]


ATTACKS: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "reordered": lambda chunks: [chunks[1], chunks[0], *chunks[2:]],
    "first repeated": lambda chunks: [chunks[0], *chunks],
    "last repeated": lambda chunks: [*chunks, chunks[-1]],
    "first left out": lambda chunks: chunks[1:],
    "middle left out": lambda chunks: [chunks[0], *chunks[2:]],
    "last left out": lambda chunks: chunks[:-1],
    "last two swapped": lambda chunks: [*chunks[:-2], chunks[-1], chunks[-2]],
    "prolonged by a byte": lambda chunks: [*chunks, b"\0"],
    "prolonged by zeros": lambda chunks: [*chunks, bytes(PLACE)],
    "prolonged by a tag": lambda chunks: [*chunks, bytes(TAG_SIZE)],
    "emptied": lambda chunks: chunks[:0],
    "only the last": lambda chunks: chunks[-1:],
}


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("size", [3 * CHUNK_SIZE, 3 * CHUNK_SIZE + 100])
def test_opened__chunks_moved__is_told(attack: str, size: int):
    ciphertext = seal(content(size))
    changed = ciphertext[:HEADER_SIZE] + b"".join(ATTACKS[attack](_chunks(ciphertext)))
    with pytest.raises(InputError) as caught:
        list(opened(io.BytesIO(changed), KEY))
    assert caught.value.code == "sealed-damaged"


def test_opened__ends_in_an_empty_chunk__is_refused():
    """There is one ciphertext of a content, so a hash of it says what it is."""
    header, cipher = derive(KEY, SALT)
    chunk = content(CHUNK_SIZE)
    odd = bytes(header) + cipher.seal(0, chunk, last=False) + cipher.seal(1, b"", last=True)
    with pytest.raises(InputError):
        list(opened(io.BytesIO(odd), KEY))
    with pytest.raises(InputError):
        SealedReader(io.BytesIO(odd), KEY)
