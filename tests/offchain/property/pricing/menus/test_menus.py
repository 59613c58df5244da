"""Menus against brute force over every price list, as a buyer would read it."""

from itertools import product

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from offchain.pricing.menus import MenuProblem, MenuSegment, MenuTier, menu_fault, solve_menu
from offchain.pricing.menus.prices import highest_prices
from offchain.pricing.menus.program import solve_programme
from offchain.pricing.menus.search import search

CURRENCY = "eip155:1337/slip44:60"
MOST = 9
"""Largest value; no price above it plus the margin differs from taking the tier off the list."""


@st.composite
def tiers(draw, name):
    if draw(st.integers(0, 2)):
        return MenuTier(name)
    low, high = sorted((draw(st.integers(1, MOST)), draw(st.integers(1, MOST))))
    return MenuTier(name, low, high)


@st.composite
def menus(draw):
    """Up to three tiers and four segments; whole buyers and small values, so that ties are frequent."""
    sold = tuple(draw(tiers(f"tier {number}")) for number in range(draw(st.integers(1, 3))))
    values = st.lists(st.integers(0, MOST), min_size=len(sold), max_size=len(sold)).map(tuple)
    segments = tuple(
        MenuSegment(f"segment {number}", draw(st.integers(0, 5)), draw(values))
        for number in range(draw(st.integers(1, 4)))
    )
    return MenuProblem(
        CURRENCY, 0, sold, segments, draw(st.sampled_from([0, 250_000])), draw(st.sampled_from([0, 0, 1, 2]))
    )


def brute_force(problem):
    """Best net revenue over all price lists: every buyer takes what leaves most, among equals the dearest."""
    best = 0
    for prices in product(*[[None, *within(tier)] for tier in problem.tiers]):
        taken = [takes(segment, prices, problem.margin) for segment in problem.segments]
        if None not in taken:
            kept = 1_000_000 - problem.upstream_ppm
            paid = zip(problem.segments, taken, strict=True)
            best = max(best, sum(int(segment.buyers) * 1_000_000 * kept * price for segment, price in paid))
    return best


def within(tier):
    return range(tier.floor, min(tier.ceiling or MOST, MOST) + 1)


def takes(segment, prices, margin):
    """What a buyer pays, or None where the choice is not clear by the margin."""
    options = [(value - price, price) for value, price in zip(segment.values, prices, strict=True) if price is not None]
    first, *others = sorted([*options, (0, 0)], reverse=True)
    return first[1] if not others or first[0] - others[0][0] >= margin else None


quick = settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)


@quick
@given(menus())
def test_solve_menu__random_instance__equals_brute_force_over_price_lists(problem):
    menu = solve_menu(problem)
    best = brute_force(problem)
    assert menu.certificate.primal == best == menu.certificate.bound
    assert menu.certificate.proof == "optimal"
    assert menu.expected_revenue == best // 10**12


@quick
@given(menus())
def test_solve_programme__random_instance__proposes_the_optimum_itself(problem):
    """The programme alone: its assignment, at the highest prices that lead to it, earns what brute force finds."""
    programme = solve_programme(problem, 1_000)
    assert programme is not None
    proposed = programme.assignment
    prices = highest_prices(problem, proposed)
    assert prices is not None
    assert menu_fault(problem, proposed, prices) is None
    paid = zip(problem.weights, proposed, strict=True)
    assert sum(weight * prices[tier] for weight, tier in paid if tier is not None) == brute_force(problem)


@quick
@given(menus(), st.integers(0, 12))
def test_search__stopped_early__bounds_the_optimum_from_both_sides(problem, limit):
    nobody = (None,) * len(problem.segments)
    found = search(problem, nobody, limit)
    assert found.primal <= brute_force(problem) <= found.bound


@quick
@given(menus())
def test_highest_prices__any_assignment__no_price_can_rise(problem):
    """Every list that leads to the assignment is at most this one, price by price."""
    for assignment in product((None, *range(len(problem.tiers))), repeat=min(2, len(problem.segments))):
        cut = MenuProblem(CURRENCY, 0, problem.tiers, problem.segments[:2], problem.upstream_ppm, problem.margin)
        highest = highest_prices(cut, assignment)
        listed = sorted({tier for tier in assignment if tier is not None})
        lists = (dict(zip(listed, prices, strict=True)) for prices in product(range(1, MOST + 1), repeat=len(listed)))
        sound = [prices for prices in lists if menu_fault(cut, assignment, prices) is None]
        if highest is None:
            assert not sound
        else:
            assert highest in sound
            assert all(prices[tier] <= highest[tier] for prices in sound for tier in listed)
