"""Draws of a batch in torch beside draws one by one."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from offchain.generation.sampling import choose
from offchain.generation.text.draws import draw_batch
from offchain.generation.text.params import TextParams


@pytest.mark.parametrize("temperature", [0, 0.3, 1, 3])
@pytest.mark.parametrize("top_p", [0.2, 0.95, 1])
@pytest.mark.parametrize("spread", [0.5, 4])
def test_draw_batch__random_logits__tokens_and_margins_of_choose(temperature, top_p, spread):
    random = np.random.default_rng(5)
    logits = random.normal(size=(40, 300)) * spread
    points = random.random(40).tolist()
    params = TextParams(temperature=temperature, top_p=top_p)
    alone = [choose(row, params, u) for row, u in zip(logits, points, strict=True)]

    together = draw_batch(torch.from_numpy(logits), params, points)

    assert [choice.token for choice in together] == [choice.token for choice in alone]
    assert [choice.margin for choice in together] == pytest.approx([choice.margin for choice in alone], abs=1e-12)


def test_draw_batch__equals_at_the_edge__margins_of_choose():
    """Ties, and a nucleus that is the whole vocabulary, are where the neighbours of a nucleus are missing."""
    logits = np.log(np.array([[0.25, 0.25, 0.25, 0.25], [0.4, 0.4, 0.1, 0.1], [0.97, 0.01, 0.01, 0.01]]))
    params = TextParams(temperature=1, top_p=0.5)
    alone = [choose(row, params, 0.3) for row in logits]

    together = draw_batch(torch.from_numpy(logits), params, [0.3] * 3)

    assert [(choice.token, pytest.approx(choice.margin, abs=1e-12)) for choice in alone] == [
        (choice.token, choice.margin) for choice in together
    ]


def test_choose__vocabulary_with_a_long_tail__draws_as_if_every_token_were_sorted():
    """In 20,000 tokens most are too rare for any nucleus; a draw may not depend on their being left out."""
    random = np.random.default_rng(6)
    logits = random.normal(size=(30, 20_000)) * 4
    params = TextParams(temperature=1, top_p=0.9)
    points = random.random(30).tolist()

    assert [choose(row, params, u).token for row, u in zip(logits, points, strict=True)] == [
        choice.token for choice in draw_batch(torch.from_numpy(logits), params, points)
    ]
