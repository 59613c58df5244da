"""Demand learned from offers and sales: how many ask, what they would pay, and how sure that is.

    OfferEvent, ListedWork, stated demand ─ estimate ─► Estimate ─ curve ─► LearnedCurve ─► PricingProblem

Stated demand is where it starts; each answered offer recalibrates it, shared between works by genre and by likeness.
The models are stated in `logit` (willingness to pay), `arrivals` (how many ask), `neighbours` (works without offers)
and `curves` (the ladder and the interval); `estimate` says what can and cannot be claimed.
"""

from offchain.pricing.estimation.curves import LearnedCurve
from offchain.pricing.estimation.estimate import Estimate, estimate
from offchain.pricing.estimation.events import YEAR, ListedWork, OfferEvent, Priors, stated_priors
from offchain.pricing.estimation.quoting import with_draw, with_learned

__all__ = [
    "YEAR",
    "Estimate",
    "LearnedCurve",
    "ListedWork",
    "OfferEvent",
    "Priors",
    "estimate",
    "stated_priors",
    "with_draw",
    "with_learned",
]
