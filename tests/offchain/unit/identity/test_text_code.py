from __future__ import annotations

import pytest

from offchain.errors import InputError
from offchain.identity.text import MIN_CHARACTERS, decode_text, text_code


def test_decode_text__byte_order_mark__is_dropped():
    assert decode_text("\ufeffEs war einmal".encode()) == "Es war einmal"


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (b"caf\xe9 au lait", "byte 3"),
        (b"a\x00b", "byte 1"),
        (b"\xef\xbb\xbfa\x00", "byte 4"),
        ("é".encode()[:1], "byte 0"),
    ],
)
def test_decode_text__not_utf8_or_nul__names_the_byte(data, where):
    with pytest.raises(InputError) as caught:
        decode_text(data)
    assert caught.value.code == "text-malformed"
    assert where in caught.value.message


def test_text_code__around_the_minimum__exists_from_there_on():
    # Spaces and punctuation do not count (IEP-0003, Processing).
    assert text_code("ab, " * (MIN_CHARACTERS // 2 - 1) + "c") is None
    assert text_code("ab, " * (MIN_CHARACTERS // 2)) is not None


def test_text_code__case_space_and_punctuation__do_not_matter(prose):
    text = prose.read_text()
    shouted = " ".join(text.upper().replace(",", "").split())
    assert text_code(shouted) == text_code(text)
