"""What a part of a catalogue answers: sums over its works, and the few works that are undecided."""

from __future__ import annotations

from typing import NamedTuple

from offchain.pricing.catalogue.arrays import Bytes, Floats, Indices

__all__ = ["Bounds", "Options", "Outcome", "Reply", "Undecided", "Widened"]


class Reply(NamedTuple):
    """A part's share of the dual value, and what its prices use of each row (A,)."""

    value: float
    use: Floats


class Undecided(NamedTuple):
    """The works whose steps are open in the linear programme, beside the sum of all others.

    Attributes:
        value: revenue less penalties of the works and groups that are decided.
        use: (A,), what they use of the rows.
        work: (n,), of each open column, rising.
        revenue: (n,).
        uses: (n, A).
        holder: (h,), holders with works among these.
        entry: (2, e), holder and column of each share.
        earned: (e,), what the holder earns by that column.
        mixed: decided works that are a mixture of two price lists.
    """

    value: float
    use: Floats
    work: Indices
    revenue: Floats
    uses: Floats
    holder: Indices
    entry: Indices
    earned: Floats
    mixed: int


class Bounds(NamedTuple):
    """A part's share of the dual value: of the linear programme, and with every group held integral.

    Attributes:
        linear: the first.
        whole: the second.
        duals: (H,), multipliers of its floors, 0 for others.
        use: (A,), what its best integer prices use of the rows.
    """

    linear: float
    whole: float
    duals: Floats
    use: Floats


class Widened(NamedTuple):
    """A part's dual value, and how many columns it holds now."""

    value: float
    columns: int


class Options(NamedTuple):
    """Integer prices to choose from: one option for each open unit (a work, or a group with its floors).

    Attributes:
        value: revenue less penalties of all other units.
        use: (A,), of these.
        unit: (n,), of each option, rising.
        values: (n,), revenue less penalties.
        uses: (n, A).
    """

    value: float
    use: Floats
    unit: Indices
    values: Floats
    uses: Floats


class Outcome(NamedTuple):
    """Integer prices of a part: steps (W, C), revenue less penalties, shortfalls (H,), use of the rows (A,)."""

    steps: Bytes
    value: float
    shortfalls: Floats
    use: Floats
