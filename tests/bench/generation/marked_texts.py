"""Texts of an exact length by the language model, many seeds of one prompt at a time, marked or not.

The answers do not end by themselves: end tokens are struck out, so that every text has the tokens that a row names.
Each batch is kept under build/bench/texts, by all that it follows from, so that a campaign which was stopped goes on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from offchain.generation.sampling import choose, uniform
from offchain.generation.text.model import TextModel
from offchain.generation.text.params import TextParams
from offchain.generation.text.watermark import Marking, TextMark
from tests.bench.report import FOLDER

__all__ = ["FREE", "PROMPTS", "TOKENS", "Sample", "key", "reread", "sampled", "spelled", "texts"]

TOKENS: Final = 100
FREE: Final = TextParams(max_tokens=TOKENS, temperature=1, top_p=1)
"""The model's own distribution."""

PROMPTS: Final = (
    "Write a short story about a bookbinder who finds a hidden colophon.",
    "Explain to a child how tides work.",
    "Describe a walk through an old town at night.",
    "Write a letter from a lighthouse keeper to his sister.",
    "Tell me about the history of printing.",
    "What should I think about before I buy a used bicycle?",
    "Write an essay about the smell of rain.",
    "Invent a legend about the origin of the violin.",
    "Review a restaurant that does not exist.",
    "Describe an unusual animal and how it lives.",
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One text.

    Attributes:
        tokens: as drawn.
        entropy: of the model's distribution at temperature 1, mean over the draws, nats.
        surprise: −log of the drawn tokens' probabilities there, mean, nats; its exponential is the perplexity.
        mark: what it carries, None for nothing.
    """

    tokens: list[int]
    entropy: float
    surprise: float
    mark: TextMark | None


def key(number: int) -> TextMark:
    """A key that anybody can make again."""
    return TextMark(hashlib.sha256(f"bench {number}".encode()).digest())


def texts(
    model: TextModel, params: TextParams, batch: int, prompts: int, *, first: int, marks: bool = True
) -> list[Sample]:
    """`batch` texts of each of the first `prompts` prompts."""
    made: list[Sample] = []
    for number, prompt in enumerate(PROMPTS[:prompts]):
        seeds = [first + 100 * number + each for each in range(batch)]
        made += sampled(model, prompt, params, seeds, [key(seed) if marks else None for seed in seeds])
    return made


def sampled(
    model: TextModel, prompt: str, params: TextParams, seeds: Sequence[int], marks: Sequence[TextMark | None]
) -> list[Sample]:
    """One text of `params.max_tokens` tokens per seed and mark, all in one batch."""
    asked = [model.manifest.weights, prompt, repr(params), *seeds, *(mark and mark.section() for mark in marks)]
    place = FOLDER / "texts" / f"{hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:16]}.json"
    if not place.exists():
        made = _drawn(model, prompt, params, seeds, marks)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps(made))
    return [Sample(*told, mark) for told, mark in zip(json.loads(place.read_text()), marks, strict=True)]


def _drawn(
    model: TextModel, prompt: str, params: TextParams, seeds: Sequence[int], marks: Sequence[TextMark | None]
) -> list[tuple[list[int], float, float]]:
    """Tokens, entropy and surprise of each text."""
    said = [{"role": "user", "content": prompt}]
    framed: list[int] = model.tokenizer.apply_chat_template(said, add_generation_prompt=True, return_dict=True)[
        "input_ids"
    ]
    ends = model.network.generation_config.eos_token_id
    markings = [None if mark is None else Marking(mark) for mark in marks]
    texts: list[list[int]] = [[] for _ in seeds]
    told = np.zeros((len(seeds), 2))
    feed, cache = torch.tensor([framed] * len(seeds)), None
    for position in range(params.max_tokens):
        logits, cache = _forward(model.network, feed, cache)
        logits[:, ends] = -torch.inf
        for row, (text, seed, marking) in enumerate(zip(texts, seeds, markings, strict=True)):
            bend = None if marking is None else marking(text)
            text.append(choose(logits[row].double().numpy(), params, uniform(seed, position), bend).token)
        told += _told(logits, [text[-1] for text in texts])
        feed = torch.tensor([[text[-1]] for text in texts])
    means = told / params.max_tokens
    return [(text, float(mean[0]), float(mean[1])) for text, mean in zip(texts, means, strict=True)]


def reread(model: TextModel, text: str) -> list[int]:
    """The tokens that a reader of the text finds."""
    tokens: list[int] = model.tokenizer(text, add_special_tokens=False)["input_ids"]
    return tokens


def spelled(model: TextModel, tokens: Sequence[int]) -> str:
    """The text as it would be published."""
    text: str = model.tokenizer.decode(tokens, skip_special_tokens=True)
    return text.strip().rstrip("\ufffd")


@torch.no_grad()
def _forward(network: Any, feed: torch.Tensor, cache: Any) -> tuple[torch.Tensor, Any]:
    out = network(input_ids=feed, past_key_values=cache, use_cache=True, logits_to_keep=1)
    return out.logits[:, -1].float().clone(), out.past_key_values


@torch.no_grad()
def _told(logits: torch.Tensor, drawn: list[int]) -> NDArray[np.float64]:
    """Entropy and surprise of each row, (rows, 2)."""
    logs = logits.log_softmax(-1)
    entropy = torch.special.entr(logs.exp()).sum(-1)
    surprise = -logs.gather(1, torch.tensor(drawn)[:, None])[:, 0]
    told: NDArray[np.float64] = torch.stack([entropy, surprise], 1).double().numpy()
    return told
