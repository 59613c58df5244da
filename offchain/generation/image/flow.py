"""Flow matching on the same pictures, which the GAN is compared with (Lipman et al. 2023, eq. 23; Liu et al. 2023).

The network says, of a picture that is part noise, which way the picture lies; pictures are made by a few Euler steps.
It has the GAN's stages, once down and once up. Imports torch at the top: import it inside functions only.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from offchain.generation.image.features import features, frechet
from offchain.generation.image.sampling import as_levels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from offchain.generation.image.dataset import Dataset

__all__ = ["Flow", "FlowNetwork", "flow_pictures"]

_FOLD: Final = 4
_WIDTHS: Final = (64, 96, 128)
_BATCH: Final = 48
_RATE: Final = 1e-3
_AVERAGE: Final = 0.995
_MOMENTS: Final = 32  # sines and cosines that tell the time


class _Stage(nn.Module):
    """A residual block told the time and the class."""

    def __init__(self, width: int, told: int) -> None:
        super().__init__()
        self.first, self.second = (nn.Conv2d(width, width, 3, padding=1) for _ in range(2))
        self.told = nn.Linear(told, 2 * width)
        self.norm = nn.GroupNorm(8, width)
        nn.init.zeros_(self.second.weight)

    def forward(self, x: Tensor, told: Tensor) -> Tensor:
        scale, shift = self.told(told)[:, :, None, None].chunk(2, dim=1)
        inner = functional.silu(self.first(functional.silu(self.norm(x) * (1 + scale) + shift)))
        return x + self.second(inner)  # type: ignore[no-any-return]  # nn.Module calls are untyped


class FlowNetwork(nn.Module):
    """Velocity of a noisy picture: batch × 3 × 64 × 64, at times 0 noise to 1 picture."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        told = 128
        self.embed = nn.Embedding(classes, told)
        self.time = nn.Sequential(nn.Linear(2 * _MOMENTS, told), nn.SiLU(), nn.Linear(told, told))
        self.enter = nn.Conv2d(3 * _FOLD**2, _WIDTHS[0], 3, padding=1)
        self.down = nn.ModuleList(_Stage(width, told) for width in _WIDTHS)
        self.wider = nn.ModuleList(nn.Conv2d(a, b, 1) for a, b in pairwise(_WIDTHS))
        self.up = nn.ModuleList(_Stage(width, told) for width in _WIDTHS)
        self.narrower = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in pairwise(_WIDTHS))
        self.leave = nn.Conv2d(_WIDTHS[0], 3 * _FOLD**2, 3, padding=1)
        nn.init.zeros_(self.leave.weight)

    def forward(self, x: Tensor, time: Tensor, classes: Tensor) -> Tensor:
        """Of the shape of `x`."""
        told = functional.silu(self.time(_waves(time)) + self.embed(classes))
        inner, passed = self.enter(functional.pixel_unshuffle(x, _FOLD)), []
        for number, stage in enumerate(self.down):
            if number:
                inner = functional.avg_pool2d(self.wider[number - 1](inner), 2)
            inner = stage(inner, told)
            passed.append(inner)
        for number in reversed(range(len(_WIDTHS))):
            inner = self.up[number](inner + passed[number], told)
            if number:
                inner = functional.interpolate(self.narrower[number - 1](inner), scale_factor=2)
        return functional.pixel_shuffle(self.leave(inner), _FOLD)


class Flow:
    """A flow in training; a `Trainee`."""

    def __init__(self, dataset: Dataset, classes: int, seed: int) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network = FlowNetwork(classes).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = copy.deepcopy(self.network).requires_grad_(False)
        self._optimiser = torch.optim.Adam(self.network.parameters(), _RATE)
        self._dataset, self._seed = dataset, seed

    def step(self, number: int) -> Mapping[str, float]:
        """Draw times nearer the middle, where directions are hardest to tell (Esser et al. 2024, §3.1)."""
        digest = hashlib.sha256(f"flow {self._seed} {number}".encode()).digest()
        random = torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)
        picked = torch.randint(len(self._dataset.classes), (_BATCH,), generator=random)
        levels, classes = self._dataset.batch(picked.numpy())
        real = torch.from_numpy(levels).permute(0, 3, 1, 2).float() / 127.5 - 1
        noise = torch.randn(real.shape, generator=random)
        time = torch.randn(_BATCH, generator=random).sigmoid()
        mixed = noise.lerp(real, time.view(-1, 1, 1, 1))
        loss = functional.mse_loss(self.network(mixed, time, torch.from_numpy(classes)), real - noise)
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        self._optimiser.step()
        with torch.no_grad():
            for average, now in zip(self.average.parameters(), self.network.parameters(), strict=True):
                average.lerp_(now, 1 - min(_AVERAGE, number / (number + 10)))
        return {"flow": loss.item()}

    def frechet(self, every: int = 1) -> float:
        """Distance of the average's pictures from the training pictures; of each `every`-th class number only."""
        made = flow_pictures(self.average, self._dataset.classes[::every])
        return frechet(features(made), self._dataset.features)


def flow_pictures(network: FlowNetwork, classes: NDArray[np.int64], steps: int = 20) -> NDArray[np.uint8]:
    """One picture a class number by Euler steps from noise."""
    random, made = torch.Generator().manual_seed(1), []
    with torch.inference_mode():
        for at in range(0, len(classes), 128):
            some = torch.from_numpy(classes[at : at + 128])
            x = torch.randn(len(some), 3, 64, 64, generator=random)
            for step in range(steps):
                x = x + network(x, torch.full((len(some),), step / steps), some) / steps
            made.append(as_levels(x.numpy()))
    return np.concatenate(made)


def _waves(time: Tensor) -> Tensor:
    angles = time[:, None] * torch.exp(torch.linspace(0, 5, _MOMENTS))
    return torch.cat([angles.sin(), angles.cos()], dim=1)
