from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import resample_poly

from offchain.identity.marks.audio import FOLDED_SHAPE, GAIN, READ_RATE, embed, fold, read
from tests.offchain.unit.identity.marks.conftest import KEY, REFERENCE

RATE = 22_050


@pytest.fixture(scope="session")
def marked(music: np.ndarray) -> np.ndarray:
    return embed(music, RATE, REFERENCE, KEY)


def heard(sound: np.ndarray, speed: int = RATE) -> np.ndarray:
    """As the reader gets it."""
    return resample_poly(sound[:, 0], READ_RATE, speed).astype(np.float32)


def test_embed__music__changes_no_band_by_more_than_the_gain(music, marked):
    """A cell is scaled by 10^(±GAIN / 20); frames overlap, so the error stays below that share of the sound."""
    share = np.sqrt(np.mean((marked - music) ** 2) / np.mean(music**2))
    assert 0 < share < 10 ** (GAIN / 20) - 1
    assert marked.shape == music.shape


def test_embed__twice__same_samples(music, marked):
    assert embed(music, RATE, REFERENCE, KEY).tobytes() == marked.tobytes()


def test_embed__full_scale__is_not_exceeded(music):
    loud = music / np.abs(music).max()
    assert np.abs(embed(loud, RATE, REFERENCE, KEY)).max() <= 1.0


def test_embed__two_channels__both_get_the_same_gains(music, marked):
    both = embed(np.hstack([music, -music]), RATE, REFERENCE, KEY)
    np.testing.assert_allclose(both[:, 0], -both[:, 1], atol=1e-6)
    np.testing.assert_allclose(both[:, :1], marked, atol=1e-6)


@pytest.mark.parametrize(
    "edit",
    [
        lambda s: s,
        lambda s: 0.2 * s,
        lambda s: s[71_234:],
        lambda s: s[: 20 * RATE],
        lambda s: s + np.random.default_rng(1).normal(0, 0.003, s.shape),
        lambda s: np.rint(s * 2047) / 2047,
    ],
    ids=["as-is", "quiet", "cut", "20 s", "noise", "12 bits"],
)
def test_read__edited__finds_the_reference(marked, edit):
    assert read(fold(heard(edit(marked).astype(np.float32))), KEY) == REFERENCE


def test_read__unmarked_or_other_key__finds_nothing(music, marked):
    assert read(fold(heard(music)), KEY) is None
    assert read(fold(heard(marked)), b"x" * 32) is None


@pytest.mark.parametrize("samples", [0, 1, 1023, 1024, 5000])
def test_fold__short_or_silent__finds_nothing(samples: int):
    folded = fold(np.zeros(samples, dtype=np.float32))
    assert folded.shape == FOLDED_SHAPE
    assert np.isfinite(folded).all()
    assert read(folded, KEY) is None
