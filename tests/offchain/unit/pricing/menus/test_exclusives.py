from dataclasses import replace
from fractions import Fraction

import pytest

from offchain.errors import InputError
from offchain.pricing import Bound, problem_to_json
from offchain.pricing.menus import (
    Bid,
    BidProblem,
    advice_to_json,
    advise,
    bids_from_json,
    break_even,
    choose_bids,
    ended_revenue,
    present_value,
)

SCALE = 10**12


def advice(sales, *prices, periods=2, discount=100_000, **stated):
    """What is advised about bids for the next periods, one at each price."""
    bids = tuple(Bid(f"buyer {number}", 0, periods, price) for number, price in enumerate(prices))
    return advise(BidProblem(sales, ("personal",), discount, bids, **stated))


def test_advise__two_periods_at_ten_per_cent__turns_at_the_present_value(one_price):
    """One price of 20 sold 11 times: 220 now and 220 / 1.1 = 200 a period later."""
    for price, accepted in ((420, 1), (419, 0), (500, 1)):
        told = advice(one_price([20], [11.0]), price)
        assert (len(told.grants.accepted), told.break_even) == (accepted, (420,))
        assert "sell exclusive at 420 or more, else keep non-exclusive" in told.sentences[0]
        assert told.sentences[0].startswith("accept" if accepted else "decline")


def test_advise__share_owed_upstream__cancels_out(one_price):
    """Both modes owe the same share, so the price at which the answer turns is the gross one."""
    assert advice(one_price([20], [11.0], upstream_ppm=300_000), 419).break_even == (420,)


def test_advise__windows_overlap__names_the_bid_that_earns_more(one_price):
    told = advice(one_price([20], [11.0]), 430, 450)
    assert [bid.buyer for bid in told.grants.accepted] == ["buyer 1"]
    assert told.grants.gain == 30 * SCALE
    assert told.sentences[0].startswith("decline, buyer 1's window overlaps")
    standing = advice(one_price([20], [11.0]), 430, standing=((1, 9),))
    assert standing.grants.accepted == ()
    assert standing.sentences[0].startswith("decline, an exclusive that was granted before")


def test_bids__as_json__follow_their_schemas_and_come_back(one_price, departures):
    problem = BidProblem(one_price([20], [11.0]), ("personal",), 100_000, (Bid("x", 0, 2, 430),), ((5, 6),))
    document = {
        "version": 1,
        "model": "exclusives",
        "sales": problem_to_json(problem.sales),
        "ended": ["personal"],
        "discount_ppm": 100_000,
        "bids": [{"buyer": "x", "first": 0, "end": 2, "price": "430"}],
        "standing": [{"first": 5, "end": 6}],
    }
    assert departures("exclusives-input", document) == []
    assert bids_from_json(document) == problem
    written = advice_to_json(problem, advise(problem))
    assert departures("exclusives-output", written) == []
    assert (written["gain"], written["bids"][0]["accepted"]) == ("10", True)
    with pytest.raises(InputError) as caught:
        bids_from_json({**document, "version": 2})
    assert caught.value.code == "pricing-json-malformed"


def test_break_even__net_value_that_divides_badly__is_rounded_up():
    assert break_even(Fraction(SCALE), 999_999) == 1_000_000
    assert break_even(Fraction(7 * SCALE, 10), 300_000) == 1
    assert break_even(Fraction(7 * SCALE + 1, 10), 300_000) == 2
    assert break_even(Fraction(-1), 1_000_000) == 0
    with pytest.raises(InputError):
        break_even(Fraction(1), 1_000_000)


def test_ended_revenue__tier_that_held_the_other_down__is_less_than_its_own_sales(two_tiers):
    """Both together earn 270 at 10/10; personal alone earns 200 at 20. So ending commercial costs 70, not its 150."""
    assert ended_revenue(two_tiers(), ["commercial"]) == 70 * SCALE
    assert ended_revenue(two_tiers(), ["personal", "commercial"]) == 270 * SCALE
    assert ended_revenue(two_tiers(), []) == 0


def test_ended_revenue__bounds_of_the_ended_tier__go_with_it(two_tiers):
    bounds = [Bound(tier="commercial", ceiling=10), Bound(tier="personal", floor=10)]
    assert ended_revenue(two_tiers(bounds), ["commercial"]) == 70 * SCALE


def test_present_value__starts_later__counts_less():
    assert present_value([121, 121], 100_000, 2) == 100 + Fraction(1000, 11)


@pytest.mark.parametrize(
    ("build", "code"),
    [
        (lambda problem: ended_revenue(problem, ["gold"]), "tier-unknown"),
        (lambda problem: advice(problem, -1), "exclusive-malformed"),
        (lambda problem: advice(problem, 1, discount=-1), "discount-out-of-range"),
        (lambda problem: advice(problem, 1, discount=1_000_001), "discount-out-of-range"),
        (lambda _: Bid("x", 1, 1, 5), "exclusive-malformed"),
        (lambda _: Bid("x", 0, 10**12, 5), "exclusive-malformed"),  # a list of its periods would fill the memory
        (lambda _: choose_bids([Bid("x", 0, 1, 5)] * 2, [0], 0, 0), "exclusive-malformed"),
        (lambda problem: advice(problem, 1, standing=((3, 2),)), "exclusive-malformed"),
        (lambda _: choose_bids([Bid("x", 0, 3, 5)], [0, 0], 0, 0), "exclusive-malformed"),
    ],
)
def test_exclusives__malformed__is_a_typed_error(one_price, build, code):
    with pytest.raises(InputError) as caught:
        build(one_price([20], [11.0]))
    assert caught.value.code == code


def test_ended_revenue__several_works__refused(default):
    works = (*default.works, replace(default.works[0], id="0x" + "cd" * 32))
    demand = [replace(cell, key=cell.key._replace(work=works[1].id)) for cell in default.demand]
    with pytest.raises(InputError) as caught:
        ended_revenue(replace(default, works=works, demand=(*default.demand, *demand)), ["personal"])
    assert caught.value.code == "exclusive-malformed"


def test_choose_bids__price_equals_the_sales_it_ends__is_accepted():
    assert choose_bids([Bid("x", 0, 2, 30)], [15 * SCALE] * 2, 0, 0).accepted == (Bid("x", 0, 2, 30),)
    assert choose_bids([Bid("x", 0, 2, 29)], [15 * SCALE] * 2, 0, 0).accepted == ()
    assert choose_bids([Bid("x", 0, 2, 31)], [15 * SCALE] * 2, 0, 0).gain == SCALE
