"""One draw: the inverse of the cumulative distribution, its nucleus and its margin."""

from __future__ import annotations

import hashlib
import math

import numpy as np
import pytest

from offchain.errors import InputError
from offchain.generation.sampling import MAX_SEED, check_seed, choose, uniform
from offchain.generation.text.params import TextParams

PLAIN = TextParams(temperature=1, top_p=1)


def logits_of(*probabilities: float):
    return np.log(np.array(probabilities))


def nucleus(top_p: float) -> TextParams:
    return TextParams(temperature=1, top_p=top_p)


def test_uniform__seed_and_position__are_the_first_53_bits_of_their_sha256():
    digest = hashlib.sha256(bytes.fromhex("0000000000000007" + "0000000000000102")).hexdigest()

    assert uniform(7, 0x102) == (int(digest, 16) >> (256 - 53)) / 2**53


def test_uniform__many_positions__are_uniformly_distributed():
    """Kolmogorov–Smirnov: at level 0.001 the largest distance is 1.95 / √n (Massey 1951, table 1, n > 35)."""
    n = 20_000
    drawn = np.sort([uniform(1, position) for position in range(n)])

    assert np.abs(drawn - (np.arange(n) + 0.5) / n).max() < 1.95 / math.sqrt(n)


def test_uniform__other_seed_or_position__gives_another_number():
    assert len({uniform(seed, position) for seed in range(30) for position in range(30)}) == 900


@pytest.mark.parametrize(
    ("u", "token", "margin"),
    [
        pytest.param(0.05, 0, 0.05, id="first token has no boundary below"),
        pytest.param(0.15, 1, 0.05, id="boundary below is nearer"),
        pytest.param(0.58, 2, 0.02, id="boundary above is nearer"),
        pytest.param(0.99, 3, 0.39, id="last token has no boundary above"),
    ],
)
def test_choose__whole_distribution__token_whose_interval_holds_u_in_vocabulary_order(u, token, margin):
    """Probabilities 0.1, 0.2, 0.3, 0.4 have their boundaries at 0.1, 0.3 and 0.6."""
    choice = choose(logits_of(0.1, 0.2, 0.3, 0.4), PLAIN, u)

    assert choice.token == token
    assert choice.margin == pytest.approx(margin)


def test_choose__point_on_a_boundary__belongs_to_the_interval_above():
    assert choose(np.zeros(2), PLAIN, 0.5).token == 1


def test_choose__one_token_is_certain__margin_is_one():
    choice = choose(np.array([0.0, -math.inf, -math.inf]), PLAIN, 0.7)

    assert (choice.token, choice.margin) == (0, 1.0)


def test_choose__half_temperature__squares_the_ratio_of_probabilities():
    """exp(l / 0.5) = exp(l)²: 1 : 2 becomes 1 : 4, so the boundary is at 0.2 and no longer at 1/3."""
    params = TextParams(temperature=0.5, top_p=1)

    assert [choose(logits_of(1 / 3, 2 / 3), params, u).token for u in (0.199, 0.201)] == [0, 1]


def test_choose__temperature_zero__likeliest_token_whatever_u():
    """The margin is half the relative gap: (e³ − e²) / (e³ + e²) = tanh ½."""
    choices = {choose(np.array([1.0, 3.0, 2.0]), TextParams(temperature=0), u) for u in (0.0, 0.5, 0.999)}

    (choice,) = choices
    assert choice.token == 1
    assert choice.margin == pytest.approx(math.tanh(0.5) / 2)


def test_choose__nucleus__drops_the_unlikely_and_rescales_the_rest():
    """0.5 and 0.4 reach 0.85; 0.1 goes, and the boundary between the two is 0.5 / 0.9 = 0.5556."""
    logits = logits_of(0.5, 0.1, 0.4)

    assert [choose(logits, nucleus(0.85), u).token for u in (0.0, 0.5555, 0.5557, 0.9999)] == [0, 0, 2, 2]


def test_choose__nucleus_nearly_reaches_further__margin_is_the_slack():
    """0.75 is 0.01 above top_p; with the third token inside, the first ends at 0.4 and u = 0.5 draws the second."""
    choice = choose(logits_of(0.4, 0.35, 0.25), nucleus(0.74), 0.5)

    assert choice.token == 0
    assert choice.margin == pytest.approx(0.01)


def test_choose__nucleus_nearly_ends_earlier__margin_is_the_slack():
    """0.6 is 0.01 below top_p; without the second token, u = 0.7 draws the first."""
    choice = choose(logits_of(0.6, 0.39, 0.01), nucleus(0.61), 0.7)

    assert choice.token == 1
    assert choice.margin == pytest.approx(0.01)


def test_choose__nearly_equal_tokens_at_the_edge__margin_is_the_error_that_swaps_them():
    choice = choose(logits_of(0.330, 0.332, 0.338), nucleus(0.6), 0.2)

    assert choice.token == 1
    assert choice.margin == pytest.approx((0.332 - 0.330) / (0.332 + 0.330) / 2)


def test_choose__swapped_edge_leaves_the_draw__margin_is_that_of_u():
    """0.236 and 0.234 may change places at the edge; both take as much below u = 0.6, which draws the third token."""
    choice = choose(logits_of(0.236, 0.234, 0.27, 0.26), nucleus(0.7), 0.6)

    assert choice.token == 2
    assert choice.margin == pytest.approx((0.236 + 0.27) / (0.236 + 0.27 + 0.26) - 0.6)


def test_choose__edge_of_the_nucleus_cannot_move_the_draw__margin_is_that_of_u():
    """Whether 0.001 at the end is inside or not, u = 0.25 stays in the first token, 0.5 / 0.999 wide."""
    choice = choose(logits_of(0.5, 0.499, 0.001), nucleus(0.999), 0.25)

    assert choice.token == 0
    assert choice.margin == pytest.approx(0.5 / 0.999 - 0.25)


def test_choose__equal_tokens_at_the_edge__all_are_inside():
    logits = np.zeros(4)

    assert {choose(logits, nucleus(0.3), u).token for u in (0.1, 0.4, 0.6, 0.9)} == {0, 1, 2, 3}


@pytest.mark.parametrize(
    "given",
    [
        {"max_tokens": 0},
        {"temperature": -0.1},
        {"temperature": 0.009},
        {"temperature": 10.1},
        {"temperature": math.nan},
        {"top_p": 0.0},
        {"top_p": 1.01},
        {"top_p": math.nan},
    ],
)
def test_text_params__out_of_range__is_refused_by_name(given):
    with pytest.raises(InputError) as caught:
        TextParams(**given)

    assert caught.value.code == "parameter-out-of-range"
    assert caught.value.facts["parameter"] in given


@pytest.mark.parametrize("seed", [-1, MAX_SEED + 1])
def test_check_seed__not_an_integer_that_json_carries__is_refused(seed):
    with pytest.raises(InputError, match="seed"):
        check_seed(seed)


def test_check_seed__ends_of_the_range__are_accepted():
    check_seed(0)
    check_seed(MAX_SEED)
