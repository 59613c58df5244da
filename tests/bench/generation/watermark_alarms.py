"""False positives of the text watermark: texts without a mark, or with another's, under keys that are not theirs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import torch

from offchain.config import load_settings
from offchain.generation import Runtime
from offchain.generation.text.model import TextModel, load_model
from offchain.generation.text.watermark_detection import CHANCE, detect_tokens
from tests.bench.generation.marked_texts import FREE, TOKENS, key, reread, spelled, texts
from tests.bench.generation.watermark_rows import Missing, found_share, row, spread, wilson
from tests.bench.report import Row

__all__ = ["rows"]

BOOKS: Final = Path(__file__).parents[2] / "data"


def rows(missing: Missing, campaign: bool = False) -> Iterator[Row]:
    """Texts of four sources, each under many keys that are not theirs: 120,000 pairs in a campaign, else 12,000."""
    torch.set_num_threads(1)
    model = load_model(Runtime(load_settings().model_path, threads=1, device="cpu"))
    batch, pairs = (16, 120_000) if campaign else (5, 12_000)
    marked = texts(model, FREE, batch, 1, first=0)
    plain = texts(model, FREE, batch, 1, first=10_000, marks=False)
    sources = {
        "model, unmarked": [reread(model, spelled(model, each.tokens)) for each in plain],
        "model, other keys' marks": [reread(model, spelled(model, each.tokens)) for each in marked],
        "books": pieces(model, "".join(path.read_text() for path in sorted(BOOKS.glob("*.txt")))),
        "program text": pieces(model, (BOOKS.parent / "bench" / "report.py").read_text()),
    }
    z = np.array([each for number, told in enumerate(sources.values()) for each in alarms(told, pairs // 4, number)])
    false = found_share(z)
    facts = {"pairs": len(z), "texts": sum(map(len, sources.values())), "bound by the tail theorem": CHANCE}
    yield row("false positives", false, "of pairs", "lower", 1e-4, wilson(false, len(z)), **facts, **spread(z))
    yield row("false positives at z ≥ 3", float(np.mean(z >= 3)), "of pairs", "lower", normal=0.00135)
    yield row("z of texts without the mark, standard deviation", float(z.std()), "", "lower", mean=round(z.mean(), 4))


def alarms(told: Sequence[Sequence[int]], pairs: int, source: int) -> Iterator[float]:
    for number in range(pairs):
        yield detect_tokens(told[number % len(told)], key(10**9 * (source + 1) + number)).z


def pieces(model: TextModel, text: str) -> list[list[int]]:
    """A long text in pieces of as many tokens as the others have."""
    tokens = reread(model, text)
    return [tokens[at : at + TOKENS] for at in range(0, len(tokens) - TOKENS + 1, TOKENS)]
