"""The pictures that the models are taught with, and those held out to measure by, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from offchain.generation.image.library import Clip, Library

__all__ = ["Dataset", "dataset_of"]


@dataclass(frozen=True)
class Dataset:
    """Pictures with their classes.

    Attributes:
        pictures: count × side × side × 3 levels.
        classes: class number of each.
        held_pictures: as `pictures`, never learned from.
        held_classes: of those.
    """

    pictures: NDArray[np.uint8]
    classes: NDArray[np.int64]
    held_pictures: NDArray[np.uint8] = field(repr=False)
    held_classes: NDArray[np.int64] = field(repr=False)

    def batch(self, picked: NDArray[np.int64]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """The pictures and classes at these places."""
        return self.pictures[picked], self.classes[picked]

    @cached_property
    def features(self) -> NDArray[np.float64]:
        """Of `pictures`."""
        from offchain.generation.image.features import features

        return features(self.pictures)


def dataset_of(library: Library) -> Dataset:
    """A library's drawings as arrays."""
    return Dataset(*_arrays(library.taught), *_arrays(library.held_out))


def _arrays(clips: Sequence[Clip]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    import numpy as np

    from offchain.generation.image.drawing import SIDE

    pictures = np.stack([clip.picture for clip in clips]) if clips else np.empty((0, SIDE, SIDE, 3), np.uint8)
    return pictures, np.array([clip.number for clip in clips], np.int64)
