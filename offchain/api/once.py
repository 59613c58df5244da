"""Idempotency keys: a POST that is sent twice is carried out once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from offchain.api.callers import CallerDep
from offchain.api.deps import ServicesDep
from offchain.api.rates import address_of, networks
from offchain.errors import RefusedError

__all__ = ["Once", "OnceDep"]


class Once:
    """Answers a POST once per caller and `Idempotency-Key`: the same request under the same key gets the stored answer.

    Only answers of success are stored, so a request that failed for a passing reason can be sent again; one that a
    crash cut short, after some minutes. While it is being carried out, the same request is refused. Answers are stored
    as they are, so a route that tells a secret does without keys.
    """

    def __init__(
        self,
        request: Request,
        services: ServicesDep,
        caller: CallerDep,
        key: Annotated[
            str | None,
            Header(alias="Idempotency-Key", min_length=1, max_length=200, description="Makes a repeated POST harmless"),
        ] = None,
    ) -> None:
        rates = services.settings.rates
        who = caller.account or f"~{address_of(request.scope, networks(rates.proxies if rates else ()))}"
        self._scope = hashlib.sha256(f"{who} {request.method} {request.url.path}".encode()).hexdigest()
        self._services = services
        self._key = key

    def __call__(self, asked: object, status: int, produce: Callable[[], BaseModel]) -> JSONResponse:
        """Produce the answer, or repeat it.

        Args:
            asked: everything that makes the request what it is, as JSON.
            status: HTTP status of a new answer.
            produce: carries the request out.

        Raises:
            RefusedError: `idempotency-key-reused`, the key stands for another request; `request-in-progress`.
        """
        if self._key is None:
            return JSONResponse(produce().model_dump(mode="json"), status)
        request = hashlib.sha256(json.dumps(jsonable_encoder(asked), sort_keys=True).encode()).digest()
        now = self._services.wall()
        with self._services.store.transaction() as tx:
            before = tx.idempotency.claim(self._scope, self._key, request, now)
        if before is not None and before.status is not None:
            return JSONResponse(before.answer, before.status)
        if before is not None:
            raise RefusedError("request-in-progress", "the same request is being carried out", "ask again in a moment")
        try:
            answer: dict[str, Any] = produce().model_dump(mode="json")
        except Exception:
            with self._services.store.transaction() as tx:
                tx.idempotency.release(self._scope, self._key, now)
            raise
        with self._services.store.transaction() as tx:
            tx.idempotency.answer(self._scope, self._key, now, status, answer)
        return JSONResponse(answer, status)


OnceDep = Annotated[Once, Depends()]
