"""What a quoted price rests on, as one digest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256

import rfc8785

__all__ = ["Basis", "canonical_hash"]


@dataclass(frozen=True, slots=True)
class Basis:
    """What a quoted price rests on; a signed quote carries its digest.

    Attributes:
        model_hash: `0x` and sha256 of the pricing problem whose certificate proves the price.
        epoch: number of the epoch that held, or None before the first.
        duals_hash: `0x` and sha256 of that epoch's multipliers, or None.
    """

    model_hash: str
    epoch: int | None = None
    duals_hash: str | None = None

    def digest(self) -> bytes:
        """32 bytes: sha256 of the canonical JSON of all three; without an epoch the model hash itself."""
        told = self.model_hash if self.epoch is None else canonical_hash(asdict(self))
        return bytes.fromhex(told.removeprefix("0x"))


def canonical_hash(document: Mapping[str, object]) -> str:
    """`0x` and the sha256 of a document's canonical JSON (RFC 8785)."""
    return "0x" + sha256(rfc8785.dumps(document)).hexdigest()  # type: ignore[arg-type]  # its JSON type is private
