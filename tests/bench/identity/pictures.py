"""Which pictures of a collection are one picture: packages ship many in two lights and in several sizes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

__all__ = ["subject"]

_VARIANT: Final = re.compile(r"([-_](d|l|day|night|dark|light|portrait|\d+x\d+))+$", re.IGNORECASE)


def subject(path: Path) -> Path:
    """The name that a picture shares with its variants: without what it says at its end of light, size and format.

    Variants are no pair of unrelated pictures, so one of each subject is measured. Plasma keeps a wallpaper, in its
    sizes and both lights and with a thumbnail, under `NAME/contents`: its subject is the folder NAME.
    """
    if "contents" in path.parts:
        return Path(*path.parts[: path.parts.index("contents")])
    return path.with_name(_VARIANT.sub("", path.stem))
