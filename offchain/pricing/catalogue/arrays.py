"""A catalogue as arrays: what the decomposition reads and what it returns.

Every work has the same C cells (its tier × segment pairs) of K ladder steps. All that ties works together is stated by
few rows over all works and by one floor per rights holder; without these each work stands alone.
Symbols: W works, C cells, K steps, A rows, H holders with a floor.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from offchain.errors import InputError

__all__ = [
    "LONGEST",
    "Bytes",
    "Catalogue",
    "Duals",
    "Floats",
    "Holders",
    "Indices",
    "Prices",
    "Row",
    "accessibility",
    "no_holders",
]

LONGEST: Final = 255
"""Steps of a ladder that fit its bytes."""

Floats: TypeAlias = NDArray[np.float64]
Bytes: TypeAlias = NDArray[np.uint8]
Indices: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Row:
    """Σ over all works and cells of coefficient(cell, chosen step) ≤ limit; never broken.

    Attributes:
        name: for messages.
        weights: (C, K); the coefficient is weights[c, k], times sales[w, c, k] where `per` is "sale".
        limit: right side, in the unit of the coefficients.
        per: whether each price counts, or each licence expected to be sold.
    """

    name: str
    weights: Floats
    limit: float
    per: Literal["price", "sale"] = "price"


@dataclass(frozen=True, slots=True)
class Holders:
    """Rights holders with a least net revenue; the works of a holder are rows of a sparse W × H matrix.

    Attributes:
        start: (W + 1,), work w has the entries start[w]:start[w + 1].
        index: (entries,), holder of each entry.
        share: (entries,), the holder's fraction of the work's net revenue, 0 to 1.
        floors: (H,), net revenue a period wanted, minor units.
        penalties: (H,), what a minor unit of shortfall costs the objective, 0 or more.
    """

    start: Indices
    index: Indices
    share: Floats
    floors: Floats
    penalties: Floats


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Maximise Σ revenue − Σ penalty · shortfall over one step per cell.

    Attributes:
        revenue: (W, C, K), net of the share owed upstream, minor units a period, 0 or more.
        lowest: (W, C), first step that the cell's bounds allow.
        highest: (W, C), last step that they allow, at least `lowest`; it also ends a ladder shorter than K.
        parent: (C,), the cell that this one may not undercut, before it in order, or −1: a forest, the same in each
            work (tier chains, or discount caps between segments).
        least: (C, K), first step of cell c where its parent is at step k, never falling in k; K where there is none.
        rows: ties between works.
        holders: floors of holders.
        sales: (W, C, K), licences a period, or None where no row counts them.

    Raises:
        InputError: `catalogue-malformed`.
    """

    revenue: Floats
    lowest: Bytes
    highest: Bytes
    parent: Indices
    least: Bytes
    rows: tuple[Row, ...]
    holders: Holders
    sales: Floats | None = None

    def __post_init__(self) -> None:
        _, cells, steps = self.revenue.shape
        # Machine code checks no index: what points outside would be read there.
        inside = steps <= LONGEST and self.highest.max(initial=0) < steps and self.least.max(initial=0) <= steps
        if not inside or (self.parent >= np.arange(cells)).any():
            raise _malformed("a step or a parent is outside its table")
        held, counted = self.holders, np.empty(0) if self.sales is None else self.sales
        if not all(map(_is_sound, (self.revenue, counted, held.share, held.penalties))):
            raise _malformed("a revenue, sale, share or penalty is negative or no number")
        limits = np.array([row.limit for row in self.rows])
        if not all(np.isfinite(each).all() for each in (held.floors, limits, *(row.weights for row in self.rows))):
            raise _malformed("a floor, or a row's limit or weight, is no number")


@dataclass(frozen=True, slots=True)
class Duals:
    """What one more unit of slack is worth, in minor units of net revenue.

    Attributes:
        rows: (A,), 0 or more; one more unit of a row's limit.
        holders: (H,), 0 up to the penalty; one unit less of a holder's floor.
    """

    rows: Floats
    holders: Floats


@dataclass(frozen=True, slots=True)
class Prices:
    """Integer prices with bounds that hold for every price list within the rows.

    Attributes:
        steps: (W, C), chosen step of each cell.
        duals: of the linear programme.
        objective: Σ revenue − Σ penalty · shortfall of `steps`, minor units a period.
        linear_bound: dual value of the linear programme at `duals`; no mixture of steps earns more.
        bound: the same with the floors' works held integral; at most `linear_bound`.
        shortfalls: (H,), minor units by which each floor is missed.
        mixture: value of the fractional solution that proves `linear_bound`; NaN where none was computed.
        fractional: blocks (trees of cells) that are not integral in it.
        binding: rows and floors with a dual above 0.
        passes: times that the whole catalogue was read.
        cpu_seconds: of this process, compiling left out.
    """

    steps: Bytes
    duals: Duals
    objective: float
    linear_bound: float
    bound: float
    shortfalls: Floats
    mixture: float
    fractional: int
    binding: int
    passes: int
    cpu_seconds: float

    @property
    def gap(self) -> float:
        """What other prices could add at most, as a share of the bound."""
        return (self.bound - self.objective) / max(abs(self.bound), 1e-300)


def _is_sound(numbers: Floats) -> bool:
    return bool(numbers.min(initial=0) >= 0 and numbers.max(initial=0) < np.inf)


def _malformed(message: str) -> InputError:
    return InputError("catalogue-malformed", message, "correct the arrays")


def accessibility(name: str, caps: dict[int, int], least: float, shape: tuple[int, int]) -> Row:
    """At least `least` prices, over all works, at or below a cap.

    Args:
        name: for messages.
        caps: by cell, the last step that counts as accessible.
        least: how many prices.
        shape: (C, K).
    """
    weights = np.zeros(shape)
    for cell, cap in caps.items():
        weights[cell, : cap + 1] = -1.0
    return Row(name, weights, -least)


def no_holders(works: int) -> Holders:
    """The holders of a catalogue in which nobody has a floor."""
    empty = np.empty(0)
    return Holders(np.zeros(works + 1, np.int64), np.empty(0, np.int64), empty, empty, empty)
