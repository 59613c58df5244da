"""Ladders are strictly rising positive integers within the ledger's limit."""

import pytest

from offchain.errors import InputError
from offchain.money import MAX_AMOUNT
from offchain.pricing import geometric_ladder
from offchain.pricing.ladder import require_ladder


def test_geometric_ladder__whole_ratio__doubles_each_step():
    assert geometric_ladder(1, 16, 5, 1) == (1, 2, 4, 8, 16)


def test_geometric_ladder__grain__rounds_inner_steps_only_to_its_multiples():
    # √(10 · 90) = 30 exactly; with grain 10, √(20 · 500) = 100 stays and 20 · 25^(1/4) = 44.7 becomes 40.
    assert geometric_ladder(10, 90, 3, 1) == (10, 30, 90)
    assert geometric_ladder(20, 500, 5, 10) == (20, 40, 100, 220, 500)


def test_geometric_ladder__coarse_grain__refuses_equal_steps():
    with pytest.raises(InputError) as caught:
        geometric_ladder(10, 20, 5, 10)
    assert caught.value.code == "ladder-not-rising"


@pytest.mark.parametrize("arguments", [(0, 10, 3, 1), (10, 10, 3, 1), (1, 10, 1, 1), (1, 10, 3, 0), (5, 15, 3, 10)])
def test_geometric_ladder__senseless_arguments__refuses(arguments):
    with pytest.raises(InputError) as caught:
        geometric_ladder(*arguments)
    assert caught.value.code == "ladder-malformed"


@pytest.mark.parametrize(
    ("ladder", "code"),
    [
        ((), "ladder-empty"),
        ((0, 1), "ladder-not-rising"),
        ((2, 2), "ladder-not-rising"),
        ((3, 2), "ladder-not-rising"),
        ((1, MAX_AMOUNT + 1), "price-too-large"),
    ],
)
def test_require_ladder__not_a_ladder__names_the_fault(ladder, code):
    with pytest.raises(InputError) as caught:
        require_ladder(ladder, "tier personal")
    assert caught.value.code == code
    assert "tier personal" in caught.value.message


def test_require_ladder__largest_amount__passes():
    require_ladder((1, MAX_AMOUNT), "tier personal")
