"""What a manifest can say, without the library that writes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from offchain.errors import InputError

__all__ = ["ManifestReport", "SourceType", "Statement", "Training", "source_type"]

SourceType = Literal[
    "trainedAlgorithmicMedia",
    "compositeWithTrainedAlgorithmicMedia",
    "algorithmicMedia",
    "digitalCreation",
    "digitalCapture",
    "computationalCapture",
    "humanEdits",
    "composite",
    "negativeFilm",
    "positiveFilm",
    "print",
    "screenCapture",
]
"""IPTC's digital source types (newscodes/digitalsourcetype) that a registrant may state."""

Training = Literal["allowed", "notAllowed", "constrained"]
"""Whether a work may be mined and trained on; `constrained`: under a licence only."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What a manifest states.

    Attributes:
        work: the work's id, `0x` hex.
        token: the title as CAIP-19, `eip155:CHAIN/erc721:REGISTRY/ID`; ids repeat across chains.
        title: of the work.
        source: how the work was made, as its registrant states.
        licences: URLs of the terms on offer; none: all rights are reserved.
        training: whether it may be mined and trained on.
    """

    work: str
    token: str
    title: str
    source: SourceType
    licences: tuple[str, ...]
    training: Training


@dataclass(frozen=True, slots=True)
class ManifestReport:
    """What a file's manifest is worth, and what it states.

    Attributes:
        state: `trusted`: intact, by a signer that we believe; `valid`: intact, by somebody else; `invalid`: the file
            or the manifest was changed.
        signer: organisation that the certificate names, empty if it names none.
        statement: what it states about a work; None for other programs' manifests.
        problems: C2PA's failure codes, e.g. `assertion.dataHash.mismatch`.
    """

    state: Literal["trusted", "valid", "invalid"]
    signer: str
    statement: Statement | None
    problems: tuple[str, ...]

    @property
    def valid(self) -> bool:
        """Whether the manifest may be believed."""
        return self.state == "trusted"


def source_type(text: str) -> SourceType:
    """A digital source type by its name.

    Raises:
        InputError: `source-type-unknown`.
    """
    known: tuple[SourceType, ...] = get_args(SourceType)
    for each in known:
        if each == text:
            return each
    raise InputError("source-type-unknown", f"{text!r} is no digital source type", f"use one of {', '.join(known)}")
