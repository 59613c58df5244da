"""Texts on a GPU: tokens a second beside the roof that its memory sets, for a network of the size of Llama 3.2 1B.

The weights are random, so nothing is fetched: 1.24 billion in bfloat16. Each step of decoding reads all of them and the
keys and values of every text once; at the memory's speed that takes the time that no implementation can go below.
Plain `generate` of transformers and its continuous batching run beside ours on the same prompts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeAlias

import torch
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

from offchain.generation import TextParams
from offchain.generation.text.decoding import Ask, decode
from tests.bench.report import Row

__all__ = ["CONFIG", "roof", "rows"]

CONFIG: Final = LlamaConfig(
    vocab_size=128_256,
    hidden_size=2048,
    intermediate_size=8192,
    num_hidden_layers=16,
    num_attention_heads=32,
    num_key_value_heads=8,
    max_position_embeddings=4096,
    tie_word_embeddings=True,
    eos_token_id=None,
    bos_token_id=None,
)
WEIGHTS: Final = 1.2358e9
"""Numbers that a step reads: layers and the tied output matrix, 2 bytes each."""

BANDWIDTH: Final = 4.3e12  # bytes a second that an H200 was measured to read
CONTEXT: Final = 512
DRAWN: Final = 64
SHARES: Final = {1: 0.60, 256: 0.25}
"""Share of the roof to be reached, by texts at once."""

Missing: TypeAlias = list[dict[str, str]]


def rows(missing: Missing, campaign: bool = False) -> Iterator[Row]:
    """Tokens a second of ours, of plain `generate` and of continuous batching."""
    if not torch.cuda.is_available():
        missing.append({"name": "texts on a GPU", "why": "torch finds no GPU on this machine"})
        return
    network = _network()
    for texts, share in SHARES.items():
        most = roof(texts)
        peers = {"plain generate": _plain, "continuous batching": _continuous} if texts > 1 else {"generate": _plain}
        beside = {name: f"{_per_second(peer, network, texts):,.0f}" for name, peer in peers.items()}
        found = _per_second(_ours, network, texts)
        yield {
            "name": f"text, 1.24 B parameters in bfloat16, {texts} at once, context {CONTEXT}",
            "value": float(f"{found:.4g}"),
            "unit": "tokens / s",
            "better": "higher",
            "goal": round(share * most),
            "references": {"roof": f"{most:,.0f}", "share of the roof": f"{found / most:.3f}", **beside},
        }


def roof(texts: int) -> float:
    """Tokens a second at which the memory is read without a pause."""
    width = CONFIG.hidden_size // CONFIG.num_attention_heads
    kept = CONFIG.num_hidden_layers * 2 * CONFIG.num_key_value_heads * width * 2  # bytes of a position
    context = CONTEXT if texts > 1 else 0  # beside the weights, one text's keys are nothing
    return texts * BANDWIDTH / (2 * WEIGHTS + texts * context * kept)


def _network() -> Any:  # transformers ships no types
    torch.manual_seed(1)
    with torch.device("cuda"):
        return LlamaForCausalLM(CONFIG).bfloat16().eval()


def _prompts(texts: int) -> list[list[int]]:
    chance = torch.Generator().manual_seed(2)
    return torch.randint(0, CONFIG.vocab_size, (texts, CONTEXT - DRAWN), generator=chance).tolist()


def _ours(network: Any, texts: int, tokens: int) -> None:
    asks = [Ask(prompt, seed) for seed, prompt in enumerate(_prompts(texts))]
    decode(network, asks, TextParams(max_tokens=tokens))


def _plain(network: Any, texts: int, tokens: int) -> None:
    ids = torch.tensor(_prompts(texts), device="cuda")
    network.generate(input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=tokens, do_sample=True)


def _continuous(network: Any, texts: int, tokens: int) -> None:
    wanted = GenerationConfig(max_new_tokens=tokens, do_sample=True)
    network.generate_batch(inputs=_prompts(texts), generation_config=wanted)


def _per_second(make: Callable[[Any, int, int], None], network: Any, texts: int) -> float:
    """Tokens a second of decoding: what `DRAWN` tokens take longer than one, so that prompts do not count."""

    def seconds(tokens: int) -> float:
        torch.cuda.synchronize()
        begun = time.perf_counter()
        make(network, texts, tokens)
        torch.cuda.synchronize()
        return time.perf_counter() - begun

    seconds(DRAWN)  # compiles
    return texts * (DRAWN - 1) / (seconds(DRAWN) - seconds(1))
