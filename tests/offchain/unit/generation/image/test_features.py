"""Features and distances: fixed, and with the properties that a distance of distributions has."""

from __future__ import annotations

import numpy as np
import pytest

from offchain.generation.image.evaluation import copied, nearest
from offchain.generation.image.features import DIMENSIONS, _weights, features, frechet


def test_features__of_a_picture__do_not_depend_on_its_neighbours(dataset):
    together = features(dataset.pictures)

    assert together.shape == (80, DIMENSIONS)
    assert features(dataset.pictures[7:8])[0] == pytest.approx(together[7], abs=1e-5)


def test_features__white_paper__are_those_that_were_fixed():
    """Weights drawn otherwise would give other figures under the same name: the first output of the first layer."""
    first = np.random.Generator(np.random.PCG64(20_200_706)).standard_normal(27) * (2 / 27) ** 0.5
    assert _weights()[0][0].numpy().ravel() == pytest.approx(first, rel=1e-6)


def test_frechet__same_features__is_nothing():
    points = np.random.default_rng(0).standard_normal((200, 8))

    assert frechet(points, points) == pytest.approx(0, abs=1e-6)


def test_frechet__moved_and_widened__is_as_computed_by_hand():
    """Per axis (μ − ν)² + (σ − τ)², over the real ones' variance τ²: here 3² + (2 − 1)² and 0 + 1², each over 1."""
    real = np.array([[1.0, 1], [1, -1], [-1, 1], [-1, -1]]) * (3 / 4) ** 0.5
    made = 2 * real + [3, 0]

    assert frechet(made, real) == pytest.approx((9 + 1 + 0 + 1) / 2)


def test_nearest__rows__have_their_euclidean_distance():
    rows = np.array([[0.0, 0], [5, 5]])
    others = np.array([[3.0, 4], [5, 6], [100, 100]])

    assert nearest(rows, others) == pytest.approx([5, 1])


def test_copied__copies__are_all_found_and_strangers_are_not():
    random = np.random.default_rng(0)
    taught, held_out, strangers = (random.standard_normal((300, 16)) for _ in range(3))

    assert copied(taught[:50] + 1e-3, taught, held_out) == 1
    assert copied(strangers, taught, held_out) < 0.05
