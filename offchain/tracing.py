"""Traces: where a request's, a job's step's and a chain call's time went, for a collector that speaks OTLP.

Off unless a collector is named, and then nothing of OpenTelemetry's SDK is imported. A span has names and codes alone:
no query, no body, no address of a node, since all of these may hold secrets.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

__all__ = ["span", "tracing"]

_SECONDS: Final = 3
"""How long a process that ends waits for its collector."""


class _State:
    tracer: Tracer | None = None


@contextmanager
def span(name: str, **attributes: str | int) -> Iterator[None]:
    """Time the block as a span of what surrounds it; costs nothing where traces are off."""
    if _State.tracer is None:
        yield
        return
    with _State.tracer.start_as_current_span(name, record_exception=False, set_status_on_exception=False) as current:
        for key, value in attributes.items():
            current.set_attribute(key.replace("__", "."), value)
        try:
            yield
        except Exception as error:
            current.set_attribute("error.type", str(getattr(error, "code", type(error).__name__)))
            raise


@contextmanager
def tracing(url: str | None) -> Iterator[None]:
    """Send this process's spans to a collector while the block lasts.

    Args:
        url: of the collector, e.g. `http://127.0.0.1:4318`; None for no traces.
    """
    if url is None:
        yield
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - see above
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    provider = TracerProvider(resource=Resource.create({"service.name": "colophon"}), shutdown_on_exit=False)
    exporter = OTLPSpanExporter(f"{url.rstrip('/')}/v1/traces", timeout=_SECONDS)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    _State.tracer = provider.get_tracer("colophon")
    try:
        yield
    finally:
        _State.tracer = None
        provider.shutdown()
