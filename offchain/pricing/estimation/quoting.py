"""Problems under learned demand: for prices that earn most by what is known, or that learn while they earn.

Bounds and orders of the problem stay, so a drawn price keeps between floor and ceiling as every other does.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

from offchain.pricing.estimation.estimate import Estimate
from offchain.pricing.problem import CellDemand, PricingProblem
from offchain.pricing.problem_json import model_hash

__all__ = ["with_draw", "with_learned"]


def with_learned(problem: PricingProblem, learned: Estimate) -> PricingProblem:
    """The problem with the demand that a log of offers says.

    Raises:
        NotFoundError: `work-unlisted`, `demand-unstated`.
    """
    ladders = {tier.name: tier.ladder for tier in problem.tiers}
    curves = (CellDemand(cell.key, learned.curve(cell.key, ladders[cell.key.tier]).demand) for cell in problem.demand)
    return replace(problem, demand=tuple(curves))


def with_draw(problem: PricingProblem, learned: Estimate, epoch: int) -> PricingProblem:
    """The problem with demand drawn from what is believed: Thompson sampling (Russo et al., 2018).

    The draw's seed is sha256(model hash of `problem` ‖ "/" ‖ epoch): nobody chooses it, and whoever has the log
    recomputes the draw. It is not of the learned problem, whose last binary digits may differ between machines.

    Args:
        problem: under stated demand.
        learned: from the log.
        epoch: number of the period that is priced.

    Raises:
        NotFoundError: `work-unlisted`, `demand-unstated`.
    """
    seed = hashlib.sha256(f"{model_hash(problem)}/{epoch}".encode()).digest()
    ladders = {tier.name: tier.ladder for tier in problem.tiers}
    draws = (CellDemand(cell.key, learned.draw(cell.key, ladders[cell.key.tier], seed)) for cell in problem.demand)
    return replace(problem, demand=tuple(draws))
