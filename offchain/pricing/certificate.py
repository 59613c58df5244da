"""The proof that prices are optimal, and its checker, which shares nothing with the solver.

Every order "dearer ≥ factor · cheaper" implies, for any price q, that [cheaper ≥ q] ≤ [dearer ≥ factor · q]. Weigh
such rows by multipliers ≥ 0 and move them into the cells: each cell then has adjusted values, and the sum over cells of
the best adjusted value bounds the net revenue of all prices that satisfy the orders (weak duality). Where the chosen
prices reach that bound they are optimal. All numbers are integers in `SCALE`-ths of a minor unit: the check is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from offchain.money import PPM
from offchain.pricing.model import Model
from offchain.pricing.problem import PriceKey
from offchain.pricing.refusals import not_proven

if TYPE_CHECKING:
    from offchain.pricing.coupled.certificate import Coupled

__all__ = [
    "GAP_PARTS",
    "Certificate",
    "RowDual",
    "adjusted_values",
    "certify",
    "require_certified",
    "steps_fault",
    "uncertified",
]

GAP_PARTS: Final = 10**9
"""A certificate holds where the gap is at most one part in this many of the bound (solvers compute in floats)."""


@dataclass(frozen=True, slots=True)
class RowDual:
    """The multiplier of one row of an order.

    Attributes:
        cheaper: the price that pushes.
        dearer: the price that is pushed.
        at: q of the row, in minor units.
        value: net revenue a period that one unit of slack in the row would be worth, `SCALE`-ths of a minor unit.
    """

    cheaper: PriceKey
    dearer: PriceKey
    at: int
    value: int


@dataclass(frozen=True, slots=True)
class Certificate:
    """A dual solution beside the primal one, in `SCALE`-ths of a minor unit a period.

    Attributes:
        primal: net revenue of the prices.
        blocks: upper bound on the adjusted value of each cell, in the model's order.
        rows: multipliers that are not 0.
        coupled: where rows couple works, what these need beside; the primal is then net of the charges for shortfalls.
    """

    primal: int
    blocks: tuple[int, ...]
    rows: tuple[RowDual, ...]
    coupled: Coupled | None = None

    @property
    def dual(self) -> int:
        """No prices within the constraints earn more than this."""
        return sum(self.blocks) if self.coupled is None else self.coupled.bound

    @property
    def gap(self) -> int:
        """What better prices could add at most."""
        return self.dual - self.primal


def adjusted_values(model: Model, rows: Sequence[RowDual]) -> list[list[int]]:
    """Net revenue of every cell at every ladder step, with the rows' multipliers moved into it."""
    values = [list(cell.net) for cell in model.cells]
    index = {cell.key: position for position, cell in enumerate(model.cells)}
    factors = {(order.cheaper, order.dearer): order.factor_ppm for order in model.orders}
    for row in rows:
        cheap, dear = index[row.cheaper], index[row.dearer]
        factor = factors[cheap, dear]
        for step, price in enumerate(model.cells[cheap].ladder):
            values[cheap][step] -= row.value * (price >= row.at)
        for step, price in enumerate(model.cells[dear].ladder):
            values[dear][step] += row.value * (price * PPM >= row.at * factor)
    return values


def certify(model: Model, steps: Sequence[int], rows: Sequence[RowDual]) -> Certificate:
    """The tightest certificate that the multipliers give for the chosen ladder steps, right or not."""
    adjusted = zip(model.cells, adjusted_values(model, rows), strict=True)
    blocks = tuple(max(values[step] for step in cell.allowed) for cell, values in adjusted)
    return Certificate(_revenue(model, steps), blocks, tuple(rows))


def uncertified(model: Model, steps: Sequence[int], certificate: Certificate) -> str | None:
    """Check a certificate.

    Args:
        model: cells and orders, from the problem itself.
        steps: chosen ladder step of each cell.
        certificate: what is claimed about them.

    Returns:
        Why the certificate does not prove the prices, or None where it does.
    """
    coupled = bool(model.coupling), certificate.coupled is not None
    if not len(model.cells) == len(steps) == len(certificate.blocks) or any(coupled):
        return "it is of another problem"
    fault = _primal_fault(model, steps, certificate) or _dual_fault(model, certificate)
    if fault is None and certificate.gap * GAP_PARTS > certificate.dual:
        return f"the prices could earn up to {certificate.gap} of {certificate.dual} more"
    return fault


def steps_fault(model: Model, steps: Sequence[int]) -> str | None:
    """Why steps are not within bounds and orders, or None where they are."""
    if any(step not in cell.allowed for cell, step in zip(model.cells, steps, strict=True)):
        return "a price is off its ladder or outside its bounds"
    prices = [cell.ladder[step] for cell, step in zip(model.cells, steps, strict=True)]
    if not all(order.holds(prices[order.cheaper], prices[order.dearer]) for order in model.orders):
        return "two prices break an order"
    return None


def _primal_fault(model: Model, steps: Sequence[int], certificate: Certificate) -> str | None:
    fault = steps_fault(model, steps)
    if fault is not None:
        return fault
    return None if certificate.primal == _revenue(model, steps) else "the net revenue of the prices is another"


def _dual_fault(model: Model, certificate: Certificate) -> str | None:
    known = {(model.cells[order.cheaper].key, model.cells[order.dearer].key) for order in model.orders}
    if any(row.value < 0 or (row.cheaper, row.dearer) not in known for row in certificate.rows):
        return "a multiplier is negative or of no order"
    adjusted = adjusted_values(model, certificate.rows)
    for cell, block, values in zip(model.cells, certificate.blocks, adjusted, strict=True):
        if any(values[step] > block for step in cell.allowed):
            return f"the bound of {' / '.join(cell.key)} is below one of its adjusted values"
    return None


def require_certified(model: Model, steps: Sequence[int], certificate: Certificate) -> None:
    """Refuse prices that are not proven optimal.

    Raises:
        RefusedError: `price-uncertified`, with the reason.
    """
    reason = uncertified(model, steps, certificate)
    if reason is not None:
        raise not_proven("these prices", reason)


def _revenue(model: Model, steps: Sequence[int]) -> int:
    return sum(cell.net[step] for cell, step in zip(model.cells, steps, strict=True))
