"""A variational autoencoder of two bars: a point for each passage, and a passage for each point between two.

Imports torch at the top: import it inside functions. After Kingma and Welling (2014), with the weaker pull towards the
prior of Higgins et al. (2017). What a frame becomes is told by the point and the place alone, and within a frame by
the voices before; the decoder does not look back, so all of a passage must be in its point.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast

import torch
from torch import Tensor, nn

from offchain.generation.music.features import Conditions, held, moves, to_inner
from offchain.generation.music.network import Config, FrameEmbedding, MusicTransformer
from offchain.generation.music.tokens import END, HOLD, REST, UNKNOWN_KEY, VOICES

__all__ = ["PASSAGE", "MusicVAE", "Shape"]

PASSAGE: Final = 32
"""Sixteenths of a passage: two bars of 4/4."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the autoencoder.

    Attributes:
        width: of its layers.
        layers: of the decoder's transformer.
        heads: of its attention.
        latent: numbers that make a point.
        dropout: while training.
    """

    width: int = 128
    layers: int = 2
    heads: int = 4
    latent: int = 64
    dropout: float = 0.1


class MusicVAE(nn.Module):
    """Passages in the key of C major or A minor, as `normalised` in `interpolation` makes them."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.read = FrameEmbedding(shape.width)
        self.gather = nn.GRU(shape.width, shape.width, batch_first=True, bidirectional=True)
        self.point = nn.Linear(2 * shape.width, 2 * shape.latent)
        self.told = nn.Linear(shape.latent, shape.width)
        self.decoder = MusicTransformer(Config(shape.width, shape.layers, shape.heads, PASSAGE, 2, shape.dropout))
        self.decoder.past = _Forgetful()

    def encode(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """Passages [B, PASSAGE, 4] → mean and logarithm of the variance of their points, [B, latent] each."""
        origin, _, _ = moves(torch.full((len(frames),), UNKNOWN_KEY, device=frames.device))
        inner = to_inner(frames, origin)
        gathered, _ = self.gather(self.read(inner, *held(inner)))
        mean, spread = self.point(gathered.mean(dim=1)).chunk(2, -1)
        return mean, spread

    def forward(self, frames: Tensor, points: Tensor) -> Tensor:
        """Passages and points [B, latent] → logits [B, PASSAGE, 4, VOCABULARY] of the passages' tokens."""
        return cast(Tensor, self.decoder(frames, self._given(points)))

    @torch.inference_mode()
    def decode(self, points: Tensor) -> Tensor:
        """The likeliest passage of each point, token by token: [B, latent] → int64 [B, PASSAGE, 4]."""
        stream = self.decoder.begin(self._given(points))
        silent = torch.ones(len(points), len(VOICES), dtype=torch.bool, device=points.device)
        written: list[Tensor] = []
        for place in range(PASSAGE * len(VOICES)):
            voice = place % len(VOICES)
            logits = stream.logits.clone()
            logits[:, END] = -torch.inf
            logits[silent[:, voice], HOLD] = -torch.inf
            token = logits.argmax(dim=-1)
            silent[:, voice] = token == REST
            written.append(token)
            stream.next(token)
        return torch.stack(written, dim=-1).view(len(points), PASSAGE, len(VOICES))

    def _given(self, points: Tensor) -> Conditions:
        unknown = torch.zeros(len(points), dtype=torch.int64, device=points.device)
        return Conditions(unknown + UNKNOWN_KEY, unknown, unknown, unknown, latent=self.told(points))


class _Forgetful(nn.Module):
    """Stands where the decoder would read the frames before."""

    def forward(self, tokens: Tensor, *_: Tensor) -> Tensor:
        """Nothing, in the shape [B, T, 1]."""
        return torch.zeros_like(tokens[..., :1], dtype=torch.get_default_dtype())
