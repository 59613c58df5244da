"""The solver's answer is used only where it is an integral optimum."""

import pytest

from offchain.errors import RefusedError
from offchain.pricing import Bound
from offchain.pricing.lp import solve_lp
from offchain.pricing.model import compile_model


def test_solve_lp__default_problem__levels_are_integers(default):
    levels = solve_lp(compile_model(default)).levels
    assert len(levels) == 3 * 2 * 12
    assert set(levels) == {0.0, 1.0}


def test_solve_lp__infeasible_model__refuses_to_price(two_tiers):
    """What `require_feasible` would have stopped: the solver reports a failure, and no price comes of it."""
    model = compile_model(two_tiers([Bound(tier="personal", floor=20), Bound(tier="commercial", ceiling=10)]))
    with pytest.raises(RefusedError) as caught:
        solve_lp(model)
    assert caught.value.code == "price-uncertified"
