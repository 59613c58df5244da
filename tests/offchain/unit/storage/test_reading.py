from __future__ import annotations

import random

import pytest

from offchain.errors import InputError
from offchain.storage import local_cid
from offchain.storage.cid import DAG_PB, RAW, cid_bytes
from offchain.storage.dag_pb import Link, encode_file
from offchain.storage.reading import MAX_BLOCK
from offchain.storage.unixfs import CHUNK_SIZE, LINKS_PER_NODE
from tests.offchain.unit.storage.blocks import Blocks

NODE = cid_bytes(DAG_PB, b"")


@pytest.fixture
def blocks() -> Blocks:
    return Blocks()


@pytest.fixture(scope="module")
def long() -> bytes:
    """A tree of two levels of inner nodes."""
    return random.Random(7).randbytes(LINKS_PER_NODE * CHUNK_SIZE + 2 * CHUNK_SIZE + 5)


def refusal(blocks: Blocks, cid: str, **options: int) -> str:
    with pytest.raises(InputError) as caught:
        for _ in blocks.open(cid, **options).read():
            pass
    return caught.value.code


def test_open__long_file__size_is_known_from_the_head_alone(blocks, long):
    cid = blocks.put(long)
    assert blocks.open(cid).size == len(long)
    assert blocks.asked == [cid]


def test_read__whole_file__is_the_content_in_pieces_of_one_leaf(blocks, long):
    pieces = list(blocks.open(blocks.put(long)).read())
    assert b"".join(pieces) == long
    assert max(map(len, pieces)) == CHUNK_SIZE


def test_read__range__touches_only_the_leaves_in_it(blocks, long):
    cid = blocks.put(long)
    start, end = 3 * CHUNK_SIZE - 1, 3 * CHUNK_SIZE + 1
    assert b"".join(blocks.open(cid).read(start, end)) == long[start:end]
    # The head, the inner node over the first 174 leaves, and leaves 2 and 3.
    assert len(blocks.asked) == 4


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (LINKS_PER_NODE * CHUNK_SIZE - 1, LINKS_PER_NODE * CHUNK_SIZE + 1),
        (LINKS_PER_NODE * CHUNK_SIZE, LINKS_PER_NODE * CHUNK_SIZE + CHUNK_SIZE),
        (0, 1),
        (5, 5),
        (10**12, None),
        (LINKS_PER_NODE * CHUNK_SIZE + 2 * CHUNK_SIZE, None),
        (0, 10**12),
    ],
)
def test_read__range_at_a_boundary__is_the_slice(blocks, long, start, end):
    assert b"".join(blocks.open(blocks.put(long)).read(start, end)) == long[start:end]


def test_open__limit__counts_the_whole_file(blocks, long):
    cid = blocks.put(long)
    assert blocks.open(cid, len(long)).size == len(long)
    assert refusal(blocks, cid, limit=len(long) - 1) == "content-oversized"


def test_download__whole_file__appears_only_when_it_is_whole(blocks, long, tmp_path):
    path = tmp_path / "long.bin"
    assert blocks.download(blocks.put(long), path) == len(long)
    assert path.read_bytes() == long
    other = local_cid(b"nobody has this")
    with pytest.raises(Exception, match=other):
        blocks.download(other, tmp_path / "other.bin")
    assert [each.name for each in tmp_path.iterdir()] == ["long.bin"]


def test_blocks__long_file__parents_come_before_children_and_left_before_right(blocks, long):
    file = blocks.open(blocks.put(long))
    listed = [cid for cid, _ in file.blocks()]
    codecs = [cid[1] for cid in listed]
    assert codecs == [DAG_PB, DAG_PB, *[RAW] * LINKS_PER_NODE, DAG_PB, *[RAW] * 3]
    assert dict(file.blocks()) == blocks.held


def test_read__inner_node_of_another_size_than_its_parent_says__is_refused(blocks):
    """Such trees have a right hash; what they say about sizes is still not true."""
    leaf = Link(cid_bytes(RAW, bytes(32)), 10, 10)
    inner = blocks.put_block(NODE, encode_file([leaf]))
    lying = Link(next(iter(blocks.held)), 11, 100)
    assert inner
    assert refusal(blocks, blocks.put_block(NODE, encode_file([lying]))) == "content-unreadable"


def test_read__chain_of_single_links__ends(blocks):
    cid, size = cid_bytes(RAW, bytes(32)), 10
    for _ in range(20):
        text = blocks.put_block(NODE, encode_file([Link(cid, size, size)]))
        cid = list(blocks.held)[-1]
    assert refusal(blocks, text) == "content-unreadable"


@pytest.mark.parametrize(
    "links",
    [
        [Link(cid_bytes(RAW, bytes(32)), 10, 10), Link(cid_bytes(DAG_PB, bytes(32)), 10, 10)],
        [Link(cid_bytes(RAW, bytes(32)), MAX_BLOCK + 1, 10)],
    ],
    ids=["leaves at two depths", "a leaf above the largest block"],
)
def test_read__tree_that_we_would_not_make__is_refused(blocks, links):
    assert refusal(blocks, blocks.put_block(NODE, encode_file(links))) == "content-unreadable"


@pytest.mark.parametrize("cid", ["bafyreigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi"])
def test_open__cid_of_something_else__is_refused(blocks, cid):
    """A dag-cbor CID of the IPLD documentation."""
    assert refusal(blocks, cid) == "cid-unsupported"
