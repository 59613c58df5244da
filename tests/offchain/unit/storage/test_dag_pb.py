from __future__ import annotations

import hashlib

import pytest

from offchain.errors import InputError
from offchain.storage.cid import DAG_PB, RAW, cid_bytes
from offchain.storage.dag_pb import Link, decode_file, encode_file


def link(content: bytes, codec: int = RAW, size: int | None = None) -> Link:
    size = len(content) if size is None else size
    return Link(cid_bytes(codec, hashlib.sha256(content).digest()), size, size + 14)


LINKS = (link(b"first"), link(b"second", DAG_PB, 262_144), link(b"third"))


def refusal(block: bytes) -> str:
    with pytest.raises(InputError) as caught:
        decode_file(block)
    return caught.value.code


def test_encode_file__two_leaves__is_the_protobuf_of_the_specifications():
    """DAG-PB: links (2) before data (1), a link is hash (1), name (2), tsize (3); UnixFS: type, size, blocksizes."""
    first, second = LINKS[0], LINKS[2]

    def written(each: Link) -> bytes:
        body = b"\x0a\x24" + each.cid + b"\x12\x00" + b"\x18" + bytes([each.dag_size])
        return b"\x12" + bytes([len(body)]) + body

    data = b"\x08\x02\x18\x0a\x20\x05\x20\x05"
    assert encode_file([first, second]) == written(first) + written(second) + b"\x0a\x08" + data


def test_decode_file__what_was_encoded__gives_the_links():
    assert decode_file(encode_file(LINKS)) == LINKS


def test_decode_file__any_byte_missing_or_added__is_refused():
    block = encode_file(LINKS)
    for cut in range(len(block)):
        assert refusal(block[:cut]) == "content-unreadable"
    assert refusal(block + b"\x00") == "content-unreadable"


@pytest.mark.parametrize(
    "links",
    [
        (),
        (link(b""),),
        (Link(LINKS[0].cid[:-1], 5, 5),),
        (Link(cid_bytes(0x71, bytes(32)), 5, 5),),
    ],
    ids=["no children", "an empty child", "a short CID", "a CID of dag-cbor"],
)
def test_decode_file__links_that_no_file_has__are_refused(links):
    assert refusal(encode_file(links)) == "content-unreadable"


def test_decode_file__directory__is_refused():
    """A UnixFS directory without entries: type 1."""
    assert refusal(b"\x0a\x02\x08\x01") == "content-unreadable"
