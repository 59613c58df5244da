"""The text watermark: what of it is found in published texts, after edits, and what it does to perplexity.

All texts have 100 tokens of SmolLM2-135M-Instruct (float32), each with a seed and a key of its own; detection reads the
published text alone. Its cost and its false positives are parts of their own.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
import torch

from offchain.config import load_settings
from offchain.generation import Runtime, TextParams
from offchain.generation.text.model import TextModel, load_model
from offchain.generation.text.watermark import TextMark
from offchain.generation.text.watermark_detection import detect_tokens
from tests.bench.generation.marked_texts import FREE, TOKENS, Sample, reread, spelled, texts
from tests.bench.generation.watermark_rows import Z95, Missing, Scores, found_share, median, row, spread, wilson
from tests.bench.report import Row

__all__ = ["rows"]

USUAL: Final = TextParams(max_tokens=TOKENS)
REPLACED: Final = (0.1, 0.2, 0.3)


def rows(missing: Missing, campaign: bool = False) -> Iterator[Row]:
    """64 texts at temperature 1 in a campaign, 20 without."""
    runtime = Runtime(load_settings().model_path, threads=1, device="cpu")
    torch.set_num_threads(1)
    model = load_model(runtime)
    batch, prompts = (16, 4) if campaign else (5, 4)
    marked = texts(model, FREE, batch, prompts, first=0)
    yield from found(model, marked, "T = 1", goal=0.99)
    yield from by_entropy(model, marked)
    yield from edited(model, marked)
    plain = texts(model, FREE, batch, 1, first=10_000, marks=False)
    yield from quality(marked, plain)
    yield from found(model, texts(model, USUAL, batch, 1, first=20_000), "T = 0.8, top_p = 0.95")


def found(model: TextModel, samples: Sequence[Sample], how: str, goal: float | None = None) -> Iterator[Row]:
    """How many marks are found in the published texts, and what reading their tokens again costs."""
    z = scores(model, samples)
    share = found_share(z)
    facts = {"texts": len(samples), **spread(z), "z ≥ 4": float(np.mean(z >= 4))}
    yield row(f"marks found, {how}", share, "of texts", "higher", goal, wilson(share, len(z)), **facts)
    changed = np.mean([reread(model, spelled(model, each.tokens)) != each.tokens for each in samples])
    drawn = np.array([detect_tokens(each.tokens, carried(each)).z for each in samples])
    name = f"texts whose tokens differ when read again, {how}"
    yield row(name, float(changed), "of texts", "lower", **{"z median of the drawn tokens": median(drawn)})


def by_entropy(model: TextModel, samples: Sequence[Sample]) -> Iterator[Row]:
    """z in the quarters of texts by the model's entropy."""
    ordered = sorted(samples, key=lambda each: each.entropy)
    for low, high in pairwise(range(0, len(ordered) + 1, len(ordered) // 4)):
        quarter = ordered[low:high]
        name = f"z at entropy {1 + 4 * low // len(ordered)}/4, T = 1"
        facts = {"nats a token": f"{quarter[0].entropy:.2f} to {quarter[-1].entropy:.2f}"}
        yield row(name, median(z := scores(model, quarter)), "", "higher", **facts, **spread(z))


def quality(marked: Sequence[Sample], plain: Sequence[Sample]) -> Iterator[Row]:
    """Perplexity under the model that wrote, and what of it the draws themselves made.

    Texts differ in how predictable they are, far more than a mark could change. What a draw adds is its surprise less
    the entropy of the distribution that it came from: 0 on average for a fair draw, whatever the text.
    """
    texts_told = {"marked": marked, "unmarked": plain}
    for how, samples in texts_told.items():
        entropy = float(np.exp(np.mean([each.entropy for each in samples])))
        surprise = np.mean([each.surprise for each in samples])
        facts = {"exp of the mean entropy": round(entropy, 2), "texts": len(samples)}
        yield row(f"perplexity, {how}, T = 1", float(np.exp(surprise)), "", "lower", **facts)
    for how, samples in texts_told.items():
        excess = np.array([each.surprise - each.entropy for each in samples])
        mean, half = float(excess.mean()), Z95 * float(excess.std(ddof=1)) / math.sqrt(len(excess))
        interval = (mean - half, mean + half)
        yield row(f"surprise less entropy, {how}, T = 1", mean, "nats a token", "lower", None, interval)


def edited(model: TextModel, samples: Sequence[Sample]) -> Iterator[Row]:
    """What is found once a share of the words is another text's."""
    chance = random.Random(0)
    words = [spelled(model, each.tokens).split(" ") for each in samples]
    pool = [word for text in words for word in text]
    for part in REPLACED:
        z = np.array(
            [
                detect_tokens(
                    reread(model, " ".join(chance.choice(pool) if chance.random() < part else word for word in text)),
                    carried(sample),
                ).z
                for text, sample in zip(words, samples, strict=True)
            ]
        )
        share = found_share(z)
        yield row(f"marks found after {part:.0%} of words replaced, T = 1", share, "of texts", "higher", **spread(z))


def scores(model: TextModel, samples: Sequence[Sample]) -> Scores:
    return np.array([detect_tokens(reread(model, spelled(model, each.tokens)), carried(each)).z for each in samples])


def carried(sample: Sample) -> TextMark:
    if sample.mark is None:
        raise ValueError("this text carries no mark")
    return sample.mark
