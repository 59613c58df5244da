"""What the rooms of the model share: a message, a refusal, and state that can be put back.

A refusal carries every rule that the call breaks: the specification says what must revert, not which of two broken
rules is named first. The contracts may name any of them, and must name one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, NamedTuple

__all__ = [
    "DAY",
    "MAX_TIME",
    "PPM",
    "TEN_YEARS",
    "UNITS",
    "Message",
    "RefusedError",
    "Room",
    "Tally",
    "refuse",
    "try_all",
]

PPM = 1_000_000
"""Parts per million in a whole."""
UNITS = 1_000_000
"""Royalty share units of a series."""
DAY = 86_400
TEN_YEARS = 3_650 * DAY
MAX_TIME = 2**40 - 1
"""Expiry of what never expires: the largest uint40."""


class Message(NamedTuple):
    """Who calls, when (Unix seconds), and with how much of the native coin."""

    sender: str
    now: int
    value: int = 0


class RefusedError(Exception):
    """A call that the rules forbid; `reasons` names every broken rule by its custom error."""

    def __init__(self, reasons: frozenset[str]) -> None:
        super().__init__(", ".join(sorted(reasons)))
        self.reasons = reasons


def refuse(reasons: Iterable[str]) -> None:
    """Refuse the call if there is any reason to."""
    found = frozenset(reasons)
    if found:
        raise RefusedError(found)


def try_all(*steps: Callable[[], object]) -> None:
    """Take every step, whatever those before it broke, and refuse for all reasons together."""
    found: set[str] = set()
    for step in steps:
        try:
            step()
        except RefusedError as refusal:
            found |= refusal.reasons
    refuse(found)


class Tally(dict[Any, int]):
    """Numbers by key, zero for a key that is not there. As `Counter`, and copied ten times as fast."""

    def __missing__(self, key: Any) -> int:
        return 0


class Room:
    """State of one contract: attributes named in `STATE`, whose dicts, tallies and sets hold immutable values only."""

    STATE: ClassVar[tuple[str, ...]]

    def state(self) -> dict[str, Any]:
        """The state itself."""
        return {name: getattr(self, name) for name in self.STATE}

    def saved(self) -> dict[str, Any]:
        """A copy of the state."""
        return {name: type(value)(value) for name, value in self.state().items()}

    def restore(self, saved: dict[str, Any]) -> None:
        """Put a saved state back."""
        for name, value in saved.items():
            setattr(self, name, value)
