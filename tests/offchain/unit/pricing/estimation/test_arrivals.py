"""How many ask: learned from counts, shared by genre, never from time that was not observed."""

import pytest

from offchain.pricing import PriceKey
from offchain.pricing.estimation import ListedWork
from tests.offchain.unit.pricing.estimation.conftest import SEGMENT, TIER, work_id


def asked(learned, work):
    """Mean offers a period of a work."""
    belief = learned._belief(PriceKey(work_id(work), TIER, SEGMENT), (800,), {})
    return belief.shape / belief.rate


def test_rates__nothing_observed__stated_market(learn, listed):
    assert asked(learn([], listed(1)), 1) == pytest.approx(400)


def test_rates__many_offers__counts_by_period(learn, offers, listed):
    # 4,000 offers in a period of 4,000 s: the stated 400 weigh less than 10 of them.
    learned = learn(offers(1, 800, 4000, 2000), listed(1), until=4000, period=4000)
    assert asked(learned, 1) == pytest.approx(4000, rel=0.01)


def test_rates__work_just_listed__takes_after_its_genre(learn, offers):
    works = [ListedWork(work_id(n), "busy" if n < 5 else "quiet", 0) for n in range(1, 9)]
    works += [ListedWork(work_id(9), "busy", 4000), ListedWork(work_id(10), "quiet", 4000)]
    events = [event for n in range(1, 5) for event in offers(n, 800, 2000, 1000)]
    events += [event for n in range(5, 9) for event in offers(n, 800, 40, 20)]
    learned = learn(events, works, until=4000, period=4000)
    assert asked(learned, 9) > 2 * asked(learned, 10)
    # Less sure of a work without offers than of one with many.
    assert learned._rates.shape[8, 0] < learned._rates.shape[0, 0]


def test_rates__tier_that_nobody_could_ask_for__time_without_buyers_it_is_not(learn):
    """The same silent year, of works sold in that tier and of works sold in others alone."""
    silent, closed = ([ListedWork(work_id(1), "photo", 0, tiers=tiers)] for tiers in ((TIER,), ("another",)))
    assert asked(learn([], silent, until=1000, period=1000), 1) < 40
    assert asked(learn([], closed, until=1000, period=1000), 1) == pytest.approx(400)


def test_rates__nobody_asks_for_a_year__market_falls(learn, listed):
    learned = learn([], listed(3), until=1000, period=1000)
    assert asked(learned, 1) < 40
