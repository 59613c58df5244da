"""The image model that Colophon ships, as it runs: float64, so that every processor rounds to the same levels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

from offchain.errors import InputError
from offchain.generation.training.weights import Weights, load_weights

if TYPE_CHECKING:
    from offchain.generation.image.network import Generator

__all__ = ["DTYPE", "FOLDER", "ImageModel", "load_model"]

DTYPE: Final = "float64"
"""Numbers that weights and activations are run in; the file keeps float16."""

FOLDER: Final = Path(__file__).parent / "weights"

_loading = Lock()


@dataclass(frozen=True, slots=True)
class ImageModel:
    """A model in memory.

    Attributes:
        network: in float64, ready to run on its device.
        weights: what it was loaded from, verified.
    """

    network: Generator
    weights: Weights


def load_model(device: str, folder: Path = FOLDER) -> ImageModel:
    """Verify the model's files and load it; once per process, device and folder.

    Raises:
        InputError: nothing there, or a file that is not the one pinned.
    """
    with _loading:
        return _load(device, folder)


@lru_cache(maxsize=2)
def _load(device: str, folder: Path) -> ImageModel:
    from offchain.generation.image.network import Generator, Shape

    weights = load_weights(folder)
    try:
        network = Generator(Shape.of(weights.config))
        network.load_state_dict(weights.tensors)
    except (KeyError, TypeError, RuntimeError) as error:
        raise InputError(
            "model-mismatch", f"the weights in {folder} are not an image model's: {error}", "take those that ship"
        ) from error
    return ImageModel(network.double().to(device).eval(), weights)
