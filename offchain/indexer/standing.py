"""How far the index is behind the chain, for whoever watches over the service."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Standing"]


@dataclass(frozen=True, slots=True)
class Standing:
    """The index beside the chain.

    Attributes:
        head: newest block of the chain.
        block: last block whose events are kept.
        confirmed: last kept block that is as deep as blocks must be to be relied upon; events above it are shown, and a
            reorganisation may still take them away.
        lag: blocks between `block` and `head`.
        lag_seconds: age of the last kept block where blocks are missing above it, else 0.
        advanced_at: when this process last reached the head, Unix seconds; None before.
        error: code of what stopped its last attempt; None after a good one.
    """

    head: int
    block: int
    confirmed: int
    lag: int
    lag_seconds: int
    advanced_at: int | None
    error: str | None
