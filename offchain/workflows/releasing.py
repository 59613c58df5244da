"""The key service: gives the content key of a sealed work to whom the chain, asked now, lets use the work.

    draft_key_request → the wallet signs → release_key: shape, deadline, signature, right, scope, nonce → age file

Nothing is believed that the store has copied from the chain: a licence that expired, was given back or transferred
opens nothing from that block on. What was opened before stays open to whoever kept it; no lock changes that. So no key
leaves before it is settled who may have it: neither to the holder of a title that is not final, nor for a licence that
can be given back, nor for a work that somebody else registered with the metadata that was made here, nor by a right
that a reorganisation may undo: it must stand at the newest block, and must have stood some blocks before.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Final

from offchain.chain import Licence, Title, work_hex
from offchain.chain.address import parse_address
from offchain.chain.eip712 import TypedData, key_log_request_typed, key_request_typed
from offchain.chain.key_request import KeyLogRequest, KeyRequest
from offchain.chain.signatures import require_signature
from offchain.chain.signer import DEVELOPMENT_CHAINS
from offchain.errors import DeniedError, InputError, NotFoundError, RefusedError
from offchain.storage.age import normal_recipient, wrap_key
from offchain.store import KeyReleaseRecord
from offchain.workflows.catalogue import describe
from offchain.workflows.holdings import find_content, is_registered_here
from offchain.workflows.metadata import Rendition
from offchain.workflows.sealing import content_key, sealed_later, sealed_rendition
from offchain.workflows.services import Services
from offchain.workflows.takedowns import require_offered
from offchain.workflows.terms.scope import MEDIA, medium_of, scope_names

__all__ = [
    "RELEASES_PER_DAY",
    "Entitlement",
    "KeyRelease",
    "draft_key_request",
    "entitled",
    "key_releases",
    "log_release",
    "log_request_typed",
    "release_key",
    "request_typed",
    "shown_releases",
]

LONGEST: Final = 3600
"""Seconds that a request may be good for: a signature that leaks is soon worth nothing."""

CONFIRMATIONS: Final = 6
"""Blocks that a right must be deep, unless COLOPHON_KEY_CONFIRMATIONS says otherwise; local chains ask for none."""

RELEASES_PER_DAY: Final = 100
"""Times that a licence, or a title, is given its key in a day: a log that one can fill tells nobody anything."""

_DRAFTED: Final = 600
_DAY: Final = 86_400
_NONCE_BITS: Final = 256


@dataclass(frozen=True, slots=True)
class KeyRelease:
    """A content key on its way.

    Attributes:
        request: what was asked.
        key: armored age file of the 32 key bytes, to the request's recipient.
        rendition: what the key opens.
        block: newest block when the right was checked.
    """

    request: KeyRequest
    key: str
    rendition: Rendition
    block: int


@dataclass(frozen=True, slots=True)
class Entitlement:
    """A sealed rendition that somebody may open, its content key, and the newest block when that was found out."""

    rendition: Rendition
    key: bytes = field(repr=False)
    block: int


def draft_key_request(
    services: Services, account: str, recipient: str, *, licence: int = 0, work: int | None = None
) -> KeyRequest:
    """A request for the account to sign, good for ten minutes.

    Args:
        services: of this process.
        account: who asks.
        recipient: age recipient that the key shall be wrapped to.
        licence: by which licence; zero for the holder of the title.
        work: needed where there is no licence.

    Raises:
        NotFoundError: `unknown-licence`.
        InputError: `recipient-malformed`, `address-malformed`; `work-missing`, neither licence nor work is named.
    """
    if work is None and not licence:
        raise InputError("work-missing", "neither a licence nor a work is named", "name one of them")
    opens = services.contracts.licensing.licence(licence).work if work is None else work
    return KeyRequest(
        account=parse_address(account),
        work=opens,
        licence=licence,
        recipient=normal_recipient(recipient),
        nonce=secrets.randbits(_NONCE_BITS),
        deadline=services.now() + _DRAFTED,
    )


def request_typed(services: Services, request: KeyRequest) -> TypedData:
    """What the request's account signs."""
    return key_request_typed(services.client.chain_id, services.contracts.licensing.address, request)


def release_key(services: Services, request: KeyRequest, signature: bytes) -> KeyRelease:
    """Wrap the content key for whoever may have it, and log that.

    Raises:
        InputError: `recipient-malformed`, or `deadline-far`, more than `LONGEST` seconds ahead.
        DeniedError: `bad-signature`, `not-licence-holder`, `not-title-holder`, `scope-not-bought`.
        RefusedError: `expired`, `title-not-final`, `licence-expired`, `licence-refundable`, `right-not-confirmed`,
            `wrong-work`, `request-used`, or `too-many-releases`.
        NotFoundError: `unknown-licence`, `unknown-work`, `content-not-sealed`.
        UnavailableError: the chain does not answer, or the service cannot open its keys.
    """
    recipient, now = normal_recipient(request.recipient), services.now()
    _require_timely(request.deadline, now)
    require_signature(services.client, request.account, request_typed(services, request), signature)
    right = entitled(services, request, now)
    log_release(services, request, recipient, right.block, now)
    return KeyRelease(request, wrap_key(right.key, recipient), right.rendition, right.block)


def entitled(services: Services, request: KeyRequest, now: int) -> Entitlement:
    """What the request's account may open; that it is the account's request was found out before.

    Raises:
        DeniedError, RefusedError, NotFoundError, UnavailableError: as `release_key`, but for signature and log.
    """
    require_offered(services, request.work)
    block = services.client.head()
    rendition, key = _sealed(services, request.work)
    if request.licence:
        _require_licence(services, request, rendition, now)
    else:
        _require_final(_require_title(services, request.account, request.work), now)
    _require_confirmed(services, request, rendition, block)
    return Entitlement(rendition, key, block)


def key_releases(services: Services, work: int, limit: int, *, before: int | None = None) -> list[KeyReleaseRecord]:
    """To whom a work's key was released, newest first; `before` is the sequence of the last one that was seen."""
    with services.store.snapshot() as tx:
        return list(tx.key_releases.of_work(work, limit, before))


def log_request_typed(services: Services, request: KeyLogRequest) -> TypedData:
    """What the request's account signs."""
    return key_log_request_typed(services.client.chain_id, services.contracts.licensing.address, request)


def shown_releases(
    services: Services, request: KeyLogRequest, signature: bytes, limit: int, *, before: int | None = None
) -> list[KeyReleaseRecord]:
    """As `key_releases`, for the holder of the title alone.

    Raises:
        InputError: `deadline-far`.
        DeniedError: `wrong-service`, `bad-signature`, `not-title-holder`.
        RefusedError: `expired`.
        NotFoundError: `unknown-work`.
        UnavailableError: the chain does not answer.
    """
    _require_timely(request.deadline, services.now())
    _require_service(services, request.service)
    require_signature(services.client, request.account, log_request_typed(services, request), signature)
    _require_title(services, request.account, request.work)
    return key_releases(services, request.work, limit, before=before)


def _require_timely(deadline: int, now: int) -> None:
    if deadline < now:
        raise RefusedError("expired", "the request has expired", "sign a new one", expired=deadline)
    if deadline > now + LONGEST:
        raise InputError(
            "deadline-far", f"the request is good for more than {LONGEST} s", "sign one with a nearer deadline"
        )


def _require_service(services: Services, named: str) -> None:
    """The setting decides, and not the request's Host header, which whoever sends it chooses."""
    own = services.settings.service_url
    if named != own:
        raise DeniedError(
            "wrong-service", f"this was signed for {named!r}, and this service is {own}", f"sign for {own}", service=own
        )


def _sealed(services: Services, work: int) -> tuple[Rendition, bytes]:
    """The rendition that the registered metadata names, and the key that opens it."""
    kept = content_key(services, work)
    metadata = describe(services, work).metadata
    rendition = None if metadata is None else sealed_rendition(metadata) or sealed_later(metadata, kept)
    # The same master may have been sealed by another service, under another key, and registered from there.
    if rendition is None or rendition.cid != kept.cid or not _is_published(services, work, rendition.cid):
        raise NotFoundError(
            "content-not-sealed",
            "this service did not both seal and register the content of this work",
            "ask the service that the work was registered with; there colophon seal WORK seals what is not yet",
            work=work_hex(work),
        )
    return rendition, kept.key


def _is_published(services: Services, work: int, cid: str) -> bool:
    """Whether the work was registered here, by whom the content was sealed for.

    Metadata is public before the title is final: who copies it and has an earlier commitment, for which the work's id
    was enough, names a sealed rendition of ours, too.
    """
    content = find_content(services.store, cid)
    return content is not None and content.work == work and is_registered_here(services.store, work)


def _require_licence(services: Services, request: KeyRequest, rendition: Rendition, now: int) -> None:
    """One call decides, so all of it is true in one block; only a refusal is looked into."""
    medium = medium_of(rendition.media_type)
    licensing = services.contracts.licensing
    licence = licensing.licence(request.licence)
    if licence.work != request.work:
        raise RefusedError(
            "wrong-work", "this licence is for another work", "name its work", work=work_hex(licence.work)
        )
    # A chain that has not had a block for a while still takes the time of its last one for now.
    if licence.expiry <= now or not licensing.is_live(request.licence):
        raise RefusedError(
            "licence-expired", "this licence has expired and proves nothing", "buy another", expired=licence.expiry
        )
    if licensing.may_use(request.licence, request.account, MEDIA[medium]):
        _require_settled(licence, now)
        return
    if licensing.may_use(request.licence, request.account, 0):
        scope = services.contracts.offers.terms(licence.terms).scope
        raise DeniedError(
            "scope-not-bought",
            f"this licence does not cover the medium {medium}",
            "buy one that does",
            media=scope_names(scope)["media"],
        )
    raise DeniedError(
        "not-licence-holder", f"{request.account} does not hold this licence", "sign with the account that does"
    )


def _require_settled(licence: Licence, now: int) -> None:
    """Who could open the work and have the price back would have it for nothing."""
    until = (licence.refundable_for + 1) * _DAY
    if licence.refundable_for and now < until:
        raise RefusedError(
            "licence-refundable",
            f"this licence can be given back until {until} (Unix seconds) and opens nothing before",
            "ask again after that time",
            until=until,
        )


def _require_confirmed(services: Services, request: KeyRequest, rendition: Rendition, head: int) -> None:
    """The newest blocks may be replaced by others, and what was opened by them cannot be taken back."""
    depth = services.settings.key_confirmations
    if depth is None:
        depth = 0 if services.client.chain_id in DEVELOPMENT_CHAINS else CONFIRMATIONS
    if depth and not _stood(services, request, rendition, head - depth):
        raise RefusedError(
            "right-not-confirmed",
            f"this right is not yet {depth} blocks deep, so a reorganisation may undo it",
            f"send the request again after {depth} blocks",
            confirmations=depth,
            block=head,
        )


def _stood(services: Services, request: KeyRequest, rendition: Rendition, block: int) -> bool:
    """Whether the right was there at a block."""
    if block < services.contracts.deployment.block:
        return False
    if request.licence:
        medium = MEDIA[medium_of(rendition.media_type)]
        return services.contracts.licensing.may_use(request.licence, request.account, medium, block=block)
    try:
        return services.contracts.registry.title(request.work, block=block).holder == request.account
    except NotFoundError:
        return False


def _require_final(title: Title, now: int) -> None:
    """Until then whoever has the earlier commitment takes the title, and what was opened cannot be taken back."""
    if now < title.final_at:
        raise RefusedError(
            "title-not-final",
            f"the title of this work is not final before {title.final_at} (Unix seconds)",
            "ask again after that time",
            final_at=title.final_at,
        )


def _require_title(services: Services, account: str, work: int) -> Title:
    title = services.contracts.registry.title(work)
    if title.holder != account:
        raise DeniedError(
            "not-title-holder",
            f"{account} does not hold the title of this work",
            "name the licence by which you may use it",
        )
    return title


def log_release(services: Services, request: KeyRequest, recipient: str, block: int, now: int) -> None:
    """Use up the nonce; the row is there before the key leaves.

    Raises:
        RefusedError: `request-used`, or `too-many-releases`.
    """
    with services.store.transaction() as tx:
        tx.alone(f"key-releases {request.work} {request.licence}")  # counted, and not used by two at once
        if tx.key_releases.is_used(request.account, request.nonce):
            raise RefusedError("request-used", "this request was answered before", "sign a new one, with another nonce")
        if tx.key_releases.count(request.work, request.licence, now - _DAY) >= RELEASES_PER_DAY:
            raise RefusedError(
                "too-many-releases",
                f"this right was given the key {RELEASES_PER_DAY} times within a day",
                "open the content with the key that you were given, or ask again tomorrow",
                limit=RELEASES_PER_DAY,
            )
        tx.key_releases.add(
            KeyReleaseRecord(
                work=request.work,
                account=request.account,
                licence=request.licence,
                recipient=recipient,
                nonce=request.nonce,
                block=block,
                released_at=now,
            )
        )
