"""Networks: shapes, the draft that training starts from, and the class that both are told."""

from __future__ import annotations

import pytest
import torch

from offchain.generation.image.adversary import _limited
from offchain.generation.image.network import Discriminator, Generator, Shape
from offchain.generation.image.sketching import components, measure_sketch

SHAPE = Shape(classes=2, latent=16, widths=(16, 16, 8), grain=4, components=24)


@pytest.fixture(scope="module")
def generator(dataset) -> Generator:
    torch.manual_seed(0)
    network = Generator(SHAPE)
    measure_sketch(network.sketch, dataset)
    return network


def test_shape__written_and_read__is_the_same():
    assert Shape.of(SHAPE.document()) == SHAPE


def test_generator__untaught__gives_its_draft_within_range(generator):
    latent, classes = torch.randn(4, 16), torch.tensor([0, 1, 0, 1])
    draft = torch.nn.functional.interpolate(generator.sketch(latent, classes), scale_factor=2, mode="bilinear")

    assert torch.allclose(generator(latent, classes), draft.clamp(-1, 1), atol=1e-5)


def test_limited__beyond_white__shows_a_part_of_the_excess_and_still_learns():
    """A hard limit would hide how far beyond white a value drifts, and keep it from ever coming back."""
    values = torch.full((1, 3, 2, 2), 1.5, requires_grad=True)
    made = _limited(values)
    made.sum().backward()

    assert torch.allclose(made, torch.tensor(1.1))
    assert torch.allclose(values.grad, torch.tensor(0.2))
    assert (_limited(torch.tensor([-1.0, 0.3, 1.0])) == torch.tensor([-1.0, 0.3, 1.0])).all()


def test_sketch__many_drafts__have_the_mean_and_spread_of_their_class(generator, dataset):
    """With the spread of all classes mixed in for 64 pictures: a class of 40 has 40/104 of its own."""
    latent = torch.randn(4000, 16, generator=torch.Generator().manual_seed(0))
    drafts = generator.sketch(latent, torch.ones(4000, dtype=torch.long)).reshape(4000, -1).numpy()
    small = dataset.pictures[dataset.classes == 1].reshape(-1, 32, 2, 32, 2, 3).mean(axis=(2, 4)) / 127.5 - 1

    assert abs(drafts.mean(axis=0) - small.transpose(0, 3, 1, 2).reshape(40, -1).mean(axis=0)).max() < 0.25
    assert drafts.std(axis=0).max() > 0.2


def test_components__of_a_plane__explain_it_wholly():
    random = torch.Generator().manual_seed(3)
    plane = (torch.randn(50, 2, generator=random) @ torch.randn(2, 30, generator=random) + 5).numpy()
    mean, basis = components(plane, 2)

    assert abs((plane - mean) @ basis.T @ basis + mean - plane).max() < 1e-4
    assert abs(basis @ basis.T - torch.eye(2).numpy()).max() < 1e-5


def test_discriminator__another_class__judges_otherwise():
    torch.manual_seed(1)
    network, pictures = Discriminator(SHAPE), torch.randn(3, 3, 64, 64)

    one, other = network(pictures, torch.tensor([0, 0, 0])), network(pictures, torch.tensor([1, 1, 1]))
    assert one.shape == (3,)
    assert not torch.allclose(one, other)
