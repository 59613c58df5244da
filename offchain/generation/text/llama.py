"""A decode step of Llama-type networks on a CPU, with fewer calls than transformers' own step makes.

It runs the layers that transformers loaded, in the architecture of Touvron et al. (2023, §2.2) with the grouped
queries of Ainslie et al. (2023): only the way between them is shorter. Each row of a batch keeps its own length, so
nothing is padded, and each prompt is fed alone, as it would be without the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from offchain.generation.text.model import Network

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["LlamaFeed", "is_known"]

_ROOM: Final = 128  # positions added at a time: an answer may be far shorter than it may be long


def is_known(network: Network) -> bool:
    """Whether `network` is of this kind: Llama's layers with activations in float32, on a CPU."""
    import torch

    llama = network.config.model_type == "llama" and network.device.type == "cpu"
    return bool(llama and network.get_input_embeddings().weight.dtype == torch.float32)


class LlamaFeed:
    """A `Feed`. Keys and values lie in (rows, key heads, positions, width) a layer, with room for some to come."""

    def __init__(self, network: Network) -> None:
        self._network, self._body = network, network.model
        self._heads = network.config.num_attention_heads
        self._groups = network.config.num_key_value_heads
        self._lengths: list[int] = []
        self._keys: list[Tensor] = []
        self._values: list[Tensor] = []

    def start(self, prompts: Sequence[Sequence[int]]) -> Tensor:
        """See `Feed`."""
        import torch

        self._lengths = [len(prompt) for prompt in prompts]
        width = self._body.layers[0].self_attn.head_dim
        shape = (len(prompts), self._groups, max(self._lengths), width)
        self._keys = [torch.zeros(shape) for _ in self._body.layers]
        self._values = [torch.zeros(shape) for _ in self._body.layers]
        with torch.inference_mode():
            last = [self._prompted(row, prompt) for row, prompt in enumerate(prompts)]
            logits: Tensor = self._network.lm_head(torch.cat(last))
        return logits

    def next(self, tokens: Sequence[int]) -> Tensor:
        """See `Feed`."""
        import torch

        with torch.inference_mode():
            at = torch.tensor(self._lengths)
            x = self._body.embed_tokens(torch.tensor(tokens))
            cos, sin = (turn[:, 0, None] for turn in self._body.rotary_emb(x, at[:, None]))
            self._lengths = [length + 1 for length in self._lengths]
            seen, rows = max(self._lengths), torch.arange(len(tokens))
            self._make_room(seen)
            even = min(self._lengths) == seen
            mask = None if even else (torch.arange(seen) <= at[:, None])[:, None, None]
            for number, layer in enumerate(self._body.layers):
                x = self._through(number, layer, x, (cos, sin), (rows, at, seen, mask))
            logits: Tensor = self._network.lm_head(_normed(self._body.norm, x))
        return logits

    def keep(self, rows: Sequence[int]) -> None:
        """See `Feed`."""
        chosen = list(rows)
        self._lengths = [self._lengths[row] for row in chosen]
        self._keys = [keys[chosen] for keys in self._keys]
        self._values = [values[chosen] for values in self._values]

    def _make_room(self, positions: int) -> None:
        from torch.nn.functional import pad

        if positions > self._keys[0].shape[2]:
            self._keys = [pad(keys, (0, 0, 0, _ROOM)) for keys in self._keys]
            self._values = [pad(values, (0, 0, 0, _ROOM)) for values in self._values]

    def _prompted(self, row: int, prompt: Sequence[int]) -> Tensor:
        """Feed a prompt through transformers' own pass; the last hidden state, (1, width)."""
        import torch

        cached = self._body(input_ids=torch.tensor([prompt]), use_cache=True)
        for number, layer in enumerate(cached.past_key_values.layers):
            self._keys[number][row, :, : len(prompt)] = layer.keys[0]
            self._values[number][row, :, : len(prompt)] = layer.values[0]
        last: Tensor = cached.last_hidden_state[:, -1]
        return last

    def _through(self, number: int, layer: Any, x: Tensor, turn: tuple[Tensor, Tensor], where: Any) -> Tensor:  # noqa: ANN401  # modules have no types
        """One layer for one token a row: x and the result are (rows, width)."""
        import torch
        from torch.nn.functional import scaled_dot_product_attention

        attend, keys, values = layer.self_attn, self._keys[number], self._values[number]
        rows, at, seen, mask = where
        size = x.shape[0]
        normed = _normed(layer.input_layernorm, x)
        query, key = attend.q_proj(normed), attend.k_proj(normed)
        both = torch.cat([query, key], 1).view(size, self._heads + self._groups, -1)
        both = _turned(both, *turn)
        keys[rows, :, at] = both[:, self._heads :]
        values[rows, :, at] = attend.v_proj(normed).view(size, self._groups, -1)
        # All queries that share a key head stand as one sequence: with one token a row there is no order to mask.
        grouped = both[:, : self._heads].reshape(size, self._groups, -1, both.shape[-1])
        heard = scaled_dot_product_attention(
            grouped, keys[:, :, :seen], values[:, :, :seen], attn_mask=mask, scale=attend.scaling
        )
        x = x + attend.o_proj(heard.reshape(size, -1))
        normed, feed = _normed(layer.post_attention_layernorm, x), layer.mlp
        after: Tensor = x + feed.down_proj(feed.act_fn(feed.gate_proj(normed)) * feed.up_proj(normed))
        return after


def _normed(norm: Any, x: Tensor) -> Tensor:  # noqa: ANN401  # as above
    from torch.nn.functional import rms_norm

    return rms_norm(x, (x.shape[-1],), norm.weight, norm.variance_epsilon)


def _turned(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary positions (Su et al. 2021, §3.4.2), halves as Llama stores them; x is (rows, heads, width)."""
    import torch

    half = x.shape[-1] // 2
    return torch.addcmul(x * cos, torch.cat([-x[..., half:], x[..., :half]], -1), sin)
