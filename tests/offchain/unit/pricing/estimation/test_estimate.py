"""Learned curves: from the stated demand to what was seen."""

import hashlib
import math

import pytest
from scipy.special import gammaincinv

from offchain.errors import NotFoundError
from offchain.pricing import LogitDemand, PriceKey
from offchain.pricing.estimation import ListedWork, OfferEvent, estimate
from offchain.pricing.estimation.curves import point_of
from tests.offchain.unit.pricing.estimation.conftest import SEGMENT, TIER, work_id

KEY = PriceKey(work_id(1), TIER, SEGMENT)
LADDER = (400, 600, 800, 1000, 1200)


def test_curve__nothing_observed__stated_demand(learn, stated):
    curve = learn([]).curve(KEY, LADDER)
    told = [sold / 10**6 for sold in stated[TIER, SEGMENT].sales(LADDER)]
    assert curve.demand.licences == pytest.approx(told, abs=1e-6)
    assert curve.offers == curve.sales == (0,) * 5


def test_curve__many_offers__share_and_number_that_were_seen(learn, offers):
    # Of 4,000 asked at each of two prices 3,000 and 1,000 bought, in a period of 8,000 s.
    events = offers(1, 600, 4000, 3000) + offers(1, 1000, 4000, 1000, start=4000)
    curve = learn(events, until=8000, period=8000).curve(KEY, LADDER)
    assert curve.demand.licences[1] == pytest.approx(6000, rel=0.02)
    assert curve.demand.licences[3] == pytest.approx(2000, rel=0.04)
    assert curve.low.licences[1] < 6000 < curve.high.licences[1]
    assert (curve.offers, curve.sales) == ((0, 4000, 0, 4000, 0), (0, 3000, 0, 1000, 0))


def test_curve__no_logit__follows_what_was_seen(learn, offers, listed):
    """All buy below 800 and half above, at any price: no logit has that kink, the ladder shows it."""
    shares = {400: 1.0, 600: 1.0, 800: 0.5, 1000: 0.5, 1200: 0.5}
    events = [
        event
        for n in range(1, 4)
        for at, (price, share) in enumerate(shares.items())
        for event in offers(n, price, 600, round(600 * share), start=600 * at)
    ]
    learned = learn(events, listed(3), until=3000, period=3000)
    sold = learned.curve(KEY, LADDER).demand.licences
    assert learned.fit < 1e9
    assert [each / sold[0] for each in sold] == pytest.approx(list(shares.values()), abs=0.06)


def test_curve__more_offers__narrower(learn, offers):
    def width(made):
        curve = learn(offers(1, 800, made, made // 2), until=1000, period=round(1000 * 400 / made)).curve(KEY, LADDER)
        return (curve.high.licences[2] - curve.low.licences[2]) / curve.demand.licences[2]

    assert width(1000) < width(100) < width(10)


def test_curve__shown_beside_another_tier__fewer_buy_it():
    priors = {(TIER, SEGMENT): LogitDemand(800, 300, 400.0), ("commercial", SEGMENT): LogitDemand(2000, 500, 50.0)}
    events = [OfferEvent(KEY.work, SEGMENT, 0, {TIER: 800, "commercial": 2000}, TIER)]
    learned = estimate(events, [ListedWork(KEY.work, "photo", 0)], priors, until=0)
    alone = learned.curve(KEY, LADDER).demand.licences
    beside = learned.curve(KEY, LADDER, {"commercial": 2000}).demand.licences
    assert all(less < more for less, more in zip(beside, alone, strict=True))
    assert learned.curve(KEY, LADDER, {TIER: 5}).demand.licences == alone


def test_curve__refused_offers__demand_falls(learn, offers):
    # 20 asked at 800 in the time in which 20 were expected: 10 of them should have bought.
    times = {"until": 20, "period": 400}
    seen, refused = (learn(offers(1, 800, 20, sold), **times).curve(KEY, LADDER) for sold in (10, 0))
    assert all(less < more for less, more in zip(refused.demand.licences, seen.demand.licences, strict=True))


def test_curve__cold_work__shares_what_others_showed(learn, offers):
    events = [event for n in (2, 3) for event in offers(n, 800, 500, 50)]
    learned = learn(events, until=500, period=500)
    stated = learn([]).curve(KEY, LADDER)
    cold = learned.curve(KEY, LADDER)
    assert cold.demand.licences[2] / cold.demand.licences[0] < stated.demand.licences[2] / stated.demand.licences[0]


def test_draw__seed__recomputable_from_its_hash(learn, offers):
    learned = learn(offers(1, 800, 50, 20), period=400)
    first, other = learned.draw(KEY, LADDER, b"epoch 1"), learned.draw(KEY, LADDER, b"epoch 2")
    assert first == learned.draw(KEY, LADDER, b"epoch 1") != other
    digest = hashlib.sha256(b"epoch 1" + f"{work_id(1)}/{TIER}/{SEGMENT}".encode()).digest()
    last = (math.floor(int.from_bytes(digest[24:], "big") / 2048) + 0.5) / 2**53
    assert point_of(b"epoch 1", KEY)[0, 3] == last
    belief = learned._belief(KEY, LADDER, {})
    # However cheap, no more buy than ask: the market of the draw is the Gamma quantile of the fourth number.
    (most,) = learned.draw(KEY, (1,), b"epoch 1").licences
    assert 0 < most <= gammaincinv(belief.shape, last) / belief.rate


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (KEY._replace(work=work_id(99)), "work-unlisted"),
        (KEY._replace(tier="unheard"), "demand-unstated"),
        (KEY._replace(segment="unheard"), "demand-unstated"),
    ],
)
def test_curve__of_nothing_known__says_so(learn, key, code):
    with pytest.raises(NotFoundError) as caught:
        learn([]).curve(key, LADDER)
    assert caught.value.code == code


def test_curve__other_tier_as_given__undercuts_and_alone_is_nearer_to_the_joint_optimum():
    """Two tiers that all buyers see together: why quotes are priced by the curve of a tier alone."""
    tiers, median, spread = ("personal", "commercial"), 800, 250
    priors = {(tier, "individual"): LogitDemand(median, spread, 100.0) for tier in tiers}
    learned, ladder = estimate([], [ListedWork(KEY.work, "photo", 0)], priors, until=0), tuple(range(300, 1300, 20))
    key = KEY._replace(tier="personal", segment="individual")

    def best(beside):
        return max(zip(ladder, learned.curve(key, ladder, beside).demand.licences, strict=True), key=math.prod)[0]

    def earned(price):  # from both tiers, by symmetry the best prices of both are equal
        odds = math.exp((median - price) / spread)
        return 2 * price * odds / (1 + 2 * odds)

    alone = given = best({})
    for _ in range(9):
        given = best({"commercial": given})
    assert given < alone < max(ladder, key=earned)
    assert earned(given) < earned(alone)
