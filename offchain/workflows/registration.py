"""Registering a work: from a file to a title, by commitment and on the registrant's signature.

Whose own wallet sends the transactions, and pays for them, gives no signature: see `offchain.workflows.unrelayed`.

    file ─ identify ─ refuse duplicates ─ keep the master        at once, so that the caller learns what is wrong
         ─ check ─ preview ─ seal ─ provenance ─ metadata        first workflow; its last step drafts what to sign
         ─ commit ─ pin ─ register ─ index                       second workflow, once the signature is there

Nothing leaves this machine before the commitment does. What repeats without harm: pins are content-addressed, the salt
is in the journal before it is used, and both transactions are sent under a key by which the sender knows them again.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

from offchain.chain.address import parse_address
from offchain.errors import RefusedError
from offchain.identity import examine
from offchain.identity.matching.filing import features_to_bytes
from offchain.storage import canonical_json
from offchain.workflows.engine import Engine
from offchain.workflows.guards import require_acceptable, require_possible, require_unregistered
from offchain.workflows.jobs import PUBLISHING, Draft, Job
from offchain.workflows.originality import require_original
from offchain.workflows.preparing import DRAFT_STEP, FILES_STEP, Filed, prepare
from offchain.workflows.publishing import publish, published_title
from offchain.workflows.requests import RegistrationRequest
from offchain.workflows.services import Services
from offchain.workflows.takedowns import require_offered
from offchain.workflows.unrelayed import catch_up
from offchain.workflows.vault import Source

__all__ = ["start_registration", "submit_signature"]

_UNENDED: Final = frozenset({"running", "waiting", "interrupted"})
"""States of a registration in which the same request lets it go on."""

_RESERVE: Final = 600
"""Seconds that a signature must still be good for, else starting again drafts anew."""


def start_registration(engine: Engine, source: Source, request: RegistrationRequest, *, name: str | None = None) -> Job:
    """Begin a registration, or go on with the same one begun earlier.

    Args:
        engine: runs it.
        source: the master; it is copied, so the file may go afterwards.
        request: what is asked for.
        name: file name where `source` has none.

    Raises:
        InputError: a file that cannot be registered, or a malformed request.
        RefusedError: `work-registered`, `work-copied`, `work-derived`, or a permit that does not hold.
        NotFoundError: a tier, currency or licence that does not exist.
        DeniedError: `not-permit-holder`.
        UnavailableError: a node or the disk does not answer.
    """
    services = engine.services
    request = replace(request, registrant=parse_address(request.registrant))
    require_possible(request)
    if request.provenance is not None:
        canonical_json(request.provenance)
    spooled = services.vault.spool(source, name)
    try:
        return _file(engine, spooled, request)
    finally:
        services.vault.drop(spooled)


def submit_signature(engine: Engine, job_id: str, signature: bytes) -> Job:
    """Hand in the registrant's signature over the job's typed data; the registration goes on.

    Raises:
        NotFoundError: `unknown-job`.
        DeniedError: `bad-signature`, somebody else's or over other data.
        RefusedError: `not-awaiting-signature`, `expired`, or the registry's reason.
        UnavailableError: the chain does not answer.
    """
    job = engine.job(job_id)
    draft = engine.output(job_id)
    if not isinstance(draft, Draft) or job.state == "cancelled":
        raise RefusedError(
            "not-awaiting-signature", f"this job is {job.state}", "sign when it awaits a signature", job=job_id
        )
    if draft["typed"] is None:
        raise RefusedError(
            "not-awaiting-signature", "this job awaits transactions of your own wallet", "send them", job=job_id
        )
    if job.state == "awaiting-signature":
        require_offered(engine.services, draft["registration"].work)
        if published_title(engine.services, draft) is None:
            _require_valid(engine.services, draft, signature)
        engine.begin(publish, job_id + PUBLISHING, draft, signature)
    return engine.job(job_id)


def _file(engine: Engine, spooled: Path, request: RegistrationRequest) -> Job:
    services = engine.services
    limit = services.settings.max_upload
    examined = examine(spooled, title=request.title, limit=limit, wanted=("features", "probe"))
    identity = examined.identity
    require_offered(services, identity.work_id)
    job_id = _job_id(services, identity.work_id, request)
    existing = engine.find(job_id)
    if existing is not None and existing.state == "cancelled":
        existing = engine.retry(job_id)
    if existing is not None and existing.state == "awaiting-signature" and not request.relay:
        existing = catch_up(engine, existing)
    if existing is not None and (existing.state in _UNENDED or _is_overtaken(engine, existing)):
        # It may have stopped because its master is missing or damaged.
        services.vault.keep(spooled, identity.work_id)
        return engine.retry(job_id)
    parents = {edge.parent for edge in require_acceptable(services, identity, request)}
    similar = require_original(services, examined.probe, request, parents)
    if examined.features is not None:
        services.vault.keep_features(features_to_bytes(examined.features), identity.work_id)
    services.vault.keep(spooled, identity.work_id)
    if existing is None:
        engine.begin(prepare, job_id, Filed(identity, request, similar), owner=request.registrant)
    elif existing.state == "failed":
        _begin_again(engine, job_id)
    elif _is_stale(services, engine.output(job_id)):
        engine.rewind(job_id, DRAFT_STEP)
    return engine.job(job_id)


def _is_overtaken(engine: Engine, job: Job) -> bool:
    """Whether a registration failed, and the title is there as drafted: somebody else sent the signed reveal."""
    draft = engine.output(job.id) if job.state == "failed" else None
    return isinstance(draft, Draft) and published_title(engine.services, draft) is not None


def _begin_again(engine: Engine, job_id: str) -> None:
    """A failed preparation goes on where it failed; after a failed publication the registrant must sign anew.

    The files are made anew, too, since one that was lost may have been the reason. The draft made anew keeps the salt:
    a commitment already made still gives its priority.
    """
    if engine.forget(job_id + PUBLISHING):
        engine.rewind(job_id, FILES_STEP)
    else:
        engine.retry(job_id)


def _is_stale(services: Services, draft: Draft) -> bool:
    """Whether a signature over the draft would come too late, or its registrant has revoked it."""
    late = bool(draft["deadline"] - _RESERVE < services.now())
    if draft["typed"] is None:
        return late
    return late or bool(draft["epoch"] != services.contracts.registry.epoch(draft["registration"].registrant))


def _require_valid(services: Services, draft: Draft, signature: bytes) -> None:
    """Let the registry itself check the signature, contract wallets included, without sending anything.

    The registry looks at the signature first; that the commitment is not made yet comes after it.
    """
    registration = draft["registration"]
    require_unregistered(services, registration.work)
    call = services.contracts.registry.register_signed(registration, draft["deadline"], signature)
    try:
        services.client.try_call(call, services.require_relayer().address)
    except RefusedError as refused:
        if refused.code != "commitment-unknown":
            raise


def _job_id(services: Services, work: int, request: RegistrationRequest) -> str:
    """The same request about the same work on the same registry has the same job."""
    place = [str(services.client.chain_id), services.contracts.registry.address, f"{work:064x}"]
    asked = asdict(request)
    # Jobs begun before there were these fields keep their ids.
    if not request.shares:
        del asked["shares"]
    if request.relay:
        del asked["relay"]
    told = canonical_json([*place, _without_numbers(asked)])
    return "registration-" + hashlib.sha256(told).hexdigest()[:40]


def _without_numbers(value: object) -> object:
    """Amounts pass the range that canonical JSON carries exactly, so they are written as text."""
    if isinstance(value, dict):
        return {key: _without_numbers(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_numbers(member) for member in value]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value
