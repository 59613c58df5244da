"""The autoencoder in training: what it costs to tell a passage by its point, and how far points are from the prior.

Imports torch at the top: import it inside functions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from torch.nn import functional

from offchain.generation.music.interpolation import normalised, passages
from offchain.generation.music.trainee import Learner, Parts, Settings
from offchain.generation.music.vae import PASSAGE, MusicVAE

if TYPE_CHECKING:
    from torch import Tensor

    from offchain.generation.music.tokens import Piece

__all__ = ["VaeTrainee"]

_PULL: Final = 0.2
"""Weight of the distance from the prior, reached over the first part of the steps."""
_RISE: Final = 0.3
_EACH: Final = 8
"""Passages in a batch for each piece of `Cut.size`."""
_STRIDE: Final = 4
"""Passages begin on any quarter."""


class VaeTrainee(Learner):
    """A `MusicVAE` in training on some pieces, evaluated on others."""

    network: MusicVAE

    def __init__(self, network: MusicVAE, settings: Settings, seed: int, parts: Parts) -> None:
        super().__init__(network, settings, seed)
        self._taught = _passages(parts.taught, _STRIDE)
        self._held_out = _passages(parts.held_out, PASSAGE)

    def losses(self, number: int, rng: np.random.Generator) -> dict[str, Tensor]:
        """Nats per passage of reading and pull together, then each."""
        chosen = rng.integers(len(self._taught), size=_EACH * self.settings.cut.size)
        frames = torch.from_numpy(self._taught[chosen]).to(self.settings.device)
        mean, spread = self.network.encode(frames)
        noise = torch.from_numpy(rng.standard_normal(mean.shape)).to(mean)
        told = _told(self.network, frames, mean + noise * (spread / 2).exp()) / len(frames)
        distance = (mean.square() + spread.exp() - 1 - spread).sum() / 2 / len(frames)
        pull = _PULL * min(1.0, number / (_RISE * self.settings.steps))
        return {"loss": (told + pull * distance) / PASSAGE, "nats_told": told, "nats_from_prior": distance}

    def tried(self) -> float | None:
        """Nothing: the pull towards the prior keeps it from learning by heart."""
        return None

    @torch.inference_mode()
    def evaluate(self) -> Mapping[str, float]:
        """On passages held out: nats per token from their points, distance from the prior, sounding notes regained."""
        network = deepcopy(self.network).eval()
        network.load_state_dict(self.shipped())
        frames = torch.from_numpy(self._held_out).to(self.settings.device)
        mean, spread = network.encode(frames)
        distance = (mean.square() + spread.exp() - 1 - spread).sum() / 2 / len(frames)
        regained = network.decode(mean)
        return {
            "test_nats_per_token": float(_told(network, frames, mean)) / frames.numel(),
            "test_nats_from_prior_per_passage": float(distance),
            "test_tokens_regained": float((regained == frames).double().mean()),
        }


def _told(network: MusicVAE, frames: Tensor, points: Tensor) -> Tensor:
    logits = network(frames, points)
    return functional.cross_entropy(logits.flatten(0, 2), frames.flatten(), reduction="sum")


def _passages(pieces: Sequence[Piece], stride: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """All passages of all pieces: int64 [N, PASSAGE, 4]."""
    return np.concatenate([passages(normalised(piece)[0], stride) for piece in pieces])
