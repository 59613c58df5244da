"""Words of a text and the short runs of words that it is recognised by, whatever its language, case and punctuation.

Text is compared after NFKC and case folding (Unicode Standard Annex 15 and §3.13); invisible format characters are
dropped, so that soft hyphens and zero-width spaces hide nothing. A word is a run of letters, digits and marks. Scripts
without spaces have no such runs: there each character is a token of its own, and a gram is as many of them as usually
write five words.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from offchain.identity.mixing import mixed

__all__ = ["GRAM_WORDS", "Words", "words"]

GRAM_WORDS: Final = 5
"""Words that one gram spans."""

_SEPARATOR, _WORD, _IDEOGRAPH, _UNSPACED, _INVISIBLE = range(5)
_GRAM_TOKENS: Final = {_WORD: GRAM_WORDS, _IDEOGRAPH: 8, _UNSPACED: 20}
"""Tokens of a gram by the script that it begins in: an English word is about 1.6 Chinese characters, 4 Thai ones."""

_IDEOGRAPHS: Final = ((0x3005, 0x3007), (0x3041, 0x30FF), (0x31F0, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF))
_IDEOGRAPHS_BEYOND: Final = 0x20000
"""The supplementary and tertiary ideographic planes (Unicode Standard §2.8)."""
_UNSPACED_SCRIPTS: Final = ((0x0E00, 0x0EFF), (0x0F40, 0x0FBC), (0x1000, 0x109F), (0x1780, 0x17D3), (0x1950, 0x19DF))
"""Thai, Lao, Tibetan, Myanmar, Khmer, Tai Le and New Tai Lue, vowel signs included."""

_BLOCK: Final = 2**20
_BASE: Final = 0x9E3779B97F4A7C15  # odd, so that its powers never vanish modulo 2^64
_LONGEST: Final = 64
"""Characters of a word that count; what is longer is no word but a dump of data."""


@dataclass(frozen=True, slots=True)
class Words:
    """A text as numbers; n tokens and m grams.

    Attributes:
        starts: (n,) int64, where each token begins, in characters of the normalised text.
        ends: (n,) int64, behind its last character.
        grams: (m,) uint64, hash of the gram that begins at each token; the last tokens begin none.
        share: words that one token stands for on average, 1 where all words are spaced.
    """

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    grams: NDArray[np.uint64]
    share: float

    def __len__(self) -> int:
        return len(self.starts)


def words(normalised: str) -> Words:
    """Split text that has been normalised to NFKC; O(characters) in time, about 35 bytes a token in memory."""
    found = [_tokens(start, block) for start, block in _blocks(normalised)]
    starts, ends, hashes, kinds = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return Words(starts, ends, _grams(hashes, kinds), _share(kinds))


def _blocks(text: str) -> Iterator[tuple[int, str]]:
    """A text in blocks of bounded size, each with its start, parted at white space where there is some."""
    start = 0
    while len(text) - start > _BLOCK:
        end = 1 + max(text.rfind(space, start, start + _BLOCK) for space in " \n")
        end = end if end > start else start + _BLOCK
        yield start, text[start:end]
        start = end
    yield start, text[start:]


def _tokens(
    offset: int, block: str
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint64], NDArray[np.uint8]]:
    """Start, end, hash and class of each token."""
    folded, origins = _case_folded(block)
    characters = np.frombuffer(folded.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    classes = _classes(characters)
    seen = np.flatnonzero(classes != _INVISIBLE)
    characters, classes = characters[seen], classes[seen]
    first = _token_starts(classes)
    starts = np.flatnonzero(first)
    hashes, lengths = _token_hashes(characters, classes, first)
    origins = seen if origins is None else origins[seen]
    return offset + origins[starts], offset + origins[starts + lengths - 1] + 1, hashes, classes[first]


def _case_folded(text: str) -> tuple[str, NDArray[np.int64] | None]:
    """Folded text and, where folding changed its length (ß to ss), the origin of each of its characters."""
    folded = text.casefold()
    if len(folded) == len(text):
        return folded, None
    lengths = np.fromiter((len(character.casefold()) for character in text), dtype=np.int64, count=len(text))
    return folded, np.repeat(np.arange(len(text)), lengths)


def _classes(characters: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """Class of each character, looked up once for each that occurs."""
    if not len(characters):
        return np.empty(0, dtype=np.uint8)
    table = np.zeros(int(characters.max()) + 1, dtype=np.uint8)
    for occurring in np.flatnonzero(np.bincount(characters)).tolist():
        table[occurring] = _class(occurring)
    return table[characters]


def _class(code_point: int) -> int:
    category = unicodedata.category(chr(code_point))
    if category == "Cf":
        return _INVISIBLE
    if category[0] not in "LNM":
        return _SEPARATOR
    if any(low <= code_point <= high for low, high in _UNSPACED_SCRIPTS):
        return _UNSPACED
    if code_point >= _IDEOGRAPHS_BEYOND or any(low <= code_point <= high for low, high in _IDEOGRAPHS):
        return _IDEOGRAPH
    return _WORD


def _token_starts(classes: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where a token begins: at every unspaced character, and where a run of letters does."""
    before = np.concatenate([np.zeros(1, dtype=np.uint8), classes[:-1]]) if len(classes) else classes
    alone = (classes == _IDEOGRAPH) | (classes == _UNSPACED)
    result: NDArray[np.bool_] = alone | ((classes == _WORD) & (before != _WORD))
    return result


def _token_hashes(
    characters: NDArray[np.uint32], classes: NDArray[np.uint8], first: NDArray[np.bool_]
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Polynomial hash (Karp and Rabin, 1987) of each token modulo 2^64, and its length in characters."""
    inside = classes != _SEPARATOR
    if not inside.any():
        return np.empty(0, dtype=np.uint64), np.empty(0, dtype=np.int64)
    starts = np.flatnonzero(first[inside])
    lengths = np.diff(starts, append=np.count_nonzero(inside))
    place = np.arange(np.count_nonzero(inside)) - np.repeat(starts, lengths)
    values = mixed(characters[inside].astype(np.uint64)) * _powers(_LONGEST)[np.minimum(place, _LONGEST - 1)]
    values[place >= _LONGEST] = 0
    return mixed(np.add.reduceat(values, starts)), lengths


def _grams(hashes: NDArray[np.uint64], kinds: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Hash of the gram that begins at each token, as far as a whole one does."""
    grams = np.zeros_like(hashes)
    whole = np.zeros(len(hashes), dtype=np.bool_)
    for kind, size in _GRAM_TOKENS.items():
        begun = np.flatnonzero(kinds == kind)
        begun = begun[begun + size <= len(hashes)]
        powers = _powers(size)
        for step in range(size if len(begun) else 0):
            grams[begun] += hashes[begun + step] * powers[step]
        whole[begun] = True
    # Scripts that mix at the very end could leave a hole: only what comes before it counts.
    count = len(hashes) if whole.all() else int(np.argmin(whole))
    return mixed(grams[:count])


def _powers(count: int) -> NDArray[np.uint64]:
    return np.cumprod(np.array([1] + [_BASE] * (count - 1), dtype=np.uint64), dtype=np.uint64)


def _share(kinds: NDArray[np.uint8]) -> float:
    if not len(kinds):
        return 1.0
    counts = np.bincount(kinds, minlength=_INVISIBLE)
    return float(sum(counts[kind] * GRAM_WORDS / size for kind, size in _GRAM_TOKENS.items()) / len(kinds))
