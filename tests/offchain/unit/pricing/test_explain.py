"""Explanations: runner-up, the price alone, and what each binding rule is worth."""

from dataclasses import replace

from offchain.pricing import Binding, Bound, solve


def test_explain__free_price__names_runner_up_and_gap(one_price):
    """200 at 20 against 120 at 10: the runner-up earns 80 less."""
    (price,) = solve(one_price((10, 20, 30), (12, 10, 3))).prices
    assert (price.explanation.runner_up, price.explanation.gap, price.explanation.alone) == (10, 80, 20)
    assert price.explanation.bindings == ()
    assert price.explanation.sentence == "20 is step 2 of 3; the next best, 10, earns 80 less"


def test_explain__ceiling__worth_what_the_next_price_would_add(one_price):
    """Without the ceiling 20 earns 200 instead of 120."""
    (price,) = solve(one_price((10, 20, 30), (12, 10, 3), [Bound(ceiling=10)])).prices
    assert price.explanation.bindings == (Binding("ceiling", "its ceiling leaves no price above 10", 80, 80),)
    assert (price.explanation.runner_up, price.explanation.gap, price.explanation.alone) == (None, None, 20)
    assert price.explanation.sentence == (
        "10 is step 1 of 3; its bounds and the other prices leave no other step open; alone it would be 20; "
        "its ceiling leaves no price above 10 (one step more room adds at most 80, dropping this 80)"
    )


def test_explain__floor__worth_what_the_lower_price_would_add(one_price):
    """30 earns 90; without the floor 20 earns 200, 110 more."""
    (price,) = solve(one_price((10, 20, 30), (12, 10, 3), [Bound(floor=25)])).prices
    assert price.explanation.bindings == (Binding("floor", "its floor leaves no price below 30", 110, 110),)


def test_explain__slack_bounds__are_not_named(one_price):
    (price,) = solve(one_price((10, 20, 30), (12, 10, 3), [Bound(floor=20, ceiling=20)])).prices
    assert price.explanation.bindings == ()


def test_explain__binding_order__named_at_both_ends_with_its_worth(two_tiers):
    """270 together; apart 200 + 150 = 350, so dropping the order adds exactly 80."""
    problem = two_tiers()
    for price in solve(problem).prices:
        (binding,) = price.explanation.bindings
        assert (binding.kind, binding.rule) == ("order", "commercial never costs less than personal")
        assert binding.worth >= 80


def test_explain__runner_up__keeps_the_orders_while_other_prices_stay(two_tiers):
    """At 10/10 personal cannot rise alone, commercial can: 60 at 20, 90 less than 150."""
    personal, commercial = solve(two_tiers()).prices
    assert personal.explanation.runner_up is None
    assert (commercial.explanation.runner_up, commercial.explanation.gap) == (20, 90)
    assert (personal.explanation.alone, commercial.explanation.alone) == (20, 10)


def test_explain__two_prices_earn_the_same__the_chosen_one_counts_as_its_choice_alone(one_price):
    (price,) = solve(one_price((10, 20), (2, 1))).prices
    assert price.explanation.alone == price.amount
    assert price.explanation.gap == 0


def test_explain__amounts__are_in_the_display_unit(one_price):
    problem = replace(one_price((1_500_000, 2_000_000), (2, 1)), decimals=6)
    (price,) = solve(problem).prices
    assert price.explanation.sentence == "1.5 is step 1 of 2; the next best, 2, earns 1 less"
