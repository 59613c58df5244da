"""The standalone checkers of docs/, as their tests drive them."""

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[4] / "docs"


def claims_of(checker):
    """The function of a checker that yields (claim, whether it holds) for a problem and a solution."""
    return runpy.run_path(str(DOCS / checker))["claims"]


def fault(claims, problem, solution):
    """The first claim that fails, or None."""
    return next((claim for claim, holds in claims(problem, solution) if not holds), None)
