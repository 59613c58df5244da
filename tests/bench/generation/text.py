"""Texts by SmolLM2 on a CPU: tokens per CPU second and what each dtype does to the perplexity.

Speeds are of one thread, draws and all, after a prompt of some 50 tokens: what 32 tokens take longer than one. The peer
is transformers' own `generate`, sampling with the same temperature and nucleus, in the same process. Perplexities are
of two chapters (tests/data), in windows of 512 tokens, each from its start.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeAlias

import torch

from offchain.config import load_settings
from offchain.generation import Runtime, TextParams
from offchain.generation.text.decoding import Ask, decode
from offchain.generation.text.model import TextModel, load_model
from offchain.generation.text.prompting import prompt_tokens
from tests.bench.report import Row

__all__ = ["perplexity", "rows", "speed"]

GOALS: Final = {1: 20.0, 8: 80.0}
PARAMS: Final = TextParams(max_tokens=32)
PROMPT: Final = "Write a long story about a bookbinder who finds a hidden colophon in an old book. Leave nothing out."
WINDOW: Final = 512
BOOKS: Final = ("alice-in-wonderland-1.txt", "pride-and-prejudice-1.txt")
_DATA: Final = Path(__file__).parents[2] / "data"

Missing: TypeAlias = list[dict[str, str]]


def rows(missing: Missing, campaign: bool = False) -> Iterator[Row]:
    """Speeds alone and in batches of 8, and perplexities over 2,048 tokens a chapter in a campaign, 512 without."""
    torch.set_num_threads(1)
    exact = _model("float32")
    base = perplexity(exact, 2048 if campaign else 512)
    yield _row("perplexity, float32", base, "", "lower", None)
    yield from _speeds(exact, peer=True)
    narrow = _model("int8")
    change = perplexity(narrow, 2048 if campaign else 512) / base - 1
    yield _row("perplexity, int8 against float32", 100 * change, "% more", "lower", 1.0)
    yield from _speeds(narrow, peer=False)
    if not campaign:
        missing.append({"name": "texts in bfloat16", "why": "slow without such instructions; a campaign measures it"})
        return
    half = _model("bfloat16")
    change = perplexity(half, 2048) / base - 1
    yield _row("perplexity, bfloat16 against float32", 100 * change, "% more", "lower", 1.0)
    yield from _speeds(half, peer=False)


def speed(model: TextModel, batch: int) -> float:
    """Tokens per CPU second of `batch` texts at once."""
    prompt = prompt_tokens(model, PROMPT, PARAMS)
    asks = [Ask(prompt, seed) for seed in range(batch)]

    def ours(tokens: int) -> int:
        return sum(len(text.tokens) for text in decode(model.network, asks, replace(PARAMS, max_tokens=tokens)))

    return _per_cpu_second(ours)


def perplexity(model: TextModel, tokens: int) -> float:
    """Of the first `tokens` of each book."""
    lost = [_lost(model, (_DATA / book).read_text(), tokens) for book in BOOKS]
    return math.exp(sum(sum(book) for book in lost) / sum(map(len, lost)))


def _lost(model: TextModel, text: str, tokens: int) -> list[float]:
    """Nats of each token that has another before it in its window."""
    ids = torch.tensor(model.tokenizer(text)["input_ids"][:tokens])
    found: list[float] = []
    with torch.inference_mode():
        for window in ids.split(WINDOW):
            logits = model.network(input_ids=window[None, :-1]).logits[0].double()
            found += (-logits.log_softmax(1).gather(1, window[1:, None])[:, 0]).tolist()
    return found


def _speeds(model: TextModel, *, peer: bool) -> Iterator[Row]:
    for batch, goal in GOALS.items():
        beside = {"transformers": f"{_peer(model, batch):.1f}"} if peer else {}
        name = f"text, {model.dtype}, {batch} at once"
        yield _row(name, speed(model, batch), "tokens / CPU s", "higher", goal, beside)


def _peer(model: TextModel, batch: int) -> float:
    prompt = torch.tensor([prompt_tokens(model, PROMPT, PARAMS)] * batch)

    def theirs(tokens: int) -> int:
        torch.manual_seed(1)
        drawn = {"do_sample": True, "temperature": PARAMS.temperature, "top_p": PARAMS.top_p, "top_k": 0}
        made = model.network.generate(
            input_ids=prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=tokens, **drawn
        )
        ends = model.network.generation_config.eos_token_id
        return int((made[:, prompt.shape[1] :] != ends).sum())  # rows that have ended are filled with it

    return _per_cpu_second(theirs)


def _per_cpu_second(make: Callable[[int], int]) -> float:
    """Of decoding only: the prompt's pass and the first token are in both terms of the difference."""
    make(1)  # compiles
    begun = time.process_time()
    first = make(1)
    between = time.process_time()
    tokens = make(PARAMS.max_tokens)
    ended = time.process_time()
    return (tokens - first) / ((ended - between) - (between - begun))


def _model(dtype: str) -> TextModel:
    return load_model(Runtime(load_settings().model_path, 1, "cpu", dtype))


def _row(
    name: str, value: float, unit: str, better: str, goal: float | None, references: dict[str, str] | None = None
) -> Row:
    rounded = float(f"{value:.4g}")
    return {"name": name, "value": rounded, "unit": unit, "better": better, "goal": goal, "references": references}
