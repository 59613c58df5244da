from __future__ import annotations

import pytest

from offchain.generation.provenance import sha256_text
from offchain.generation.training import TrainingFile, TrainingManifest

ADA, BEN = ("0x" + digit * 40 for digit in "12")


@pytest.fixture
def manifest_of():
    """A manifest of one work per account; None for a work in the public domain."""

    def make(*accounts: str | None, licence: str = "CC0-1.0") -> TrainingManifest:
        files = (
            TrainingFile(f"{number}.mid", sha256_text(bytes([number])), "A", "S", licence, "T", account)
            for number, account in enumerate(accounts)
        )
        return TrainingManifest("songs", tuple(files), "known")

    return make
