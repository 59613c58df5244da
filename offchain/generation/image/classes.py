"""The classes of picture that can be asked for, and the folders of the Open Clip Art Library that taught each."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Final

from offchain.errors import InputError

__all__ = ["CLASSES", "FOLDERS", "class_number", "class_of"]

FOLDERS: Final = {
    "animals": ("animals",),
    "arrows": ("shapes/arrows",),
    "buttons": ("computer/buttons", "special/gradients"),
    "cards": ("recreation/games/cards",),
    "flags": ("signs_and_symbols/flags",),
    "food": ("food",),
    "icons": ("computer/icons",),
    "people": ("people",),
    "plants": ("plants",),
    "signs": ("transportation/aiga-symbols", "transportation/roadsigns", "signs_and_symbols/map_symbols"),
    "stars": ("shapes/stars",),
    "tools": ("tools", "recreation/music", "office"),
    "vehicles": ("transportation/vehicles", "transportation/boating"),
}
"""Class → folders below `usr/share/openclipart/svg`, each with all that lies under it."""

CLASSES: Final = tuple(FOLDERS)


def class_number(prompt: str) -> int:
    """The class that a prompt names, whatever its case and surrounding space.

    Raises:
        InputError: `class-unknown`, with the classes there are.
    """
    name = prompt.strip().lower()
    if name not in FOLDERS:
        raise InputError(
            "class-unknown",
            f"the image model knows no class {prompt[:40]!r}",
            f"ask for one of: {', '.join(CLASSES)}",
            classes=list(CLASSES),
        )
    return CLASSES.index(name)


def class_of(path: PurePosixPath) -> int | None:
    """The class of a file by its path below the library's `svg` folder; None where it is of none."""
    for number, folders in enumerate(FOLDERS.values()):
        if any(path.is_relative_to(folder) for folder in folders):
            return number
    return None
