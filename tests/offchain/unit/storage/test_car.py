from __future__ import annotations

import hashlib
import random
from io import BytesIO

import pytest

from offchain.errors import InputError
from offchain.storage.car import read_car, write_car
from offchain.storage.cid import RAW, cid_bytes, parse_cid
from tests.offchain.unit.storage.blocks import Blocks

HELLO = cid_bytes(RAW, hashlib.sha256(b"hello").digest())


def refusal(car: bytes) -> str:
    with pytest.raises(InputError) as caught:
        list(read_car(BytesIO(car)).blocks)
    return caught.value.code


@pytest.fixture(scope="module")
def car() -> bytes:
    """Of a file of two leaves."""
    blocks = Blocks()
    cid = blocks.put(random.Random(1).randbytes(262_145))
    return b"".join(write_car([parse_cid(cid)], blocks.open(cid).blocks()))


def test_write_car__one_raw_block__is_the_layout_of_the_specification():
    """CARv1 and DAG-CBOR: map(2), "roots", array(1), tag 42, bytes(37) with a zero before the CID; "version", 1."""
    header = b"\xa2\x65roots\x81\xd8\x2a\x58\x25\x00" + HELLO + b"\x67version\x01"
    assert len(header) == 58
    expected = b"\x3a" + header + bytes([36 + 5]) + HELLO + b"hello"
    assert b"".join(write_car([HELLO], [(HELLO, b"hello")])) == expected


def test_write_car__block_that_comes_twice__is_written_once():
    once, twice = (b"".join(write_car([HELLO], [(HELLO, b"hello")] * times)) for times in (1, 2))
    assert once == twice


def test_read_car__what_was_written__comes_back(car):
    found = read_car(BytesIO(car))
    blocks = list(found.blocks)
    assert len(blocks) == 3
    assert found.roots == (blocks[0][0],)
    assert b"".join(write_car(found.roots, blocks)) == car


def test_read_car__old_cids__are_read_as_version_1():
    """A CIDv0 is the multihash of a dag-pb block alone."""
    digest = hashlib.sha256(b"node").digest()
    old, new = b"\x12\x20" + digest, b"\x01\x70\x12\x20" + digest
    header = b"\xa2\x65roots\x81\xd8\x2a\x58\x23\x00" + old + b"\x67version\x01"
    car = bytes([len(header)]) + header + bytes([34 + 4]) + old + b"node"
    found = read_car(BytesIO(car))
    assert (found.roots, list(found.blocks)) == ((new,), [(new, b"node")])


def test_read_car__cut_anywhere_but_between_blocks__is_refused():
    whole = b"".join(write_car([HELLO], [(HELLO, b"hello")]))
    for cut in range(len(whole)):
        if cut != 59:  # after the header: a CAR file without blocks
            assert refusal(whole[:cut]) == "car-malformed", cut


def test_read_car__flipped_bit__never_gives_another_block(car):
    chance, sound = random.Random(2), list(read_car(BytesIO(car)).blocks)
    for _ in range(200):
        at = chance.randrange(59, len(car))
        changed = car[:at] + bytes([car[at] ^ 1 << chance.randrange(8)]) + car[at + 1 :]
        got = []
        with pytest.raises(InputError):
            got.extend(read_car(BytesIO(changed)).blocks)
        assert got == sound[: len(got)]


@pytest.mark.parametrize(
    ("car", "code"),
    [
        (b"", "car-malformed"),
        (b"\x0aPK\x03\x04aaaaaa", "car-malformed"),
        (b"\xff" * 20, "car-malformed"),
        (b"\xff\xff\xff\xff\x7f" + b"x" * 100, "car-unsupported"),
        (b"\x3a\xa2\x65roots\x81\xd8\x2a\x58\x25\x00\x01\x71" + HELLO[2:] + b"\x67version\x01", "car-unsupported"),
        (b"\x3a\xa2\x65roots\x81\xd8\x2a\x58\x25\x00" + HELLO + b"\x67version\x02", "car-malformed"),
    ],
    ids=["empty", "a zip", "an endless length", "a header of gigabytes", "a dag-cbor root", "version 2"],
)
def test_read_car__no_car_file_of_ours__is_refused_at_once(car, code):
    assert refusal(car) == code


def test_read_car__block_of_gigabytes_announced__is_refused_before_it_is_read(car):
    class Endless(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            assert size is not None
            assert size < 2**22
            return super().read(size)

    header = b"".join(write_car([HELLO], []))
    with pytest.raises(InputError) as caught:
        list(read_car(Endless(header + b"\xff\xff\xff\xff\x0f")).blocks)
    assert caught.value.code == "car-unsupported"
