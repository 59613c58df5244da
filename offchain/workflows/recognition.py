"""Recognising a file: is it registered, does it resemble something, or is it new here?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from offchain.identity import Identity, Match, identify
from offchain.identity.similarity import CODE_BITS
from offchain.workflows.guards import find_title, title_names
from offchain.workflows.services import Services
from offchain.workflows.vault import Source

__all__ = ["Recognition", "recognise"]


@dataclass(frozen=True, slots=True)
class Recognition:
    """What a file turned out to be.

    Attributes:
        identity: of the file.
        decision: `same` bytes are registered, it is `near` registered works, or it is `new`.
        matches: the works, nearest first.
        titles: what they are called, by work.
        sentence: all of this for a reader.
    """

    identity: Identity
    decision: Literal["same", "near", "new"]
    matches: tuple[Match, ...]
    titles: dict[int, str]
    sentence: str


def recognise(services: Services, source: Source, *, name: str | None = None) -> Recognition:
    """Compare a file with every registered work.

    Raises:
        InputError: a file that cannot be read or identified.
    """
    spooled = services.vault.spool(source, name)
    try:
        # The title only makes the Meta-Code, which plays no part in a comparison.
        identity = identify(spooled, title=name or "untitled", limit=services.settings.max_upload)
    finally:
        services.vault.drop(spooled)
    near = services.similarity.search(identity)
    if find_title(services, identity.work_id) is None:
        matches = tuple(match for match in near if match.work_id != identity.work_id)
    else:
        others = (match for match in near if match.work_id != identity.work_id)
        matches = (Match(identity.work_id, "same", 0), *others)
    titles = title_names(services, [match.work_id for match in matches])
    decision = matches[0].decision if matches else "new"
    return Recognition(identity, decision, matches, titles, _sentence(identity, matches, titles))


def _sentence(identity: Identity, matches: tuple[Match, ...], titles: dict[int, str]) -> str:
    if not matches:
        reason = "it has too little content to compare" if identity.featureless else "nothing registered comes close"
        return f"new: {reason}"
    first = matches[0]
    called = f"“{titles[first.work_id]}”" if first.work_id in titles else "a registered work"
    if first.decision == "same":
        return f"same: these very bytes are registered as {called}"
    return f"near: {first.distance} of {CODE_BITS} bits of its Content-Code differ from {called}"
