"""Comparing evidence in a confined process, and what comes back from there: plain data, believed only after a check."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, cast, get_args

from offchain.errors import InputError
from offchain.identity.matching import compare
from offchain.identity.matching.features import Decision, Likeness, Medium, Region

__all__ = ["bundled", "judge", "likeness_from_plain"]

_LENGTH_BYTES: Final = 4
_MAX_REGIONS: Final = 20
_MAX_WORDS: Final = 500


def bundled(probe: bytes, registered: bytes) -> bytes:
    """Both evidences as the one file that `judge` reads."""
    return len(probe).to_bytes(_LENGTH_BYTES, "big") + probe + registered


def judge(medium: Medium, pair: Path) -> dict[str, Any] | None:
    """What `compare` says of a bundled pair, as plain data; called in the confined process.

    Raises:
        InputError: `evidence-malformed`.
    """
    data = pair.read_bytes()
    end = _LENGTH_BYTES + int.from_bytes(data[:_LENGTH_BYTES], "big")
    likeness = compare(medium, data[_LENGTH_BYTES:end], data[end:])
    return None if likeness is None else asdict(likeness)


def likeness_from_plain(told: Any) -> Likeness:  # noqa: ANN401 - the word of a process that may have been taken over
    """A likeness from what `judge` returned.

    Raises:
        InputError: `evidence-malformed`, no sound process says this.
    """
    try:
        regions = tuple(
            Region(region["unit"], _numbers(region["here"]), _numbers(region["there"]))
            for region in told["regions"][:_MAX_REGIONS]
        )
        likeness = Likeness(
            decision=cast("Decision", told["decision"]),
            method=_words(told["method"]),
            score=_numbers([told["score"]])[0],
            error_rate=_numbers([told["error_rate"]])[0],
            sentence=_words(told["sentence"]),
            regions=regions,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _malformed() from error
    known = likeness.decision in get_args(Decision) and all(
        region.unit in ("pixel-share", "second", "word") for region in regions
    )
    if not known or not 0 <= likeness.score <= 1:
        raise _malformed()
    return likeness


def _numbers(values: list[Any]) -> tuple[float, ...]:
    numbers = tuple(map(float, values[:4]))
    if not all(map(math.isfinite, numbers)):
        raise ValueError(numbers)
    return numbers


def _words(text: str) -> str:
    if not isinstance(text, str):
        raise TypeError(text)
    return "".join(character for character in text[:_MAX_WORDS] if character.isprintable())


def _malformed() -> InputError:
    return InputError("evidence-malformed", "the comparison gave nonsense", "make the features again")
