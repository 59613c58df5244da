"""Who calls, as FastAPI dependencies: `CallerDep` for anybody, `signed_in(SCOPE)` where a caller must be known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from offchain.api.deps import ServicesDep
from offchain.api.logs import CALLER
from offchain.errors import DeniedError
from offchain.workflows.callers import ANONYMOUS, Caller, Scope, identify, scope_missing

__all__ = ["Caller", "CallerDep", "Scope", "require_account", "signed_in"]

_BEARER: Final = HTTPBearer(
    auto_error=False, scheme_name="bearer", description="a session's access token, or an API key `clp_…`"
)


def _caller(
    request: Request, services: ServicesDep, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]
) -> Caller:
    if given is None:
        return ANONYMOUS
    caller = identify(services, given.credentials)
    request.scope[CALLER] = {"account": caller.account, "key": caller.key}
    return caller


CallerDep = Annotated[Caller, Depends(_caller)]
"""Whoever calls; a wrong token is refused, none is `ANONYMOUS`."""


def require_account(caller: CallerDep) -> Caller:
    """A dependency: a caller who has signed in, whatever for.

    Raises:
        DeniedError: `sign-in-required` (401).
    """
    if caller.account is None:
        raise DeniedError("sign-in-required", "this is for callers who have signed in", "sign in, or send an API key")
    return caller


def signed_in(scope: Scope) -> Callable[[Caller], Caller]:
    """A dependency: a caller who has signed in and may do this.

    Raises:
        DeniedError: `sign-in-required` (401), `scope-missing` (403).
    """

    def require(caller: Annotated[Caller, Depends(require_account)]) -> Caller:
        if scope not in caller.scopes:
            raise scope_missing(scope)
        return caller

    return require
