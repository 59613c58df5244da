"""Two classes of drawn shapes, and networks small enough to be taught in a test."""

from __future__ import annotations

import numpy as np
import pytest

from offchain.generation import Runtime
from offchain.generation.image.dataset import Dataset
from offchain.generation.image.network import Shape


@pytest.fixture(scope="session")
def image_runtime(tmp_path_factory) -> Runtime:
    """One CPU thread; no language model."""
    return Runtime(tmp_path_factory.mktemp("none"), threads=1, device="cpu")


@pytest.fixture(scope="session")
def tiny_shape() -> Shape:
    return Shape(classes=2, latent=8, widths=(16, 8, 8), grain=4, components=16)


@pytest.fixture(scope="session")
def bars() -> Dataset:
    """Red bars (class 0) and blue squares (class 1), anywhere on white."""
    random = np.random.default_rng(1)
    pictures, classes = np.full((60, 64, 64, 3), 255, np.uint8), np.arange(60) % 2
    for picture, number in zip(pictures, classes, strict=True):
        row, column = random.integers(8, 40, 2)
        if number:
            picture[row : row + 16, column : column + 16] = (0, 0, 255)
        else:
            picture[row : row + 8, 4:60] = (255, 0, 0)
    return Dataset(pictures[:50], classes[:50], pictures[50:], classes[50:])
