"""Influence: what a solution by hand gives, who counts nothing, and an index that cannot be mistaken for another."""

from __future__ import annotations

import numpy as np
import pytest

from offchain.errors import InputError, RefusedError
from offchain.generation.attribution.influence import (
    INDEX,
    RIDGE,
    InfluenceIndex,
    influence,
    read_index,
    scores,
    write_index,
)

MODEL = "0x" + "5" * 64
WORKS = tuple("0x" + digit * 64 for digit in "123")


def index_of(*rows, works=WORKS):
    return InfluenceIndex(MODEL, works, np.array(rows, float))


def test_scores__orthogonal_pieces__are_cosines_shrunk_by_the_ridge():
    """Φ Φᵀ = I, so φ Φᵀ (I + λ)⁻¹ = φ Φᵀ / (1 + λ)."""
    made = np.array([[0.6, 0.8, 0.0]])

    assert np.allclose(scores(np.eye(3), made, ridge=0.5), [[0.4, 0.8 / 1.5, 0.0]])


def test_scores__a_piece_that_stands_twice__shares_its_influence():
    """For equal rows u, u the solution is symmetric: each has 1 / (2 + λ) of a piece like them."""
    row = np.array([1.0, 0.0])

    assert np.allclose(scores(np.array([row, row]), row[None], ridge=0.5), [[1 / 2.5, 1 / 2.5]])


def test_influence__a_training_piece_itself__counts_most():
    rows = np.random.default_rng(3).standard_normal((3, 40))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)

    weights = influence(index_of(*rows), rows[1])

    assert max(weights, key=weights.__getitem__) == WORKS[1]
    assert weights[WORKS[1]] > 0.7


def test_influence__piece_that_moved_the_model_away__counts_nothing():
    weights = influence(index_of([1, 0, 0], [-1, 0, 0], [0, 1, 0]), np.array([0.8, 0.6, 0.0]))

    assert weights[WORKS[1]] == 0
    assert abs(sum(weights.values()) - 1) < 1e-8


def test_influence__noise_of_another_processor__changes_nothing():
    rng = np.random.default_rng(4)
    rows = rng.standard_normal((3, 40))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    sketch = rng.standard_normal(40)

    assert influence(index_of(*rows), sketch) == influence(index_of(*rows), sketch + 1e-13 * rng.standard_normal(40))


def test_influence__same_work_in_two_rows__adds_up():
    weights = influence(index_of([1, 0], [0, 1], [0, 1], works=(WORKS[0], WORKS[1], WORKS[1])), np.array([0.6, 0.8]))

    # two equal rows: 0.8 · 2 / (2 + λ) against 0.6 / (1 + λ)
    twice, once = 1.6 / (2 + RIDGE), 0.6 / (1 + RIDGE)
    assert abs(weights[WORKS[1]] - twice / (twice + once)) < 1e-8


def test_influence__nothing_counts__is_refused():
    with pytest.raises(RefusedError) as refused:
        influence(index_of([1, 0], works=WORKS[:1]), np.array([-1.0, 0.0]))

    assert refused.value.code == "influence-unknown"


def test_read_index__as_written__keeps_sketches_to_three_digits(tmp_path):
    rows = np.random.default_rng(5).standard_normal((3, 64)) / 8

    write_index(tmp_path, index_of(*rows))
    read = read_index(tmp_path, MODEL)

    assert read.works == WORKS
    assert np.allclose(read.sketches, rows, rtol=1e-3, atol=1e-4)


def test_read_index__of_other_weights__is_refused(tmp_path):
    write_index(tmp_path, index_of([1, 0], [0, 1], [1, 0]))

    with pytest.raises(InputError, match="other weights") as refused:
        read_index(tmp_path, "0x" + "6" * 64)

    assert refused.value.code == "model-mismatch"


@pytest.mark.parametrize("data", [b"", b"\x80\x04\x95 pickled", b"{}"])
def test_read_index__no_index__is_refused(tmp_path, data):
    (tmp_path / INDEX).write_bytes(data)

    with pytest.raises(InputError) as refused:
        read_index(tmp_path, MODEL)

    assert refused.value.code == "model-mismatch"


def test_read_index__missing__says_which_rule_needs_none(tmp_path):
    with pytest.raises(InputError) as refused:
        read_index(tmp_path, MODEL)

    assert refused.value.code == "influence-missing"
    assert "equal-per-work" in refused.value.remedy
