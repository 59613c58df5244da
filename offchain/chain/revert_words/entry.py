"""How one custom error is told, and what several of them share."""

from __future__ import annotations

from typing import Final, NamedTuple

from offchain.errors import ColophonError

__all__ = ["HOLDER_ACTS", "INTERNAL", "SIGN_AGAIN", "WAIT_FOR_DISPUTE", "Words", "prefixed"]


class Words(NamedTuple):
    """How a custom error is told; message and remedy are format strings over its named values."""

    kind: type[ColophonError]
    message: str
    remedy: str


INTERNAL: Final = "this call belongs to the contracts themselves; use the public function instead"
SIGN_AGAIN: Final = "ask for fresh typed data and sign again with that account"
HOLDER_ACTS: Final = "send it from the account that holds the title"
WAIT_FOR_DISPUTE: Final = "wait until the dispute is decided"


def prefixed(contract: str, words: dict[str, Words]) -> dict[str, Words]:
    """Words by a contract's error names."""
    return {f"{contract}__{reason}": each for reason, each in words.items()}
