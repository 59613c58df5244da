"""Training learns, and one that was stopped goes on as if it had not been."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from offchain.errors import InputError
from offchain.generation.music.learners import learner
from offchain.generation.music.tokens import Metre, Note, Piece, from_notes
from offchain.generation.music.trainee import Parts, Settings, slope

TINY = {"width": 16, "layers": 1, "heads": 2, "size": 2, "length": 48, "steps": 40, "warmup": 2}


@pytest.fixture(scope="module")
def pieces() -> list[Piece]:
    rng = np.random.default_rng(0)
    made = []
    for _ in range(4):
        played = [Note(voice, at, 4, int(rng.integers(50, 60))) for voice in range(4) for at in range(0, 48, 4)]
        made.append(from_notes(played, 48, key="C major", metre=Metre()))
    return made


@pytest.mark.parametrize("model", ["transformer", "lstm", "vae"])
def test_step__stopped_and_resumed__gives_the_weights_of_one_go(pieces, model):
    settings = {**TINY, "model": model}
    whole, _ = learner(settings, 3, Parts(pieces, pieces, pieces))
    for number in range(1, 7):
        whole.step(number)
    first, _ = learner(settings, 3, Parts(pieces, pieces, pieces))
    for number in range(1, 4):
        first.step(number)
    second, _ = learner(settings, 3, Parts(pieces, pieces, pieces))
    second.restore({name: tensor.clone() for name, tensor in first.state().items()})
    for number in range(4, 7):
        second.step(number)
    assert all(torch.equal(tensor, second.state()[name]) for name, tensor in whole.state().items())


@pytest.mark.parametrize("model", ["transformer", "lstm", "vae"])
def test_step__some_of_them__lower_the_figures(pieces, model):
    learning, config = learner({**TINY, "model": model, "rate": 0.01}, 3, Parts(pieces, pieces, pieces))
    assert config["width"] == 16
    before = learning.evaluate()
    for number in range(1, 41):
        learning.step(number)
    after = learning.evaluate()
    assert after["test_nats_per_token"] < before["test_nats_per_token"] - 0.5


def test_shipped__weights_that_grew_worse__are_not_taken(pieces):
    """The best average on the pieces for choosing stays, also when the last step is a worse one."""
    learning, _ = learner({**TINY, "rate": 0.01}, 3, Parts(pieces, pieces, pieces))
    for number in range(1, 41):
        learning.step(number)
    best = learning.evaluate()
    with torch.no_grad():
        learning.network.writer.head.weight.normal_()
    for number in (100, 200):
        learning.step(number)
    assert learning.evaluate() == best


def test_shipped__half_precision__has_every_tensor_of_the_network(pieces):
    learning, _ = learner(TINY, 0, Parts(pieces, pieces, pieces))
    shipped = learning.shipped()
    assert {tensor.dtype for tensor in shipped.values()} == {torch.float16}
    assert shipped.keys() == learning.network.state_dict().keys()


@pytest.mark.parametrize("given", [{"model": "gru"}, {"widht": 3}, {"model": "vae", "window": 3}])
def test_learner__a_setting_that_is_none__is_refused(pieces, given):
    with pytest.raises(InputError) as refused:
        learner({**TINY, **given}, 0, Parts(pieces, pieces, pieces))
    assert refused.value.code == "setting-unknown"


def test_slope__rises_stays_and_falls_to_zero():
    settings = Settings(steps=100, warmup=10)
    assert [slope(number, settings) for number in (5, 10, 50, 70)] == [0.5, 1, 1, 1]
    assert slope(85, settings) == pytest.approx(0.5)
    assert slope(100, settings) == 0
