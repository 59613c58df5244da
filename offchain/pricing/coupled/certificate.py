"""The certificate of prices that rows couple, and its check: integers alone, as for uncoupled prices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from offchain.pricing.certificate import Certificate, adjusted_values, steps_fault
from offchain.pricing.coupled.proof import Leaf, Proof, Weight, proven_bound
from offchain.pricing.model import Model
from offchain.pricing.refusals import not_proven
from offchain.pricing.scale import RATE

__all__ = ["COUPLED_GAP_PARTS", "Coupled", "certify_coupled", "objective", "require_coupled", "weighed"]

COUPLED_GAP_PARTS: Final = 10**4
"""A coupled certificate holds where the gap is at most one part in this many of the bound."""


@dataclass(frozen=True, slots=True)
class Coupled:
    """What a certificate holds where rows couple works.

    Attributes:
        bound: no prices within bounds, orders and rows earn more, net of charges; `SCALE`-ths of a minor unit.
        weights: multipliers of the rows in the linear programme; they explain, the proof may use others.
        excesses: by row, how far the prices pass its limit, in the unit of its coefficients; 0 for hard rows.
        proof: why the bound holds.
    """

    bound: int
    weights: tuple[Weight, ...]
    excesses: tuple[int, ...]
    proof: Proof


def objective(model: Model, steps: Sequence[int]) -> int:
    """Net revenue of chosen steps less the charges for excess, `SCALE`-ths of a minor unit."""
    net = sum(cell.net[step] for cell, step in zip(model.cells, steps, strict=True))
    return net - sum(row.charge(steps) for row in model.coupling)


def weighed(model: Model, weights: Sequence[Weight]) -> Model:
    """The model with the rows' multipliers moved into its net coefficients, rounded down."""
    nets = [[net * RATE for net in cell.net] for cell in model.cells]
    for weight in weights:
        for cell, terms in model.coupling[weight.row].terms.items():
            nets[cell] = [net - weight.value * term for net, term in zip(nets[cell], terms, strict=True)]
    cells = zip(model.cells, nets, strict=True)
    return replace(model, cells=tuple(replace(cell, net=tuple(net // RATE for net in its)) for cell, its in cells))


def certify_coupled(model: Model, steps: Sequence[int], root: Leaf, proof: Proof) -> Certificate:
    """The certificate that a proof gives for chosen ladder steps, right or not.

    Args:
        model: cells, orders and rows.
        steps: chosen ladder step of each cell.
        root: multipliers of the linear programme.
        proof: what bounds the objective.

    Raises:
        RefusedError: `price-uncertified`, the proof is not one of this model.
    """
    excesses = tuple(row.excess(steps) for row in model.coupling)
    proven_bound(model, root)  # refuses weights and multipliers that are none of this model's
    coupled = Coupled(proven_bound(model, proof), root.weights, excesses, proof)
    return Certificate(objective(model, steps), _blocks(model, root), root.rows, coupled)


def _blocks(model: Model, root: Leaf) -> tuple[int, ...]:
    adjusted = adjusted_values(weighed(model, root.weights), root.rows)
    return tuple(max(values[step] for step in cell.allowed) for cell, values in zip(model.cells, adjusted, strict=True))


def require_coupled(model: Model, steps: Sequence[int], certificate: Certificate) -> None:
    """Refuse prices that break a row, or are not proven optimal.

    Raises:
        RefusedError: `price-uncertified`, with the reason.
    """
    reason = _fault(model, steps, certificate)
    if reason is not None:
        raise not_proven("these prices", reason)


def _fault(model: Model, steps: Sequence[int], certificate: Certificate) -> str | None:
    coupled = certificate.coupled
    if coupled is None or len(model.cells) != len(steps):
        return "it is of another problem"
    fault = steps_fault(model, steps)
    if fault is not None:
        return fault
    for row in model.coupling:
        if row.penalty is None and row.excess(steps):
            return f"the prices break a row: {row.rule}"
    if certificate != certify_coupled(model, steps, Leaf(coupled.weights, certificate.rows), coupled.proof):
        return "its revenue, bound, blocks or shortfalls are others"
    if certificate.gap * COUPLED_GAP_PARTS > abs(certificate.dual):
        return f"the prices could earn up to {certificate.gap} of {certificate.dual} more"
    return None
