"""Whose is this already? What a file has in common with registered works decides whether it may be registered.

    the same      refused: only the holder of that work may register another version of it, and says so
    derived       asks for a licence of that work (`permits`), or for the statement that it needs none
    similar       lets pass, and warns

Features that a stranger stated for a work of his own refuse nobody: whoever copies another work's features to a random
id could else lock its holder out. They ask, as `derived` does.

The contract does not know likeness: whoever is judged wrongly here can register on the chain without this service.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from offchain.errors import RefusedError
from offchain.identity import Match, Probe
from offchain.workflows.guards import find_title, title_names
from offchain.workflows.recognition import match_json
from offchain.workflows.requests import RegistrationRequest
from offchain.workflows.services import Services
from offchain.workflows.takedowns import require_offered

__all__ = ["require_original"]


def require_original(
    services: Services, probe: Probe | None, request: RegistrationRequest, parents: set[int]
) -> tuple[dict[str, Any], ...]:
    """Refuse copies; let derivatives pass under a licence, and works that are only similar with a warning.

    Args:
        services: of this process.
        probe: of the file.
        request: names the registrant, who may acknowledge what is told here.
        parents: works of which the registrant has licences to adapt.

    Returns:
        The warning: works that it is similar to, as `match_json` tells them.

    Raises:
        RefusedError: `work-copied`, `work-derived`, or `taken-down`: a copy of what may not be offered here.
    """
    matches = services.similarity.search(probe)
    require_offered(services, *(match.work_id for match in matches if match.decision == "same"))
    found = _standing(services, matches, parents)
    names = title_names(services, [match.work_id for match, _ in found])
    copied = [match for match, holder in found if _is_proven_copy(match) and holder != request.registrant]
    if copied:
        raise RefusedError(
            "work-copied",
            "this file is a copy of a registered work",
            "buy a licence from its holder; if the work is yours, dispute its title",
            matches=[match_json(match, names) for match in copied],
        )
    near = [match for match, _ in found if match.decision != "similar"]
    if near and not request.acknowledge_similar:
        raise RefusedError(
            "work-derived",
            f"this file is made from {len(near)} registered work{'s' if len(near) > 1 else ''}",
            "register it under an adaptation licence of that work, or state with acknowledge_similar that none is due",
            matches=[match_json(match, names) for match in near],
        )
    return tuple(match_json(match, names) for match, _ in found if match.decision == "similar")


def _is_proven_copy(match: Match) -> bool:
    return match.decision == "same" and not match.claimed


def _standing(services: Services, matches: Sequence[Match], parents: set[int]) -> list[tuple[Match, str]]:
    """Matches whose works are still registered, with their holders; licensed parents are no obstacle."""
    titles = [(match, find_title(services, match.work_id)) for match in matches if match.work_id not in parents]
    return [(match, title.holder) for match, title in titles if title is not None]
