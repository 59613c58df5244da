"""How well a model knows music that it was not taught with.

Imports torch at the top: import it inside functions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import torch
from torch.nn import functional

from offchain.generation.music.examples import batch, example, transposed
from offchain.generation.music.network import MusicTransformer
from offchain.generation.music.tokens import Piece

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["READINGS", "averaged_nats_per_token", "nats_per_token", "token_nats"]

READINGS: Final = range(-5, 6)
"""Semitones by which a piece is moved for each of its readings."""


@torch.inference_mode()
def token_nats(network: MusicTransformer, piece: Piece, *, informed: bool, melody: bool = False) -> Tensor:
    """−log p of every token of a piece, given those before it: [T, 4].

    Args:
        network: in any precision.
        piece: to be known.
        informed: the model is told key, metre and length.
        melody: it is also told the soprano; that column's nats then mean nothing.
    """
    one = example(piece, informed=informed)
    if melody:
        one = replace(one, request=replace(one.request, melody=piece.frames[:, 0].tolist()))
    read = batch([one]).to(next(network.parameters()).device.type)
    logits = network(read.frames, read.given)
    return functional.cross_entropy(logits[0].flatten(0, 1), read.frames[0].flatten(), reduction="none").view(-1, 4)


def nats_per_token(
    network: MusicTransformer, pieces: Sequence[Piece], *, informed: bool, melody: bool = False
) -> float:
    """Mean over all tokens of all pieces; with the melody given, over those of the three voices below it."""
    network.eval()
    first = 1 if melody else 0
    total, tokens = 0.0, 0
    for piece in pieces:
        nats = token_nats(network, piece, informed=informed, melody=melody)[:, first:]
        total += float(nats.double().sum())
        tokens += nats.numel()
    return total / tokens


def averaged_nats_per_token(network: MusicTransformer, pieces: Sequence[Piece], *, informed: bool) -> float:
    """As `nats_per_token`, each token's probability being the mean over the readings of its piece.

    A reading is the piece moved by some semitones and told nothing of, and, if `informed`, the piece as it is told.
    Each is a distribution over the same tokens, moved alike, so their mean is one too.
    """
    network.eval()
    total = 0.0
    for piece in pieces:
        readings = [token_nats(network, transposed(piece, shift), informed=False) for shift in READINGS]
        if informed:
            # Told its key, the model is as good as all the moved readings together, and has half of the say.
            readings += [token_nats(network, piece, informed=True)] * len(READINGS)
        chances = -torch.stack(readings).double()
        total -= float((chances.logsumexp(dim=0) - math.log(len(readings))).sum())
    return total / sum(piece.frames.size for piece in pieces)
