"""What a work is found and compared by once it has been edited, whatever its medium."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["CODE_BYTES", "Decision", "Features", "Likeness", "Matcher", "Medium", "Probe", "Region"]

CODE_BYTES = 32
"""Length of the codes that a Hamming index holds: 256 bits."""

Medium = Literal["text", "image", "audio", "video"]
Decision = Literal["same", "derived", "similar"]
Content_contra = TypeVar("Content_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Features:
    """What one work is filed under. A featureless work (silence, a blank image, a few words) has no features at all.

    Attributes:
        medium: works of one medium are compared with each other only.
        codes: for the Hamming index, `CODE_BYTES` bytes each.
        terms: for the term index, uint64, sorted, without repetition.
        evidence: what `compare` reads; a format of the medium's own, with its version in the first byte.
    """

    medium: Medium
    codes: tuple[bytes, ...]
    terms: NDArray[np.uint64]
    evidence: bytes


@dataclass(frozen=True, slots=True)
class Probe:
    """What a file is looked up by.

    Attributes:
        medium: see `Features`.
        codes: 256-bit codes of the file and of its views (mirrored, cropped, another speed).
        radius: bits, inclusive, within which a filed code makes its work a candidate.
        terms: uint64, sorted, without repetition.
        min_terms: terms that a work must share to be a candidate.
        evidence: what `compare` reads; may hold several views.
    """

    medium: Medium
    codes: tuple[bytes, ...]
    radius: int
    terms: NDArray[np.uint64]
    min_terms: int
    evidence: bytes


@dataclass(frozen=True, slots=True)
class Region:
    """Where two works agree, in the file and in the registered work.

    Attributes:
        unit: `pixel-share` (left, top, right, bottom, each 0 to 1), `second` or `word` (start, end).
        here: in the file.
        there: in the registered work.
    """

    unit: Literal["pixel-share", "second", "word"]
    here: tuple[float, ...]
    there: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Likeness:
    """Why a file is held to come from a registered work.

    Attributes:
        decision: `same` content in another encoding, `derived` from it, or only `similar` to it.
        method: what found it, e.g. `sift-ransac`, `word-5-grams`, `chromaprint-alignment`.
        score: 0 to 1, comparable within one method only.
        error_rate: share of unrelated pairs that reach this decision, as `make bench-identity` measured it (upper end
            of the 95 % interval).
        sentence: the finding for a reader, e.g. `412 of 500 key points agree; mirrored, 80 % of it shown`.
        regions: where they agree, best first, at most 20.
    """

    decision: Decision
    method: str
    score: float
    error_rate: float
    sentence: str
    regions: tuple[Region, ...]


class Matcher(Protocol[Content_contra]):
    """What each medium's module offers; `content` is the decoded work."""

    def features(self, content: Content_contra) -> Features | None:
        """What a work is filed under; None if featureless."""

    def probe(self, content: Content_contra) -> Probe | None:
        """What a file is looked up by; None if featureless."""

    def compare(self, probe: bytes, registered: bytes) -> Likeness | None:
        """Decide from a probe's evidence and a work's evidence; None when they have nothing in common.

        Raises:
            InputError: `evidence-malformed`.
        """
