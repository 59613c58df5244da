"""How many blocks are asked for at once: as many as the node answers for, and as memory should hold."""

from __future__ import annotations

from typing import Final

__all__ = ["Window"]

_START: Final = 100
"""Blocks of the first window: what they hold is not known yet."""

_EVENTS: Final = 2_000
"""Events that a window should hold; it bounds memory and the length of a transaction."""

_FORGET: Final = 200
"""Windows after which a refused width is tried once more: some nodes refuse by what a range holds, not by its width."""


class Window:
    """A width between the widest that was answered and the narrowest that was refused.

    It doubles while nothing was refused, and then halves the gap, so that behind a node with a fixed limit it comes to
    rest at that limit and is refused once in a few hundred windows.

    Args:
        widest: blocks, never more.
    """

    def __init__(self, widest: int) -> None:
        self._widest = widest
        self.width = min(_START, widest)
        self._answered = 0
        self._refused = widest + 1
        self._since = 0

    def answered(self, blocks: int, events: int) -> None:
        """A range of so many blocks was answered, with so many events."""
        self._since += 1
        if self._since >= _FORGET:
            self._refused, self._since = self._widest + 1, 0
        if blocks < self.width:
            return  # the end of the chain, which says nothing about wider ranges
        self._answered = max(self._answered, blocks)
        wider = 2 * blocks if self._refused > self._widest else (self._answered + self._refused) // 2
        self.width = max(1, min(wider, self._refused - 1, self._widest, blocks * _EVENTS // max(events, 1)))

    def refused(self, blocks: int) -> None:
        """A range of so many blocks was too much for the node."""
        self._refused, self._since = max(blocks, 2), 0
        if self._answered >= self._refused:
            self._answered = 0  # these blocks hold more than those that were answered
        self.width = max(1, (self._answered + self._refused) // 2 if self._answered else blocks // 2)

    def failed(self, blocks: int) -> None:
        """The node did not answer at all for a range of so many blocks, which may have been too much for it, or not."""
        self.width = max(1, blocks // 2)
