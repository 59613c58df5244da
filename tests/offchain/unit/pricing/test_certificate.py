"""The checker accepts the truth and nothing else."""

from dataclasses import replace
from random import Random

import pytest

from offchain.errors import RefusedError
from offchain.pricing import Bound, Certificate, PriceKey, solve
from offchain.pricing.certificate import certify, require_certified, uncertified
from offchain.pricing.lp import solve_lp
from offchain.pricing.model import SCALE, compile_model


@pytest.fixture
def proven(default):
    """The default model with its steps and certificate; one order binds, so there is a multiplier."""
    model = compile_model(default)
    solved = solve_lp(model)
    certificate = certify(model, solved.steps, solved.rows)
    assert certificate.rows
    return model, solved.steps, certificate


def with_row(certificate, **changes):
    first, *others = certificate.rows
    return replace(certificate, rows=(replace(first, **changes), *others))


def test_uncertified__solved_prices__proven_with_gap_within_a_billionth(proven):
    model, steps, certificate = proven
    assert uncertified(model, steps, certificate) is None
    assert 0 <= certificate.gap * 10**9 <= certificate.dual


def test_certify__multipliers_dropped__bound_is_weaker_than_the_prices(proven):
    """The order binds, so without its multipliers the bound is the sum of the argmaxes, which is higher."""
    model, steps, certificate = proven
    weaker = certify(model, steps, ())
    assert weaker.dual == sum(max(cell.net) for cell in model.cells) > certificate.dual
    assert "could earn up to" in uncertified(model, steps, weaker)


def test_uncertified__hundred_random_alterations__all_rejected(proven):
    """One number changed by anything up to half of itself: a price, a block, the revenue or a multiplier.

    A multiplier may change by less than the tolerance of a billionth, so alterations start at a thousandth of the dual.
    """
    model, steps, certificate = proven
    random = Random(20261122)
    for _ in range(100):
        kind = random.choice(["step", "block", "primal", "row"])
        by = random.choice([-1, 1]) * random.randint(certificate.dual // 1000, certificate.dual // 2)
        if kind == "step":
            position = random.randrange(len(steps))
            other = random.choice([step for step in range(-1, 13) if step != steps[position]])
            moved = (*steps[:position], other, *steps[position + 1 :])
            assert uncertified(model, moved, certificate) is not None
        elif kind == "block":
            position = random.randrange(len(steps))
            blocks = list(certificate.blocks)
            blocks[position] += by
            assert uncertified(model, steps, replace(certificate, blocks=tuple(blocks))) is not None
        elif kind == "primal":
            assert uncertified(model, steps, replace(certificate, primal=certificate.primal + by)) is not None
        else:
            altered = with_row(certificate, value=certificate.rows[0].value + by)
            assert uncertified(model, steps, altered) is not None


def test_uncertified__primal_and_block_raised_together__rejected(proven):
    """The gap stays 0, so only recomputing the revenue finds it."""
    model, steps, certificate = proven
    blocks = (certificate.blocks[0] + 1, *certificate.blocks[1:])
    forged = replace(certificate, primal=certificate.primal + 1, blocks=blocks)
    assert uncertified(model, steps, forged) == "the net revenue of the prices is another"


def test_uncertified__worse_prices_with_their_own_revenue__rejected(proven):
    model, steps, certificate = proven
    worse = (steps[0] + 1, *steps[1:])
    primal = certificate.primal - model.cells[0].net[steps[0]] + model.cells[0].net[worse[0]]
    assert "could earn up to" in uncertified(model, worse, replace(certificate, primal=primal))


def test_uncertified__block_below_an_adjusted_value__rejected(proven):
    model, steps, certificate = proven
    blocks = (certificate.blocks[0] - 1, *certificate.blocks[1:])
    assert "is below one of its adjusted values" in uncertified(model, steps, replace(certificate, blocks=blocks))


def test_uncertified__negative_or_foreign_multiplier__rejected(proven):
    model, steps, certificate = proven
    stranger = PriceKey("0x" + "00" * 32, "personal", "individual")
    for changes in ({"value": -1}, {"cheaper": stranger}, {"dearer": certificate.rows[0].cheaper}):
        assert uncertified(model, steps, with_row(certificate, **changes)) == "a multiplier is negative or of no order"


def test_uncertified__broken_order__rejected_before_any_revenue(two_tiers):
    """Each tier's own argmax earns more, and is refused for its order."""
    model = compile_model(two_tiers())
    assert uncertified(model, (1, 0), certify(model, (1, 0), ())) == "two prices break an order"


def test_uncertified__certificate_of_another_problem__rejected(proven, two_tiers):
    model = compile_model(two_tiers())
    assert uncertified(model, (0, 0), proven[2]) == "it is of another problem"


def test_require_certified__unproven__raises_and_says_why(two_tiers):
    model = compile_model(two_tiers())
    with pytest.raises(RefusedError, match="could earn up to") as caught:
        require_certified(model, (2, 2), certify(model, (2, 2), ()))
    assert caught.value.code == "price-uncertified"


def test_solve__certificate__is_the_one_that_was_checked(default, proven):
    assert solve(default).certificate == proven[2]


def test_uncertified__better_price_beyond_its_ceiling__rejected(one_price):
    """200 at 20 is more than 120 at 10, and everything but the ceiling of 19 would let it pass."""
    model = compile_model(one_price((10, 20), (12, 10), [Bound(ceiling=19)]))
    forged = Certificate(200 * SCALE, (200 * SCALE,), ())
    assert uncertified(model, (1,), forged) == "a price is off its ladder or outside its bounds"
