"""Making an epoch: all works of one currency are priced anew, each near its last price, under the rules they share.

Where no rule couples works, each is solved by itself. What has not changed since the last epoch is not solved again:
its last prices and multipliers are a proof as good as a new one, and are checked first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from offchain.errors import InputError
from offchain.pricing.certificate import RowDual
from offchain.pricing.coupled.certificate import certify_coupled, require_coupled
from offchain.pricing.coupled.proof import Leaf
from offchain.pricing.coupled.rows import compile_coupling
from offchain.pricing.coupled.rules import Coupling
from offchain.pricing.coupled.solver import solve_coupled
from offchain.pricing.epochs.basis import canonical_hash
from offchain.pricing.epochs.block import Priced, best_entry, entry_at, feasible_limits, is_proven, proven
from offchain.pricing.epochs.entry import Entry, Limits, near, within
from offchain.pricing.epochs.terms import Rules, Terms, rules_to_json
from offchain.pricing.model import Model, compile_model
from offchain.pricing.problem import PricingProblem
from offchain.pricing.problem_json import model_hash
from offchain.pricing.solution import Solution

__all__ = ["Epoch", "price_catalogue", "requote"]


@dataclass(frozen=True, slots=True)
class Epoch:
    """A certified re-solve of a catalogue.

    Attributes:
        entries: one for each work, by id.
        terms: rules and duals.
        model_hash: `0x` and sha256 over the rules and the hashes of all problems within their limits.
        expected_revenue: net revenue of all prices, minor units a period, rounded down for each work.
        solved: how many works a solver priced; the others' last prices were proved again.
        eased: works whose bounds left no price near the last one, so that nothing limited their change.
    """

    entries: Mapping[str, Entry]
    terms: Terms
    model_hash: str
    expected_revenue: int
    solved: int
    eased: tuple[str, ...]


def price_catalogue(problems: Sequence[PricingProblem], last: Mapping[str, Entry], rules: Rules) -> Epoch:
    """Price all works of one currency.

    Args:
        problems: one for each work.
        last: the entries of the last epoch, by work id; none before the first.
        rules: what the operator asks.

    Raises:
        InputError: `works-malformed`, `currencies-mixed`, `coupling-infeasible`, or what `solve` refuses.
        RefusedError: `price-uncertified`; then no work is priced.
    """
    _require_one_currency(problems)
    keys = {key for problem in problems for key in problem.price_keys()}
    rules = rules.of(problems[0].currency, keys) if problems else rules
    wanted = [_limits(problem, last, rules) for problem in problems]
    limits = [feasible_limits(problem, each) for problem, each in zip(problems, wanted, strict=True)]
    works = list(zip(problems, limits, strict=True))
    priced = _coupled(works, rules) if rules.coupling else _alone(works, last, rules)
    entries, terms, solved = priced
    solutions = [proven(problem, entries[problem.works[0].id], terms).solution for problem in problems]
    eased = (problem.works[0].id for problem, each, held in zip(problems, wanted, limits, strict=True) if each != held)
    return Epoch(entries, terms, _hash(solutions, rules), _revenue(solutions), solved, tuple(eased))


def requote(problem: PricingProblem, last: Entry | None, terms: Terms) -> Priced:
    """The certified prices of one work between two epochs.

    The epoch's own where its problem is as it was; else the best at the epoch's duals, near the epoch's prices.

    Args:
        problem: the work as it is now.
        last: what the epoch kept of it, or None.
        terms: what the epoch left.

    Raises:
        InputError: no prices satisfy the bounds and orders.
        RefusedError: `price-uncertified`.
    """
    if last is not None and last.model_hash == model_hash(problem):
        return proven(problem, last, terms)
    amounts = {} if last is None else last.amounts
    limits = feasible_limits(problem, near(problem, amounts, terms.rules.max_change_ppm))
    return proven(problem, best_entry(problem, limits, terms), terms)


def _alone(
    works: Sequence[tuple[PricingProblem, Limits]], last: Mapping[str, Entry], rules: Rules
) -> tuple[dict[str, Entry], Terms, int]:
    terms, entries, solved = Terms(rules), dict[str, Entry](), 0
    for problem, limits in works:
        work = problem.works[0].id
        entry = replace(last[work], model_hash=model_hash(problem), limits=limits) if work in last else None
        if entry is None or not is_proven(problem, entry, terms):
            entry, solved = best_entry(problem, limits, terms), solved + 1
        entries[work] = entry
    return entries, terms, solved


def _coupled(works: Sequence[tuple[PricingProblem, Limits]], rules: Rules) -> tuple[dict[str, Entry], Terms, int]:
    blocks = [within(problem, limits) for problem, limits in works]
    models = [compile_model(block) for block in blocks]
    model = _joined(models, rules.coupling, blocks[0].decimals)
    steps, root = _solve_jointly(_as_one_problem(blocks, rules.coupling), model)
    orders = defaultdict[str, list[RowDual]](list)
    for row in root.rows:
        orders[row.cheaper.work].append(row)
    terms, entries, slack = Terms(rules, root.weights), dict[str, Entry](), 0
    places = pairwise(accumulate((len(model.cells) for model in models), initial=0))
    for (problem, limits), (start, stop) in zip(works, places, strict=True):
        work = problem.works[0].id
        entries[work], short = entry_at(problem, limits, terms, steps[start:stop], tuple(orders[work]))
        slack = max(slack, short)
    return entries, replace(terms, slack=slack), len(works)


def _joined(models: Sequence[Model], coupling: Coupling, decimals: int) -> Model:
    """All works as one model; they may sell different tiers."""
    cells = [cell for model in models for cell in model.cells]
    starts = accumulate((len(model.cells) for model in models), initial=0)
    orders = [
        replace(order, cheaper=order.cheaper + start, dearer=order.dearer + start)
        for model, start in zip(models, starts, strict=False)
        for order in model.orders
    ]
    return Model(tuple(cells), tuple(orders), compile_coupling(coupling, decimals, cells))


def _as_one_problem(blocks: Sequence[PricingProblem], coupling: Coupling) -> PricingProblem | None:
    """The same as a problem that a solver can take apart by works; None where these sell different tiers."""
    first = blocks[0]
    if any((block.tiers, block.segments) != (first.tiers, first.segments) for block in blocks):
        return None
    return replace(
        first,
        works=tuple(work for block in blocks for work in block.works),
        demand=tuple(cell for block in blocks for cell in block.demand),
        bounds=tuple(replace(bound, work=block.works[0].id) for block in blocks for bound in block.bounds),
        coupling=coupling,
    )


def _solve_jointly(problem: PricingProblem | None, model: Model) -> tuple[tuple[int, ...], Leaf]:
    """Certified steps of all cells, and the multipliers of rules and orders."""
    steps, root, proof = solve_coupled(problem, model)
    certificate = certify_coupled(model, steps, root, proof)
    require_coupled(model, steps, certificate)
    return steps, root


def _limits(problem: PricingProblem, last: Mapping[str, Entry], rules: Rules) -> Limits:
    before = last.get(problem.works[0].id)
    return {} if before is None else near(problem, before.amounts, rules.max_change_ppm)


def _hash(solutions: Sequence[Solution], rules: Rules) -> str:
    works = {solution.prices[0].key.work: solution.model_hash for solution in solutions}
    return canonical_hash({"rules": rules_to_json(rules), "works": works})


def _revenue(solutions: Sequence[Solution]) -> int:
    return sum(solution.expected_revenue for solution in solutions)


def _require_one_currency(problems: Sequence[PricingProblem]) -> None:
    works = [problem.works[0].id for problem in problems]
    if len(works) != len(set(works)) or any(len(problem.works) != 1 for problem in problems):
        raise InputError("works-malformed", "a work is listed twice, or a problem has several", "state one each")
    if len({(problem.currency, problem.decimals) for problem in problems}) > 1:
        raise InputError("currencies-mixed", "the works are priced in several currencies", "make an epoch for each")
