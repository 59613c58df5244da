"""Whatever bytes come from a node or a file, they are read or refused; nothing else happens."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from io import BytesIO

from hypothesis import example, given, settings
from hypothesis import strategies as st

from offchain.errors import InputError
from offchain.storage.car import read_car, write_car
from offchain.storage.cid import DAG_PB, RAW, cid_bytes
from offchain.storage.dag_pb import Link, decode_file, encode_file
from offchain.storage.varint import encode_varint, read_varint

cids = st.builds(cid_bytes, st.sampled_from([RAW, DAG_PB]), st.binary(min_size=32, max_size=32))
links = st.builds(Link, cids, st.integers(1, 2**40), st.integers(0, 2**40))
blocks = st.binary(max_size=200).map(lambda block: (cid_bytes(RAW, hashlib.sha256(block).digest()), block))


@given(st.integers(0, 2**63 - 1), st.binary(max_size=5))
def test_varint__any_number__comes_back_with_its_end(value, rest):
    written = encode_varint(value)
    assert read_varint(b"\x00" + written + rest, 1) == (value, 1 + len(written))


@given(st.lists(links, min_size=1, max_size=20))
def test_decode_file__any_links__come_back(children):
    assert decode_file(encode_file(children)) == tuple(children)


@settings(max_examples=300)
@given(st.binary(max_size=300))
@example(b"")
@example(b"\x0a\x80")
@example(b"\x0a\x04\x08\x02\x18\x00")
def test_decode_file__any_bytes__are_links_or_refused(data):
    with suppress(InputError):
        assert encode_file(decode_file(data)) == data


@settings(max_examples=300)
@given(st.lists(links, min_size=1, max_size=4), st.data())
def test_decode_file__changed_byte__is_other_links_or_refused(children, data):
    block = bytearray(encode_file(children))
    block[data.draw(st.integers(0, len(block) - 1))] ^= data.draw(st.integers(1, 255))
    with suppress(InputError):
        assert encode_file(decode_file(bytes(block))) == bytes(block)


@given(st.lists(cids, min_size=1, max_size=23), st.lists(blocks, max_size=10, unique_by=lambda block: block[0]))
def test_read_car__any_blocks__come_back(roots, held):
    found = read_car(BytesIO(b"".join(write_car(roots, held))))
    assert (list(found.roots), list(found.blocks)) == (roots, held)


@settings(max_examples=300)
@given(st.lists(blocks, min_size=1, max_size=3), st.binary(max_size=80), st.integers(0, 400))
def test_read_car__spliced_with_anything__gives_only_sound_blocks(held, junk, place):
    car = b"".join(write_car([held[0][0]], held))
    with suppress(InputError):
        for cid, block in read_car(BytesIO(car[:place] + junk + car[place:])).blocks:
            assert cid[4:] == hashlib.sha256(block).digest()
