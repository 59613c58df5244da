"""Prices under coupling rows, with a proof: the integer optimum by HiGHS, then a proof that closes the gap.

The linear programme's multipliers alone prove most catalogues. Where they leave too much, components with a binding
row of their own are proven apart, and a price on which the programme hesitates is split into two cases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from offchain.errors import InputError, RefusedError
from offchain.pricing.coupled.certificate import COUPLED_GAP_PARTS, objective, weighed
from offchain.pricing.coupled.lp import best_steps, refutation, relaxation
from offchain.pricing.coupled.proof import Components, Leaf, Proof, Scope, Split, Weight, apart, bound, relaxed
from offchain.pricing.lp import solve_lp
from offchain.pricing.model import Model
from offchain.pricing.problem import PricingProblem
from offchain.pricing.scale import RATE

__all__ = ["solve_coupled"]

_WHOLE: Final = 1_000
"""Above so many prices a catalogue is decomposed; below, the whole integer programme is as quick, and exact."""

_MOST_PRICES: Final = 60_000
"""Bounded work: a proof whose linear programmes have more prices in all is given up, and no price leaves."""


def solve_coupled(problem: PricingProblem | None, model: Model) -> tuple[tuple[int, ...], Leaf, Proof]:
    """The best ladder steps under orders and coupling rows, with a proof.

    Args:
        problem: with coupling; None where the model is of works that sell different tiers.
        model: the same, compiled.

    Returns:
        Step of each cell; multipliers of the linear programme; a proof that nothing earns much more.

    Raises:
        InputError: `rows-infeasible`; the fact `conflict` lists hard rows that cannot hold together within the bounds
            and orders (without any one of them the others can).
        RefusedError: `price-uncertified`, the solver failed, or found no proof within bounded work.
    """
    scope, search = Scope.whole(model), _Search()
    decomposed = None if problem is None or len(model.cells) <= _WHOLE else _decomposed(problem, model)
    if decomposed is not None:
        steps, root = decomposed
        proof = search.by_multipliers(scope, _target(model, steps), root)
        if proof is not None:
            return steps, root, proof
    steps, root = _whole(model)
    return steps, root, search.proof(scope, _target(model, steps), root)


def _target(model: Model, steps: Sequence[int]) -> int:
    """What a proof must not pass, `RATE`-ths of a `SCALE`-th of a minor unit.

    A little less than the tolerance, because the gap is measured against the bound and rounded up.
    """
    earned = objective(model, steps)
    return earned * RATE + abs(earned) * RATE * 99 // (COUPLED_GAP_PARTS * 100)


def _whole(model: Model) -> tuple[tuple[int, ...], Leaf]:
    """By the integer programme of all prices at once."""
    scope = Scope.whole(model)
    steps = best_steps(scope)
    if steps is None:
        raise _infeasible(scope)
    root = relaxation(scope)
    return steps, Leaf((), ()) if root is None else root.leaf


def _decomposed(problem: PricingProblem, model: Model) -> tuple[tuple[int, ...], Leaf] | None:
    """By decomposition; None where the problem is no catalogue, it found no prices, or rounding broke a hard row."""
    from offchain.pricing.catalogue.bridge import bridge
    from offchain.pricing.catalogue.solve import price_catalogue

    crossing = bridge(problem, model)
    if crossing is None:
        return None
    try:
        found = price_catalogue(crossing.catalogue)
    except (InputError, RefusedError):  # the integer programme has the last word, and names the rows that conflict
        return None
    steps, weights = crossing.steps(found.steps), crossing.weights(model, found.duals)
    if any(row.excess(steps) for row in model.coupling if row.penalty is None):
        return None
    return steps, Leaf(weights, solve_lp(weighed(model, weights)).rows)


@dataclass
class _Search:
    """Branch and bound that keeps its tree.

    Attributes:
        prices: how many may still be part of linear programmes, each counted once a programme.
    """

    prices: int = _MOST_PRICES

    def by_multipliers(self, scope: Scope, target: int, leaf: Leaf) -> Proof | None:
        """A proof by these multipliers, for the whole scope or for its components; None where they leave too much."""
        return leaf if bound(scope, leaf) <= target else self._apart(scope, target, leaf)

    def proof(self, scope: Scope, target: int, known: Leaf | None = None) -> Proof:
        """A proof that a scope's bound is at most `target`, `RATE`-ths of a `SCALE`-th of a minor unit.

        `known` are multipliers of the scope's linear programme, where someone has them.
        """
        if known is not None and (proof := self.by_multipliers(scope, target, known)) is not None:
            return proof
        self.prices -= len(scope.steps)
        if self.prices < 0:
            raise _unproven()
        solved = relaxation(scope)
        if solved is None:
            leaf = refutation(scope, target)
            if leaf is not None and bound(scope, leaf) <= target:
                return leaf
            return self._split(scope, target, {}, {})
        found = None if known is not None else self.by_multipliers(scope, target, solved.leaf)
        return found or self._split(scope, target, solved.mixed, solved.middle)

    def _apart(self, scope: Scope, target: int, leaf: Leaf) -> Proof | None:
        """Weigh the hard rows; prove each component with a binding row of its own near its integer optimum."""
        hard = {row.number for row in scope.rows if row.penalty is None}
        weights = tuple(weight for weight in leaf.weights if weight.row in hard)
        idle = {weight.row for weight in leaf.weights}
        weights += tuple(Weight(row.number, 0) for row in scope.rows if row.number in hard - idle)
        allowance, rest = relaxed(scope, weights)
        parts = apart(rest)
        if len(parts) < 2:
            return None
        leaves = [_restricted(part, leaf) for part in parts]
        bounds = [bound(part, own) for part, own in zip(parts, leaves, strict=True)]
        best = [_optimum(part) if own.weights else most for part, own, most in zip(parts, leaves, bounds, strict=True)]
        spare = target - allowance - sum(best)
        if spare < 0:
            return None
        proofs: dict[int, Proof] = {}
        for left, place in enumerate(sorted(range(len(parts)), key=lambda place: bounds[place] - best[place])):
            share = spare // (len(parts) - left)
            if bounds[place] - best[place] <= share:
                proofs[place] = leaves[place]
            else:
                proofs[place] = self.proof(parts[place], best[place] + share)
            spare -= bound(parts[place], proofs[place]) - best[place]
        return Components(weights, tuple(proofs[place] for place in range(len(parts))))

    def _split(self, scope: Scope, target: int, mixed: dict[int, float], middle: dict[int, float]) -> Proof:
        """Two cases of the price on which the programme hesitates most."""
        open_cells = [cell for cell, (lowest, highest) in scope.steps.items() if lowest < highest]
        if not open_cells:
            raise _unproven()
        cell = max(open_cells, key=lambda cell: (mixed.get(cell, 0.0), scope.steps[cell][1] - scope.steps[cell][0]))
        lowest, highest = scope.steps[cell]
        first = min(max(int(middle.get(cell, (lowest + highest) / 2)) + 1, lowest + 1), highest)
        below = self.proof(scope.narrowed(cell, lowest, first - 1), target)
        above = self.proof(scope.narrowed(cell, first, highest), target)
        chosen = scope.model.cells[cell]
        return Split(chosen.key, chosen.ladder[first], below, above)


def _restricted(part: Scope, leaf: Leaf) -> Leaf:
    """The multipliers of a leaf that concern one component."""
    numbers, keys = {row.number for row in part.rows}, {part.model.cells[cell].key for cell in part.steps}
    weights = tuple(weight for weight in leaf.weights if weight.row in numbers)
    return Leaf(weights, tuple(row for row in leaf.rows if row.cheaper in keys))


def _optimum(part: Scope) -> int:
    """Value of a component's integer optimum, `RATE`-ths of a `SCALE`-th of a minor unit."""
    steps = best_steps(part)
    if steps is None:
        raise _unproven()
    chosen = dict(zip(part.steps, steps, strict=True))
    value = sum(part.values[cell][step] for cell, step in chosen.items())
    for row in part.rows:
        excess = sum(terms[chosen[cell]] for cell, terms in row.terms.items()) - row.limit
        value -= max(0, excess) * (row.penalty or 0)
    return value


def _infeasible(scope: Scope) -> InputError:
    """Leave out one hard row after the other; those that must stay for a contradiction are the conflict."""
    kept = [row for row in scope.rows if row.penalty is None]
    for row in tuple(kept):
        others = [other for other in kept if other is not row]
        if best_steps(Scope(scope.model, scope.steps, scope.values, scope.orders, tuple(others))) is None:
            kept = others
    conflict = [row.rule for row in kept]
    return InputError(
        "rows-infeasible",
        f"no prices within the bounds and orders satisfy all of: {'; '.join(conflict)}",
        "ask for fewer affordable prices, raise a budget, or widen the bounds",
        conflict=conflict,
    )


def _unproven() -> RefusedError:
    return RefusedError(
        "price-uncertified",
        "no proof was found within bounded work that these prices are optimal",
        "drop or loosen a rule between works, or price fewer works at a time",
    )
