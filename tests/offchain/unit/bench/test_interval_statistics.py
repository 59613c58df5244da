from __future__ import annotations

import pytest
from scipy.stats import binom

from tests.bench.identity.statistics import clopper_pearson, wilson


@pytest.mark.parametrize(
    ("successes", "trials", "score", "exact"),
    [
        # Newcombe, Two-sided confidence intervals for the single proportion, Statistics in Medicine 17, 1998, table I.
        (81, 263, (0.2553, 0.3662), (0.2527, 0.3676)),
        (15, 148, (0.0624, 0.1605), (0.0578, 0.1617)),
        (0, 20, (0, 0.1611), (0, 0.1684)),
        (1, 29, (0.0061, 0.1718), (0.0009, 0.1776)),
    ],
)
def test_intervals__published_examples__are_theirs(successes, trials, score, exact):
    assert wilson(successes, trials) == pytest.approx(score, abs=5e-5)
    assert clopper_pearson(successes, trials) == pytest.approx(exact, abs=5e-5)


@pytest.mark.parametrize(("successes", "trials"), [(1, 10), (9, 10), (3, 1_000_000)])
def test_clopper_pearson__either_end__leaves_a_tail_of_a_fortieth(successes, trials):
    low, high = clopper_pearson(successes, trials)
    assert binom.sf(successes - 1, trials, low) == pytest.approx(0.025)
    assert binom.cdf(successes, trials, high) == pytest.approx(0.025)


@pytest.mark.parametrize("interval", [wilson, clopper_pearson])
def test_intervals__none_or_all__end_at_nought_or_one(interval):
    assert interval(0, 7)[0] == 0
    assert interval(7, 7)[1] == 1


@pytest.mark.parametrize("interval", [wilson, clopper_pearson])
@pytest.mark.parametrize(("successes", "trials"), [(1, 0), (0, 0), (-1, 5), (6, 5)])
def test_intervals__no_share__are_refused(interval, successes, trials):
    with pytest.raises(ValueError, match="is not a share"):
        interval(successes, trials)
