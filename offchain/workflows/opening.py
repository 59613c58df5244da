"""Starting the engine of a process, with every workflow that it may have to continue."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from offchain.workflows import generating, preparing, publishing, purchasing
from offchain.workflows.engine import Engine
from offchain.workflows.services import Services
from offchain.workflows.terms import standard_terms

__all__ = ["WORKFLOWS", "open_engine", "pin_terms"]

WORKFLOWS = (preparing.prepare, publishing.publish, purchasing.purchase, generating.generation)
"""Every workflow: the engine finds them by name when it continues what an earlier process began."""


@contextmanager
def open_engine(
    services: Services, *, name: str = "service", queues: Collection[str] | None = None
) -> Iterator[Engine]:
    """Run the engine until the block ends; unfinished work under the same name continues by itself.

    Args:
        services: what the workflows work with; stay open until the engine has stopped.
        name: of the kind of process; only one of a name runs over a home at a time, save the service's on PostgreSQL.
        queues: that a process of the service takes work from on PostgreSQL; None for all.

    Raises:
        InputError: `unknown-queue`, `workers-need-postgres`.
        UnavailableError: `workflows-busy`.
    """
    engine = Engine(services, name, queues)
    engine.start()
    try:
        yield engine
    finally:
        engine.stop()


def pin_terms(services: Services) -> None:
    """Pin the standard terms' documents, so that whoever reads the chain finds the legal text; again is no harm.

    Raises:
        UnavailableError: the IPFS node is down or lies.
    """
    for standard in standard_terms():
        services.ipfs.pin(standard.data)
