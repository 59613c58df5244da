"""A network in training, and the average of its weights, which is what is shipped.

AdamW (Loshchilov and Hutter 2019) at an even rate that ends in a slope (Hu et al. 2024, §4).
Imports torch at the top: import it inside functions.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from offchain.generation.music.evaluation import nats_per_token
from offchain.generation.music.examples import Cut, drawn_batch
from offchain.generation.music.network import MusicTransformer
from offchain.generation.music.tokens import END, FIRST, Piece

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Learner", "MusicTrainee", "Parts", "Settings", "limits", "slope"]

_KEPT: Final = 0.998
"""Part of the average that a step keeps, once there are many (Polyak averaging)."""
_CHECK: Final = 100
_SLOPE: Final = 0.3
"""Part of the steps over which the learning rate is let down."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a model is trained.

    Attributes:
        steps: of the whole schedule.
        rate: learning rate, reached after `warmup` steps, and let down to zero over the last part of the steps.
        warmup: steps.
        decay: of the weights.
        cut: of the batches.
        device: `cpu` or `cuda`.
    """

    steps: int = 1300
    rate: float = 1.5e-3
    warmup: int = 100
    decay: float = 0.1
    cut: Cut = field(default_factory=Cut)
    device: str = "cpu"


@dataclass(frozen=True, slots=True)
class Parts:
    """Pieces to learn from, to choose among weights by, and for the figures that are stated."""

    taught: Sequence[Piece]
    chosen: Sequence[Piece]
    held_out: Sequence[Piece]


class Learner(ABC):
    """A network in training; what it learns from is left to the kinds below.

    Every `_CHECK` steps the averaged weights are tried on pieces kept for choosing, and the best so far are kept: a
    few hundred chorales are soon known by heart.
    """

    def __init__(self, network: nn.Module, settings: Settings, seed: int) -> None:
        self.settings = settings
        self.network = network.to(settings.device)
        self._seed = seed
        self._average = {name: tensor.clone() for name, tensor in network.state_dict().items()}
        plain = [tensor for tensor in network.parameters() if tensor.ndim < 2]
        matrices = [tensor for tensor in network.parameters() if tensor.ndim >= 2]
        groups = [{"params": matrices, "weight_decay": settings.decay}, {"params": plain, "weight_decay": 0.0}]
        self._optimiser = torch.optim.AdamW(groups, lr=settings.rate, betas=(0.9, 0.98))
        self._best: dict[str, Tensor] = {}
        self._reached = torch.tensor(torch.inf)

    @abstractmethod
    def losses(self, number: int, rng: np.random.Generator) -> dict[str, Tensor]:
        """The losses of a step by name; the first is what is made small."""

    @abstractmethod
    def tried(self) -> float | None:
        """What the weights as shipped reach on the pieces kept for choosing, lower is better; None without any."""

    @abstractmethod
    def evaluate(self) -> Mapping[str, float]:
        """Figures for the model card."""

    def step(self, number: int) -> Mapping[str, float]:
        """One step, counted from 1; its chance comes from the seed and `number` alone."""
        rng = np.random.default_rng([self._seed, number])
        torch.manual_seed(int(rng.integers(2**62)))
        self.network.train()
        for group in self._optimiser.param_groups:
            group["lr"] = self.settings.rate * slope(number, self.settings)
        losses = self.losses(number, rng)
        self._optimiser.zero_grad()
        next(iter(losses.values())).backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self._optimiser.step()
        self._follow(number)
        if number % _CHECK == 0 or number == self.settings.steps:
            self._choose()
        return {name: float(loss.detach()) for name, loss in losses.items()}

    def state(self) -> dict[str, Tensor]:
        """Weights, their average, the best average with what it reached, and the optimiser's moments."""
        state = {f"network.{name}": tensor for name, tensor in self.network.state_dict().items()}
        state |= {f"average.{name}": tensor for name, tensor in self._average.items()}
        state |= {f"best.{name}": tensor for name, tensor in self._best.items()} | {"reached": self._reached}
        for number, moments in self._optimiser.state_dict()["state"].items():
            state |= {f"optimiser.{number}.{name}": tensor for name, tensor in moments.items()}
        return state

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take up a state."""
        self.network.load_state_dict(_part(state, "network."))
        self._average = {name: tensor.to(self.settings.device) for name, tensor in _part(state, "average.").items()}
        self._best = {name: tensor.to(self.settings.device) for name, tensor in _part(state, "best.").items()}
        self._reached = state["reached"]
        moments: dict[int, dict[str, Tensor]] = {}
        for name, tensor in _part(state, "optimiser.").items():
            number, _, which = name.partition(".")
            moments.setdefault(int(number), {})[which] = tensor
        self._optimiser.load_state_dict(self._optimiser.state_dict() | {"state": moments})

    def shipped(self) -> dict[str, Tensor]:
        """The best average, in half precision; the last one where nothing was tried."""
        return {name: tensor.half() for name, tensor in (self._best or self._average).items()}

    def _choose(self) -> None:
        before, self._best = self._best, {name: tensor.clone() for name, tensor in self._average.items()}
        reached = self.tried()
        if reached is None or reached >= float(self._reached):
            self._best = before
        else:
            self._reached = torch.tensor(reached)

    def _follow(self, number: int) -> None:
        """Move the average towards the weights; early on it forgets faster, as they move faster."""
        kept = min(_KEPT, number / (number + 10))
        with torch.no_grad():
            for name, tensor in self.network.state_dict().items():
                self._average[name].lerp_(tensor, 1 - kept)


class MusicTrainee(Learner):
    """A music model in training on some pieces, evaluated on others."""

    network: MusicTransformer

    def __init__(
        self,
        network: MusicTransformer,
        settings: Settings,
        seed: int,
        parts: Parts,
    ) -> None:
        super().__init__(network, settings, seed)
        self._parts = parts
        self._limits = limits(parts.taught)

    def losses(self, number: int, rng: np.random.Generator) -> dict[str, Tensor]:  # noqa: ARG002  # others' loss changes
        """Nats per token of a random batch."""
        drawn = drawn_batch(self._parts.taught, self._limits, rng, self.settings.cut).to(self.settings.device)
        logits = self.network(drawn.frames, drawn.given)
        return {"nats_per_token": functional.cross_entropy(logits[drawn.counted], drawn.frames[drawn.counted])}

    def tried(self) -> float | None:
        """Nats per token on the pieces for choosing."""
        chosen = self._parts.chosen
        return nats_per_token(self.as_shipped(), chosen, informed=self.settings.cut.informed) if chosen else None

    def evaluate(self) -> Mapping[str, float]:
        """Nats per token on the pieces held out, of the weights as shipped."""
        network, held_out = self.as_shipped(), self._parts.held_out
        informed = self.settings.cut.informed
        figures = {"test_nats_per_token": nats_per_token(network, held_out, informed=informed)}
        if informed:
            figures["test_nats_per_token_melody_given"] = nats_per_token(network, held_out, informed=True, melody=True)
        return figures

    def as_shipped(self) -> MusicTransformer:
        """A network with the weights that would be shipped now."""
        network = deepcopy(self.network)
        network.load_state_dict(self.shipped())
        return network


def limits(pieces: Sequence[Piece]) -> NDArray[np.int64]:
    """Lowest and highest onset token of each voice: [4, 2]."""
    frames = np.concatenate([piece.frames for piece in pieces])
    lowest = np.where(frames >= FIRST, frames, END).min(axis=0)
    return np.stack([lowest, np.where(frames >= FIRST, frames, 0).max(axis=0)], axis=1)


def slope(number: int, settings: Settings) -> float:
    """Part of the full learning rate at a step."""
    rising = number / max(1, settings.warmup)
    return max(0.0, min(1.0, rising, (settings.steps - number) / (_SLOPE * settings.steps)))


def _part(state: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in state.items() if name.startswith(prefix)}
