"""Edits that a text goes through before it is met again, each a function of its words and a seeded source of chance."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Sequence
from typing import Final

__all__ = ["EDITS", "Edit"]

Edit = Callable[[list[str], "Others", random.Random], str]
Others = Sequence[list[str]]
"""Words of works of other sources."""

_PARAGRAPH: Final = 60
_UNPUNCTUATED: Final = str.maketrans(string.punctuation, " " * len(string.punctuation))
_TYPOGRAPHIC: Final = str.maketrans({"'": "’", '"': "”", "-": "–"})


def excerpt(share: float) -> Edit:
    def edit(words: list[str], _: Others, chance: random.Random) -> str:
        size = round(len(words) * share)
        start = chance.randrange(len(words) - size + 1)
        return " ".join(words[start : start + size])

    return edit


def substituted(share: float) -> Edit:
    def edit(words: list[str], _: Others, chance: random.Random) -> str:
        """By other words of the same text: nonsense words would be no harder to see through."""
        edited = list(words)
        for at in chance.sample(range(len(words)), round(len(words) * share)):
            edited[at] = chance.choice(words)
        return " ".join(edited)

    return edit


def reordered(words: list[str], _: Others, chance: random.Random) -> str:
    paragraphs = [words[at : at + _PARAGRAPH] for at in range(0, len(words), _PARAGRAPH)]
    chance.shuffle(paragraphs)
    return "\n\n".join(" ".join(paragraph) for paragraph in paragraphs)


def restyled(words: list[str], _: Others, chance: random.Random) -> str:
    """Another case, no punctuation, other white space."""
    bare = " ".join(words).upper().translate(_UNPUNCTUATED)
    return "".join(chance.choice("\t\n ") + word for word in bare.split())


def marked_up(words: list[str], _: Others, chance: random.Random) -> str:
    """Typographic quotes and dashes, Markdown's emphasis, headings and quotations."""
    marks = ("*{}*", "__{}__", "`{}`", "\n\n## {}", "\n> {}")
    return " ".join(
        chance.choice(marks).format(word) if chance.random() < 0.1 else word.translate(_TYPOGRAPHIC) for word in words
    )


def mixed(words: list[str], others: Others, chance: random.Random) -> str:
    """Its first half behind the first half of another work."""
    other = chance.choice(others)
    return " ".join(other[: len(other) // 2] + words[: len(words) // 2])


def misread(words: list[str], _: Others, chance: random.Random) -> str:
    """Like optical recognition: 2 % of letters wrong, 1 % of spaces lost, 1 % of words split."""
    read = []
    for word in words:
        letters = [chance.choice(string.ascii_lowercase) if chance.random() < 0.02 else letter for letter in word]
        if chance.random() < 0.01:
            letters.insert(len(letters) // 2, " ")
        read.append("".join(letters) + ("" if chance.random() < 0.01 else " "))
    return "".join(read)


EDITS: Final[dict[str, Edit]] = {
    "unedited": excerpt(1),
    "case, punctuation, white space": restyled,
    "quotes and markup": marked_up,
    "excerpt of 50 %": excerpt(0.5),
    "excerpt of 20 %": excerpt(0.2),
    "excerpt of 10 %": excerpt(0.1),
    "5 % of words substituted": substituted(0.05),
    "10 % of words substituted": substituted(0.10),
    "20 % of words substituted": substituted(0.20),
    "30 % of words substituted": substituted(0.30),
    "paragraphs reordered": reordered,
    "half of two works": mixed,
    "misread letters and spaces": misread,
}
