"""Licence prices that earn most under a stated demand, each with a proof and a reason.

    PricingProblem ─ compile_model ─► Model ─ require_feasible ─► solve_lp ─► certify ─► Solution

Broader tiers never cost less, discounts between segments can be capped, floors and ceilings hold, and revenue counts
net of the share owed upstream. The programme is exact (totally unimodular), the certificate is checked in integers.
"""

from offchain.pricing.certificate import Certificate
from offchain.pricing.coupled.rules import Accessibility, Budget, Coupling, HolderFloor, HolderShare
from offchain.pricing.demand import LogitDemand, TableDemand
from offchain.pricing.explain import Binding, Explanation
from offchain.pricing.ladder import geometric_ladder
from offchain.pricing.problem import Bound, CellDemand, PriceKey, PricingProblem, Segment, Tier, Work
from offchain.pricing.problem_json import model_hash, problem_from_json, problem_to_json
from offchain.pricing.solution import CoupledRow, Price, Solution, quote_price, solve
from offchain.pricing.solution_json import solution_from_json, solution_to_json
from offchain.pricing.stated_demand import DEFAULT_SEGMENTS, DEFAULT_TIERS, default_problem

__all__ = [
    "DEFAULT_SEGMENTS",
    "DEFAULT_TIERS",
    "Accessibility",
    "Binding",
    "Bound",
    "Budget",
    "CellDemand",
    "Certificate",
    "CoupledRow",
    "Coupling",
    "Explanation",
    "HolderFloor",
    "HolderShare",
    "LogitDemand",
    "Price",
    "PriceKey",
    "PricingProblem",
    "Segment",
    "Solution",
    "TableDemand",
    "Tier",
    "Work",
    "default_problem",
    "geometric_ladder",
    "model_hash",
    "problem_from_json",
    "problem_to_json",
    "quote_price",
    "solution_from_json",
    "solution_to_json",
    "solve",
]
