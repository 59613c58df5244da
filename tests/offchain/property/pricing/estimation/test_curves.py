"""Whatever the log, a learned curve is one that a price can be computed from; and its interval holds the truth."""

import math
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from offchain.pricing import LogitDemand, PriceKey
from offchain.pricing.estimation import YEAR, ListedWork, OfferEvent, estimate, stated_priors
from tests.bench.pricing.market import market
from tests.bench.pricing.regret import at_random, coverage, regret

WORKS = [f"0x{number:064x}" for number in range(1, 4)]
LADDER = (1, 5, 8, 9, 30, 10**6)
PRIORS = {
    ("personal", "individual"): LogitDemand(8, 3, 400.0),
    ("commercial", "individual"): LogitDemand(40, 1, 0.5),
    ("personal", "school"): LogitDemand(0, 10**9, 1e9),
    ("commercial", "school"): LogitDemand(10**6, 1, 3.0),
}

prices = st.sampled_from([*LADDER, 7, 48, 10**30])


@st.composite
def logs(draw):
    """Up to 6 kinds of offers, each made up to 200 times, with whatever outcome."""
    events = []
    for _ in range(draw(st.integers(0, 6))):
        offered = draw(st.dictionaries(st.sampled_from(["personal", "commercial"]), prices, min_size=1))
        outcome = draw(st.sampled_from([None, *offered]))
        work, segment = draw(st.sampled_from(WORKS)), draw(st.sampled_from(["individual", "school"]))
        events += [OfferEvent(work, segment, 5, offered, outcome)] * draw(st.sampled_from([1, 3, 200]))
    return events


@st.composite
def listings(draw):
    genres = draw(st.lists(st.sampled_from(["photo", "text"]), min_size=3, max_size=3))
    score = draw(st.sampled_from([0.0, 0.5, 1.0]))
    since = draw(st.sampled_from([0, 5]))
    near = [{}, {WORKS[0]: score}, {WORKS[0]: score, WORKS[1]: 1.0}]
    return [ListedWork(*each, since, beside) for *each, beside in zip(WORKS, genres, near, strict=True)]


@settings(max_examples=40, deadline=None)
@given(logs(), listings(), st.binary(max_size=4))
def test_curve__any_log__finite_never_rising_within_its_interval(events, works, seed):
    learned = estimate(events, works, PRIORS, until=5, period=10)
    for tier, segment in PRIORS:
        key = PriceKey(WORKS[2], tier, segment)
        curve = learned.curve(key, LADDER)
        for table in (curve.low, curve.demand, curve.high, learned.draw(key, LADDER, seed)):
            assert all(math.isfinite(sold) and sold >= 0 for sold in table.licences)
            assert all(cheap >= dear for cheap, dear in pairwise(table.licences))
        ends = zip(curve.low.licences, curve.demand.licences, curve.high.licences, strict=True)
        assert all(low <= middle <= high for low, middle, high in ends)


@settings(max_examples=20, deadline=None)
@given(logs(), listings())
def test_estimate__offers_of_one_second_in_another_order__same_curve(events, works):
    key = PriceKey(WORKS[0], "personal", "individual")
    one, other = (estimate(log, works, PRIORS, until=5).curve(key, LADDER) for log in (events, events[::-1]))
    assert np.allclose(one.demand.licences, other.demand.licences, rtol=1e-4, atol=1e-9)


def test_interval__markets_whose_truth_is_known__holds_it_85_to_95_times_of_100():
    """A 90 % interval, over 10 markets of 864 ladder steps each, after six months of prices tried at random."""
    held = []
    for seed in range(10):
        known, chance = market(seed), np.random.default_rng([seed, 2])
        events = [event for month in range(6) for event in at_random(known, month * YEAR // 12, chance)]
        learned = estimate(events, known.works, stated_priors(known.stated), YEAR // 2)
        held.append(coverage(known, learned))
    assert 0.85 <= np.mean(held) <= 0.95


def test_learning__half_a_year__loses_less_than_half_of_what_stated_demand_loses():
    monthly = [regret(seed, "greedy", months=5) for seed in (0, 1)]
    # In the first month nothing is known yet, so its price is the stated demand's.
    first, *_, last = np.mean(monthly, axis=0)
    assert last < first / 2
