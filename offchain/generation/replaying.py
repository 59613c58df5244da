"""What a replay finds: whether recorded draws explain given bytes, token by token."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Replay"]


@dataclass(frozen=True, slots=True)
class Replay:
    """The verdict of one teacher-forced pass over a work.

    Every token must be the one that its recorded uniform number draws from the model's distribution, or lie
    within `tolerance` of it: so much may another processor's rounding move a cumulative probability.

    Attributes:
        accepted: whether every draw fits.
        draws: tokens looked at, the ending one included.
        worst: the largest distance of a draw from the interval of its token; 0 where all fit exactly.
        tolerance: what was allowed.
        position: of the first draw that does not fit; None where all do.
    """

    accepted: bool
    draws: int
    worst: float
    tolerance: float
    position: int | None
