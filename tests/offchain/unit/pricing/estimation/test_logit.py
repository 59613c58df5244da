"""The fit against the same model written out densely, minimised and differentiated by other means."""

import numpy as np
import pytest
from scipy.optimize import approx_fprime, minimize

from offchain.pricing import LogitDemand
from offchain.pricing.estimation import ListedWork, OfferEvent
from offchain.pricing.estimation.design import Places, pooled_features, tabulate
from offchain.pricing.estimation.effects import WORK
from offchain.pricing.estimation.logit import fit, probabilities

PRIORS = {("small", "s"): LogitDemand(10, 3, 5.0), ("large", "s"): LogitDemand(20, 5, 5.0)}
WORKS = [ListedWork(name, genre, 0) for name, genre in [("w1", "g1"), ("w2", "g1"), ("w3", "g2")]]
SETS = [{"small": 8}, {"small": 12, "large": 18}, {"large": 25}, {"small": 10, "large": 30}]


@pytest.fixture(scope="module")
def log():
    chance = np.random.default_rng(5)
    events = []
    for time in range(300):
        offered = SETS[chance.integers(4)]
        outcome = [None, *offered][chance.integers(len(offered) + 1)]
        events.append(OfferEvent(WORKS[chance.integers(3)].id, "s", time, offered, outcome))
    return events


@pytest.fixture(scope="module")
def fitted(log):
    places = Places.of(WORKS, PRIORS)
    design = tabulate(log, places, PRIORS)
    return design, fit(design, places.kinds(), len(WORKS))


def cost(theta, log, variances, kinds):
    """Minus the log posterior, event by event; effects in the order a, b, e, f, c."""
    cells, genres, works = list(PRIORS), ["g1", "g2"], [work.id for work in WORKS]
    a, b, e, f, c = theta[:2], theta[2:6].reshape(2, 2), theta[6:8], theta[8:12].reshape(2, 2), theta[12:]
    total = 0.5 * np.sum(theta**2 / variances[np.append(kinds, [WORK] * 3)])
    for event in log:
        work = works.index(event.work)
        genre = genres.index(WORKS[work].genre)
        utility = {}
        for tier, price in event.offered.items():
            cell, prior = cells.index((tier, "s")), PRIORS[tier, "s"]
            slope = 1 + e[cell] + f[genre, cell]
            utility[tier] = a[cell] + b[genre, cell] + c[work] + slope * (prior.median - price) / prior.spread
        total += np.log1p(sum(np.exp(list(utility.values())))) - utility.get(event.bought, 0.0)
    return total


def test_fit__choices_among_tiers__mode_of_the_dense_posterior(log, fitted):
    _, effects = fitted
    here = np.concatenate([effects.pooled, effects.works])
    arguments = (log, effects.variances.of, effects.kinds)
    reference = minimize(cost, np.zeros(15), args=arguments, method="BFGS", options={"gtol": 1e-5})
    # Differences by finite steps of 1e-8 leave about 1e-4 in a parameter.
    assert here == pytest.approx(reference.x, abs=2e-3)
    assert cost(here, *arguments) <= reference.fun + 1e-6


def test_joint__curvature__inverse_of_the_dense_hessian(log, fitted):
    _, effects = fitted
    here = np.concatenate([effects.pooled, effects.works])
    arguments = (log, effects.variances.of, effects.kinds)

    def slope(theta):
        return approx_fprime(theta, cost, 1e-5, *arguments)

    hessian = np.array([(slope(here + step) - slope(here - step)) / 2e-3 for step in np.eye(15) * 1e-3])
    covariance = np.linalg.inv((hessian + hessian.T) / 2)
    for work in range(3):
        _, found = effects.joint(np.vstack([np.eye(12), np.zeros(12)]), np.eye(13)[12], work)
        at = [*range(12), 12 + work]
        assert found == pytest.approx(covariance[np.ix_(at, at)], rel=0.02, abs=2e-3)
    assert effects.work_variances() == pytest.approx(np.diag(covariance)[12:], rel=0.02)


def test_probabilities__offer_of_two_tiers__sum_to_that_of_a_purchase(fitted):
    design, effects = fitted
    share, any_share = probabilities(design, effects)
    assert design.members @ share == pytest.approx(any_share)
    assert np.all((any_share > 0) & (any_share < 1))


def test_fit__no_offers__every_effect_0_and_variances_as_stated():
    places = Places.of(WORKS, PRIORS)
    effects = fit(tabulate([], places, PRIORS), places.kinds(), len(WORKS))
    assert not effects.pooled.any()
    assert not effects.works.any()
    assert effects.work_variances() == pytest.approx(np.full(3, effects.variances.of[WORK]))


def test_tabulate__equal_offers__counted_as_one(log):
    design = tabulate(log, Places.of(WORKS, PRIORS), PRIORS)
    assert len(design.times) == len(WORKS) * len(SETS)
    assert design.times.sum() == len(log)
    assert design.bought.sum() == sum(event.bought is not None for event in log)


def test_pooled_features__second_genre__columns_of_its_cells():
    places = Places.of(WORKS, PRIORS)
    row = pooled_features(np.array([1]), np.array([1]), np.array([0.5]), places).toarray()[0]
    # a: 0–1, b: 2–5 by genre then cell, e: 6–7, f: 8–11.
    assert {at: value for at, value in enumerate(row) if value} == {1: 1.0, 5: 1.0, 7: 0.5, 11: 0.5}


def test_fit__everybody_buys_at_a_price_that_nobody_should_pay__stays_finite():
    """At 60 the stated log odds are −8: the first step of Newton's overshoots, and the fit must come back."""
    places = Places.of(WORKS, PRIORS)
    events = [OfferEvent("w1", "s", 0, {"large": 60}, "large")] * 200 + [OfferEvent("w1", "s", 0, {"small": 1})] * 3
    design = tabulate(events, places, PRIORS)
    effects = fit(design, places.kinds(), len(WORKS))
    share, _ = probabilities(design, effects)
    assert share[0] > 0.95
    assert np.abs(np.append(effects.pooled, effects.works)).max() < 10
