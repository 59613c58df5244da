"""Finding a text's watermark: from the text, the key and the model's tokenizer; no model, no prompt, no record.

The score is the weighted mean of the bits at every marked position, early rounds counting more, since later ones have
less chance left to choose from (Dathathri et al. 2024, methods, "weighted mean"). For a text that was not made with
this key each bit is set with probability ½, independently, whatever the text says: so much is the claim of a keyed
hash, and so little about texts needs to be assumed. The score's mean and variance are then exact, and its tail is
bounded by Bentkus and Dzindzalieta (2015), Bernoulli 21(2), theorem 1.1: P(S ≥ z·σ) ≤ 3.18·P(N ≥ z) for any
weighted sum of independent signs.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from offchain.errors import InputError
from offchain.generation.text.watermark import Contexts, TextMark

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["CHANCE", "Detection", "chance_of", "detect", "detect_tokens"]

CHANCE: Final = 1e-4
"""Largest chance of an accident at which a mark counts as found, for one text and one key: z is 4.002 there."""

_TAIL: Final = 1 / (2 * math.erfc(1))  # 1 / (4·P(N ≥ √2)) = 3.178…, the theorem's constant


@dataclass(frozen=True, slots=True)
class Detection:
    """What a text says under one key.

    Attributes:
        found: whether `chance` is at most `CHANCE`.
        z: standard deviations by which the score exceeds that of a text without this mark.
        chance: at most so likely does a text without this mark score as high; of k keys tried, k times as likely.
        tokens: positions that count; a text of few says little.
    """

    found: bool
    z: float
    chance: float
    tokens: int


def detect(text: str, mark: TextMark, tokenizer: Path) -> Detection:
    """Look for a creator's mark in a text.

    Args:
        text: as published; stripped ends and later additions do no harm, only what was rewritten is lost.
        mark: whose mark.
        tokenizer: `tokenizer.json` of the model that the text is supposed to come from.

    Raises:
        InputError: `tokenizer-unreadable`.
    """
    return detect_tokens(_tokenizer(tokenizer).encode(text, add_special_tokens=False).ids, mark)


def _tokenizer(path: Path) -> Tokenizer:
    from tokenizers import Tokenizer

    try:
        told = path.read_text()
        json.loads(told)  # the library tells no error of its own from others
    except (OSError, ValueError) as error:
        raise InputError(
            "tokenizer-unreadable", f"{path} is missing or is no tokenizer", "name the tokenizer.json of the model"
        ) from error
    return Tokenizer.from_str(told)


def detect_tokens(tokens: Sequence[int], mark: TextMark) -> Detection:
    """As `detect`, for a text in tokens."""
    import numpy as np

    from offchain.generation.text.watermark_tournament import LAYERS, layer_bits, words

    marked = [(mark.start(context), token) for context, token in Contexts().marked(tokens)]
    if not marked:
        return Detection(found=False, z=0.0, chance=1.0, tokens=0)
    starts, drawn = (np.array(each, dtype=np.uint64) for each in zip(*marked, strict=True))
    weights = np.arange(LAYERS, 0, -1, dtype=np.float64)
    signs = 2.0 * layer_bits(words(starts, drawn)) - 1.0
    z = float((signs @ weights).sum() / math.sqrt(len(marked) * (weights @ weights)))
    return Detection(chance_of(z) <= CHANCE, z, chance_of(z), len(marked))


def chance_of(z: float) -> float:
    """At most so likely does a text without the mark score `z` or more."""
    return min(1.0, _TAIL * math.erfc(z / math.sqrt(2)) / 2)
