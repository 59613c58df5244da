"""A music model small enough for tests of what happens around a model: its pieces are noise, its records are whole."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
import torch

from offchain.generation.music import model, writing
from offchain.generation.music.network import Config, MusicTransformer
from offchain.generation.provenance import sha256_text
from offchain.generation.training.manifest import TrainingFile, TrainingManifest
from offchain.generation.training.weights import Card, write_weights


def manifest(*accounts: str | None, licence: str = "CC0-1.0") -> TrainingManifest:
    """A training set with a file for each account, None for a file that pays nobody."""
    files = [
        TrainingFile(f"{number}.mid", sha256_text(b"%d" % number), "A. Maker", "made for tests", licence, "", account)
        for number, account in enumerate(accounts)
    ]
    return TrainingManifest("Tiny set", tuple(files), "Every file was made for tests.")


def write_tiny(folder: Path, taught_with: TrainingManifest) -> None:
    """The weights of a network that has learnt nothing, as they ship."""
    torch.manual_seed(7)
    config = {"width": 16, "layers": 1, "heads": 2, "window": 16, "writers": 1, "dropout": 0.0}
    network = MusicTransformer(Config(**config))
    card = Card("tiny", "Apache-2.0", config)
    write_weights(folder, dict(network.state_dict()), card=card, manifest=taught_with)


def use_tiny(patch: pytest.MonkeyPatch, folder: Path, taught_with: TrainingManifest) -> None:
    """Let the music room run this model instead of the one that ships."""
    folder.mkdir(exist_ok=True)
    write_tiny(folder, taught_with)
    patch.setattr(writing, "load_model", partial(model.load_model, folder=folder))
