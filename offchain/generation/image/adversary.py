"""Training of the generator against a discriminator: relativistic pairing loss with zero-centred gradient penalties.

Huang et al. 2024 ("The GAN is dead; long live the GAN!"), eq. 2 and 4: it has local convergence, which lets the
architecture be plain. Real and made pictures are paired within their class.
"""

from __future__ import annotations

import copy
import hashlib
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from offchain.generation.image.sampling import sample

if TYPE_CHECKING:
    from torch import Generator as Random
    from torch import Tensor

    from offchain.generation.image.dataset import Dataset
    from offchain.generation.image.network import Generator, Shape

__all__ = ["Adversary", "Settings"]

_NETWORKS: Final = ("generator", "discriminator", "average", "best")
_LEAK: Final = 0.2
_SPARSE: Final = 3  # a third of the pictures is enough to tell which average is better


@dataclass(frozen=True, slots=True)
class Settings:
    """How the generator is trained.

    Attributes:
        batch: pictures a step.
        rate: of learning (Adam, β = 0, 0.99).
        penalty: weight γ of each gradient penalty at the start; it and the rate fall to a tenth over `anneal` steps.
        penalty_every: steps from one penalty to the next, each counted so many times (Karras et al. 2020, §3.1).
        average: share of the generator's average that a step keeps.
        anneal: steps over which they fall.
        measure_every: steps between two measurements of the average, of which the best is shipped.
    """

    batch: int = 32
    rate: float = 1e-3
    penalty: float = 4.0
    penalty_every: int = 4
    average: float = 0.995
    anneal: int = 4000
    measure_every: int = 100

    def document(self) -> dict[str, Any]:
        """As plain JSON."""
        return asdict(self)


class Adversary:
    """A generator in training; a `Trainee`."""

    def __init__(self, dataset: Dataset, shape: Shape, settings: Settings, seed: int, device: str = "cpu") -> None:
        import torch

        from offchain.generation.image.network import Discriminator, Generator
        from offchain.generation.image.sketching import measure_sketch

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.generator, self.discriminator = Generator(shape), Discriminator(shape)
        measure_sketch(self.generator.sketch, dataset)
        for network in (self.generator, self.discriminator):
            network.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub lacks it
        self.average = copy.deepcopy(self.generator).requires_grad_(False)
        self.best = copy.deepcopy(self.average)
        self.best_distance = torch.tensor(float("inf"))
        self._optimisers = {
            "g": torch.optim.Adam(self.generator.parameters(), settings.rate, (0.0, 0.99)),
            "d": torch.optim.Adam(self.discriminator.parameters(), settings.rate, (0.0, 0.99)),
        }
        self._dataset, self._shape, self._settings = dataset, shape, settings
        self._seed, self._device = seed, device

    def step(self, number: int) -> Mapping[str, float]:
        """One step of the discriminator, one of the generator; number counts from 1."""
        random = _random(self._seed, number)
        self._anneal(number)
        real, classes = self._batch(random)
        losses = self._teach_discriminator(number, real, classes, random)
        losses["generator"] = self._teach_generator(real, classes, random)
        self._follow()
        if number % self._settings.measure_every == 0:
            losses["frechet"] = self._measure()
        return losses

    def _teach_discriminator(self, number: int, real: Tensor, classes: Tensor, random: Random) -> dict[str, float]:
        import torch
        from torch.nn import functional

        from offchain.generation.image.augment import augmented

        with torch.no_grad():
            made = augmented(_limited(self.generator.unlimited(self._latent(len(real), random), classes)), random)
        real = augmented(real, random)
        every = self._settings.penalty_every
        penalised = number % every == 0
        real.requires_grad_(penalised)
        made.requires_grad_(penalised)
        judged_real, judged_made = self.discriminator(real, classes), self.discriminator(made, classes)
        loss = functional.softplus(judged_made - judged_real).mean()
        losses = {"discriminator": loss.item()}
        if penalised:
            penalty = _slope(judged_real, real) + _slope(judged_made, made)
            loss = loss + every * self._settings.penalty * self._fallen(number) / 2 * penalty
            losses["slope"] = penalty.item()
        self._descend("d", loss)
        return losses

    def _teach_generator(self, real: Tensor, classes: Tensor, random: Random) -> float:
        import torch
        from torch.nn import functional

        from offchain.generation.image.augment import augmented

        self.discriminator.requires_grad_(False)
        unlimited = self.generator.unlimited(self._latent(len(real), random), classes)
        made = _limited(unlimited)
        with torch.no_grad():
            judged_real = self.discriminator(augmented(real, random), classes)
        judged_made = self.discriminator(augmented(made, random), classes)
        loss = functional.softplus(judged_real - judged_made).mean()
        self._descend("g", loss)
        self.discriminator.requires_grad_(True)
        return float(loss.item())

    def _batch(self, random: Random) -> tuple[Tensor, Tensor]:
        """Real pictures, each equally likely, and their classes."""
        import torch

        picked = torch.randint(len(self._dataset.classes), (self._settings.batch,), generator=random)
        pictures, classes = self._dataset.batch(picked.numpy())
        real = torch.from_numpy(pictures).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
        return real.to(self._device).float() / 127.5 - 1, torch.from_numpy(classes).to(self._device)

    def _latent(self, count: int, random: Random) -> Tensor:
        import torch

        return torch.randn(count, self._shape.latent, generator=random).to(self._device)

    def _descend(self, name: str, loss: Tensor) -> None:
        self._optimisers[name].zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        self._optimisers[name].step()

    def _anneal(self, number: int) -> None:
        """Cosine from 1 to a tenth of the rate."""
        for optimiser in self._optimisers.values():
            for group in optimiser.param_groups:
                group["lr"] = self._settings.rate * self._fallen(number)

    def _fallen(self, number: int) -> float:
        return 0.55 + 0.45 * math.cos(math.pi * min(1.0, number / self._settings.anneal))

    def _follow(self) -> None:
        import torch

        with torch.no_grad():
            for average, now in zip(self.average.parameters(), self.generator.parameters(), strict=True):
                average.lerp_(now, 1 - self._settings.average)

    def _measure(self) -> float:
        """Distance of the average's pictures from the training pictures; the best average is kept."""
        from offchain.generation.image.features import features, frechet

        made = sample(self.average, self._dataset.classes[::_SPARSE], seed=0)
        distance = frechet(features(made), self._dataset.features)
        if distance < float(self.best_distance):
            self.best_distance.fill_(distance)
            self.best.load_state_dict(self.average.state_dict())
        return distance

    def state(self) -> dict[str, Tensor]:
        """Networks, averages and optimisers, by dotted names."""
        import torch

        parts: dict[str, Mapping[str, Tensor]] = {name: getattr(self, name).state_dict() for name in _NETWORKS}
        for name, optimiser in self._optimisers.items():
            moments = optimiser.state_dict()["state"]
            parts[f"adam_{name}"] = {f"{at}.{key}": value for at, one in moments.items() for key, value in one.items()}
        state = {f"{part}.{key}": value for part, tensors in parts.items() for key, value in tensors.items()}
        return state | {"best_distance": torch.as_tensor(self.best_distance)}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take up what `state` gave."""
        for name in _NETWORKS:
            getattr(self, name).load_state_dict(_below(f"{name}.", state))
        for name, optimiser in self._optimisers.items():
            moments: dict[int, dict[str, Tensor]] = {}
            for key, value in _below(f"adam_{name}.", state).items():
                at, _, moment = key.partition(".")
                moments.setdefault(int(at), {})[moment] = value
            optimiser.load_state_dict(optimiser.state_dict() | {"state": moments})
        self.best_distance = state["best_distance"].clone()

    def shipped(self) -> dict[str, Tensor]:
        """The best average in half precision."""
        return {name: tensor.half() for name, tensor in self.best.state_dict().items()}

    def evaluate(self) -> Mapping[str, float]:
        """Figures for the card; see `evaluation.judge`."""
        from offchain.generation.image.evaluation import judge

        return judge(self.shipped_network(), self._dataset)

    def shipped_network(self) -> Generator:
        """The best average as it will be after shipping, rounded to half precision."""
        network = copy.deepcopy(self.best)
        network.load_state_dict({name: tensor.float() for name, tensor in self.shipped().items()})
        return network


def _limited(unlimited: Tensor) -> Tensor:
    """Within −1 to 1, but for a fifth of the excess, which no real picture has: so the discriminator drives it out.

    Behind a plain limit nobody sees how far beyond white a value drifts, nor can it come back.
    """
    limited = unlimited.clamp(-1, 1)
    return limited + _LEAK * (unlimited - limited)


def _slope(judged: Tensor, pictures: Tensor) -> Tensor:
    """Mean squared gradient norm of the judgement by the picture."""
    import torch

    (gradient,) = torch.autograd.grad(judged.sum(), pictures, create_graph=True)
    return gradient.square().sum(dim=(1, 2, 3)).mean()


def _below(prefix: str, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in state.items() if name.startswith(prefix)}


def _random(seed: int, number: int) -> Random:
    """The random numbers of a step."""
    import torch

    digest = hashlib.sha256(f"image {seed} {number}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)
