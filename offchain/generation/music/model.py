"""The music model that Colophon ships, as it runs: float64, for draws that every processor makes alike."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

from offchain.errors import InputError
from offchain.generation.training.weights import Weights, load_weights

if TYPE_CHECKING:
    from offchain.generation.music.network import MusicTransformer

__all__ = ["DTYPE", "FOLDER", "MusicModel", "load_model"]

DTYPE: Final = "float64"
"""Numbers that weights and activations are run in; the file keeps fewer digits."""

FOLDER: Final = Path(__file__).parent / "weights"

_loading = Lock()


@dataclass(frozen=True, slots=True)
class MusicModel:
    """A model in memory.

    Attributes:
        network: in float64, ready to run on its device.
        weights: what it was loaded from, verified.
    """

    network: MusicTransformer
    weights: Weights


def load_model(device: str, folder: Path = FOLDER) -> MusicModel:
    """Verify the model's files and load it; once per process, device and folder.

    Raises:
        InputError: nothing there, or a file that is not the one pinned.
    """
    with _loading:
        return _load(device, folder)


@lru_cache(maxsize=2)
def _load(device: str, folder: Path) -> MusicModel:
    from offchain.generation.music.network import Config, MusicTransformer

    weights = load_weights(folder)
    try:
        network = MusicTransformer(Config(**weights.config))
        network.load_state_dict(weights.tensors)
    except (TypeError, RuntimeError) as error:
        raise InputError(
            "model-mismatch", f"the weights in {folder} are not a music model's: {error}", "take those that ship"
        ) from error
    return MusicModel(network.double().to(device).eval(), weights)
