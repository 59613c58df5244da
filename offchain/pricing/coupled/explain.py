"""What rows between works leave open at a price, and what they are worth; amounts in `SCALE`-ths of a minor unit."""

from __future__ import annotations

from collections.abc import Sequence

from offchain.pricing.certificate import Certificate
from offchain.pricing.coupled.rows import CouplingRow
from offchain.pricing.model import Model
from offchain.pricing.scale import RATE

__all__ = ["open_values", "row_worths"]


def open_values(model: Model, steps: Sequence[int]) -> list[list[int | None]]:
    """By cell and step, its net revenue less all charges while the other prices stay; None where a hard row breaks."""
    values: list[list[int | None]] = [list(cell.net) for cell in model.cells]
    for row in model.coupling:
        used = sum(terms[steps[cell]] for cell, terms in row.terms.items()) - row.limit
        for cell, terms in row.terms.items():
            for step, term in enumerate(terms):
                excess, value = max(0, used - terms[steps[cell]] + term), values[cell][step]
                broken = row.penalty is None and excess > 0
                values[cell][step] = None if broken or value is None else value - _charge(row, excess)
    return values


def _charge(row: CouplingRow, excess: int) -> int:
    return -(-excess * (row.penalty or 0) // RATE)


def row_worths(model: Model, certificate: Certificate, adjusted: Sequence[Sequence[int]]) -> dict[int, tuple[int, int]]:
    """By row with a multiplier: what dropping it could add at most, and what one more unit of slack could.

    Without a row, the other multipliers still bound the objective (weak duality); a unit is a minor unit, a price or a
    licence. Neither is ever too low, but for the gap that the linear programme leaves.

    Args:
        model: cells, orders and rows.
        certificate: their certificate.
        adjusted: net revenue of every cell and step with all multipliers moved into it, rounded down.
    """
    weights = () if certificate.coupled is None else certificate.coupled.weights
    allowance = sum(weight.value * model.coupling[weight.row].limit for weight in weights)
    best = [max(adjusted[position][step] for step in cell.allowed) for position, cell in enumerate(model.cells)]
    above = sum(best) + len(best) - certificate.primal  # rounding is less than 1 a cell
    worths = {}
    for weight in weights:
        row, dropping = model.coupling[weight.row], above
        for position, terms in row.terms.items():
            allowed = model.cells[position].allowed
            without = max(adjusted[position][step] + weight.value * terms[step] // RATE for step in allowed)
            dropping += without + 1 - best[position]
        dropping -= -(allowance - weight.value * row.limit) // RATE
        worths[weight.row] = dropping, -(-weight.value * row.unit // RATE)
    return worths
