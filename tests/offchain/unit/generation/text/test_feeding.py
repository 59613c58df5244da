"""Feeding a network: whatever the way, the logits are those of one pass over the whole text."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from offchain.generation.text.feeding import CachedFeed, StaticFeed, feed_for
from offchain.generation.text.int8 import Int8Linear, narrowed
from offchain.generation.text.llama import LlamaFeed

PROMPTS = ([3, 1, 4, 1, 5], [9, 2], [6, 5, 3, 5, 8, 9, 7, 9])
NEXT = ([11, 12, 13], [21, 22, 23])


def whole_pass(network, tokens):
    with torch.inference_mode():
        return network(input_ids=torch.tensor([tokens])).logits[0, -1]


@pytest.mark.parametrize("feed_type", [CachedFeed, LlamaFeed])
def test_feed__rows_of_many_lengths__logits_of_a_whole_pass_and_after_rows_have_left(llama, feed_type):
    """float32 sums of some dozen terms agree to 1e-5."""
    feed = feed_type(llama)
    texts = [list(prompt) for prompt in PROMPTS]
    found = [feed.start(texts)]
    for tokens in NEXT:
        texts = [[*text, token] for text, token in zip(texts, tokens, strict=True)]
        found.append(feed.next(tokens))
    feed.keep([2, 0])
    kept = [[*texts[2], 31], [*texts[0], 32]]
    left = feed.next([31, 32])

    expected = torch.stack([whole_pass(llama, text) for text in texts])
    torch.testing.assert_close(found[-1], expected, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(
        found[0], torch.stack([whole_pass(llama, list(p)) for p in PROMPTS]), atol=1e-5, rtol=1e-4
    )
    torch.testing.assert_close(left, torch.stack([whole_pass(llama, text) for text in kept]), atol=1e-5, rtol=1e-4)


def test_static_feed__one_text__logits_of_a_whole_pass(llama):
    """What a GPU compiles runs here as it is."""
    feed, text = StaticFeed(llama, 4), list(PROMPTS[0])
    found = [feed.start([text]), feed.next([11]), feed.next([12])]

    expected = [whole_pass(llama, text), whole_pass(llama, [*text, 11]), whole_pass(llama, [*text, 11, 12])]
    torch.testing.assert_close(torch.cat(found), torch.stack(expected), atol=1e-5, rtol=1e-4)


def test_feed_for__llama_in_float32_on_a_cpu__takes_the_short_way_and_others_do_not(llama):
    assert isinstance(feed_for(llama, 1, 4), LlamaFeed)
    assert isinstance(feed_for(type(llama)(llama.config).bfloat16(), 1, 4), CachedFeed)


@pytest.mark.parametrize("rows", [1, 3, 4, 9, 40])
def test_int8_linear__any_number_of_rows__is_the_product_with_the_rounded_weights(rows):
    """No weight is off by more than half a step of its row, a 254th of the row's largest magnitude."""
    torch.manual_seed(3)
    layer = torch.nn.Linear(24, 10)
    narrow = Int8Linear(layer)
    x = torch.randn(rows, 24)
    weights = narrow.weight.double() * narrow.scale.double()[:, None]

    step = layer.weight.detach().abs().amax(1, keepdim=True) / 254
    assert ((weights - layer.weight.detach()).abs() <= step * (1 + 1e-5)).all()
    expected = (x.double() @ weights.T + layer.bias.detach().double()).numpy()
    np.testing.assert_allclose(narrow(x).numpy(), expected, atol=1e-5)
    np.testing.assert_allclose(narrow(x[None]).numpy(), expected[None], atol=1e-5)


def test_int8_linear__row_of_zeros__stays_zero():
    layer = torch.nn.Linear(4, 2, bias=False)
    torch.nn.init.zeros_(layer.weight)

    assert (Int8Linear(layer)(torch.ones(1, 4)) == 0).all()


def test_narrowed__network__every_linear_layer_is_replaced(llama):
    network = type(llama)(llama.config)
    narrowed(network)

    assert not any(isinstance(layer, torch.nn.Linear) for layer in network.modules())
