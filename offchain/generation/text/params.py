"""What a text is asked to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from offchain.generation.sampling import check_drawing, within

__all__ = ["TextParams"]


@dataclass(frozen=True, slots=True)
class TextParams:
    """How a text is drawn.

    Attributes:
        max_tokens: most tokens that the answer may have.
        temperature, top_p: see `Drawing`.

    Raises:
        InputError: a value outside its range.
    """

    kind: ClassVar[str] = "text"

    max_tokens: int = 256
    temperature: float = 0.8
    top_p: float = 0.95

    def __post_init__(self) -> None:
        within("max_tokens", self.max_tokens, "1 or more", fits=self.max_tokens >= 1)
        check_drawing(self)
