"""Offers where buyers choose among licences, or nothing: what to show, for how much and how long, with the proof.

    ChoiceProblem ─ compile_market ─► Market ─ solve_sales_based | solve_choice_based ─► timetable ─► ChoiceSolution

Quotes are signed for a buyer, so each segment can get its own offer, and a linear programme finds the best one exactly,
with limited editions too. Where all segments see one offer that programme is only an upper bound; columns are then
generated until no other offer would add anything.
"""

from offchain.pricing.choice.problem import (
    ChoiceProblem,
    ChoiceSegment,
    ChoiceWeights,
    Edition,
    LogitWeights,
    Product,
    TableWeights,
)
from offchain.pricing.choice.problem_json import choice_from_json, choice_hash, choice_to_json
from offchain.pricing.choice.solution import ChoiceSolution, EditionValue, Offered, OfferedPrice, solve_choice
from offchain.pricing.choice.solution_json import solution_from_json, solution_to_json

__all__ = [
    "ChoiceProblem",
    "ChoiceSegment",
    "ChoiceSolution",
    "ChoiceWeights",
    "Edition",
    "EditionValue",
    "LogitWeights",
    "Offered",
    "OfferedPrice",
    "Product",
    "TableWeights",
    "choice_from_json",
    "choice_hash",
    "choice_to_json",
    "solution_from_json",
    "solution_to_json",
    "solve_choice",
]
