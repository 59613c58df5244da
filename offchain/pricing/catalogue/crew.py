"""Those who answer for the parts of a catalogue; a question and its answer are small and can be pickled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from offchain.pricing.catalogue.part import Part

__all__ = ["Crew", "InProcess"]

R = TypeVar("R")


class Crew(Protocol):
    """Parts that hold their works and keep their state between questions."""

    def ask(self, question: Callable[[Part], R]) -> list[R]:
        """Put a question to every part once; the answers in the order of the parts."""
        ...


class InProcess:
    """Parts in this process, one after the other."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts

    def ask(self, question: Callable[[Part], R]) -> list[R]:
        """Put a question to every part."""
        return [question(part) for part in self._parts]
