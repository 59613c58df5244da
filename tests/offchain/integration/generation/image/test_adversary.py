"""Teaching the generator: it learns, it resumes bit for bit, and what it ships can be loaded."""

from __future__ import annotations

import math

import pytest
import torch

from offchain.errors import InputError
from offchain.generation.image.adversary import Adversary, Settings
from offchain.generation.image.augment import augmented
from offchain.generation.image.evaluation import references
from offchain.generation.image.flow import Flow
from offchain.generation.image.model import load_model
from offchain.generation.image.training import learner
from offchain.generation.training import TrainingFile, TrainingManifest
from offchain.generation.training.loop import train
from offchain.generation.training.weights import Card, write_weights

SETTINGS = Settings(batch=8, penalty_every=2, measure_every=3, anneal=20)
TAUGHT = TrainingFile("a.svg", "0x" + "11" * 32, "Ada", "by hand", "CC0-1.0", "A bar")


def _adversary(bars, tiny_shape, seed=5):
    return Adversary(bars, tiny_shape, SETTINGS, seed)


def test_train__interrupted_and_resumed__gives_the_same_bits(bars, tiny_shape, tmp_path):
    """Steps, penalties, measurements and the best average so far all come back."""
    whole, first, second = (_adversary(bars, tiny_shape) for _ in range(3))
    train(whole, tmp_path / "whole", steps=7)
    train(first, tmp_path / "parts", steps=4)
    train(second, tmp_path / "parts", steps=7)

    wanted, found = whole.state(), second.state()
    assert wanted.keys() == found.keys()
    assert all(torch.equal(wanted[name], found[name]) for name in wanted)


def test_step__another_seed__goes_another_way(bars, tiny_shape):
    one, other = _adversary(bars, tiny_shape), _adversary(bars, tiny_shape, seed=6)

    assert one.step(1) != other.step(1)


def test_step__measured__keeps_the_best_average_and_not_the_last(bars, tiny_shape):
    trainee = _adversary(bars, tiny_shape)
    seen = {}
    for number in range(1, 13):
        losses = trainee.step(number)
        if "frechet" in losses:
            seen[losses["frechet"]] = {name: value.clone() for name, value in trainee.average.state_dict().items()}

    assert len(seen) == 4
    best = seen[min(seen)]
    assert all(torch.equal(best[name].half(), tensor) for name, tensor in trainee.shipped().items())
    assert float(trainee.best_distance) == pytest.approx(min(seen))


def test_step__penalty__is_taken_at_its_turns_only(bars, tiny_shape):
    trainee = _adversary(bars, tiny_shape)

    assert ["slope" in trainee.step(number) for number in range(1, 5)] == [False, True, False, True]


def test_shipped__written_and_loaded__is_the_network_that_was_judged(bars, tiny_shape, tmp_path):
    trainee = _adversary(bars, tiny_shape)
    trainee.step(3)
    card = Card("tiny", "Apache-2.0", tiny_shape.document())
    write_weights(tmp_path, trainee.shipped(), card=card, manifest=TrainingManifest("one", (TAUGHT,), "A test's."))
    latent, classes = torch.randn(3, 8), torch.tensor([0, 1, 0])

    loaded = load_model("cpu", tmp_path).network(latent.double(), classes)
    assert torch.allclose(trainee.shipped_network().double()(latent.double(), classes), loaded, atol=1e-12)


def test_load_model__weights_of_another_shape__are_refused(bars, tiny_shape, tmp_path):
    trainee = _adversary(bars, tiny_shape)
    card = Card("tiny", "Apache-2.0", tiny_shape.document() | {"grain": 9})
    write_weights(tmp_path, trainee.shipped(), card=card, manifest=TrainingManifest("one", (TAUGHT,), "A test's."))

    with pytest.raises(InputError) as caught:
        load_model("cpu", tmp_path)
    assert caught.value.code == "model-mismatch"


def test_evaluate__untaught__has_every_figure(bars, tiny_shape):
    figures = _adversary(bars, tiny_shape).evaluate()

    assert set(figures) == {"frechet", "frechet_held_out", "copied_pixels", "copied_features"}
    assert all(math.isfinite(value) for value in figures.values())


def test_references__of_real_pictures__are_below_those_of_gaussians(bars, tiny_shape):
    found = references(_adversary(bars, tiny_shape).average, bars)

    assert found["real_halves"] < found["draft"]
    assert found["real_halves"] < found["pca_gaussian"]


def test_augmented__many_draws__move_and_recolour_some_and_leave_some():
    pictures = torch.ones(200, 3, 64, 64)
    pictures[:, 0, 20:30, 10:40] = -1
    found = augmented(pictures, torch.Generator().manual_seed(0))

    same = (found == pictures).flatten(1).all(dim=1).float().mean()
    # Nothing happens to (1 − ¼)(1 − ½)(1 − ½)(1 − ¼) = 14 % of them.
    assert 0.07 < same < 0.22
    assert found.shape == pictures.shape


def test_augmented__gradient__reaches_the_pictures():
    pictures = torch.zeros(16, 3, 64, 64, requires_grad=True)
    augmented(pictures, torch.Generator().manual_seed(0)).sum().backward()

    assert (pictures.grad.flatten(1).abs().sum(dim=1) > 0).all()


@pytest.mark.parametrize("setting", [{"batches": 3}, {"rate": -1}, {"rate": "fast"}])
def test_learner__unknown_or_wrong_setting__is_refused(bars, setting):
    with pytest.raises(InputError) as caught:
        learner(bars, 1, setting)

    assert caught.value.code == "setting-unknown"


def test_flow__few_steps__learns_where_the_paper_is_white(bars):
    """A network that says nothing has the loss var(noise) + E[picture²] = 1 + 1 at the start, since paper is ±1."""
    flow = Flow(bars, 2, seed=1)
    losses = [flow.step(number)["flow"] for number in range(1, 9)]

    assert losses[0] == pytest.approx(2, abs=0.1)
    assert losses[-1] < 1.8
    assert math.isfinite(flow.frechet(every=10))
