"""The watermark of texts: SynthID's tournament sampling, keyed per creator (Dathathri et al. 2024, Nature 634, 818).

Each token is drawn from a distribution that a tournament bends, by bits that depend on the key, on the four tokens
before it and on the token itself: whoever holds the key finds too many set bits in the text, and nobody else sees
anything. A context that the text had before is not marked again (repeated-context masking), nor are the first four
tokens, whose context is the prompt, which a reader of the text does not have. docs/decisions/0037 says what it
withstands and what not.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from offchain.errors import InputError
from offchain.generation.provenance import Record, require_same, sha256_text
from offchain.generation.text.params import TextParams

if TYPE_CHECKING:
    from offchain.generation.text.watermark_tournament import Tournament

__all__ = [
    "CONTEXT",
    "SCHEME",
    "Contexts",
    "Marking",
    "TextMark",
    "check_markable",
    "creator_mark",
    "recorded_mark",
]

CONTEXT: Final = 4
"""Tokens before a token that decide its bits; the paper's choice."""

SCHEME: Final = "synthid-text/1"
"""Names contexts, rounds, hashes and stream in a record; another choice of any of them is another scheme."""

_KEY_BYTES: Final = 32
_CREATOR: Final = b"colophon text mark of "
_ID: Final = b"colophon text mark id"


@dataclass(frozen=True, slots=True)
class TextMark:
    """What one creator's texts are marked with.

    Attributes:
        key: 32 secret bytes. Whoever has them finds the mark, and can make texts that carry it.

    Raises:
        InputError: `mark-key-malformed`: a key of another length.
    """

    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.key) != _KEY_BYTES:
            raise InputError(
                "mark-key-malformed", f"the mark key has {len(self.key)} bytes, not {_KEY_BYTES}", "give 32 bytes"
            )

    def section(self) -> Record:
        """What a record says of it: the scheme, and a commitment to the key that does not give it away."""
        return {"scheme": SCHEME, "key_id": sha256_text(_ID + self.key)}

    def start(self, context: Sequence[int]) -> int:
        """The keyed hash of a context, 64 bits."""
        told = b"".join(token.to_bytes(4, "big") for token in context)
        return int.from_bytes(hmac.digest(self.key, told, "sha256")[:8], "big")


def creator_mark(secret: bytes, creator: str) -> TextMark:
    """The mark of one creator's texts, from the secret of the service's marks.

    Args:
        secret: the service's mark key; it never leaves the service, a creator may be given his own.
        creator: account, `0x` and 40 hex digits in any case.

    Raises:
        InputError: `account-malformed`.
    """
    try:
        account = bytes.fromhex(creator.removeprefix("0x"))
    except ValueError:
        account = b""
    if len(account) != 20:
        raise InputError("account-malformed", f"{creator!r} is no account", "write 0x and 40 hex digits")
    return TextMark(hmac.digest(secret, _CREATOR + account, "sha256"))


def check_markable(params: TextParams, mark: TextMark | None) -> None:
    """Accept parameters that leave a mark room.

    Raises:
        InputError: `mark-needs-chance`: at temperature 0 there is nothing to choose.
    """
    if mark is not None and params.temperature == 0:
        raise InputError(
            "mark-needs-chance", "a text at temperature 0 cannot carry a watermark", "raise it, or leave the mark out"
        )


def recorded_mark(stated: object, mark: TextMark | None) -> TextMark | None:
    """The mark that a text was made with.

    Args:
        stated: the record's section `mark`, None where it has none.
        mark: the creator's; not needed where the text carries none.

    Raises:
        InputError: `mark-key-missing`.
        RefusedError: `provenance-mismatch`: another key, or another scheme.
    """
    if stated is None:
        return None
    if mark is None:
        raise InputError("mark-key-missing", "the text carries a watermark", "give the key of its creator's marks")
    require_same("mark", stated, mark.section())
    return mark


class Contexts:
    """Which positions of a text carry the mark: those with a whole context that the text did not have before."""

    def __init__(self) -> None:
        self._seen: set[tuple[int, ...]] = set()

    def fresh(self, before: Sequence[int]) -> tuple[int, ...] | None:
        """The context of the position behind the tokens `before`, None where it is not marked; call once a position."""
        context = tuple(before[-CONTEXT:])
        if len(context) < CONTEXT or context in self._seen:
            return None
        self._seen.add(context)
        return context

    def marked(self, tokens: Sequence[int]) -> Iterator[tuple[tuple[int, ...], int]]:
        """The marked positions of a whole text, each as context and token."""
        for position in range(CONTEXT, len(tokens)):
            context = self.fresh(tokens[position - CONTEXT : position])
            if context is not None:
                yield context, tokens[position]


class Marking:
    """Marks one text while it is drawn."""

    def __init__(self, mark: TextMark) -> None:
        self._mark = mark
        self._contexts = Contexts()

    def __call__(self, tokens: Sequence[int]) -> Tournament | None:
        """How the draw after the answer's `tokens` is bent; None where it is not. Call once a position, in order."""
        from offchain.generation.text.watermark_tournament import Tournament

        context = self._contexts.fresh(tokens)
        return None if context is None else Tournament(self._mark.start(context))
