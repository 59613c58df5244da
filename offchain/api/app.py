"""The application: `uvicorn offchain.api.app:create_app --factory --host 127.0.0.1`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from typing import Final

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute

from offchain import __version__
from offchain.api.background import Background
from offchain.api.limits import BodyLimit
from offchain.api.logs import RequestLog, configure_logs
from offchain.api.problems import PROBLEMS, install_problems
from offchain.api.routes import content, generations, health, jobs, keys, money, prices, sales, works
from offchain.config import Settings, load_settings
from offchain.workflows.opening import open_engine
from offchain.workflows.services import open_services, service_signers

__all__ = ["create_app"]

_ENVELOPE: Final = 2**20
"""Bytes that a request may have beside the file that it carries."""


def create_app(settings: Settings | None = None) -> FastAPI:
    """The service over its settings, else over those of the environment; nothing is opened before it starts."""
    configure_logs()
    chosen = settings or load_settings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with ExitStack() as stack:
            await run_in_threadpool(_open, app, chosen, stack)
            yield
            # Ending waits for running steps, so it happens off the event loop, which still serves their requests.
            await run_in_threadpool(stack.close)

    app = FastAPI(
        title="Colophon",
        version=__version__,
        summary="The rights and royalty system for digital works",
        description=(
            "Every change of state is authorised by a wallet signature; nobody signs in. "
            "A registration proves priority and integrity, not authorship."
        ),
        lifespan=lifespan,
        responses=PROBLEMS,
        generate_unique_id_function=_operation_id,
    )
    app.add_middleware(BodyLimit, limit=chosen.max_upload + _ENVELOPE)
    app.add_middleware(RequestLog)
    install_problems(app)
    for routes in (works, content, generations, jobs, prices, sales, keys, money, health):
        app.include_router(routes.router)
    return app


def _open(app: FastAPI, settings: Settings, stack: ExitStack) -> None:
    relayer, pricing = service_signers(settings)
    services = stack.enter_context(open_services(settings, relayer=relayer, pricing=pricing))
    services.vault.sweep()
    app.state.engine = stack.enter_context(open_engine(services))
    app.state.background = stack.enter_context(Background(services))


def _operation_id(route: APIRoute) -> str:
    return route.operation_id or route.name
