"""Exclusives against brute force over every set of bids."""

from fractions import Fraction
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from offchain.pricing.menus import Bid, choose_bids

PERIODS, SCALE = 8, 10**12


@st.composite
def windows(draw):
    first = draw(st.integers(0, PERIODS - 1))
    return first, draw(st.integers(first + 1, PERIODS))


@st.composite
def bids(draw):
    count = draw(st.integers(0, 6))
    return [Bid(f"buyer {number}", *draw(windows()), draw(st.integers(0, 60))) for number in range(count)]


ended = st.lists(st.integers(0, 15 * SCALE), min_size=PERIODS, max_size=PERIODS)


def worth(chosen, ended, discount, upstream):
    """Present value of all sales, period by period: paid prices, and what is sold outside every window."""
    total = Fraction(0)
    for period in range(PERIODS):
        paid = sum(bid.price * (10**6 - upstream) * 10**6 for bid in chosen if bid.first == period)
        sold = 0 if any(bid.first <= period < bid.end for bid in chosen) else ended[period]
        total += Fraction(paid + sold) / (1 + Fraction(discount, 10**6)) ** period
    return total


@settings(max_examples=300, deadline=None, derandomize=True)
@given(bids(), ended, st.integers(0, 10**6), st.integers(0, 10**6), st.lists(windows(), max_size=2))
def test_choose_bids__random_instance__equals_brute_force_over_sets(bids, ended, discount, upstream, standing):
    free = [bid for bid in bids if not any(bid.first < end and first < bid.end for first, end in standing)]
    apart = (
        chosen
        for size in range(len(free) + 1)
        for chosen in combinations(free, size)
        if all(one.end <= other.first or other.end <= one.first for one, other in combinations(chosen, 2))
    )
    without = worth((), ended, discount, upstream)
    best = max(worth(chosen, ended, discount, upstream) for chosen in apart)
    grants = choose_bids(bids, ended, discount, upstream, standing)
    assert grants.gain == best - without
    assert worth(grants.accepted, ended, discount, upstream) == best
    assert set(grants.accepted) <= set(free)
