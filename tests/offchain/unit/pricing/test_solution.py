"""What moves the prices: tiers, floors, ceilings, segments and the share owed upstream."""

import subprocess
import sys
from dataclasses import replace

import pytest

from offchain.errors import InputError, NotFoundError
from offchain.pricing import (
    DEFAULT_SEGMENTS,
    DEFAULT_TIERS,
    Bound,
    CellDemand,
    PriceKey,
    Segment,
    TableDemand,
    Tier,
    Work,
    default_problem,
    quote_price,
    solve,
)

PARENT, CHILD = "0x" + "01" * 32, "0x" + "02" * 32


def test_solve__monotone_tiers_bind__prices_differ_from_each_tiers_argmax(two_tiers, amounts):
    """Alone: personal 20 (200 beats 120 and 90), commercial 10 (150 beats 60 and 30). Together 10/10 earns 270."""
    problem = two_tiers()
    apart = replace(problem, tiers=tuple(replace(tier, broader_than=()) for tier in problem.tiers))
    assert amounts(solve(apart)) == [20, 10]
    solution = solve(problem)
    assert amounts(solution) == [10, 10]
    assert solution.expected_revenue == 270


def test_solve__floor__moves_the_price_up_and_the_broader_tier_with_it(two_tiers, amounts):
    """With personal at 20 or more: 20/20 earns 260, 20/30 230, 30/30 120."""
    assert amounts(solve(two_tiers([Bound(tier="personal", floor=11)]))) == [20, 20]


def test_solve__ceiling__moves_the_price_down(one_price, amounts):
    """12 · 10 = 120, 10 · 20 = 200 and 3 · 30 = 90: the best is 20, and 10 where it may not pass 19."""
    assert amounts(solve(one_price((10, 20, 30), (12, 10, 3)))) == [20]
    assert amounts(solve(one_price((10, 20, 30), (12, 10, 3), [Bound(ceiling=19)]))) == [10]


def test_solve__upstream_share__is_taken_off_the_revenue(one_price, amounts):
    whole, kept = (solve(one_price((10, 20, 30), (12, 10, 3), upstream_ppm=ppm)) for ppm in (0, 250_000))
    assert amounts(kept) == amounts(whole)  # one work alone: every step shrinks alike
    assert (whole.expected_revenue, kept.expected_revenue) == (200, 150)


def derivative_problem(problem, upstream_ppm):
    """A parent that earns 150 at 10 and 200 at 20; a derivative, never cheaper, that grosses 300 and 200."""
    tables = {PARENT: (15.0, 10.0), CHILD: (30.0, 10.0)}
    return replace(
        problem,
        works=(Work(PARENT), Work(CHILD, upstream_ppm, not_below=(PARENT,))),
        tiers=(Tier("personal", (10, 20)),),
        demand=tuple(
            CellDemand(PriceKey(work, "personal", "individual"), TableDemand(table)) for work, table in tables.items()
        ),
    )


@pytest.mark.parametrize(("upstream_ppm", "expected", "revenue"), [(0, [10, 10], 450), (600_000, [20, 20], 280)])
def test_solve__upstream_share_of_a_tied_derivative__moves_both_prices(
    one_price, amounts, upstream_ppm, expected, revenue
):
    """σ = 0: 150 + 300 = 450 beats 200 + 200 = 400. σ = 60 %: 200 + 80 = 280 beats 150 + 120 = 270."""
    solution = solve(derivative_problem(one_price((10,), (1,)), upstream_ppm))
    assert (amounts(solution), solution.expected_revenue) == (expected, revenue)


def test_solve__discount_cap__narrows_the_distance_between_segments(one_price, amounts):
    """Apart 40 (4 · 40 = 160) and 10 (20 · 10 = 200). At most half off leaves 40/20 (160 + 80), 20/10 (100 + 200) and
    10/10 (60 + 200) among others, so 20/10 with 300 is best."""
    problem = one_price((10, 20, 40), (20, 4, 1))
    organisation = CellDemand(problem.demand[0].key._replace(segment="organisation"), TableDemand((6.0, 5.0, 4.0)))

    def capped(individual):
        segments = (Segment("organisation"), individual)
        return solve(replace(problem, segments=segments, demand=(organisation, *problem.demand)))

    assert amounts(capped(Segment("individual"))) == [40, 10]
    assert amounts(capped(Segment("individual", "organisation", 500_000))) == [20, 10]


def test_solve__nobody_buys__is_certified_with_revenue_0(one_price):
    solution = solve(one_price((10, 20), (0, 0)))
    assert (solution.expected_revenue, solution.certificate.gap) == (0, 0)


def test_solve__one_price_on_the_ladder__is_that_price(one_price, amounts):
    assert amounts(solve(one_price((10,), (1,)))) == [10]


def test_solve__amounts_beyond_floats__are_exact(one_price, amounts):
    """Revenues of 2⁹⁹ + 10⁶ and 2⁹⁹ minor units, equal as floats: the difference is taken before the rounding."""
    low, high = 2**99 + 10**6, 2**100
    solution = solve(one_price((low, high), (1, 0.5)))
    assert amounts(solution) == [low]
    assert float(low) == float(high // 2)
    assert solution.expected_revenue == low


def test_solve__tiny_works_beside_a_giant__are_priced_as_exactly(one_price, amounts):
    """1 · 3 = 3 beats 2 · 1, and 2 · 2 = 4 beats 1 · 3; a scale shared with 10²⁴ · 4 would lose both."""
    tables = {PARENT: (3.0, 1.0, 0.0), CHILD: (3.0, 2.0, 0.0), "0x" + "03" * 32: (4.0, 4.0, 4.0)}
    problem = replace(
        one_price((10,), (1,)),
        works=tuple(map(Work, tables)),
        tiers=(Tier("personal", (1, 2, 10**24)),),
        demand=tuple(
            CellDemand(PriceKey(work, "personal", "individual"), TableDemand(table)) for work, table in tables.items()
        ),
    )
    assert amounts(solve(problem)) == [1, 2, 10**24]


def test_default_problem__three_tiers_two_segments_twelve_prices__order_binds_for_individuals(default, amounts):
    assert [(len(tier.ladder), tier.name) for tier in default.tiers] == [(12, name) for name in DEFAULT_TIERS]
    solution = solve(default)
    apart = solve(replace(default, tiers=tuple(replace(tier, broader_than=()) for tier in default.tiers)))
    assert solution.expected_revenue < apart.expected_revenue
    for segment in DEFAULT_SEGMENTS:
        personal, commercial, adaptation = (
            quote_price(solution, default.works[0].id, tier, segment) for tier in DEFAULT_TIERS
        )
        assert 2_000_000 <= personal <= commercial <= adaptation <= 500_000_000


def test_default_problem__some_tiers__prices_only_those(default):
    work, currency = default.works[0].id, default.currency
    problem = default_problem(work, 0, currency, ("personal", "adaptation"))
    assert [tier.name for tier in problem.tiers] == ["personal", "adaptation"]
    assert problem.tiers[1].broader_than == ("personal",)


def test_default_problem__unknown_tier_or_no_decimals__refused(default):
    work, currency = default.works[0].id, default.currency
    with pytest.raises(InputError) as caught:
        default_problem(work, 0, currency, ("exclusive",))
    assert caught.value.code == "tier-unknown"
    with pytest.raises(InputError) as caught:
        default_problem(work, 0, currency, decimals=0)
    assert caught.value.code == "decimals-out-of-range"


def test_quote_price__unknown_tier__not_found(default):
    with pytest.raises(NotFoundError) as caught:
        quote_price(solve(default), default.works[0].id, "exclusive", "individual")
    assert caught.value.code == "price-unknown"


def test_import__pricing__leaves_scipy_and_numpy_alone():
    code = "import sys, offchain.pricing; print({'scipy', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "set()"
