"""Epochs against brute force: the argmax at fixed duals, and what the duals bound."""

from itertools import pairwise, product

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from offchain.pricing import (
    Budget,
    CellDemand,
    Coupling,
    HolderFloor,
    HolderShare,
    PriceKey,
    PricingProblem,
    Segment,
    TableDemand,
    Tier,
    Work,
)
from offchain.pricing.coupled.proof import Weight
from offchain.pricing.epochs import Rules, Terms, price_catalogue, requote

CURRENCY = "eip155:1337/slip44:60"
RATE, MICRO, PPM, SCALE = 10**9, 10**6, 10**6, 10**12

ladders = st.lists(st.integers(1, 40), min_size=1, max_size=4, unique=True).map(lambda prices: tuple(sorted(prices)))


@st.composite
def problems(draw, number):
    """One work, one or two tiers in order, one segment; whole licences, so that ties are frequent."""
    work = f"0x{number:064x}"
    tiers = [Tier("personal", draw(ladders)), Tier("commercial", draw(ladders), ("personal",))][
        : draw(st.integers(1, 2))
    ]
    demand = []
    for tier in tiers:
        drops = draw(st.lists(st.integers(0, 9), min_size=len(tier.ladder), max_size=len(tier.ladder)))
        sold = tuple(float(sum(drops[step:])) for step in range(len(tier.ladder)))
        demand.append(CellDemand(PriceKey(work, tier.name, "individual"), TableDemand(sold)))
    share = draw(st.sampled_from([0, 100_000]))
    return PricingProblem(CURRENCY, 0, (Work(work, share),), tuple(tiers), (Segment("individual"),), tuple(demand))


def lists(problem):
    """Every price list that keeps the order of the tiers, with its net revenue and licences sold."""
    kept = PPM - problem.works[0].upstream_ppm
    for steps in product(*[range(len(tier.ladder)) for tier in problem.tiers]):
        prices = [tier.ladder[step] for tier, step in zip(problem.tiers, steps, strict=True)]
        if all(low <= high for low, high in pairwise(prices)):
            sold = [int(cell.curve.licences[step]) * MICRO for cell, step in zip(problem.demand, steps, strict=True)]
            yield prices, sum(p * d for p, d in zip(prices, sold, strict=True)) * kept, sum(sold)


def feasible(problem):
    return any(True for _ in lists(problem))


quick = settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    derandomize=True,
)


@quick
@given(problems(1).filter(feasible), st.integers(0, 3 * RATE), st.integers(0, 20 * MICRO))
def test_requote__random_duals__is_the_argmax_of_the_adjusted_revenue(problem, worth, toll):
    """A holder of half with multiplier μ and a budget with multiplier λ: (1 + μ/2) · revenue − λ · sales."""
    floor = HolderFloor("agency", (HolderShare(problem.works[0].id, 500_000),), 10, 3_000_000, CURRENCY)
    rules = Rules(coupling=Coupling((floor,), budgets=(Budget("edition", 5.0),)))
    weights = tuple(weight for weight in (Weight(0, worth), Weight(1, toll * RATE)) if weight.value)
    priced = requote(problem, None, Terms(rules, weights))
    chosen = [price.amount for price in priced.solution.prices]

    def adjusted(net, sold):
        return net * RATE + worth * (net // 2) - toll * RATE * sold

    values = {tuple(prices): adjusted(net, sold) for prices, net, sold in lists(problem)}
    # Net revenues at the duals are rounded down to SCALE-ths, once for each of two cells.
    assert values[tuple(chosen)] >= max(values.values()) - 2 * RATE


@quick
@given(problems(1).filter(feasible), problems(2).filter(feasible), st.integers(0, 30))
def test_price_catalogue__random_budget__keeps_it_and_its_duals_bound_every_price_list(first, second, limit):
    """Weak duality by hand: Σ best adjusted value + λ · limit is at least what brute force earns, and is met nearly."""
    rules = Rules(coupling=Coupling(budgets=(Budget("edition", float(limit)),)))
    pairs = [
        (one[1] + other[1], (*one[0], *other[0]))
        for one, other in product(lists(first), lists(second))
        if one[2] + other[2] <= limit * MICRO
    ]
    if not pairs:
        return
    epoch = price_catalogue([first, second], {}, rules)
    chosen = [amount for entry in epoch.entries.values() for amount in entry.amounts.values()]
    earned = {prices: net for net, prices in pairs}
    assert earned[tuple(chosen)] * 10_001 >= max(earned.values()) * 10_000  # the certified gap
    toll = sum(weight.value for weight in epoch.terms.weights)
    bound = sum(max(net * RATE - toll * sold for _, net, sold in lists(each)) for each in (first, second))
    assert bound + toll * limit * MICRO >= max(earned.values()) * RATE
    for problem in (first, second):
        entry = epoch.entries[problem.works[0].id]
        priced = requote(problem, entry, epoch.terms)
        assert [price.amount for price in priced.solution.prices] == list(entry.amounts.values())


@quick
@given(problems(1).filter(feasible), problems(1).filter(feasible), st.integers(0, 2 * PPM))
def test_price_catalogue__change_is_limited__is_the_best_within_it_or_says_that_none_is(before, after, most):
    rules = Rules(max_change_ppm=most)
    last = price_catalogue([before], {}, rules)
    (old,) = last.entries.values()
    epoch = price_catalogue([after], last.entries, rules)
    (new,) = epoch.entries.values()
    amounts = {key.tier: amount for key, amount in old.amounts.items()}

    def near(prices):
        pairs = zip((tier.name for tier in after.tiers), prices, strict=True)
        return all(
            tier not in amounts or abs(price - amounts[tier]) * PPM <= amounts[tier] * most for tier, price in pairs
        )

    within = [(net, tuple(prices)) for prices, net, _ in lists(after) if near(prices)]
    allowed = within or [(net, tuple(prices)) for prices, net, _ in lists(after)]
    chosen = tuple(new.amounts.values())
    assert dict(map(reversed, allowed))[chosen] == max(net for net, _ in allowed)
    assert bool(epoch.eased) == (not within)
    # And what was kept stands for itself between epochs.
    assert tuple(price.amount for price in requote(after, new, epoch.terms).solution.prices) == chosen
