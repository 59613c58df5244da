"""The application: `uvicorn offchain.api.app:create_app --factory --host 127.0.0.1`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from functools import partial
from typing import Any, Final

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.middleware.cors import CORSMiddleware
from fastapi.routing import APIRoute

from offchain import __version__
from offchain.api.background import Background
from offchain.api.document import documented
from offchain.api.documentation import install_documentation
from offchain.api.limits import BodyLimit
from offchain.api.logs import RequestLog, configure_logs
from offchain.api.metrics import Metrics, RequestMetrics
from offchain.api.pages import Pages
from offchain.api.problems import PROBLEMS, install_problems
from offchain.api.rates import RateLimits
from offchain.api.routes import (
    auth,
    catalogue,
    certificates,
    content,
    generations,
    health,
    jobs,
    keys,
    masters,
    money,
    prices,
    sales,
    takedowns,
    webhooks,
    works,
)
from offchain.api.sniffing import NoSniffing
from offchain.api.tracing import RequestTrace
from offchain.config import Settings, load_settings
from offchain.tracing import tracing
from offchain.workflows.opening import open_engine
from offchain.workflows.readiness import Readiness, probes
from offchain.workflows.services import open_services, service_signers
from offchain.workflows.unrelayed import follow
from offchain.workflows.webhooks import Courier

__all__ = ["create_app"]

_EXPOSED: Final = [
    "Content-Range",
    "ETag",
    "Link",
    "Location",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "WWW-Authenticate",
    "X-Request-ID",
]
"""Headers that a page may read beside those that every page may."""

_ENVELOPE: Final = 2**20
"""Bytes that a request may have beside the file that it carries."""


def create_app(settings: Settings | None = None) -> FastAPI:
    """The service over its settings, else over those of the environment; nothing is opened before it starts."""
    chosen = settings or load_settings()
    configure_logs(chosen.log_level)

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
            "Wallets sign in and sign what they authorise; servers send an API key. Reading is for everybody. "
            "A registration proves priority and integrity, not authorship."
        ),
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        responses=PROBLEMS,
        generate_unique_id_function=_operation_id,
    )
    app.add_middleware(BodyLimit, limit=chosen.max_upload + _ENVELOPE)
    app.state.metrics = Metrics() if chosen.metrics else None
    if chosen.metrics:
        app.add_middleware(RequestMetrics, metrics=app.state.metrics)
    if chosen.rates is not None:
        app.add_middleware(RateLimits, settings=chosen.rates)
    if chosen.cors_origins:
        app.add_middleware(CORSMiddleware, **_cors(chosen.cors_origins))
    if chosen.otlp_url is not None:
        app.add_middleware(RequestTrace)
    app.add_middleware(RequestLog)
    app.add_middleware(NoSniffing)
    install_problems(app)
    # Routes are tried in this order, and most requests read the catalogue.
    for routes in (
        catalogue,
        works,
        auth,
        content,
        masters,
        generations,
        jobs,
        prices,
        sales,
        certificates,
        keys,
        money,
        takedowns,
        webhooks,
        health,
    ):
        app.include_router(routes.router)
    app.openapi = documented(app)  # type: ignore[method-assign] # FastAPI's own way to extend its document
    install_documentation(app)
    return app


def _cors(origins: tuple[str, ...]) -> dict[str, Any]:
    """Pages of these origins may call and read; a browser sends nothing of its own along, such as cookies."""
    return {
        "allow_origins": origins,
        "allow_methods": ["GET", "HEAD", "POST", "PATCH", "DELETE"],
        "allow_headers": ["Authorization", "Content-Type", "Idempotency-Key", "If-None-Match", "Range", "X-Request-ID"],
        "expose_headers": _EXPOSED,
        "max_age": 600,
    }


def _open(app: FastAPI, settings: Settings, stack: ExitStack) -> None:
    stack.enter_context(tracing(settings.otlp_url))
    relayer, pricing = service_signers(settings)
    services = stack.enter_context(open_services(settings, relayer=relayer, pricing=pricing))
    services.vault.sweep()
    app.state.engine = stack.enter_context(open_engine(services, queues=None if settings.workers else ()))
    app.state.pages = Pages(services.store)
    tasks = {"unrelayed": partial(follow, app.state.engine), "postponed": app.state.engine.take_up}
    background = stack.enter_context(Background(services, tasks))
    stack.enter_context(Courier(services))
    app.state.readiness = Readiness(probes(services, follows=lambda: background.alive, works=settings.workers))


def _operation_id(route: APIRoute) -> str:
    return route.operation_id or route.name
