"""What the watermark costs: CPU seconds of marked against unmarked decoding, ours and transformers' own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final

import torch
import transformers

from offchain.config import load_settings
from offchain.generation import Runtime, TextParams
from offchain.generation.text.decoding import Ask, decode
from offchain.generation.text.model import TextModel, load_model
from offchain.generation.text.prompting import prompt_tokens
from offchain.generation.text.watermark import Marking, TextMark
from tests.bench.generation.marked_texts import PROMPTS
from tests.bench.generation.watermark_rows import Missing
from tests.bench.report import Row

__all__ = ["rows"]

PARAMS: Final = TextParams(max_tokens=48, temperature=1, top_p=1)
KEYS: Final = tuple(range(1, 31))  # 30 rounds, as ours
MARK: Final = TextMark(bytes(32))


def rows(missing: Missing, campaign: bool = False) -> Iterator[Row]:
    """CPU seconds a token, in turns, the least of each: what else runs on the machine only adds."""
    torch.set_num_threads(1)
    model = load_model(Runtime(load_settings().model_path, threads=1, device="cpu"))
    rounds = 2 if campaign else 1
    ways: dict[str, Callable[[str, int], int]] = {
        "unmarked": lambda prompt, seed: ours(model, prompt, seed, marked=False),
        "marked": lambda prompt, seed: ours(model, prompt, seed, marked=True),
        "transformers, unmarked": lambda prompt, seed: theirs(model, prompt, seed, marked=False),
        "transformers, marked": lambda prompt, seed: theirs(model, prompt, seed, marked=True),
    }
    for way in ways.values():
        way(PROMPTS[-1], 0)  # what is loaded and cached on first use
    spent = {name: min(seconds(way, number) for number in range(rounds)) for name, way in ways.items()}
    yield _row("marked against unmarked", spent["marked"] / spent["unmarked"], "times", 2, spent)
    peer = spent["transformers, marked"] / spent["transformers, unmarked"]
    yield _row("marked against unmarked, transformers", peer, "times", None, {})


def seconds(way: Callable[[str, int], int], number: int) -> float:
    """CPU seconds a token."""
    begun = time.process_time()
    tokens = way(PROMPTS[number], number)
    return (time.process_time() - begun) / tokens


def ours(model: TextModel, prompt: str, seed: int, *, marked: bool) -> int:
    ask = Ask(prompt_tokens(model, prompt, PARAMS), seed, Marking(MARK) if marked else None)
    (made,) = decode(model.network, [ask], PARAMS)
    return len(made.tokens)


def theirs(model: TextModel, prompt: str, seed: int, *, marked: bool) -> int:
    torch.manual_seed(seed)
    config = transformers.SynthIDTextWatermarkingConfig(ngram_len=5, keys=list(KEYS)) if marked else None
    said = [{"role": "user", "content": prompt}]
    ids = model.tokenizer.apply_chat_template(said, add_generation_prompt=True, return_dict=True, return_tensors="pt")
    free = {"do_sample": True, "temperature": 1.0, "top_p": 1.0, "top_k": 0}
    out = model.network.generate(**ids, **free, max_new_tokens=PARAMS.max_tokens, watermarking_config=config)
    return int(out.shape[1] - ids["input_ids"].shape[1])


def _row(name: str, value: float, unit: str, goal: float | None, spent: dict[str, float]) -> Row:
    told = {"name": f"CPU seconds a token, T = 1, one stream: {name}", "value": float(f"{value:.3g}"), "unit": unit}
    return told | {"better": "lower", "goal": goal, "references": {way: f"{each:.4f} s" for way, each in spent.items()}}
