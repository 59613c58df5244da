import json
from dataclasses import replace
from hashlib import sha256

import pytest

from offchain.errors import InputError, RefusedError
from offchain.pricing import (
    Accessibility,
    Bound,
    Budget,
    Coupling,
    HolderFloor,
    HolderShare,
    PriceKey,
    solve,
)
from offchain.pricing.epochs import (
    NO_RULES,
    Basis,
    Rules,
    entry_from_json,
    entry_to_json,
    price_catalogue,
    requote,
    rules_from_json,
    rules_to_json,
    terms_from_json,
    terms_to_json,
)
from tests.offchain.unit.pricing.conftest import CURRENCY, WORK

OTHER = "0x" + "cd" * 32
SCALE, RATE = 10**12, 10**9


def moved(problem, work):
    """The same problem for another work."""
    demand = tuple(replace(cell, key=cell.key._replace(work=work)) for cell in problem.demand)
    return replace(problem, works=(replace(problem.works[0], id=work),), demand=demand)


def amounts(priced):
    return [price.amount for price in priced.solution.prices]


def test_basis__with_an_epoch__is_the_hash_of_canonical_json():
    """Members sorted, no spaces (RFC 8785), so that anybody can recompute it."""
    basis = Basis("0x" + "ab" * 32, 7, "0x" + "cd" * 32)
    written = f'{{"duals_hash":"0x{"cd" * 32}","epoch":7,"model_hash":"0x{"ab" * 32}"}}'
    assert basis.digest() == sha256(written.encode()).digest()
    assert Basis("0x" + "ab" * 32).digest() == bytes.fromhex("ab" * 32)


def test_price_catalogue__first_epoch__prices_as_each_work_alone(two_tiers, one_price):
    epoch = price_catalogue([two_tiers(), moved(one_price([20, 30], [11.0, 3.0]), OTHER)], {}, NO_RULES)
    assert list(epoch.entries[WORK].amounts.values()) == [10, 10]
    assert list(epoch.entries[OTHER].amounts.values()) == [20]
    assert (epoch.expected_revenue, epoch.solved, epoch.eased) == (270 + 220, 2, ())
    assert (epoch.terms.weights, epoch.terms.slack) == ((), 0)


def test_price_catalogue__change_is_limited__moves_within_it_and_no_further(one_price):
    """Alone 10 is best at first (120), then 40 (120 against 90, 60 and 30 …): by 100 % an epoch it takes two."""
    early, late = one_price([10, 20, 40], [12.0, 1.0, 1.0]), one_price([10, 20, 40], [3.0, 3.0, 3.0])
    rules = Rules(max_change_ppm=1_000_000)
    epoch = price_catalogue([early], {}, rules)
    path = []
    for _ in range(3):
        path += epoch.entries[WORK].amounts.values()
        epoch = price_catalogue([late], epoch.entries, rules)
    assert path == [10, 20, 40]
    assert epoch.solved == 0  # the last prices prove themselves


def test_price_catalogue__bounds_leave_nothing_near__go_before_the_limit(one_price):
    problem = one_price([10, 20, 40], [12.0, 1.0, 1.0])
    rules = Rules(max_change_ppm=100_000)
    epoch = price_catalogue([problem], {}, rules)
    raised = replace(problem, bounds=(Bound(floor=30),))
    after = price_catalogue([raised], epoch.entries, rules)
    assert (list(after.entries[WORK].amounts.values()), after.eased) == ([40], (WORK,))
    with pytest.raises(InputError):
        price_catalogue([replace(problem, bounds=(Bound(floor=50),))], epoch.entries, rules)


def test_price_catalogue__budget_binds__dual_prices_the_last_licence_and_requotes_agree(one_price):
    """Two works sell 10 at 10 or 4 at 20 (100 or 80). At most 14 licences: one goes up, 180 in all.

    Each of the 6 licences given up costs 20/6, which is the dual; at it both steps are worth the same.
    """
    problems = [one_price([10, 20], [10.0, 4.0]), moved(one_price([10, 20], [10.0, 4.0]), OTHER)]
    rules = Rules(coupling=Coupling(budgets=(Budget("edition", 14.0),)))
    epoch = price_catalogue(problems, {}, rules)
    assert sorted(amount for entry in epoch.entries.values() for amount in entry.amounts.values()) == [10, 20]
    (weight,) = epoch.terms.weights
    assert weight.value == pytest.approx(20 / 6 * 10**6 * RATE, rel=1e-6)  # SCALE-ths for a millionth of a licence
    for problem in problems:
        entry = epoch.entries[problem.works[0].id]
        priced = requote(problem, entry, epoch.terms)
        assert amounts(priced) == list(entry.amounts.values())
        assert priced.rules == ("edition allows at most 14 licences",)
    # A work that came later pays for the licences that it takes away: 10 · (10 − 10/3) < 4.5 · (20 − 10/3).
    new = moved(one_price([10, 20], [10.0, 4.5]), "0x" + "ee" * 32)
    assert amounts(requote(new, None, epoch.terms)) == [20]
    assert [price.amount for price in solve(new).prices] == [10]


def test_requote__mandate_changed__is_the_argmax_at_fixed_duals_near_the_last_price(two_tiers):
    epoch = price_catalogue([two_tiers()], {}, Rules(max_change_ppm=1_000_000))
    changed = two_tiers([Bound(tier="commercial", floor=15)])
    # 20/20 earns 260 and 10/20 180; 30 would be two steps away.
    assert amounts(requote(changed, epoch.entries[WORK], epoch.terms)) == [20, 20]


@pytest.mark.parametrize(
    "alter",
    [
        lambda entry: replace(entry, amounts={**entry.amounts, PriceKey(WORK, "commercial", "individual"): 20}),
        lambda entry: replace(entry, amounts={**entry.amounts, PriceKey(WORK, "personal", "individual"): 15}),
        lambda entry: replace(entry, amounts={**entry.amounts, PriceKey(WORK, "personal", "individual"): 20}),
        lambda entry: replace(entry, amounts={PriceKey(WORK, "personal", "individual"): 10}),
        lambda entry: replace(entry, rows=()),
        lambda entry: replace(entry, rows=(replace(entry.rows[0], value=-entry.rows[0].value),)),
        lambda entry: replace(entry, rows=(replace(entry.rows[0], value=entry.rows[0].value * 2),)),
        lambda entry: replace(entry, rows=(replace(entry.rows[0], at=30),)),
        lambda entry: replace(entry, rows=(replace(entry.rows[0], cheaper=PriceKey(OTHER, "personal", "x")),)),
    ],
)
def test_requote__entry_was_altered__refused(two_tiers, alter):
    problem = two_tiers()
    epoch = price_catalogue([problem], {}, NO_RULES)
    with pytest.raises(RefusedError) as caught:
        requote(problem, alter(epoch.entries[WORK]), epoch.terms)
    assert caught.value.code == "price-uncertified"


def test_requote__coupled_entry_off_the_argmax_by_more_than_the_epoch_proved__refused(one_price):
    problem = one_price([10, 20, 40], [10.0, 4.0, 1.0])
    floor = HolderFloor("agency", (HolderShare(WORK, 1_000_000),), 500, 1_000_000, CURRENCY)
    epoch = price_catalogue([problem], {}, Rules(coupling=Coupling((floor,))))
    entry = epoch.entries[WORK]
    assert (list(entry.amounts.values()), epoch.terms.weights[0].value) == ([10], RATE)
    dearer = replace(entry, amounts=dict.fromkeys(entry.amounts, 20))
    with pytest.raises(RefusedError):
        requote(problem, dearer, epoch.terms)
    # 100 against 80, and the floor's multiplier of 1 doubles both: 40 short.
    lax = replace(epoch.terms, slack=40 * SCALE)
    assert amounts(requote(problem, dearer, lax)) == [20]
    with pytest.raises(RefusedError):
        requote(problem, dearer, replace(lax, slack=40 * SCALE - 1))


def test_rules__of_a_currency__keep_what_concerns_it(two_tiers):
    floors = (
        HolderFloor("both", (HolderShare(WORK, 500_000), HolderShare(OTHER, 500_000)), 5, 0, CURRENCY),
        HolderFloor("absent", (HolderShare(OTHER, 1),), 5, 0, CURRENCY),
        HolderFloor("ether", (HolderShare(WORK, 1),), 5, 0, "eip155:1/slip44:60"),
    )
    budgets = (Budget("all", 9.0), Budget("training", 1.0, "training"))
    access = (Accessibility("individual", 9, 1, "eip155:1/slip44:60"),)
    kept = Rules(coupling=Coupling(floors, access, budgets)).of(CURRENCY, set(two_tiers().price_keys())).coupling
    assert [(floor.holder, floor.shares) for floor in kept.floors] == [("both", (HolderShare(WORK, 500_000),))]
    assert (kept.accessibility, kept.budgets) == ((), budgets[:1])
    with pytest.raises(InputError) as caught:
        Rules(coupling=Coupling(accessibility=(Accessibility("school", 9, 1, CURRENCY),))).of(CURRENCY, set())
    assert caught.value.code == "coupling-infeasible"


def test_json__rules_terms_and_entries__come_back_equal(two_tiers, departures):
    floor = HolderFloor("agency", (HolderShare(WORK, 1_000_000),), 500, 2_000_000, CURRENCY)
    rules = Rules(300_000, Coupling((floor,), (Accessibility("individual", 10, 1, CURRENCY),), (Budget("b", 99.5),)))
    epoch = price_catalogue([two_tiers()], {}, rules)
    epoch = price_catalogue([two_tiers()], epoch.entries, rules)
    document = json.loads(json.dumps(rules_to_json(rules)))
    assert rules_from_json(document) == rules
    assert departures("pricing-rules", document) == []
    assert terms_from_json(json.loads(json.dumps(terms_to_json(epoch.terms)))) == epoch.terms
    entry = epoch.entries[WORK]
    assert entry.limits
    assert entry_from_json(WORK, json.loads(json.dumps(entry_to_json(entry)))) == entry


def test_price_catalogue__works_that_do_not_go_together__refused(two_tiers):
    ether = moved(replace(two_tiers(), currency="eip155:1/slip44:60"), OTHER)
    for problems, code in (([two_tiers(), two_tiers()], "works-malformed"), ([two_tiers(), ether], "currencies-mixed")):
        with pytest.raises(InputError) as caught:
            price_catalogue(problems, {}, NO_RULES)
        assert caught.value.code == code
