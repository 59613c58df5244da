"""What the service measures of itself, in the text format of Prometheus at `/metrics`.

Labels are operations, statuses and kinds, never what a caller sends: their number is bounded. What stands in the store
is read when somebody asks, so that every process tells the same.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from offchain.errors import ColophonError
from offchain.workflows.services import Services
from offchain.workflows.standing import Figure, figures

__all__ = ["MEDIA_TYPE", "Metrics", "RequestMetrics"]

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds: from a page out of memory to an upload."""


class Metrics:
    """The measurements of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "colophon_requests_total", "Requests answered", ["operation", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "colophon_request_seconds", "Time to answer", ["operation"], buckets=_BOUNDS, registry=self.registry
        )

    def page(self, services: Services) -> bytes:
        """All of them, with what the store, the chain and the nodes say now."""
        registry = CollectorRegistry()
        registry.register(_Standing(services))
        return generate_latest(self.registry) + generate_latest(registry)


class _Standing(Collector):
    """How the service stands, asked at each scrape; what does not answer is left out."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def describe(self) -> Iterator[Metric]:
        """Nothing is asked before somebody scrapes."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """One family of gauges for each figure."""
        families: dict[str, GaugeMetricFamily] = {}
        for figure in _answering(self._services):
            family = families.setdefault(
                figure.name, GaugeMetricFamily(f"colophon_{figure.name}", figure.about, labels=sorted(figure.labels))
            )
            family.add_metric([figure.labels[name] for name in sorted(figure.labels)], figure.value)
        yield from families.values()


def _answering(services: Services) -> Iterator[Figure]:
    for part in figures(services):
        try:
            yield from part()
        except ColophonError:
            continue


class RequestMetrics:
    """Counts and times requests by operation."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def tell(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, tell)
        finally:
            # The route is known once the router has found it; what it did not find is one operation.
            operation = getattr(scope.get("route"), "operation_id", None) or "none"
            self._metrics.requests.labels(operation, status).inc()
            self._metrics.seconds.labels(operation).observe(time.perf_counter() - started)
