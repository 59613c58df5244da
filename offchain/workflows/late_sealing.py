"""Sealing a work after its registration, for a holder who offers licences only later.

The metadata that the title leads to stays as it was signed, so the store tells what is sealed. Only a work that was
registered here is sealed: of another the master may lie here too, handed in by somebody who was too late, and it must
not be opened to whoever was first.
"""

from __future__ import annotations

from offchain.chain import work_hex
from offchain.errors import NotFoundError, RefusedError
from offchain.workflows.catalogue import describe
from offchain.workflows.holdings import is_registered_here, record_sealed
from offchain.workflows.metadata import Metadata, Rendition
from offchain.workflows.sealing import content_key, pin_sealed, seal_master, sealed_rendition
from offchain.workflows.services import Services
from offchain.workflows.takedowns import require_offered

__all__ = ["seal_registered"]


def seal_registered(services: Services, work: int) -> Rendition:
    """Seal a registered work, pin that, and remember it, so that its licensees can open it.

    Doing it again pins the same bytes again, or what is missing of them, and changes nothing.

    Raises:
        NotFoundError: `unknown-work`, `not-registered-here`, or `master-missing`.
        RefusedError: `sealed-elsewhere`, or `taken-down`.
        UnavailableError: `master-damaged`, `disk-failed`, `no-content-key`, or the IPFS nodes' reason.
    """
    require_offered(services, work)
    metadata = _ours(services, work)
    stated = sealed_rendition(metadata)
    if stated is not None:
        _require_key(services, work, stated)
    rendition = stated or seal_master(services, work, metadata.media_type)
    if pin_sealed(services, work) != rendition.cid:
        raise _elsewhere(work)
    if stated is None:
        record_sealed(services.store, work, rendition)
    return rendition


def _ours(services: Services, work: int) -> Metadata:
    """The metadata of a work that was registered here."""
    metadata = describe(services, work).metadata
    if metadata is None or not is_registered_here(services.store, work):
        raise NotFoundError(
            "not-registered-here",
            "this work was registered with another service",
            "ask that service to seal it",
            work=work_hex(work),
        )
    return metadata


def _require_key(services: Services, work: int, stated: Rendition) -> None:
    """Sealing anew under another key would pin what nobody is led to."""
    try:
        known = content_key(services, work).cid
    except NotFoundError:
        known = None
    if known != stated.cid:
        raise _elsewhere(work)


def _elsewhere(work: int) -> RefusedError:
    return RefusedError(
        "sealed-elsewhere",
        "the work's metadata names a sealed rendition whose key is not here",
        "restore the content keys from a backup of the database",
        work=work_hex(work),
    )
