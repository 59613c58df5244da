"""What a generated work's record binds its registration to: the parents named, and the model's training licences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from offchain.chain import Edge, work_hex
from offchain.errors import InputError, NotFoundError, RefusedError
from offchain.generation.attribution.shipped import shipped_manifest
from offchain.generation.training.licences import LICENCES, Constraints, constraints, refuse_terms
from offchain.generation.training.manifest import TrainingManifest, parse_manifest
from offchain.workflows.requests import RegistrationRequest
from offchain.workflows.services import Services
from offchain.workflows.terms import scope_names, standard_terms

__all__ = ["constraints_of", "require_offerable", "require_parents"]

_PRIVATE = "private-use"


def require_parents(request: RegistrationRequest, edges: Sequence[Edge]) -> None:
    """Accept a record whose every parent is one that the registration has a permit from.

    Raises:
        InputError: `provenance-malformed`.
        RefusedError: `parent-unpermitted`.
    """
    permitted = {work_hex(edge.parent) for edge in edges}
    for parent in _parents(request):
        if parent not in permitted:
            raise RefusedError(
                "parent-unpermitted",
                f"the record names {parent} as a parent, and no permit here is of it",
                "buy an adaptation licence of it and give its number, or generate without naming it",
                parent=parent,
            )


def require_offerable(services: Services, request: RegistrationRequest) -> None:
    """Accept terms that the licence of a generated work's model and those of its training files allow.

    Any price, and any right beyond private use, counts as commercial: the careful reading of a non-commercial licence.

    Raises:
        InputError: `provenance-malformed`.
        RefusedError: `model-licence-unknown`, `terms-non-commercial`, `terms-share-alike`, or `training-set-unknown`.
    """
    offers = _offers(request)
    if not offers or not request.is_generated:
        return
    model = _section(request, "model")
    asked = [_of_weights(model.get("licence"))]
    if model.get("training") is not None:
        asked.append(constraints_of(services, str(model["training"])))
    for tier, is_free in offers.items():
        for each in asked:
            refuse_terms(each, commercial=not is_free or _rights(tier) != {_PRIVATE}, licence=None)


def constraints_of(services: Services, training: str) -> Constraints:
    """What a training set asks of works, by the digest of its manifest.

    Raises:
        RefusedError: `training-set-unknown`: neither a model of this installation nor a work in this vault.
    """
    try:
        return constraints(_manifest(services, training))
    except (NotFoundError, ValueError) as error:
        raise RefusedError(
            "training-set-unknown",
            "the manifest of the model's training set is not here, so nobody can tell under which terms its works go",
            "register it here: colophon training-set register MANIFEST, or colophon register where it pays nobody",
            training=training,
        ) from error


def _manifest(services: Services, training: str) -> TrainingManifest:
    try:
        return shipped_manifest({"model": {"training": training}})
    except NotFoundError:
        return parse_manifest(services.vault.master(int(training, 16)).read_bytes())


def _of_weights(licence: object) -> Constraints:
    """What the licence of the weights asks; share-alike reaches copies of the weights and not what they make."""
    known = LICENCES.get(licence) if isinstance(licence, str) else None
    if known is None:
        raise RefusedError(
            "model-licence-unknown",
            f"the model that made this work is under {licence or 'no licence'}, which is not known",
            "register it without offering it, or use a model with a known licence",
            licence=licence,
        )
    return Constraints(non_commercial=not known.commercial, share_alike=frozenset(), attribution=known.attribution)


def _section(request: RegistrationRequest, name: str) -> dict[str, Any]:
    section = (request.provenance or {}).get(name)
    if not isinstance(section, dict):
        raise _malformed(f"the record has no section {name}")
    return section


def _parents(request: RegistrationRequest) -> list[str]:
    if not request.is_generated or request.provenance is None:
        return []
    parents = request.provenance.get("parents", [])
    if not isinstance(parents, list) or not all(isinstance(each, dict) and "work" in each for each in parents):
        raise _malformed("the record's parents are no list of works")
    return [str(each["work"]) for each in parents]


def _malformed(message: str) -> InputError:
    return InputError("provenance-malformed", message, "give the record as colophon generate wrote it")


def _offers(request: RegistrationRequest) -> dict[str, bool]:
    """Tiers on offer, each with whether it costs nothing."""
    priced = dict.fromkeys((each.tier for each in request.tiers), False)
    return priced | {each.tier: each.price == 0 and each.tier not in priced for each in request.listings}


def _rights(tier: str) -> set[str]:
    found = (each for each in standard_terms() if each.tier == tier)
    return {right for each in found for right in scope_names(each.terms.scope)["rights"]}
