"""Offers among which buyers choose: what `colophon price --input` tells of a problem that names a choice model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from offchain.cli.output import asset, decimal

if TYPE_CHECKING:
    from offchain.pricing.choice import ChoiceProblem, ChoiceSolution

__all__ = ["offer_lines"]

_PERCENT = 100


def offer_lines(problem: ChoiceProblem, solution: ChoiceSolution) -> Iterator[str]:
    """The offers, when each is shown, the editions and the expected revenue, for a reader."""
    from offchain.pricing.choice.timetable import WHOLE

    for offered in solution.offers:
        yield f"{offered.segment or 'everybody'}, {offered.share / WHOLE * _PERCENT:.4g} % of the time"
        for price in offered.prices:
            works = [price.product.work] * (len(problem.works) > 1)
            yield f"  {' '.join([*works, price.product.tier])}: {decimal(price.amount, problem.decimals)}"
        yield f"  {offered.sentence}"
    for edition in solution.editions:
        yield f"{edition.name}: {edition.sentence}"
    expected = decimal(solution.expected_revenue, problem.decimals)
    yield f"expected: {expected} {asset(problem.currency)} a period, net of what is owed upstream"
