"""Content keys of sealed works, for those who hold a live licence now."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from offchain.api.checks import require_chain
from offchain.api.deps import ServicesDep
from offchain.api.schemas.fields import Account, Number, WorkId, to_bytes, to_work
from offchain.api.schemas.keys import KeyDraftOut, KeyIn, KeyLogIn, KeyLogOut, KeyOut, Recipient, key_log_out, key_out
from offchain.workflows.releasing import draft_key_request, release_key, request_typed, shown_releases

__all__ = ["router"]

router = APIRouter(prefix="/v1/keys", tags=["keys"])


@router.get("/draft", operation_id="draftKeyRequest")
def draft_key_request_(
    services: ServicesDep,
    account: Annotated[Account, Query(description="who signs: holds the licence or a seat, or the title")],
    recipient: Annotated[Recipient, Query()],
    licence: Annotated[Number, Query(description="0 for the holder of the title")] = "0",
    work: Annotated[WorkId | None, Query(description="needed without a licence")] = None,
) -> KeyDraftOut:
    """What a wallet signs to be given a content key; nothing is kept, and nothing is promised."""
    about = None if work is None else to_work(work)
    request = draft_key_request(services, account, recipient, licence=int(licence), work=about)
    return KeyDraftOut(typed_data=request_typed(services, request))


@router.post("", operation_id="releaseKey", response_model=KeyOut)
def release_key_(body: KeyIn, services: ServicesDep, response: Response) -> KeyOut:
    """The content key of a work, wrapped to the age recipient that the signature names.

    The chain is asked now: an expired licence, or the former holder of a transferred one, is refused at once. Each
    release is logged. A request is answered once, by its nonce; an answer that was lost is asked for anew, so there is
    no idempotency key.
    """
    require_chain(services, body.chain_id)
    release = release_key(services, body.request.struct(), to_bytes(body.signature))
    response.headers["Cache-Control"] = "no-store"
    return key_out(release)


@router.post("/log", operation_id="listKeyReleases", response_model=KeyLogOut)
def list_key_releases(body: KeyLogIn, services: ServicesDep, response: Response) -> KeyLogOut:
    """To whom a work's content key was released, for the holder of its title; changes nothing."""
    require_chain(services, body.chain_id)
    signature = to_bytes(body.signature)
    found = shown_releases(services, body.request.struct(), signature, body.limit, before=body.before)
    response.headers["Cache-Control"] = "no-store"
    return key_log_out(found, body.limit)
