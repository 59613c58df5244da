from __future__ import annotations

import hashlib
from io import BytesIO, RawIOBase

import pytest

from offchain.storage import local_cid, raw_cid
from offchain.storage.unixfs import CHUNK_SIZE


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
