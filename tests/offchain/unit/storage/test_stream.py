"""The sealed format, byte by byte, against an implementation that shares no code with it."""

from __future__ import annotations

import hashlib
import hmac
import io

import pytest

from offchain.errors import DeniedError, InputError
from offchain.storage.sealing import opened, sealed
from offchain.storage.stream import CHUNK_SIZE, HEADER_SIZE, Header, cipher_of, derive
from tests.offchain.unit.storage import aes_gcm

KEY, SALT = bytes(range(32)), bytes(range(100, 116))


def by_hand(master: bytes) -> bytes:
    """A sealed file of one or two chunks as docs/decisions/0021-sealed-content.md describes it."""
    prefix = b"colophon sealed\x01"
    extracted = hmac.digest(SALT, KEY, hashlib.sha256)  # RFC 5869, 2.2
    first = hmac.digest(extracted, prefix + b"\x01", hashlib.sha256)  # RFC 5869, 2.3
    second = hmac.digest(extracted, first + prefix + b"\x02", hashlib.sha256)
    chunks = [master[at : at + 65_536] for at in range(0, len(master), 65_536)] or [b""]
    file = prefix + SALT + second
    for index, chunk in enumerate(chunks):
        nonce = index.to_bytes(11, "big") + (b"\x01" if index == len(chunks) - 1 else b"\x00")
        file += aes_gcm.encrypt(first, nonce, chunk)
    return file


@pytest.mark.parametrize(
    ("plaintext", "ciphertext"),
    [
        # McGrew and Viega, "The Galois/Counter Mode of Operation (GCM)", appendix B, test cases 13 and 14.
        (b"", "530f8afbc74536b9a963b4f1c4cb738b"),
        (bytes(16), "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"),
    ],
)
def test_aes_gcm__published_vector__holds(plaintext: bytes, ciphertext: str):
    """What the other tests compare with is AES-256-GCM."""
    assert aes_gcm.encrypt(bytes(32), bytes(12), plaintext).hex() == ciphertext


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 1000])
def test_sealed__one_chunk__is_what_the_standards_give(size: int):
    master = bytes(number % 251 for number in range(size))
    assert b"".join(sealed(io.BytesIO(master), KEY, SALT)) == by_hand(master)


def test_sealed__two_chunks__is_what_the_standards_give():
    master = hashlib.shake_128(b"two chunks").digest(CHUNK_SIZE + 3)
    assert b"".join(sealed(io.BytesIO(master), KEY, SALT)) == by_hand(master)


def test_header__written_and_read__is_the_same():
    header, _ = derive(KEY, SALT)
    assert Header.parse(bytes(header)) == header
    assert len(bytes(header)) == HEADER_SIZE == 64


@pytest.mark.parametrize("data", [b"", b"colophon", b"colophon sealed\x01", b"age-encryption.org/v1\n" * 4])
def test_header__of_something_else__malformed(data: bytes):
    with pytest.raises(InputError) as caught:
        Header.parse(data)
    assert caught.value.code == "sealed-malformed"


def test_header__another_version__is_not_guessed_at():
    data = bytearray(bytes(derive(KEY, SALT)[0]))
    data[15] = 2
    with pytest.raises(InputError) as caught:
        Header.parse(bytes(data))
    assert (caught.value.code, caught.value.facts) == ("sealed-version", {"version": 2})


def test_cipher_of__another_key__is_told_apart_from_damage():
    """GCM alone would let one file open under two keys; the commitment does not."""
    header, _ = derive(KEY, SALT)
    with pytest.raises(DeniedError) as caught:
        cipher_of(header, bytes(32))
    assert caught.value.code == "key-wrong"


@pytest.mark.parametrize(("key", "salt"), [(b"", SALT), (KEY[:16], SALT), (KEY + b"\0", SALT), (KEY, b"")])
def test_derive__lengths_of_another_cipher__refused(key: bytes, salt: bytes):
    with pytest.raises(InputError) as caught:
        derive(key, salt)
    assert caught.value.code == "key-malformed"


def test_stream_cipher__counter__never_repeats_a_nonce():
    """Equal chunks in two places, and as the last, differ."""
    _, cipher = derive(KEY, SALT)
    found = {cipher.seal(index, b"same", last=last) for index in (0, 1, 256, 2**32) for last in (False, True)}
    assert len(found) == 8


def test_opened__chunk_of_another_file_of_the_same_key__damaged():
    """Another salt is another payload key."""
    one = b"".join(sealed(io.BytesIO(b"one"), KEY, SALT))
    other = b"".join(sealed(io.BytesIO(b"two"), KEY, bytes(16)))
    with pytest.raises(InputError) as caught:
        list(opened(io.BytesIO(one[:HEADER_SIZE] + other[HEADER_SIZE:]), KEY))
    assert caught.value.code == "sealed-damaged"
