"""Signing in, sessions, API keys."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from offchain.api.schemas.fields import Account, Bytes, Received
from offchain.store import ApiKeyRecord
from offchain.workflows.callers import Caller, NewKey, Scope, Tokens

__all__ = ["ApiKeyIn", "ApiKeyOut", "ApiKeysOut", "CallerOut", "ChallengeIn", "ChallengeOut", "NewApiKeyOut"]
__all__ += ["RefreshIn", "SessionIn", "SessionOut", "caller_out", "key_out", "new_key_out", "session_out"]

_LAST = 2**40 - 1


class ChallengeIn(Received):
    """Who wants to sign in."""

    account: Account


class ChallengeOut(BaseModel):
    """A message (EIP-4361) for the account's wallet to sign by `personal_sign`, within five minutes."""

    message: str


class SessionIn(Received):
    """The signed message, unchanged."""

    message: Annotated[str, Field(max_length=4096)]
    signature: Bytes


class RefreshIn(Received):
    """A refresh token; it serves once."""

    refresh_token: Annotated[str, Field(max_length=200)]


class SessionOut(BaseModel):
    """A session; send the access token as `Authorization: Bearer …`."""

    account: Account
    access_token: str
    access_until: int = Field(description="Unix seconds")
    refresh_token: str
    refresh_until: int = Field(description="Unix seconds")


class CallerOut(BaseModel):
    """Who calls."""

    account: Account | None
    scopes: list[Scope]
    key: str | None = Field(description="id of the API key; null for a session")


class ApiKeyIn(Received):
    """An API key to be made."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(Scope))]
    expiry: Annotated[int | None, Field(ge=1, le=_LAST, description="Unix seconds; null for no end")] = None


class ApiKeyOut(BaseModel):
    """An API key, without the key."""

    id: str
    name: str
    scopes: list[Scope]
    created_at: int = Field(description="Unix seconds")
    expiry: int | None
    used_at: int | None = Field(description="when it was last used, Unix seconds, to the minute")


class NewApiKeyOut(ApiKeyOut):
    """An API key that was just made."""

    key: str = Field(description="told this once; keep it like a password")


class ApiKeysOut(BaseModel):
    """An account's keys, oldest first."""

    items: list[ApiKeyOut]


def session_out(tokens: Tokens) -> SessionOut:
    """A session as it goes out."""
    return SessionOut(
        account=tokens.account,
        access_token=tokens.access,
        access_until=tokens.access_until,
        refresh_token=tokens.refresh,
        refresh_until=tokens.refresh_until,
    )


def caller_out(caller: Caller) -> CallerOut:
    """A caller as it goes out."""
    return CallerOut(account=caller.account, scopes=sorted(caller.scopes), key=caller.key)


def key_out(record: ApiKeyRecord) -> ApiKeyOut:
    """A key as it goes out."""
    return ApiKeyOut(
        id=record.id,
        name=record.name,
        scopes=[Scope(scope) for scope in record.scopes],
        created_at=record.created_at,
        expiry=record.expiry,
        used_at=record.used_at,
    )


def new_key_out(made: NewKey) -> NewApiKeyOut:
    """A new key as it goes out, with the key itself."""
    return NewApiKeyOut(**key_out(made.record).model_dump(), key=made.key)
