"""Prices with their proof: solve, verify, and quote from what was solved.

A `Solution` is made by `assemble` alone, and only after its certificate holds, so no price exists that is not proven.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from offchain.errors import NotFoundError
from offchain.pricing.certificate import Certificate, certify, require_certified
from offchain.pricing.coupled.certificate import certify_coupled, require_coupled
from offchain.pricing.coupled.rows import CouplingRow
from offchain.pricing.coupled.solver import solve_coupled
from offchain.pricing.explain import Explanation, explain
from offchain.pricing.feasibility import require_feasible
from offchain.pricing.lp import solve_lp
from offchain.pricing.model import SCALE, Cell, Model, compile_model
from offchain.pricing.problem import PriceKey, PricingProblem
from offchain.pricing.problem_json import model_hash
from offchain.pricing.scale import RATE

__all__ = ["CoupledRow", "Price", "Solution", "assemble", "quote_price", "solve"]


@dataclass(frozen=True, slots=True)
class Price:
    """The price of one (work, tier, segment).

    Attributes:
        key: what it is for.
        amount: minor units.
        sales: expected sales, millionths of a licence a period.
        revenue: expected net revenue, minor units a period, rounded down; what is owed upstream is taken off.
        explanation: why it is this one.
    """

    key: PriceKey
    amount: int
    sales: int
    revenue: int
    explanation: Explanation


@dataclass(frozen=True, slots=True)
class CoupledRow:
    """How one row between works is met.

    Attributes:
        rule: the row in words.
        slack: what is left up to its limit, in minor units, prices or licences, rounded down; below 0 the shortfall.
        worth: what one more such unit of slack would add by the row's dual, minor units a period, rounded up.
    """

    rule: str
    slack: int
    worth: int


@dataclass(frozen=True, slots=True)
class Solution:
    """Optimal prices of a problem.

    Attributes:
        model_hash: `0x` and the sha256 of the problem's canonical JSON.
        currency: CAIP-19 id of every amount.
        prices: one for each (work, tier, segment), in the problem's order.
        expected_revenue: net revenue of all prices, minor units a period, rounded down.
        certificate: the proof, checked.
        rows: how each row between works is met; none where no row couples works.
    """

    model_hash: str
    currency: str
    prices: tuple[Price, ...]
    expected_revenue: int
    certificate: Certificate
    rows: tuple[CoupledRow, ...] = ()


def solve(problem: PricingProblem) -> Solution:
    """The prices that earn most, net of what is owed upstream.

    Raises:
        InputError: no prices satisfy the bounds, orders and hard rows, or the amounts pass the ledger's limit.
        RefusedError: `price-uncertified`, the solver failed or its answer is not proven optimal.
    """
    model = compile_model(problem)
    require_feasible(model, problem.decimals)
    if model.coupling:
        steps, root, proof = solve_coupled(problem, model)
        return assemble(problem, model, steps, certify_coupled(model, steps, root, proof))
    solved = solve_lp(model)
    return assemble(problem, model, solved.steps, certify(model, solved.steps, solved.rows))


def assemble(problem: PricingProblem, model: Model, steps: Sequence[int], certificate: Certificate) -> Solution:
    """Check the certificate of chosen ladder steps, and put the solution together.

    Args:
        problem: what was solved.
        model: the problem, compiled.
        steps: chosen ladder step of each cell.
        certificate: the proof that these steps are optimal.

    Raises:
        RefusedError: `price-uncertified`.
    """
    require = require_coupled if model.coupling else require_certified
    require(model, steps, certificate)
    explanations = explain(model, steps, certificate, problem.decimals)
    prices = tuple(map(_price, model.cells, steps, explanations))
    net = sum(cell.net[step] for cell, step in zip(model.cells, steps, strict=True))
    rows = tuple(_row(row, steps, certificate) for row in model.coupling)
    return Solution(model_hash(problem), problem.currency, prices, net // SCALE, certificate, rows)


def _price(cell: Cell, step: int, explanation: Explanation) -> Price:
    return Price(cell.key, cell.ladder[step], cell.sales[step], cell.net[step] // SCALE, explanation)


def _row(row: CouplingRow, steps: Sequence[int], certificate: Certificate) -> CoupledRow:
    weights = certificate.coupled.weights if certificate.coupled else ()
    value = next((weight.value for weight in weights if weight.row == row.number), 0)
    used = sum(terms[steps[cell]] for cell, terms in row.terms.items())
    return CoupledRow(row.rule, (row.limit - used) // row.unit, -(-value * row.unit // (RATE * SCALE)))


def quote_price(solution: Solution, work: str, tier: str, segment: str) -> int:
    """The price of one (work, tier, segment) in minor units of `solution.currency`.

    Raises:
        NotFoundError: `price-unknown`, the solution has no such price.
    """
    wanted = PriceKey(work, tier, segment)
    for price in solution.prices:
        if price.key == wanted:
            return price.amount
    raise NotFoundError(
        "price-unknown", f"nothing was priced as {' / '.join(wanted)}", "price the work with this tier and segment"
    )
