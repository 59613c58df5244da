"""Signing in with a wallet (EIP-4361), sessions, API keys. Answers that hold a token are never stored by anybody."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path
from fastapi.responses import Response

from offchain.api.callers import Caller, CallerDep, Scope, signed_in
from offchain.api.deps import ServicesDep
from offchain.api.schemas.auth import (
    ApiKeyIn,
    ApiKeysOut,
    CallerOut,
    ChallengeIn,
    ChallengeOut,
    NewApiKeyOut,
    RefreshIn,
    SessionIn,
    SessionOut,
    caller_out,
    key_out,
    new_key_out,
    session_out,
)
from offchain.api.schemas.fields import to_bytes
from offchain.workflows.callers import (
    challenge,
    end_session,
    keys_of,
    make_key,
    open_session,
    refresh_session,
    revoke_key,
)

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["callers"])

_PRIVATE: Final = "no-store"

KeyId = Annotated[str, Path(pattern="^[0-9a-f]{24}$")]
Owner = Annotated[Caller, Depends(signed_in(Scope.KEYS))]


@router.post("/auth/challenge", operation_id="makeChallenge")
def make_challenge(body: ChallengeIn, services: ServicesDep, response: Response) -> ChallengeOut:
    """A message for a wallet to sign in with; it serves once."""
    response.headers["Cache-Control"] = _PRIVATE
    return ChallengeOut(message=challenge(services, body.account))


@router.post("/auth/session", operation_id="openSession")
def open_session_(body: SessionIn, services: ServicesDep, response: Response) -> SessionOut:
    """Sign in: an access token for a quarter of an hour, and a refresh token for thirty days.

    Keys of accounts, ERC-1271 contracts and contracts that are not deployed yet (ERC-6492) can sign.
    """
    response.headers["Cache-Control"] = _PRIVATE
    return session_out(open_session(services, body.message, to_bytes(body.signature)))


@router.post("/auth/refresh", operation_id="refreshSession")
def refresh_session_(body: RefreshIn, services: ServicesDep, response: Response) -> SessionOut:
    """New tokens for a session; the old ones end. A refresh token that is shown twice ends the session."""
    response.headers["Cache-Control"] = _PRIVATE
    return session_out(refresh_session(services, body.refresh_token))


@router.delete("/auth/session", operation_id="closeSession", status_code=204)
def close_session(caller: CallerDep, services: ServicesDep) -> None:
    """Sign out; both tokens of the session end. Without a session, nothing happens."""
    end_session(services, caller)


@router.get("/auth/me", operation_id="getCaller")
def get_caller(caller: CallerDep, response: Response) -> CallerOut:
    """Who the service takes you for, and what you may do."""
    response.headers["Cache-Control"] = _PRIVATE
    return caller_out(caller)


@router.post("/api-keys", operation_id="makeApiKey", status_code=201)
def make_api_key(body: ApiKeyIn, caller: Owner, services: ServicesDep, response: Response) -> NewApiKeyOut:
    """An API key for a server of yours; it is told once, so there is no idempotency key. No key can make keys."""
    response.headers["Cache-Control"] = _PRIVATE
    return new_key_out(make_key(services, caller, body.name, body.scopes, body.expiry))


@router.get("/api-keys", operation_id="listApiKeys")
def list_api_keys(caller: Owner, services: ServicesDep) -> ApiKeysOut:
    """Your API keys, oldest first, without the keys themselves."""
    return ApiKeysOut(items=list(map(key_out, keys_of(services, str(caller.account)))))


@router.delete("/api-keys/{key}", operation_id="revokeApiKey", status_code=204)
def revoke_api_key(key: KeyId, caller: Owner, services: ServicesDep) -> None:
    """End an API key at once."""
    revoke_key(services, str(caller.account), key)
