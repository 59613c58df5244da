"""A few drawn shapes of two classes, in place of the library's drawings."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from offchain.generation.image.dataset import Dataset


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    """One thread, as trainings run."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    """Red bars (class 0) and blue squares (class 1), anywhere on white."""
    random = np.random.default_rng(1)
    pictures, classes = np.full((96, 64, 64, 3), 255, np.uint8), np.arange(96) % 2
    for picture, number in zip(pictures, classes, strict=True):
        row, column = random.integers(8, 40, 2)
        if number:
            picture[row : row + 16, column : column + 16] = (0, 0, 255)
        else:
            picture[row : row + 8, 4:60] = (255, 0, 0)
    return Dataset(pictures[:80], classes[:80], pictures[80:], classes[80:])
