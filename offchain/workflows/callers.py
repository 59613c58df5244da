"""Who calls the service, and what they may do: sessions of wallets that signed in, and API keys.

    challenge → the wallet signs (EIP-4361) → open_session → access token, refreshed by a refresh token
    make_key → API key, for servers

Tokens and keys are 256 random bits; only their sha256 is kept. A refresh token serves once: whoever shows one a second
time has a copy of it, so the session ends for everybody.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from offchain.chain.address import parse_address
from offchain.chain.signin import Place, compose, new_nonce, require_message, require_signed_in
from offchain.errors import DeniedError, InputError, NotFoundError, RefusedError
from offchain.store import ApiKeyRecord, SessionRecord
from offchain.workflows.services import Services

__all__ = ["ANONYMOUS", "Caller", "NewKey", "Scope", "Tokens", "challenge", "end_session", "identify", "keys_of"]
__all__ += ["make_key", "open_session", "refresh_session", "revoke_key", "scope_missing", "sweep_callers"]

_NONCE_LIFE: Final = 300
_ACCESS_LIFE: Final = 900
_REFRESH_LIFE: Final = 30 * 86_400
_LONGEST: Final = 180 * 86_400
"""After so many seconds a wallet signs in anew, however often its session was refreshed."""

_KEYS: Final = 50
"""Keys that an account may have."""

_KEY_PREFIX: Final = "clp_"
_TOUCH: Final = 60
_ANSWERS: Final = 86_400
"""Seconds for which the answer to an idempotency key is kept."""


class Scope(StrEnum):
    """What a caller may be allowed to do."""

    WORKS = "works"
    GENERATIONS = "generations"
    WEBHOOKS = "webhooks"
    KEYS = "keys"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls.

    Attributes:
        account: EIP-55 address, None for somebody who did not say.
        scopes: what the caller may do.
        key: id of the API key, None for a session.
        session: id of the session, None for an API key.
    """

    account: str | None
    scopes: frozenset[Scope]
    key: str | None = None
    session: str | None = None


ANONYMOUS: Final = Caller(None, frozenset())


@dataclass(frozen=True, slots=True)
class Tokens:
    """A session's tokens, told once; times are Unix seconds."""

    account: str
    access: str
    access_until: int
    refresh: str
    refresh_until: int


@dataclass(frozen=True, slots=True)
class NewKey:
    """An API key, told once."""

    key: str
    record: ApiKeyRecord


def challenge(services: Services, account: str) -> str:
    """A message for an account to sign in with, good for five minutes.

    Raises:
        InputError: `address-malformed`.
    """
    nonce, now = new_nonce(), _now()
    text = compose(_place(services), parse_address(account), nonce, datetime.fromtimestamp(now, UTC))
    with services.store.transaction() as tx:
        tx.challenges.add(_digest(text), now + _NONCE_LIFE)
    return text


def open_session(services: Services, message: str, signature: bytes) -> Tokens:
    """Sign in.

    Raises:
        InputError: `message-malformed`.
        DeniedError: `sign-in-refused`.
        UnavailableError: `chain-down`.
    """
    now = _now()
    require_message(message)
    # Used up before anything else is looked at: a message that was refused once is refused for ever. It is known by
    # all of its bytes, so nobody signs in by another statement, with resources, or as another account.
    with services.store.transaction() as tx:
        fresh = tx.challenges.use(_digest(message), now)
    if not fresh:
        raise DeniedError(
            "sign-in-refused",
            "the sign-in message is not accepted: it is not one of ours, was used or has expired",
            "ask for a new one, and sign it at once and unchanged",
        )
    account = require_signed_in(services.client, _place(services), message, signature, datetime.fromtimestamp(now, UTC))
    number = secrets.token_hex(12)
    tokens = _tokens(account, number, now, now + _LONGEST)
    with services.store.transaction() as tx:
        tx.sessions.add(
            SessionRecord(
                id=number,
                account=account,
                access=_digest(tokens.access),
                access_until=tokens.access_until,
                refresh=_digest(tokens.refresh),
                refresh_until=tokens.refresh_until,
                created_at=now,
            )
        )
    return tokens


def refresh_session(services: Services, token: str) -> Tokens:
    """New tokens for a session; the old ones end.

    Raises:
        DeniedError: `session-ended`.
    """
    now, shown = _now(), _digest(token)
    with services.store.transaction() as tx:
        session = tx.sessions.by_id(token.partition(".")[0])
        if session is not None and session.refresh == shown and session.refresh_until > now:
            tokens = _tokens(session.account, session.id, now, session.created_at + _LONGEST)
            session.refresh, session.refresh_until = _digest(tokens.refresh), tokens.refresh_until
            session.access, session.access_until = _digest(tokens.access), tokens.access_until
            return tokens
        if session is not None:
            tx.sessions.end(session.id)
    raise _ended()


def end_session(services: Services, caller: Caller) -> None:
    """Sign out; its tokens are worth nothing from now on."""
    if caller.session is not None:
        with services.store.transaction() as tx:
            tx.sessions.end(caller.session)


def make_key(
    services: Services, caller: Caller, name: str, scopes: Collection[Scope], expiry: int | None = None
) -> NewKey:
    """An API key that acts for the caller's account.

    Raises:
        InputError: `expiry-past`.
        DeniedError: `scope-missing`, more than the caller may do, or the making of further keys.
        RefusedError: `too-many-keys`.
    """
    now = _now()
    if expiry is not None and expiry <= now:
        raise InputError("expiry-past", "the key would have expired already", "name a time to come")
    lacking = set(scopes) - (caller.scopes - {Scope.KEYS})
    if lacking or caller.account is None:
        raise scope_missing(min(lacking, default=Scope.KEYS))
    key = _KEY_PREFIX + secrets.token_urlsafe(32)
    record = ApiKeyRecord(
        id=secrets.token_hex(12),
        account=caller.account,
        name=name,
        digest=_digest(key),
        scopes=sorted(scopes),
        created_at=now,
        expiry=expiry,
    )
    with services.store.transaction() as tx:
        tx.alone(f"api-keys {caller.account}")  # of two who count at once, both would find room for one
        if len(tx.api_keys.of(caller.account)) >= _KEYS:
            raise RefusedError("too-many-keys", f"this account has {_KEYS} keys already", "revoke one first")
        tx.api_keys.add(record)
    return NewKey(key, record)


def keys_of(services: Services, account: str) -> list[ApiKeyRecord]:
    """An account's keys, oldest first."""
    with services.store.snapshot() as tx:
        return list(tx.api_keys.of(account))


def revoke_key(services: Services, account: str, number: str) -> None:
    """End a key at once.

    Raises:
        NotFoundError: `unknown-key`.
    """
    with services.store.transaction() as tx:
        if not tx.api_keys.revoke(account, number):
            raise NotFoundError("unknown-key", "you have no such key", "list your keys", key=number)


def identify(services: Services, token: str) -> Caller:
    """Whose token this is.

    Raises:
        DeniedError: `session-ended`, or `api-key-refused`.
    """
    return _by_key(services, token) if token.startswith(_KEY_PREFIX) else _by_session(services, token)


def sweep_callers(services: Services) -> None:
    """Forget what has expired."""
    with services.store.transaction() as tx:
        tx.challenges.sweep(_now())
        tx.sessions.sweep(_now())
        tx.idempotency.sweep(_now() - _ANSWERS)


def scope_missing(scope: Scope) -> DeniedError:
    """The error of a caller who may not do something; to be raised by whoever finds out."""
    return DeniedError(
        "scope-missing",
        f"you may not use what needs the scope {scope}",
        "use a key or an account that has it",
        scope=scope,
    )


def _by_session(services: Services, token: str) -> Caller:
    with services.store.snapshot() as tx:
        session = tx.sessions.by_access(_digest(token))
    if session is None or session.access_until <= _now():
        raise _ended()
    return Caller(session.account, _allowed(services, session.account, Scope), session=session.id)


def _by_key(services: Services, token: str) -> Caller:
    now = _now()
    with services.store.snapshot() as tx:
        key = tx.api_keys.by_digest(_digest(token))
    if key is None or (key.expiry is not None and key.expiry <= now):
        raise DeniedError("api-key-refused", "this API key is unknown, revoked or has expired", "make a new one")
    if key.used_at is None or key.used_at < now - _TOUCH:
        with services.store.transaction() as tx:
            tx.api_keys.touch(key.id, now)
    return Caller(key.account, _allowed(services, key.account, map(Scope, key.scopes)), key=key.id)


def _allowed(services: Services, account: str, scopes: Iterable[Scope]) -> frozenset[Scope]:
    """Operators are named by the settings, and asked for at each use: who is no longer named is none any more."""
    operator = account.lower() in services.settings.operators
    return frozenset(scope for scope in scopes if scope is not Scope.OPERATOR or operator)


def _tokens(account: str, number: str, now: int, last: int) -> Tokens:
    """New tokens of a session; a refresh token names its session, so that every one before it is known again."""
    access, refresh = secrets.token_urlsafe(32), f"{number}.{secrets.token_urlsafe(32)}"
    return Tokens(account, access, min(now + _ACCESS_LIFE, last), refresh, min(now + _REFRESH_LIFE, last))


def _place(services: Services) -> Place:
    url = services.settings.service_url
    return Place(urlsplit(url).netloc, url, services.client.chain_id)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _ended() -> DeniedError:
    return DeniedError("session-ended", "the session has ended", "sign in again, or refresh it")


def _now() -> int:
    # The wall clock, not the chain's: sessions are no business of the chain.
    return int(time.time())
