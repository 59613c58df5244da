"""What routes work with, as FastAPI dependencies."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from offchain.workflows.engine import Engine
from offchain.workflows.readiness import Readiness
from offchain.workflows.services import Services

__all__ = ["EngineDep", "ReadinessDep", "ServicesDep"]


def _engine(request: Request) -> Engine:
    engine: Engine = request.app.state.engine
    return engine


def _services(request: Request) -> Services:
    return _engine(request).services


def _readiness(request: Request) -> Readiness:
    readiness: Readiness = request.app.state.readiness
    return readiness


EngineDep = Annotated[Engine, Depends(_engine)]
ReadinessDep = Annotated[Readiness, Depends(_readiness)]
ServicesDep = Annotated[Services, Depends(_services)]
