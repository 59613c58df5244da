"""Recognising a file: is it registered, does it come from something registered, or is it new here?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from offchain.chain import work_hex
from offchain.identity import Identity, Match, examine
from offchain.workflows.guards import find_title, title_names
from offchain.workflows.services import Services
from offchain.workflows.vault import Source

__all__ = ["Recognition", "explained", "match_json", "recognise"]


@dataclass(frozen=True, slots=True)
class Recognition:
    """What a file turned out to be.

    Attributes:
        identity: of the file.
        decision: the `same` as a registered work, `derived` from one, `similar` to one, or `new`.
        matches: the works, the surest first.
        titles: what they are called, by work.
        sentence: all of this for a reader.
    """

    identity: Identity
    decision: Literal["same", "derived", "similar", "new"]
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
        limit, title = services.settings.max_upload, name or "untitled"
        examined = examine(spooled, title=title, limit=limit, wanted=("probe",))
    finally:
        services.vault.drop(spooled)
    identity = examined.identity
    found = [match for match in services.similarity.search(examined.probe) if match.work_id != identity.work_id]
    # The bytes are looked up on the chain: the title may be younger than this catalogue, or gone.
    if find_title(services, identity.work_id) is not None:
        found.insert(0, Match(identity.work_id, "same", None))
    titles = title_names(services, [match.work_id for match in found])
    decision = found[0].decision if found else "new"
    return Recognition(identity, decision, tuple(found), titles, _sentence(identity, found, titles))


def explained(match: Match) -> str:
    """Why it is a match, for a reader."""
    if match.likeness is None:
        return "these very bytes are registered"
    # Whoever registers a work may state features that are another's.
    return match.likeness.sentence + (" (by features that its registrant states)" if match.claimed else "")


def match_json(match: Match, names: dict[int, str]) -> dict[str, Any]:
    """A match as API, command line and journal tell it."""
    told: dict[str, Any] = {
        "work": work_hex(match.work_id),
        "title": names.get(match.work_id),
        "decision": match.decision,
        "claimed": match.claimed,
    }
    likeness = match.likeness
    if likeness is None:
        return told | {"method": "sha-256", "score": 1.0, "error_rate": 0.0, "why": explained(match), "regions": []}
    regions = [{"unit": each.unit, "here": list(each.here), "there": list(each.there)} for each in likeness.regions]
    return told | {
        "method": likeness.method,
        "score": round(likeness.score, 4),
        "error_rate": likeness.error_rate,
        "why": explained(match),
        "regions": regions,
    }


def _sentence(identity: Identity, matches: list[Match], titles: dict[int, str]) -> str:
    if not matches:
        reason = "it has too little content to compare" if identity.featureless else "nothing registered comes close"
        return f"new: {reason}"
    first = matches[0]
    called = f"“{titles[first.work_id]}”" if first.work_id in titles else "a registered work"
    relation = {"same": "the same as", "derived": "derived from", "similar": "similar to"}[first.decision]
    return f"{first.decision}: {relation} {called}; {explained(first)}"
