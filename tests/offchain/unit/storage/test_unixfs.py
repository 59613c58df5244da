from __future__ import annotations

import hashlib
import tracemalloc
from io import BytesIO, RawIOBase

import pytest

from offchain.storage import local_cid, raw_cid
from offchain.storage.dag_pb import Link
from offchain.storage.unixfs import CHUNK_SIZE, LINKS_PER_NODE, chunks, join, outline


class Trickle(RawIOBase):
    """A stream that answers every read with at most 1,000 bytes, as sockets and pipes do."""

    def __init__(self, content: bytes) -> None:
        self._content = BytesIO(content)

    def read(self, size: int = -1) -> bytes:
        return self._content.read(min(size, 1_000))


@pytest.mark.parametrize("size", [0, 1, CHUNK_SIZE - 1, CHUNK_SIZE])
def test_local_cid__at_most_one_chunk__is_the_raw_block(size):
    content = b"c" * size
    assert local_cid(content) == raw_cid(hashlib.sha256(content).digest())


# Answers of js-ipfs 0.66.1 (`add`, cid-version 1, raw leaves) for bytes 0…255 repeated to these sizes, in base32.
@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (CHUNK_SIZE + 1, "bafybeibp4affrl5svfd2wwp3l2srpu76awzmvyc37zmrtap5iqydfxffuy"),
        (3 * CHUNK_SIZE, "bafybeiepg5bjyssjj6qquajjo6djc7tr3altcf7le3n3bqyen2f2gj7cf4"),
        (174 * CHUNK_SIZE, "bafybeic6aphmw3ff6rusfv3xkhvt5hr5qukkef4uybaq2kr4gfurjdadwi"),
        (174 * CHUNK_SIZE + 1, "bafybeifesat4tfkoyjquv3u4ptxx43lfa3xewmq4wlbn6gmosvp7ov6nfy"),
    ],
)
def test_local_cid__several_chunks__is_what_a_node_answered(size, expected):
    content = (bytes(range(256)) * (size // 256 + 1))[:size]
    assert local_cid(content) == expected


def test_local_cid__stream_of_short_reads__equals_the_bytes():
    content = bytes(range(256)) * 2_500
    assert local_cid(Trickle(content)) == local_cid(content) == local_cid(BytesIO(content))


class Zeros(RawIOBase):
    """So many zero bytes, none of which is stored."""

    def __init__(self, size: int) -> None:
        self._left = size

    def read(self, size: int = -1) -> bytes:
        piece = bytes(min(size, self._left))
        self._left -= len(piece)
        return piece


def level_by_level(content: bytes) -> bytes:
    """The tree's root as the specification tells it, one whole level after the other."""
    level = [
        Link(b"\x01\x55\x12\x20" + hashlib.sha256(chunk).digest(), len(chunk), len(chunk))
        for chunk in chunks(BytesIO(content))
    ]
    while len(level) > 1:
        level = [join(level[at : at + LINKS_PER_NODE])[0] for at in range(0, len(level), LINKS_PER_NODE)]
    return level[0].cid


@pytest.mark.parametrize(
    "leaves", [1, 2, 173, 174, 175, 348, 349, 174**2 - 1, 174**2, 174**2 + 1, 174**2 + 174, 174**2 + 175]
)
def test_outline__any_number_of_leaves__is_the_tree_made_level_by_level(leaves, monkeypatch):
    monkeypatch.setattr("offchain.storage.unixfs.CHUNK_SIZE", 2)
    content = (b"".join(number.to_bytes(2, "big") for number in range(leaves)))[:-1]
    tree = outline(BytesIO(content))
    assert tree.root.cid == level_by_level(content)
    assert (tree.root.file_size, len(tree.leaves)) == (len(content), leaves)
    assert all(cid[4:] == hashlib.sha256(block).digest() for cid, block in tree.nodes)
    assert tree.cid == local_cid(content)


def test_local_cid__long_stream__takes_the_memory_of_a_few_chunks():
    tracemalloc.start()
    local_cid(Zeros(256 * CHUNK_SIZE))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * CHUNK_SIZE
