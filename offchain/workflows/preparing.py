"""The first workflow of a registration: everything up to the typed data that the registrant signs.

Nothing is pinned here. Metadata names the work's id, so whoever saw it on a public node could commit to the work before
its registrant has; every CID is computed, and the files wait in the vault for `offchain.workflows.publishing`.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any, Final

from dbos import DBOS

from offchain.chain import ZERO_DIGEST, Bounds, Listing, Registration
from offchain.chain.share_tree import ShareTree
from offchain.identity import Identity
from offchain.identity.marks.manifest import DETACHED
from offchain.storage import canonical_json, local_cid
from offchain.workflows.guards import delegate_of, require_acceptable
from offchain.workflows.jobs import Draft
from offchain.workflows.marking import manifest_of_master, mark_preview
from offchain.workflows.metadata import Metadata, Rendition, metadata_to_json
from offchain.workflows.permits import native_guarantees, require_permits
from offchain.workflows.preview import make_preview
from offchain.workflows.prices import tier_ends
from offchain.workflows.requests import RegistrationRequest
from offchain.workflows.sealing import is_for_sale, seal_master
from offchain.workflows.services import Services
from offchain.workflows.steps import engine, run_step
from offchain.workflows.unrelayed import await_chain, wallet_calls

__all__ = ["DRAFT_STEP", "FILES_STEP", "Filed", "prepare"]

SIGNATURE_SECONDS: Final = 24 * 3600
"""How long the registrant may take to sign."""

MANDATE_SECONDS: Final = 365 * 24 * 3600
"""How long the pricing delegate may quote."""

SALT_BYTES: Final = 32
"""Length of the salt that hides a commitment."""

FILES_STEP: Final = 2
"""Number of the first step that makes a file; running from it on gives the same files, and keeps the salt."""

DRAFT_STEP: Final = 6
"""Number of the step that drafts what is signed; running it again gives a fresh deadline."""


@dataclass(frozen=True, slots=True)
class Filed:
    """An identified file whose master is in the vault, what its registrant asks for, and what it is similar to."""

    identity: Identity
    request: RegistrationRequest
    similar: tuple[dict[str, Any], ...] = ()


@DBOS.workflow(name="registration", max_recovery_attempts=1000)
def prepare(filed: Filed) -> Draft:
    """Make everything that the registration names, then draft it."""
    services = engine().services
    salt = run_step("check", _check, services, filed)
    renditions = run_step("preview", _seen, services, filed)
    sealed = run_step("seal", _sealed, services, filed)
    provenance = run_step("provenance", _provenance, services, filed)
    metadata = run_step("metadata", _metadata, services, filed, renditions + sealed, provenance)
    return run_step("draft", _drafted, services, str(DBOS.workflow_id), filed, metadata, provenance, salt)


def _check(services: Services, filed: Filed) -> bytes:
    """The salt of the commitment: a draft made anew keeps it, and with it the priority of a commitment already made."""
    # A job that was interrupted may go on after somebody else registered the work.
    require_acceptable(services, filed.identity, filed.request)
    return secrets.token_bytes(SALT_BYTES)


def _seen(services: Services, filed: Filed) -> tuple[Rendition, ...]:
    """What everybody may see: the preview, and what says of a generated work that a model made it."""
    return _preview(services, filed) + _manifest(services, filed)


def _manifest(services: Services, filed: Filed) -> tuple[Rendition, ...]:
    work = filed.identity.work_id
    data = manifest_of_master(services, work, filed.request, filed.identity.media_type)
    if data is None:
        return ()
    digest, cid = "0x" + hashlib.sha256(data).hexdigest(), services.vault.keep_file(data, work)
    return (Rendition("manifest", DETACHED, len(data), digest, cid),)


def _preview(services: Services, filed: Filed) -> tuple[Rendition, ...]:
    preview = make_preview(services.vault.master(filed.identity.work_id), filed.identity)
    if preview is None:
        return ()
    preview = mark_preview(services, filed.identity.work_id, filed.request, preview)
    digest = "0x" + hashlib.sha256(preview.data).hexdigest()
    cid = services.vault.keep_file(preview.data, filed.identity.work_id)
    return (Rendition("preview", preview.media_type, len(preview.data), digest, cid),)


def _sealed(services: Services, filed: Filed) -> tuple[Rendition, ...]:
    """What a licensee will open; a work that nobody can buy has none. The journal gets its CID, and never the key."""
    return (
        (seal_master(services, filed.identity.work_id, filed.identity.media_type),)
        if is_for_sale(filed.request)
        else ()
    )


def _provenance(services: Services, filed: Filed) -> tuple[bytes, str] | None:
    """sha256 and CID of the record."""
    if filed.request.provenance is None:
        return None
    data = canonical_json(filed.request.provenance)
    return hashlib.sha256(data).digest(), services.vault.keep_file(data, filed.identity.work_id)


def _metadata(
    services: Services, filed: Filed, renditions: tuple[Rendition, ...], provenance: tuple[bytes, str] | None
) -> tuple[Metadata, bytes, str]:
    """The metadata, its sha256 and its CID."""
    request = filed.request
    identity = filed.identity
    metadata = Metadata(
        title=request.title,
        description=request.description,
        creator=request.creator,
        media_type=identity.media_type,
        size=identity.size,
        iscc=identity.iscc,
        units=identity.units,
        content_code=identity.content_code,
        renditions=renditions,
        provenance=provenance[1] if provenance else None,
        features=_features(services, identity.work_id),
    )
    data = canonical_json(metadata_to_json(identity.work_id, metadata))
    return metadata, hashlib.sha256(data).digest(), services.vault.keep_file(data, identity.work_id)


def _features(services: Services, work: int) -> str | None:
    """CID of what the work is recognised by, None for a featureless one."""
    features = services.vault.features(work)
    return None if features is None else local_cid(features)


def _drafted(
    services: Services,
    job_id: str,
    filed: Filed,
    metadata: tuple[Metadata, bytes, str],
    provenance: tuple[bytes, str] | None,
    salt: bytes | None,
) -> Draft:
    drafted = draft(services, filed, metadata, provenance, salt)
    if not filed.request.relay:
        await_chain(services, job_id, drafted)
    return drafted


def draft(
    services: Services,
    filed: Filed,
    metadata: tuple[Metadata, bytes, str],
    provenance: tuple[bytes, str] | None,
    salt: bytes | None,
) -> Draft:
    """The registration, and what its registrant signs or sends."""
    registry, request, identity = services.contracts.registry, filed.request, filed.identity
    now = services.now()
    registration = Registration(
        work=identity.work_id,
        registrant=request.registrant,
        metadata=metadata[1],
        provenance=provenance[0] if provenance else ZERO_DIGEST,
        iscc=b"" if identity.featureless else identity.iscc_bytes,
        permits=request.permits,
        listings=_listings(services, request),
        bounds=_bounds(services, request, now + MANDATE_SECONDS),
        share_root=ShareTree(request.shares).root if request.shares else ZERO_DIGEST,
        # In the journal before it is used: no restart commits under a second one. Jobs of old had none there.
        salt=salt or secrets.token_bytes(SALT_BYTES),
    )
    deadline, epoch = now + SIGNATURE_SECONDS, registry.epoch(request.registrant)
    drafted = Draft(
        typed=registry.typed(registration, epoch, deadline) if request.relay else None,
        registration=registration,
        deadline=deadline,
        epoch=epoch,
        metadata=metadata[0],
        metadata_cid=metadata[2],
        provenance_cid=provenance[1] if provenance else None,
        similar=list(filed.similar),
    )
    if not request.relay:
        edges = require_permits(services, request.registrant, request.permits, relay=False)
        drafted |= {"edges": edges, "calls": wallet_calls(services, registration, native_guarantees(services, edges))}
    return drafted


def _listings(services: Services, request: RegistrationRequest) -> tuple[Listing, ...]:
    currency = services.currency(request.currency)
    return tuple(
        Listing(services.terms_number(listing.tier), currency.index, listing.price, listing.supply)
        for listing in request.listings
    )


def _bounds(services: Services, request: RegistrationRequest, expiry: int) -> tuple[Bounds, ...]:
    if not request.tiers:
        return ()
    currency, delegate = services.currency(request.currency), delegate_of(services, request)
    bounds = []
    for tier in request.tiers:
        lowest, highest = tier_ends(tier.tier, currency)
        floor = lowest if tier.floor is None else tier.floor
        ceiling = max(highest, floor) if tier.ceiling is None else tier.ceiling
        number = services.terms_number(tier.tier)
        bounds.append(Bounds(delegate, number, currency.index, floor, ceiling, expiry, tier.per_day))
    return tuple(bounds)
