"""One work at the duals of an epoch: the argmax, and the proof that stored prices are it.

At fixed duals the works no longer touch one another (Lagrangian relaxation; Geoffrion 1974): net revenue, with what
each price costs the common rules moved into it, is maximised by every work alone. Where no rule couples works there
are no duals, and this is the work's own optimum.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from offchain.errors import InputError, RefusedError
from offchain.pricing.certificate import Certificate, RowDual, certify, require_certified, steps_fault, uncertified
from offchain.pricing.coupled.certificate import weighed
from offchain.pricing.coupled.rows import compile_coupling
from offchain.pricing.epochs.entry import Entry, Limits, within
from offchain.pricing.epochs.terms import Terms
from offchain.pricing.feasibility import require_feasible
from offchain.pricing.lp import solve_lp
from offchain.pricing.model import Cell, Model, compile_model
from offchain.pricing.problem import PriceKey, PricingProblem
from offchain.pricing.problem_json import model_hash
from offchain.pricing.solution import Solution, assemble

__all__ = ["Priced", "best_entry", "entry_at", "feasible_limits", "is_proven", "proven"]

_NO_ROOM = frozenset({"floor-above-ceiling", "bounds-miss-ladder", "prices-infeasible"})


@dataclass(frozen=True, slots=True)
class Priced:
    """A work's prices with what proves them.

    Attributes:
        problem: the work's problem with the limits that held. Where rules couple works, its bounds are the prices
            themselves, since alone they might be others.
        solution: its certified solution.
        rules: in words, the common rules that are worth something and in which this work counts.
    """

    problem: PricingProblem
    solution: Solution
    rules: tuple[str, ...]


def feasible_limits(problem: PricingProblem, limits: Limits) -> Limits:
    """The limits, or none where the problem's own bounds and orders leave no price within them: these go before.

    Raises:
        InputError: the problem has no prices even without limits.
    """
    try:
        require_feasible(compile_model(within(problem, limits)), problem.decimals)
    except InputError as error:
        if not limits or error.code not in _NO_ROOM:
            raise
        return feasible_limits(problem, {})
    return limits


def best_entry(problem: PricingProblem, limits: Limits, terms: Terms) -> Entry:
    """The best prices of a work at the duals, with their proof; the limits must leave some.

    Raises:
        RefusedError: `price-uncertified`.
    """
    model = _at_duals(within(problem, limits), terms)
    solved = solve_lp(model)
    require_certified(model, solved.steps, certify(model, solved.steps, solved.rows))
    return Entry(model_hash(problem), limits, _amounts(model, solved.steps), solved.rows)


def entry_at(
    problem: PricingProblem, limits: Limits, terms: Terms, steps: Sequence[int], rows: tuple[RowDual, ...]
) -> tuple[Entry, int]:
    """An entry with given steps and multipliers of its orders.

    Returns:
        The entry, and by how much at the duals it falls short of the best, `SCALE`-ths of a minor unit.
    """
    model = _at_duals(within(problem, limits), terms)
    return Entry(model_hash(problem), limits, _amounts(model, steps), rows), certify(model, steps, rows).gap


def is_proven(problem: PricingProblem, entry: Entry, terms: Terms) -> bool:
    """Whether an entry's multipliers prove its prices for a problem, which need not be the one it was made for."""
    return _fault(_at_duals(within(problem, entry.limits), terms), entry, terms) is None


def proven(problem: PricingProblem, entry: Entry, terms: Terms) -> Priced:
    """The prices that an entry stands for, proved again without a solver.

    Raises:
        RefusedError: `price-uncertified`, the entry does not prove its prices, or is of another problem.
    """
    block = within(problem, entry.limits)
    model = _at_duals(block, terms)
    fault = "it is of another problem" if entry.model_hash != model_hash(problem) else _fault(model, entry, terms)
    if fault is not None:
        raise RefusedError(
            "price-uncertified", f"the epoch does not prove the prices of this work: {fault}", "make a new epoch"
        )
    rows = entry.rows
    if terms.rules.coupling:
        block, rows = within(problem, {key: (amount, amount) for key, amount in entry.amounts.items()}), ()
        model = compile_model(block)
    steps = [_step(cell, entry.amounts) for cell in model.cells]
    solution = assemble(block, model, steps, certify(model, steps, rows))
    return Priced(block, solution, _rules(model, terms, block.decimals))


def _at_duals(block: PricingProblem, terms: Terms) -> Model:
    """The model with the duals moved into the net revenues, each cell's raised so that none is below 0."""
    model = compile_model(block)
    if not terms.weights:
        return model
    rows = compile_coupling(terms.rules.coupling, block.decimals, model.cells)
    cells = weighed(replace(model, coupling=rows), terms.weights).cells
    raised = (replace(cell, net=tuple(net - min(cell.net) for net in cell.net)) for cell in cells)
    return Model(tuple(raised), model.orders)


def _rules(model: Model, terms: Terms, decimals: int) -> tuple[str, ...]:
    rows = compile_coupling(terms.rules.coupling, decimals, model.cells)
    return tuple(rows[weight.row].rule for weight in terms.weights if rows[weight.row].terms)


def _fault(model: Model, entry: Entry, terms: Terms) -> str | None:
    if set(entry.amounts) != {cell.key for cell in model.cells}:
        return "it has other tiers or segments"
    if not _known_rows(model, entry.rows):
        return "a multiplier is of no order"
    steps = [_step(cell, entry.amounts) for cell in model.cells]
    fault = steps_fault(model, steps)
    if fault is not None:
        return fault
    certificate = certify(model, steps, entry.rows)
    fault = uncertified(model, steps, certificate)
    return None if fault is None or _is_within(certificate, terms) else fault


def _is_within(certificate: Certificate, terms: Terms) -> bool:
    """Whether what the prices fall short by is what whole steps and common rules cost."""
    return all(row.value >= 0 for row in certificate.rows) and certificate.gap <= terms.slack


def _known_rows(model: Model, rows: Sequence[RowDual]) -> bool:
    known = {(model.cells[order.cheaper].key, model.cells[order.dearer].key) for order in model.orders}
    return all((row.cheaper, row.dearer) in known for row in rows)


def _step(cell: Cell, amounts: Mapping[PriceKey, int]) -> int:
    amount = amounts[cell.key]
    return cell.ladder.index(amount) if amount in cell.ladder else -1


def _amounts(model: Model, steps: Sequence[int]) -> dict[PriceKey, int]:
    return {cell.key: cell.ladder[step] for cell, step in zip(model.cells, steps, strict=True)}
