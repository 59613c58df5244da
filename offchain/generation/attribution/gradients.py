"""Gradients of the music model: in which direction a piece would move every weight if the model were taught with it.

Imports torch at the top: import it inside functions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from offchain.generation.music.examples import Example, batch

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from offchain.generation.music.network import MusicTransformer

__all__ = ["piece_gradient"]


def piece_gradient(network: MusicTransformer, example: Example) -> NDArray[np.float64]:
    """Gradient [parameters] of the mean nats per token of a piece, parameters in the order of their names.

    A melody that the example gives to the model is not counted: the model did not write it.

    Args:
        network: in evaluation mode, in float64 where the result shall be the same everywhere.
        example: a whole piece, and what the model is told of it.
    """
    asked = batch([example]).to(next(network.parameters()).device.type)
    with torch.enable_grad():
        logits = network(asked.frames, asked.given)
        loss = functional.cross_entropy(logits[asked.counted], asked.frames[asked.counted])
        weights = [weight for _, weight in sorted(network.named_parameters())]
        found = torch.autograd.grad(loss, weights, materialize_grads=True)
    gradient: NDArray[np.float64] = torch.cat([each.flatten() for each in found]).double().cpu().numpy()
    return gradient
