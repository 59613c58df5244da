"""A small untaught model, so that drawing and replaying are tested on any weights."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from offchain.generation.music.model import MusicModel, load_model
from offchain.generation.music.network import Config, MusicTransformer
from offchain.generation.runtime import torch_threads
from offchain.generation.training.manifest import TrainingFile, TrainingManifest
from offchain.generation.training.weights import Card, write_weights

CONFIG = {"width": 32, "layers": 2, "heads": 2, "window": 64, "writers": 1, "dropout": 0.1}


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """As works are made; two threads wait for each other longer than so small a network computes."""
    with torch_threads(1):
        yield


@pytest.fixture(scope="session")
def weights_folder(tmp_path_factory):
    """Weights as `colophon train` writes them, of seed 0."""
    torch.manual_seed(0)
    network = MusicTransformer(Config(**CONFIG))
    tensors = {name: 2 * tensor.half() for name, tensor in network.state_dict().items()}
    taught = TrainingFile("bwv1.mxl", "0x" + "11" * 32, "J. S. Bach", "by hand", "CC0-1.0", "BWV 1")
    folder = tmp_path_factory.mktemp("weights")
    write_weights(
        folder,
        tensors,
        card=Card("untaught", "CC0-1.0", CONFIG),
        manifest=TrainingManifest("one", (taught,), "A test's."),
    )
    return folder


@pytest.fixture(scope="session")
def model(weights_folder) -> MusicModel:
    """In float64, as it runs."""
    return load_model("cpu", weights_folder)
