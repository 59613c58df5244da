"""Replaying texts: true records that are refused, and forged ones that pass.

A forged record is that of a text in which one token was replaced, deleted or inserted, and in which all else was made
to agree. Its draws before the edit are those of the true text, so the pass over the true text also judges the edit
itself; only where that passes is the model run over what follows.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from offchain.config import load_settings
from offchain.generation import Generated, Runtime, TextParams
from offchain.generation.sampling import distance, uniform
from offchain.generation.text import TextMark, generate_batch, replay
from offchain.generation.text.decoding import end_tokens
from offchain.generation.text.model import TextModel, load_model
from offchain.generation.text.prompting import prompt_tokens
from offchain.generation.text.replaying import TOLERANCE, judged, teacher_forced
from offchain.generation.text.sealed_tokens import open_tokens
from offchain.generation.text.watermark import Marking
from tests.bench.generation.marked_texts import PROMPTS
from tests.bench.report import Row

__all__ = ["rows"]

TOKENS: Final = 32
EDITS: Final = 20
MARK: Final = TextMark(bytes(32))
WAYS: Final = (
    (TextParams(max_tokens=TOKENS), None),
    (TextParams(max_tokens=TOKENS, temperature=1, top_p=1), MARK),
)
"""The defaults, and the model's own distribution with a watermark."""

Missing: TypeAlias = list[dict[str, str]]
Rows: TypeAlias = list[NDArray[np.float64]]
"""Logits of each draw."""


@dataclass(frozen=True, slots=True)
class Text:
    """A true text, ready to be edited."""

    prompt: list[int]
    tokens: list[int]
    rows: Rows
    params: TextParams
    seed: int
    mark: TextMark | None


def rows(missing: Missing, campaign: bool = False) -> Iterator[Row]:
    """24 texts of 32 tokens, 20 edits each; 8 texts without a campaign."""
    torch.set_num_threads(1)
    model = load_model(runtime := Runtime(load_settings().model_path, threads=1, device="cpu"))
    count = 12 if campaign else 4
    prompts = [PROMPTS[number % len(PROMPTS)] for number in range(count)]
    texts: list[Text] = []
    accepted, worst, spent, made_in = [], 0.0, 0.0, 0.0
    for params, mark in WAYS:
        here, begun = replace(runtime, mark=mark), time.process_time()
        works = generate_batch(prompts, params, range(count), created=0, runtime=here)
        made_in += time.process_time() - begun
        begun = time.process_time()
        pairs = list(zip(works, prompts, strict=True))
        replays = [replay(work.provenance, work.data, prompt, runtime=here) for work, prompt in pairs]
        spent += time.process_time() - begun
        accepted += [each.accepted for each in replays]
        worst = max(worst, *(each.worst for each in replays))
        texts += [taken(model, work, prompt, params, mark) for work, prompt in pairs]
    cost = {"texts": len(texts), "CPU s a replay": round(spent / len(texts), 2)}
    cost |= {"CPU s to make one in a batch": round(made_in / len(texts), 2)}
    yield row("true texts refused", 1 - float(np.mean(accepted)), "of texts", "lower", 0, **cost)
    yield row("largest distance of a true draw", worst, "cumulative probability", "lower", tolerated=1e-4)
    yield from edits(model, texts)


def edits(model: TextModel, texts: list[Text]) -> Iterator[Row]:
    """Each way of editing in turn."""
    chance = random.Random(0)
    tried: Counter[str] = Counter()
    caught: Counter[str] = Counter()
    for text in texts:
        for number in range(EDITS):
            kind = KINDS[number % len(KINDS)]
            edited, position = edit(text, kind, chance)
            tried[kind] += 1
            caught[kind] += refused(model, text, edited, position)
    for kind in KINDS:
        yield row(f"forged texts refused, {kind}", caught[kind] / tried[kind], "of edits", "higher", edits=tried[kind])
    share = caught.total() / tried.total()
    yield row("forged texts refused", share, "of edits", "higher", 0.99, edits=tried.total())


KINDS: Final = ("a token replaced at random", "replaced by a likely one", "deleted", "inserted at random")


def edit(text: Text, kind: str, chance: random.Random) -> tuple[list[int], int]:
    """The edited tokens, and where they begin to differ."""
    position = chance.randrange(len(text.tokens))
    before, old, after = text.tokens[:position], text.tokens[position], text.tokens[position + 1 :]
    new = old
    while new == old:
        new = likely(text.rows[position], chance) if kind == KINDS[1] else chance.randrange(len(text.rows[0]))
    edited = {KINDS[2]: before + after, KINDS[3]: [*before, new, old, *after]}.get(kind, [*before, new, *after])
    same = zip(edited, text.tokens, strict=False)
    return edited, next((at for at, pair in enumerate(same) if pair[0] != pair[1]), len(text.tokens) - 1)


def likely(logits: NDArray[np.float64], chance: random.Random) -> int:
    """One of the ten likeliest tokens."""
    return int(np.argsort(logits)[-1 - chance.randrange(10)])


def refused(model: TextModel, text: Text, edited: list[int], position: int) -> bool:
    """Whether a replay of the edited text is refused."""
    ends = end_tokens(model.network)
    if not 0 < len(edited) <= text.params.max_tokens or not passes(text, edited, position, ends):
        return True
    draws = min(len(edited) + 1, text.params.max_tokens)
    fed = teacher_forced(model.network, text.prompt, edited, draws)
    return not judged(fed, edited, ends, text.params, text.seed, text.mark).accepted


def passes(text: Text, edited: list[int], position: int, ends: frozenset[int]) -> bool:
    """Whether the edited draw itself fits, as `judged` judges it."""
    bend, marking = None, None if text.mark is None else Marking(text.mark)
    for at in range(position + 1):
        bend = None if marking is None else marking(edited[:at])
    wanted, u = edited[position : position + 1] or ends, uniform(text.seed, position)
    gap = min(distance(text.rows[position], text.params, u, token, bend) for token in wanted)
    return gap <= TOLERANCE / min(text.params.temperature, 1)


def taken(model: TextModel, work: Generated, prompt: str, params: TextParams, mark: TextMark | None) -> Text:
    tokens = open_tokens(work.provenance["draws"]["sealed"], work.data)
    asked = prompt_tokens(model, prompt, params)
    logits = list(teacher_forced(model.network, asked, tokens, min(len(tokens) + 1, params.max_tokens)))
    return Text(asked, tokens, logits, params, int(work.provenance["seed"]), mark)


def row(name: str, value: float, unit: str, better: str, goal: float | None = None, **references: object) -> Row:
    told = {"name": f"replay: {name}", "value": float(f"{value:.4g}"), "unit": unit, "better": better, "goal": goal}
    return told | {"references": references}
