"""What the model is said to be taught with is what it is taught with."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from offchain.generation.music import training
from offchain.generation.music.corpus import read_corpus
from offchain.generation.training.licences import constraints
from tests.offchain.written_scores import note, score

TINY = {"width": 16, "layers": 1, "heads": 2, "writers": 1, "steps": 4}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten tunes, and a file that is no score."""
    folder = tmp_path_factory.mktemp("scores")
    rng = np.random.default_rng(0)
    for number in range(10):
        voices = [
            ["".join(note("CDEFGAB"[at], octave, 2) for at in rng.integers(7, size=16))] for octave in (5, 4, 4, 3)
        ]
        (folder / f"bwv{number}.mxl").write_bytes(score(*voices))
    (folder / "readme.mxl").write_bytes(b"nothing")
    return folder


def test_trainee__manifest__names_the_files_taught_with_and_no_other(data):
    _, manifest, config = training.trainee(data, 0, TINY)
    taught, chosen, held_out = training.divided(read_corpus(data))
    assert [file.path for file in manifest.files] == [chorale.path for chorale in taught]
    assert [len(taught), len(chosen), len(held_out)] == [8, 1, 1]
    assert config["width"] == 16
    for file in manifest.files:
        assert file.sha256 == "0x" + hashlib.sha256((data / file.path).read_bytes()).hexdigest()
        assert file.title == f"BWV {file.path[3:-4]}"
        assert training.ENCODING in file.licence
    assert "2 further chorales" in manifest.statement
    assert "1 of its files are not four-part vocal scores" in manifest.statement


def test_trainee__licences__are_known_and_ask_that_makers_are_named(data):
    _, manifest, _ = training.trainee(data, 0, TINY)
    asked = constraints(manifest)
    assert asked.attribution
    assert not asked.non_commercial


def test_trainee__a_step__learns_from_the_files(data):
    learning, _, _ = training.trainee(data, 0, TINY)
    losses = [learning.step(number)["nats_per_token"] for number in range(1, 5)]
    assert all(0 < loss < 6 for loss in losses)
    assert learning.evaluate()["test_nats_per_token"] > 0
