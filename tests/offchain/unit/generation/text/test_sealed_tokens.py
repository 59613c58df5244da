"""Tokens in a record are for those who have the text."""

from __future__ import annotations

import base64

import pytest

from offchain.errors import InputError
from offchain.generation.text.sealed_tokens import MOST, open_tokens, seal_tokens

TOKENS = [0, 1, 255, 256, 49_151, 2**24 - 1]
TEXT = b"as published"


def test_open_tokens__own_text__gives_them_back():
    sealed = seal_tokens(TOKENS, TEXT)

    assert open_tokens(sealed, TEXT) == TOKENS
    assert len(base64.b64decode(sealed)) == 3 * len(TOKENS)


def test_open_tokens__another_text__tells_nothing():
    assert not set(open_tokens(seal_tokens(TOKENS, TEXT), b"guessed")) & set(TOKENS)


def test_seal_tokens__more_than_a_record_holds__leaves_them_out():
    assert seal_tokens([7] * (MOST + 1), TEXT) is None
    assert len(seal_tokens([7] * MOST, TEXT)) == 4 * MOST < 256 * 1024


@pytest.mark.parametrize("sealed", ["****", "AAA", "AAAA" * 3 + "AA==", "ä", None, 7])
def test_open_tokens__not_as_sealed__is_refused(sealed):
    with pytest.raises(InputError) as caught:
        open_tokens(sealed, TEXT)

    assert caught.value.code == "provenance-malformed"
