"""Ten small pieces for four voices as scores, and a model that `colophon train` makes of them."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator

import numpy as np
import pytest

from offchain.generation.runtime import torch_threads
from offchain.generation.training.session import Plan

VOICES = {"Soprano": 72, "Alto": 65, "Tenor": 60, "Bass": 48}
SCALE = (0, 2, 4, 5, 7, 9, 11)
STEPS = "C D EF G A B"
SETTINGS = {"width": 16, "layers": 1, "heads": 2, "window": 32, "writers": 1, "size": 2, "length": 32}


def score(rng: np.random.Generator) -> str:
    """Four bars of quarter notes in C major; each voice wanders by chance."""
    names = "".join(f'<score-part id="{n}"><part-name>{n}</part-name></score-part>' for n in VOICES)
    first = (
        "<attributes><divisions>1</divisions><key><fifths>0</fifths></key>"
        "<time><beats>4</beats><beat-type>4</beat-type></time></attributes>"
    )
    parts = ""
    for name, low in VOICES.items():
        drawn = [low - low % 12 + SCALE[step] for step in rng.integers(7, size=16)]
        notes = [
            f"<note><pitch><step>{STEPS[pitch % 12]}</step><octave>{pitch // 12 - 1}</octave></pitch>"
            "<duration>1</duration></note>"
            for pitch in drawn
        ]
        bars = ["".join(notes[at : at + 4]) for at in range(0, 16, 4)]
        measures = "".join(f"<measure>{first if not at else ''}{bar}</measure>" for at, bar in enumerate(bars))
        parts += f'<part id="{name}">{measures}</part>'
    return f"<score-partwise><part-list>{names}</part-list>{parts}</score-partwise>"


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    with torch_threads(1):
        yield


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scores")
    for number in range(10):
        with zipfile.ZipFile(folder / f"{number}.mxl", "w") as archive:
            archive.writestr("META-INF/container.xml", "<container/>")
            archive.writestr("score.xml", score(np.random.default_rng(number)))
    return folder


@pytest.fixture
def plan(data, tmp_path) -> Plan:
    return Plan("music", data, tmp_path / "model", steps=6, seed=1, settings=SETTINGS)
