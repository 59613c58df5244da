from __future__ import annotations

import numpy as np
import pytest

from offchain.identity.marks.payload import CHIPS, payload, reference_of

KEY = b"k" * 32
REFERENCE = 0x0123_4567_89AB_CDEF


def test_reference_of__work__is_its_first_64_bits():
    assert reference_of(int("a1" * 8 + "00" * 24, 16)) == 0xA1A1_A1A1_A1A1_A1A1


def test_payload__twelve_symbols_of_128_chips__are_balanced_signs():
    """64 + 32 bits, 8 a symbol; a codeword of RM(1, 7) and its scrambling leave no chip at zero."""
    chips = payload(KEY).encode(REFERENCE)
    assert chips.shape == (CHIPS,) == (12 * 128,)
    assert set(np.unique(chips)) == {-1.0, 1.0}


def test_payload__one_bit_of_the_reference_changed__half_of_a_symbol_or_more_changes():
    """The code's distance is 64; the check's four symbols change too."""
    differing = np.count_nonzero(payload(KEY).encode(REFERENCE) != payload(KEY).encode(REFERENCE ^ 1))
    assert differing >= 64


def test_decode__another_key__finds_nothing():
    assert payload(b"x" * 32).decode(payload(KEY).encode(REFERENCE)) is None


def test_decode__check_of_another_reference__finds_nothing():
    """Symbols of two marks mixed are each valid codewords: only the check tells."""
    code = payload(KEY)
    one, other = code.encode(REFERENCE), code.encode(REFERENCE ^ 0xFF)
    mixed = np.where(one == other, one, other)
    first = np.empty(CHIPS)
    first[:] = mixed
    symbols = (one * code.scramble)[code.order].reshape(12, 128)
    symbols[7] = (other * code.scramble)[code.order].reshape(12, 128)[7]
    forged = np.empty(CHIPS)
    forged[code.order] = symbols.ravel()
    assert code.decode(forged * code.scramble) is None


@pytest.mark.parametrize("strength", [0.25, 0.4])
def test_decode__chips_weaker_than_the_noise__are_read(strength: float):
    """At strength s a symbol's likeness is 128 s against noise of √128: 2.8 and 4.5 deviations, of 255 rivals."""
    noise = np.random.default_rng(5).normal(size=CHIPS)
    found = payload(KEY).decode(strength * payload(KEY).encode(REFERENCE) + noise)
    assert found == (REFERENCE if strength > 0.3 else None)
