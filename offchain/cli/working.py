"""`colophon worker`: a process that does the service's work over PostgreSQL; any number may run."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import Annotated

import typer

__all__ = ["worker"]


def worker(
    queues: Annotated[
        str | None, typer.Option("--queues", help="Take work from these alone, e.g. registration,purchase.")
    ] = None,
) -> None:
    """Run jobs of the service, over PostgreSQL.

    They are taken out of their queues until SIGTERM or Ctrl-C.

    Set COLOPHON_WORKERS=none for the API, so that it leaves the work to workers. They share its settings, its
    PostgreSQL database and its home folder. A worker that is stopped ends the step that it is in, for at most eight
    seconds; what it leaves, the others continue.
    """
    from offchain.config import load_settings
    from offchain.tracing import tracing
    from offchain.workflows.opening import open_engine
    from offchain.workflows.services import open_services, service_signers

    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    settings = load_settings()
    relayer, pricing = service_signers(settings)
    chosen = None if queues is None else [each.strip() for each in queues.split(",") if each.strip()]
    with tracing(settings.otlp_url), open_services(settings, relayer=relayer, pricing=pricing) as services:
        with open_engine(services, queues=_all() if chosen is None else chosen) as engine:
            print("working", flush=True)
            ending.wait()
        busy = engine.busy
    if busy:
        # The interpreter would wait for the step's thread; the step is done again from its beginning.
        sys.stdout.flush()
        os._exit(0)


def _all() -> list[str]:
    from offchain.workflows.crew import QUEUES

    return list(QUEUES)
