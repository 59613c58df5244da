"""What routes work with, as FastAPI dependencies."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from offchain.api.background import Background
from offchain.workflows.engine import Engine
from offchain.workflows.services import Services

__all__ = ["BackgroundDep", "EngineDep", "Once", "OnceDep", "ServicesDep"]


def _engine(request: Request) -> Engine:
    engine: Engine = request.app.state.engine
    return engine


def _services(request: Request) -> Services:
    return _engine(request).services


def _background(request: Request) -> Background:
    background: Background = request.app.state.background
    return background


BackgroundDep = Annotated[Background, Depends(_background)]
EngineDep = Annotated[Engine, Depends(_engine)]
ServicesDep = Annotated[Services, Depends(_services)]


class Once:
    """Answers a POST once per `Idempotency-Key`: the same request under the same key gets the stored answer.

    Only answers of success are stored, so a request that failed for a passing reason can be sent again. A request that
    a crash cut short is carried out again: what POSTs start is itself idempotent.
    """

    def __init__(
        self,
        request: Request,
        services: ServicesDep,
        key: Annotated[
            str | None,
            Header(alias="Idempotency-Key", min_length=1, max_length=200, description="Makes a repeated POST harmless"),
        ] = None,
    ) -> None:
        self._scope = f"{request.method} {request.url.path}"[:200]
        self._services = services
        self._key = key

    def __call__(self, asked: object, status: int, produce: Callable[[], BaseModel]) -> JSONResponse:
        """Produce the answer, or repeat it.

        Args:
            asked: everything that makes the request what it is, as JSON.
            status: HTTP status of a new answer.
            produce: carries the request out.

        Raises:
            RefusedError: `idempotency-key-reused`, the key stands for another request.
        """
        if self._key is None:
            return JSONResponse(produce().model_dump(mode="json"), status)
        request = hashlib.sha256(json.dumps(jsonable_encoder(asked), sort_keys=True).encode()).digest()
        with self._services.store.transaction() as tx:
            before = tx.idempotency.claim(self._scope, self._key, request, self._services.now())
        if before is not None and before.status is not None:
            return JSONResponse(before.answer, before.status)
        answer: dict[str, Any] = produce().model_dump(mode="json")
        with self._services.store.transaction() as tx:
            tx.idempotency.answer(self._scope, self._key, status, answer)
        return JSONResponse(answer, status)


OnceDep = Annotated[Once, Depends()]
