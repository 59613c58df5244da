from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from tests.offchain.site import ROCKET

KEY = b"k" * 32
REFERENCE = 0x0123_4567_89AB_CDEF


@pytest.fixture(scope="session")
def photograph() -> Image.Image:
    """512 × 342 pixels, with flat sky and busy ground."""
    picture = Image.open(ROCKET).convert("RGB")
    picture.thumbnail((512, 512), Image.Resampling.LANCZOS)
    return picture


@pytest.fixture(scope="session")
def music() -> np.ndarray:
    """Thirty seconds of a chord that changes every second, over soft noise; 22,050 Hz, one channel."""
    rate, chance = 22_050, np.random.default_rng(3)
    time = np.arange(rate) / rate
    beats = []
    for _ in range(30):
        notes = 220 * 2 ** (chance.integers(0, 24, 4) / 12)
        tones = [np.sin(2 * np.pi * note * part * time) / part for note in notes for part in range(1, 9)]
        beats.append(np.sum(tones, axis=0) * np.exp(-time) + chance.normal(0, 0.05, len(time)))
    sound = np.concatenate(beats)
    return (0.5 * sound / np.abs(sound).max()).astype(np.float32)[:, None]
