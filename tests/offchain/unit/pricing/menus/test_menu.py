from dataclasses import replace

import pytest

from offchain.errors import InputError, RefusedError
from offchain.pricing.menus import (
    MenuProblem,
    MenuSegment,
    MenuTier,
    menu,
    menu_fault,
    menu_from_json,
    menu_to_json,
    solve_menu,
)
from offchain.pricing.menus.program import Programme

CURRENCY = "eip155:1337/slip44:60"
TIERS = (MenuTier("personal"), MenuTier("commercial"))


def problem(*values, **stated):
    segments = tuple(MenuSegment(f"segment {number}", 1, each) for number, each in enumerate(values))
    return MenuProblem(CURRENCY, 0, TIERS, segments, **stated)


def test_solve_menu__two_types__leaves_the_higher_one_its_information_rent():
    """Mussa and Rosen (1978): at 10 for personal the organisation gains 20 there, so commercial goes for 100 − 20.

    Both together earn 90. Commercial alone at 100 earns more, unless private people are many.
    """
    few = problem((10, 12), (30, 100))
    assert solve_menu(few).prices == {"commercial": 100}
    many = replace(few, segments=(replace(few.segments[0], buyers=3), few.segments[1]))
    sold = solve_menu(many)
    assert sold.prices == {"personal": 10, "commercial": 80}
    assert [(choice.tier, choice.surplus, choice.lead) for choice in sold.choices] == [
        ("personal", 0, 0),
        ("commercial", 20, 0),
    ]
    assert sold.expected_revenue == 3 * 10 + 80


def test_solve_menu__margin__buyers_prefer_their_tier_by_it():
    many = problem((10, 12), (10, 12), (10, 12), (30, 100), margin=1)
    sold = solve_menu(many)
    # Personal 1 below 10, so commercial 1 below the 79 that leave the organisation as much as the 9 would.
    assert sold.prices == {"personal": 9, "commercial": 78}
    assert min(choice.lead for choice in sold.choices) == 1


def test_solve_menu__share_owed_upstream__revenue_is_net():
    assert solve_menu(problem((10, 0), upstream_ppm=300_000)).expected_revenue == 7


def test_solve_menu__nobody_can_pay_the_floors__sells_nothing():
    dear = MenuProblem(CURRENCY, 0, (MenuTier("personal", 20),), (MenuSegment("school", 5, (19,)),))
    sold = solve_menu(dear)
    assert sold.prices == {}
    assert sold.choices[0].tier is None
    assert sold.certificate.bound == 0


def test_solve_menu__search_cut_short__says_bounded_and_keeps_a_true_bound(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(menu, "_LIMIT", 0)
    sold = solve_menu(problem((10, 12), (30, 100)))
    assert sold.certificate.proof == "bounded"
    assert sold.certificate.primal == 100 * 10**12
    assert sold.certificate.bound == (12 + 100) * 10**12  # what both could pay at most
    assert sold.certificate.solver_gap == 0


def test_solve_menu__solver_proposes_what_no_prices_lead_to__search_mends_it(monkeypatch: pytest.MonkeyPatch):
    """Swapped tiers: the cycle of envy (10 − 12) + (100 − 30)… runs down without end."""
    monkeypatch.setattr(menu, "solve_programme", lambda *_: Programme((1, 0), 0.0))
    assert solve_menu(problem((10, 12), (30, 100))).prices == {"commercial": 100}


def test_solve_menu__solver_fails__search_proves_alone_or_nothing_is_sold(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(menu, "solve_programme", lambda *_: None)
    sold = solve_menu(problem((10, 12), (30, 100)))
    assert (sold.certificate.proof, sold.certificate.solver_gap) == ("optimal", None)
    monkeypatch.setattr(menu, "_LIMIT", 0)
    with pytest.raises(RefusedError) as caught:
        solve_menu(problem((10, 12), (30, 100)))
    assert caught.value.code == "price-uncertified"


def test_solve_menu__list_that_buyers_would_read_otherwise__refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(menu, "highest_prices", lambda *_: {1: 101})
    with pytest.raises(RefusedError) as caught:
        solve_menu(problem((10, 12), (30, 100)))
    assert caught.value.code == "price-uncertified"


@pytest.mark.parametrize(
    ("assignment", "prices", "told"),
    [
        ((0, 1), {0: 10, 1: 80}, None),
        ((0, 1), {0: 10, 1: 81}, "segment 1"),  # would rather take personal
        ((0, 1), {0: 11, 1: 81}, "segment 0"),  # gains nothing
        ((None, 1), {0: 9, 1: 79}, "segment 0"),  # wants what it is not to take
        ((0, 1), {1: 80}, "not on the list"),
        ((0, 1), {0: 0, 1: 70}, "bounds"),
    ],
)
def test_menu_fault__price_list__is_judged_as_buyers_do(assignment, prices, told):
    fault = menu_fault(problem((10, 12), (30, 100)), assignment, prices)
    assert fault is None if told is None else told in fault


@pytest.mark.parametrize(
    ("build", "code"),
    [
        (lambda: MenuProblem(CURRENCY, 0, (), (MenuSegment("school", 1, ()),)), "menu-malformed"),
        (lambda: problem((1, 2, 3)), "menu-malformed"),
        (lambda: problem((1, 2), margin=-1), "menu-malformed"),
        (lambda: problem((1, 2), upstream_ppm=1_000_001), "share-out-of-range"),
        (lambda: problem((1, -2)), "value-out-of-range"),
        (lambda: problem((1, 2**108)), "value-out-of-range"),
        (lambda: MenuSegment("school", float("nan"), ()), "demand-not-a-number"),
        (lambda: MenuSegment("school", -1, ()), "demand-negative"),
        (lambda: MenuTier("personal", 0), "bound-malformed"),
        (lambda: MenuTier("personal", 3, 2), "floor-above-ceiling"),
    ],
)
def test_menu_problem__malformed__is_a_typed_error(build, code):
    with pytest.raises(InputError) as caught:
        build()
    assert caught.value.code == code


def test_menu__as_json__follows_its_schemas(departures):
    document = {
        "version": 1,
        "model": "menu",
        "currency": CURRENCY,
        "decimals": 0,
        "upstream_ppm": 100_000,
        "margin": "1",
        "tiers": [{"name": "personal", "floor": "2"}, {"name": "commercial", "ceiling": "90"}],
        "segments": [{"name": "private", "buyers": 3, "values": ["10", "12"]}],
    }
    assert departures("menu-input", document) == []
    tiers = (MenuTier("personal", 2), MenuTier("commercial", 1, 90))
    stated = menu_from_json(document)
    assert stated == MenuProblem(CURRENCY, 0, tiers, (MenuSegment("private", 3, (10, 12)),), 100_000, 1)
    written = menu_to_json(stated, solve_menu(stated))
    assert departures("menu-output", written) == []
    assert written["prices"] == [{"tier": "commercial", "amount": "11"}]
    with pytest.raises(InputError) as caught:
        menu_from_json({**document, "margin": 1})
    assert caught.value.code == "pricing-json-malformed"
