"""What a picture is asked to be, beside its class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from offchain.generation.sampling import within

__all__ = ["SIZES", "ImageParams"]

SIZES: Final = (64, 128, 256, 512)
"""Sides in pixels: the model's own, and enlargements of it."""


@dataclass(frozen=True, slots=True)
class ImageParams:
    """How a picture is made.

    Attributes:
        truncation: what the latent numbers are multiplied by, 0 to 1: less is more like its class, and less varied.
        size: width and height in pixels, one of `SIZES`.

    Raises:
        InputError: a value outside its range.
    """

    kind: ClassVar[str] = "image"

    truncation: float = 1.0
    size: int = 256

    def __post_init__(self) -> None:
        within("truncation", self.truncation, "0 to 1", fits=0 <= self.truncation <= 1)
        within("size", self.size, ", ".join(map(str, SIZES)), fits=self.size in SIZES)
