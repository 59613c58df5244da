from __future__ import annotations

from dataclasses import replace

import pytest

from offchain.generation.provenance import sha256_text
from offchain.generation.training import TrainingFile, TrainingManifest


@pytest.fixture
def entry() -> TrainingFile:
    return TrainingFile("a/1.svg", sha256_text(b"1"), "Ada", "clips 0.18", "CC0-1.0", "Apple")


@pytest.fixture
def manifest_of(entry):
    """A manifest of files under these licences."""

    def make(*licences: str) -> TrainingManifest:
        files = (
            replace(entry, path=f"{number}.svg", sha256=sha256_text(bytes([number])), licence=licence)
            for number, licence in enumerate(licences)
        )
        return TrainingManifest("clips", tuple(files), "all is known")

    return make
