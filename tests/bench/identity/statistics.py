"""95 % intervals of a rate: what a benchmark of n samples can claim.

Both are compared in Brown, Cai and DasGupta, Interval Estimation for a Binomial Proportion, Statistical Science 16(2),
2001. Wilson's covers about as often as it says and is for rates found; Clopper and Pearson's covers at least as often
and is for rare errors, where a claim must not be too good.
"""

from __future__ import annotations

from math import sqrt
from typing import Final

from scipy.special import betaincinv

__all__ = ["clopper_pearson", "wilson"]

_Z: Final = 1.959963984540054
"""97.5 % point of the normal distribution."""
_TAIL: Final = 0.025


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Ends of Wilson's score interval (1927) of a share of `trials` independent samples, each 0 to 1."""
    _check(successes, trials)
    share, weight = successes / trials, _Z**2 / trials
    middle = (share + weight / 2) / (1 + weight)
    half = _Z / (1 + weight) * sqrt(share * (1 - share) / trials + weight / (4 * trials))
    # In floating point the ends of a share of 0 or 1 would miss 0 and 1 by a rounding error.
    return (max(0.0, middle - half) if successes else 0.0), (min(1.0, middle + half) if successes < trials else 1.0)


def clopper_pearson(successes: int, trials: int) -> tuple[float, float]:
    """Ends of the exact interval (Clopper and Pearson, Biometrika 26, 1934), by quantiles of the beta distribution.

    Of no success in n trials the high end is 1 - 0.025^(1/n), about 3.7 / n.
    """
    _check(successes, trials)
    failures = trials - successes
    low = float(betaincinv(successes, failures + 1, _TAIL)) if successes else 0.0
    high = float(betaincinv(successes + 1, failures, 1 - _TAIL)) if failures else 1.0
    return low, high


def _check(successes: int, trials: int) -> None:
    if not 0 <= successes <= trials or not trials:
        raise ValueError(f"{successes} of {trials} is not a share")
