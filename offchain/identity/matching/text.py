"""Text: sampled runs of five words (winnowing), compared by the passages in which they line up.

Of every `window` grams in a row the one with the least hash is filed (Schleimer, Wilkerson and Aiken, Winnowing: local
algorithms for document fingerprinting, SIGMOD 2003), so any verbatim excerpt of k·window + 4 words shares at least k
terms with its source. The window is 8, less for texts under 200 words, and wider for long ones, so that the evidence of
a work stays under 64 KiB: 16 at 100,000 words, 98 at 640,000. Up to there any 200 words shared verbatim are two terms
and found; beyond, it takes two windows and 4 words. A probe keeps every gram it has (one in 4.5 above 4,096), which
holds whatever was filed for its source wherever the words themselves survive.
"""

from __future__ import annotations

import struct
import unicodedata
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from offchain.errors import InputError
from offchain.identity.matching.features import Decision, Features, Likeness, Probe, Region
from offchain.identity.matching.passages import Passage, covered, passages, shared
from offchain.identity.matching.words import GRAM_WORDS, Words, words

__all__ = ["MIN_WORDS", "compare", "excerpt", "features", "probe"]

MIN_WORDS: Final = 26
"""Words below which a text has no features: too few grams to tell a quotation from a work."""

_WINDOW: Final = 8
_GRAMS_OF_A_SHORT_TEXT: Final = 25
"""A text under 8 times as many words is filed by at least twice as many grams."""
_MAX_EVIDENCE: Final = 65_536
_WHOLE_PROBE: Final = 4_096
_MIN_TERMS: Final = 2

_HEAD: Final = struct.Struct("<BxHIIf")
_VERSION: Final = 1
_HASH_BYTES: Final = 4
_POSITION_BITS: Final = 24
_POSITIONS: Final = np.uint64(2**_POSITION_BITS - 1)

_LEAST_SHARE: Final = 0.25
"""Words to a token where every character is one (see `words`); less is damage, and would open boundless gaps."""

_GAP: Final = 64
"""Words between two grams of one passage, beside four windows: where a fifth of the words was replaced, one gram in
three survives."""
_SPARSE_WINDOW: Final = 32
"""Above this window two grams in line are a passage, below it three."""
_MIN_PASSAGE: Final = 16
_SAME_SHARE: Final = 0.9
_SAME_AGREEMENT: Final = 0.98
_EXCERPT_SHARE: Final = 0.5
_DERIVED_SHARE: Final = 0.2
_DERIVED_WORDS: Final = 50
_CHAPTER_WORDS: Final = 1_000
_MAX_REGIONS: Final = 20

_ERROR_RATES: Final[dict[Decision, float]] = {"same": 6.6e-6, "derived": 6.6e-6, "similar": 2.9e-5}
"""Technical manuals, the worse of two genres: of 559,000 pairs none was called derived, and 8 similar for what they
do quote. Of 3,856,192 pairs from books of prose none was called anything."""


@dataclass(frozen=True, slots=True)
class _Evidence:
    """Sampled grams of a text: `hashes` (n,) uint32 at `positions` (n,) int64 of `tokens` tokens."""

    window: int
    tokens: int
    share: float
    positions: NDArray[np.int64]
    hashes: NDArray[np.uint32]

    @property
    def gram(self) -> int:
        """Tokens that a gram spans."""
        return _in_tokens(GRAM_WORDS, self.share)


def features(text: str) -> Features | None:
    """What a text is filed under; None if it has fewer than `MIN_WORDS` words. Evidence is at most 64 KiB."""
    found = words(unicodedata.normalize("NFKC", text))
    if not _telling(found):
        return None
    window = _filing_window(found)
    positions = _winnowed(found.grams, window)
    while len(evidence := _evidence(found, window, positions)) > _MAX_EVIDENCE:
        window += max(1, window // 16)
        positions = _winnowed(found.grams, window)
    return Features("text", (), np.unique(found.grams[positions]), evidence)


def probe(text: str) -> Probe | None:
    """What a text is looked up by; None if it has fewer than `MIN_WORDS` words."""
    found = words(unicodedata.normalize("NFKC", text))
    if not _telling(found):
        return None
    window = 1 if len(found) * found.share <= _WHOLE_PROBE else _in_tokens(_WINDOW, found.share)
    positions = _winnowed(found.grams, window)
    terms = np.unique(found.grams[positions])
    return Probe("text", (), 0, terms, _MIN_TERMS, _evidence(found, window, positions))


def compare(probe: bytes, registered: bytes) -> Likeness | None:
    """Decide from a probe's evidence and a work's evidence; None when they share no passage.

    `same`: one passage covers nine tenths of both texts, and at most one word in fifty differs. `derived`: the passages
    cover half of either text, or a fifth of it and 50 words, or 1,000 words. A smaller quotation is `similar`.

    Raises:
        InputError: `evidence-malformed`.
    """
    here, there = _read(probe), _read(registered)
    found = _passages(here, there)
    if not found:
        return None
    words_here, words_there = _extent(found)
    agreement = _agreement(here, there, found)
    decision = _decision(here, there, found, agreement)
    return Likeness(
        decision,
        "word-5-grams",
        max(words_here / here.tokens, words_there / there.tokens) * agreement,
        _ERROR_RATES[decision],
        f"{words_here} of its {here.tokens} words run parallel to {words_there} of the work's {there.tokens}, "
        f"and about {agreement:.0%} of them agree",
        tuple(
            Region("word", (passage.here, passage.here_end), (passage.there, passage.there_end))
            for passage in found[:_MAX_REGIONS]
        ),
    )


def excerpt(probe_text: str, registered_text: str, likeness: Likeness) -> tuple[tuple[str, str], ...]:
    """The passages of a likeness side by side, as (in the probe, in the registered work), both normalised to NFKC.

    Raises:
        InputError: `text-other`, a region lies outside the texts: they are not those that were compared.
    """
    normalised = [unicodedata.normalize("NFKC", text) for text in (probe_text, registered_text)]
    here, there = (words(text) for text in normalised)
    return tuple(
        (_quoted(normalised[0], here, region.here), _quoted(normalised[1], there, region.there))
        for region in likeness.regions
    )


def _telling(found: Words) -> bool:
    return len(found) * found.share >= MIN_WORDS and len(found.grams) > 0


def _in_tokens(window: int, share: float) -> int:
    return max(1, round(window / share))


def _filing_window(found: Words) -> int:
    """Grams of which at least one is filed."""
    grams = min(len(found.grams), 2**_POSITION_BITS)
    window = min(_WINDOW, max(1, int(grams * found.share) // _GRAMS_OF_A_SHORT_TEXT))
    # Winnowing keeps 2 / (window + 1) of random grams (Schleimer et al., §3).
    return max(_in_tokens(window, found.share), 2 * grams * (_HASH_BYTES + 1) // _MAX_EVIDENCE)


def _winnowed(grams: NDArray[np.uint64], window: int) -> NDArray[np.int64]:
    """Positions, ascending, of the least gram of every `window` in a row, the last of several equal ones.

    Only the first 2^24 grams (a hundred novels) count.
    """
    grams = grams[: 2**_POSITION_BITS]
    window = min(window, len(grams))
    backwards = _POSITIONS - np.arange(len(grams), dtype=np.uint64)
    least = (grams & ~_POSITIONS) | backwards
    spanned = 1
    while spanned < window:
        step = min(spanned, window - spanned)
        least = np.minimum(least[:-step], least[step:])
        spanned += step
    return (_POSITIONS - np.unique(least & _POSITIONS)[::-1]).astype(np.int64)


def _evidence(found: Words, window: int, positions: NDArray[np.int64]) -> bytes:
    """Head, then the gaps between positions, none above `window`, then the upper halves of the grams."""
    gaps = np.diff(positions, prepend=0).astype(_gap_type(window))
    hashes = (found.grams[positions] >> np.uint64(32)).astype("<u4")
    head = _HEAD.pack(_VERSION, window, len(found), len(positions), found.share)
    return head + gaps.tobytes() + hashes.tobytes()


def _gap_type(window: int) -> str:
    return "<u1" if window < 2**8 else "<u2"


def _read(evidence: bytes) -> _Evidence:
    if len(evidence) < _HEAD.size or evidence[0] != _VERSION:
        raise _malformed("it is no evidence of a text in a format known here")
    _, window, tokens, count, share = _HEAD.unpack_from(evidence)
    gap = np.dtype(_gap_type(window))
    hashes_at = _HEAD.size + gap.itemsize * count
    if len(evidence) != hashes_at + _HASH_BYTES * count or not (count and window and _LEAST_SHARE <= share <= 1):
        raise _malformed("its length or its head is wrong")
    gaps = np.frombuffer(evidence, dtype=gap, count=count, offset=_HEAD.size)
    hashes = np.frombuffer(evidence, dtype="<u4", count=count, offset=hashes_at)
    positions = np.cumsum(gaps, dtype=np.int64)
    if positions[-1] >= tokens:
        raise _malformed("a position lies beyond its text")
    return _Evidence(window, tokens, share, positions, hashes)


def _passages(here: _Evidence, there: _Evidence) -> list[Passage]:
    rows, others = shared(here.hashes, there.hashes)
    positions, positions_there = here.positions[rows], there.positions[others]
    order = np.lexsort((positions_there, positions))
    window = max(here.window, there.window)
    return [
        passage
        for passage in passages(
            zip(positions[order].tolist(), positions_there[order].tolist(), strict=True),
            gram=there.gram,
            gap=_in_tokens(_GAP, there.share) + 4 * window,
            fewest=2 if window * there.share > _SPARSE_WINDOW else 3,
        )
        if passage.length * there.share >= _MIN_PASSAGE
    ]


def _agreement(here: _Evidence, there: _Evidence, found: list[Passage]) -> float:
    """Share of words that agree inside the passages, of which a gram needs all to survive."""
    # Most grams of the side that was sampled more finely cannot be met.
    coarse, fine = (here, there) if here.window > there.window else (there, here)
    ranges = sorted(
        (passage.here, passage.here_end) if coarse is here else (passage.there, passage.there_end) for passage in found
    )
    starts, ends = np.array(ranges, dtype=np.int64).T
    last = np.searchsorted(starts, coarse.positions, "right") - 1
    inside = (last >= 0) & (coarse.positions + coarse.gram <= np.maximum.accumulate(ends)[last])
    met = np.isin(coarse.hashes[inside], fine.hashes)
    return float(np.mean(met) ** (1 / GRAM_WORDS))


def _decision(here: _Evidence, there: _Evidence, found: list[Passage], agreement: float) -> Decision:
    longest = found[0].length / max(here.tokens, there.tokens)
    if longest >= _SAME_SHARE and agreement >= _SAME_AGREEMENT:
        return "same"
    words_here, words_there = _extent(found)
    share = max(words_here / here.tokens, words_there / there.tokens)
    length = min(words_here * here.share, words_there * there.share)
    if share >= _EXCERPT_SHARE or (share >= _DERIVED_SHARE and length >= _DERIVED_WORDS) or length >= _CHAPTER_WORDS:
        return "derived"
    return "similar"


def _extent(found: list[Passage]) -> tuple[int, int]:
    """Tokens of the probe and of the registered work that lie in shared passages."""
    return (
        covered([(passage.here, passage.here_end) for passage in found]),
        covered([(passage.there, passage.there_end) for passage in found]),
    )


def _quoted(text: str, found: Words, region: tuple[float, ...]) -> str:
    start, end = int(region[0]), int(region[1])
    if not 0 <= start < end <= len(found):
        raise InputError("text-other", "a shared passage lies outside this text", "pass the texts that were compared")
    return text[int(found.starts[start]) : int(found.ends[end - 1])]


def _malformed(what: str) -> InputError:
    return InputError("evidence-malformed", f"this evidence cannot be read: {what}", "make the features again")
