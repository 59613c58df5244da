"""What `colophon train image` trains: the image model on drawings of the Open Clip Art Library.

`DATA` is the library's folder `svg`, as Debian's package openclipart-svg installs it. Drawing it
takes about three CPU minutes each time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from offchain.errors import InputError
from offchain.generation.image.adversary import Settings
from offchain.generation.image.classes import CLASSES
from offchain.generation.image.library import manifest, read_library

if TYPE_CHECKING:
    from offchain.generation.image.dataset import Dataset
    from offchain.generation.training.loop import Trainee
    from offchain.generation.training.manifest import TrainingManifest

__all__ = ["NAME", "STEPS", "USE", "learner", "trainee"]

STEPS: Final = 1200
NAME: Final = "colophon-clipart"
USE: Final = (
    f"Draws pictures of 64 × 64 pixels in the manner of clip art, of {len(CLASSES)} classes. They are loose sketches "
    "with the colours and layout of a class, seldom a thing that one could name; it takes no description in words."
)


def trainee(data: Path, seed: int, settings: Mapping[str, Any]) -> tuple[Trainee, TrainingManifest, dict[str, Any]]:
    """An image model about to be trained, the manifest of what it is taught with, and what builds its network.

    Args:
        data: folder of the library's drawings.
        seed: of all chance.
        settings: `device`, `steps`, and those of `Settings`.

    Raises:
        InputError: `setting-unknown`, or the folder has no usable drawings.
    """
    from offchain.generation.image.dataset import dataset_of

    library = read_library(data)
    learning, config = learner(dataset_of(library), seed, settings)
    return learning, manifest(library), config


def learner(dataset: Dataset, seed: int, settings: Mapping[str, Any]) -> tuple[Trainee, dict[str, Any]]:
    """A model about to be trained on a set that is drawn already, and what builds its network.

    Raises:
        InputError: `setting-unknown`.
    """
    from offchain.generation.image.adversary import Adversary
    from offchain.generation.image.network import Shape

    chosen = dict(settings)
    device = str(chosen.pop("device", "cpu"))
    chosen.pop("steps", None)
    pace = Settings(**_known(chosen))
    shape = Shape(len(CLASSES))
    return Adversary(dataset, shape, pace, seed, device), shape.document()


def _known(settings: dict[str, Any]) -> dict[str, Any]:
    names = [one.name for one in fields(Settings)]
    for name, value in settings.items():
        if name not in names or not isinstance(value, int | float) or value <= 0:
            raise InputError(
                "setting-unknown", f"{name}={value!r} is no setting of the image model", f"set {', '.join(names)}"
            )
    return settings
