"""Feeding tokens to a network, which keeps the keys and values of those that it has seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol

from offchain.generation.text.model import Network

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["CachedFeed", "Feed", "StaticFeed", "feed_for"]

_BLOCK: Final = 256
"""A static cache holds a multiple of so many positions, since every other size is compiled anew."""


class Feed(Protocol):
    """Rows of texts that grow by a token at a time; all return the logits of the next tokens (rows, vocabulary)."""

    def start(self, prompts: Sequence[Sequence[int]]) -> Tensor:
        """Feed the prompts, one a row, of any lengths."""

    def next(self, tokens: Sequence[int]) -> Tensor:
        """Feed one token a row."""

    def keep(self, rows: Sequence[int]) -> None:
        """Go on with these rows only, in this order."""


def feed_for(network: Network, texts: int, most: int) -> Feed:
    """The fastest feed that knows this network, for so many texts and `most` tokens after each prompt."""
    from offchain.generation.text.llama import LlamaFeed, is_known

    if is_known(network):
        return LlamaFeed(network)
    compiled = network.device.type == "cuda" and network._can_compile_fullgraph  # noqa: SLF001 - it has no other name
    return StaticFeed(network, most) if compiled and texts == 1 else CachedFeed(network)


class CachedFeed:
    """Any network of transformers, with the cache that it grows itself; shorter prompts are padded on the left."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._cache: Any = None
        self._seen: Any = None  # (rows, positions): 0 where a row is padded

    def start(self, prompts: Sequence[Sequence[int]]) -> Tensor:
        """See `Feed`."""
        import torch

        longest = max(map(len, prompts))
        padded = [[0] * (longest - len(prompt)) + list(prompt) for prompt in prompts]
        seen = [[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts]
        self._seen = torch.tensor(seen, device=self._network.device)
        return self._fed(torch.tensor(padded, device=self._network.device))

    def next(self, tokens: Sequence[int]) -> Tensor:
        """See `Feed`."""
        import torch

        ids = torch.tensor(tokens, device=self._network.device)[:, None]
        self._seen = torch.cat([self._seen, torch.ones_like(ids)], 1)
        return self._fed(ids)

    def keep(self, rows: Sequence[int]) -> None:
        """See `Feed`."""
        import torch

        index = torch.tensor(rows, device=self._network.device)
        self._cache.batch_select_indices(index)
        self._seen = self._seen[index]

    def _fed(self, ids: Tensor) -> Tensor:
        import torch

        positions = (self._seen.cumsum(1) - 1).clamp_min(0)[:, -ids.shape[1] :]
        padded = {} if bool(self._seen.all()) else {"attention_mask": self._seen, "position_ids": positions}
        with torch.inference_mode():
            out = self._network(input_ids=ids, past_key_values=self._cache, use_cache=True, logits_to_keep=1, **padded)
        self._cache = out.past_key_values
        logits: Tensor = out.logits[:, -1]
        return logits


class StaticFeed:
    """One text with a cache of fixed size: on a GPU each step is one graph, compiled when the first text needs it."""

    def __init__(self, network: Network, most: int) -> None:
        self._network, self._most = network, most
        self._cache: Any = None
        self._length = 0

    def start(self, prompts: Sequence[Sequence[int]]) -> Tensor:
        """See `Feed`; takes one prompt."""
        from transformers import StaticCache

        (prompt,) = prompts
        size = -(-(len(prompt) + self._most) // _BLOCK) * _BLOCK
        self._cache = StaticCache(config=self._network.config, max_cache_len=size)
        return self._fed(prompt, self._network)

    def next(self, tokens: Sequence[int]) -> Tensor:
        """See `Feed`."""
        on_gpu = self._network.device.type == "cuda"
        return self._fed(tokens, self._network.get_compiled_call(None) if on_gpu else self._network)

    def keep(self, rows: Sequence[int]) -> None:
        """See `Feed`: the only text stays."""

    def _fed(self, tokens: Sequence[int], step: Any) -> Tensor:  # noqa: ANN401  # a network, compiled or not
        import torch

        device = self._network.device
        positions = torch.arange(self._length, self._length + len(tokens), device=device)[None]
        ids = torch.tensor([tokens], device=device)
        with torch.inference_mode():
            out = step(
                input_ids=ids, position_ids=positions, past_key_values=self._cache, use_cache=True, logits_to_keep=1
            )
        self._length += len(tokens)
        logits: Tensor = out.logits[:, -1].clone()  # the next run of the graph writes over it
        return logits
