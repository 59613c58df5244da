"""The decode loop: prompt tokens in, drawn tokens out, one forward pass a token with a key-value cache."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from offchain.generation.runtime import Progress
from offchain.generation.sampling import choose, uniform
from offchain.generation.text.model import Network
from offchain.generation.text.params import TextParams

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Decoded", "decode"]


@dataclass(frozen=True, slots=True)
class Decoded:
    """An answer in tokens.

    Attributes:
        tokens: ids, without the one that ended the answer.
        margin: the smallest margin of all draws, the ending one included (see `Choice.margin`).
    """

    tokens: list[int]
    margin: float


def decode(
    network: Network, prompt: list[int], params: TextParams, seed: int, progress: Progress | None = None
) -> Decoded:
    """Draw the answer to `prompt` until the model ends it or `params.max_tokens` are drawn.

    Args:
        network: where it lies, CPU or GPU, it runs.
        prompt: token ids, at least one.
        params: how tokens are drawn.
        seed: 0 to `MAX_SEED`.
        progress: see `Progress`.
    """
    ends = _end_tokens(network)
    feed = _Feed(network)
    tokens: list[int] = []
    margin = 1.0
    for position in range(params.max_tokens):
        choice = choose(feed(tokens[-1:] or prompt), params, uniform(seed, position))
        margin = min(margin, choice.margin)
        if choice.token in ends:
            break
        tokens.append(choice.token)
        if progress is not None:
            progress(len(tokens), params.max_tokens)
    return Decoded(tokens, margin)


class _Feed:
    """Feeds tokens to a network and keeps the keys and values of those that it has seen."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._cache: object = None

    def __call__(self, tokens: list[int]) -> NDArray[np.float64]:
        """Logits of the next token."""
        import torch

        with torch.inference_mode():
            ids = torch.tensor([tokens], device=self._network.device)
            out = self._network(input_ids=ids, past_key_values=self._cache, use_cache=True, logits_to_keep=1)
            self._cache = out.past_key_values
            logits: NDArray[np.float64] = out.logits[0, -1].double().cpu().numpy()
            return logits


def _end_tokens(network: Network) -> frozenset[int]:
    ids = network.generation_config.eos_token_id
    return frozenset(ids if isinstance(ids, list) else [ids])
