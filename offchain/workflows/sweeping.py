"""Pins that nothing needs any more: of registrations that were given up, and parts of uploads that were broken off.

Only what this machine itself drafted or sealed is looked at, and never a list of a node's pins: a node that others use,
too, keeps what is theirs. Nothing is taken from a work that may still be registered, which its registrant's signature
bounds, nor from one whose title leads to what was drafted here, even if no process has recorded that yet, nor what the
metadata of any work names, whoever registered it: that may be on the same node.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from offchain.config import shown_url
from offchain.errors import NotFoundError, UnavailableError
from offchain.storage import local_cid, raw_cid
from offchain.workflows.catalogue import describe
from offchain.workflows.holdings import holdings
from offchain.workflows.metadata import metadata_of
from offchain.workflows.preparing import SIGNATURE_SECONDS
from offchain.workflows.sealing import sealed_cids
from offchain.workflows.services import Services

__all__ = ["RESTING", "Stray", "strays", "sweep"]

RESTING: Final = 2 * SIGNATURE_SECONDS
"""Seconds without a sign of life after which no registration and no upload of a work can still be under way."""

_PAGE: Final = 500
_MASTER: Final = frozenset({"master-missing", "master-damaged"})


@dataclass(frozen=True, slots=True)
class Stray:
    """A pin that nothing needs.

    Attributes:
        cid: what is pinned.
        work: for which.
        nodes: URLs of the nodes that have the pin, without secrets.
    """

    cid: str
    work: int
    nodes: tuple[str, ...]


def strays(services: Services, now: float) -> Iterator[Stray]:
    """Pins that nothing needs, by work; changes nothing.

    Args:
        services: of this process, its store level with the chain.
        now: Unix seconds, by the clock that dates files.

    Raises:
        UnavailableError: a node does not answer, or the content keys cannot be opened.
    """
    works = services.vault.works()
    resting = [work for work in works if services.vault.touched(work) < now - RESTING]
    given_up = {work for work in resting if _is_given_up(services, work)}
    needed = {holding.cid for holding in holdings(services.store)} | set(_named(services))
    needed |= {cid for work in works if work not in given_up for cid in _public_cids(services, work)}
    for work in resting:
        *parts, whole = _sealed_cids(services, work) or [""]
        left = [whole, *_public_cids(services, work)] if work in given_up else []
        for cid in dict.fromkeys(filter(None, [*parts, *left])):
            nodes = () if cid in needed else _pinning(services, cid)
            # Somebody may have begun anew meanwhile.
            if nodes and services.vault.touched(work) < now - RESTING:
                yield Stray(cid, work, nodes)


def sweep(services: Services, stray: Stray) -> None:
    """Let every node forget a stray pin.

    Raises:
        UnavailableError: `unpin-incomplete`, or the single node's reason.
    """
    services.ipfs.unpin(stray.cid)


def _is_given_up(services: Services, work: int) -> bool:
    with services.store.snapshot() as tx:
        title, recorded = tx.events.title(work), tx.contents.of_work(work)
    if recorded:
        return False
    if title is None:
        return True
    drafted = services.vault.files(work)
    # A title without a drafted file may be of a registration by an earlier version, and what unread metadata names
    # cannot be told: both are left alone.
    elsewhere = bool(drafted) and raw_cid(title.metadata_digest) not in drafted
    return elsewhere and describe(services, work).metadata is not None


def _named(services: Services) -> Iterator[str]:
    """CIDs in the metadata of every work of the catalogue."""
    before: int | None = None
    with services.store.snapshot() as tx:
        while works := tx.works.page(_PAGE, before=before):
            before = works[-1].sequence
            for work in works:
                try:
                    metadata = metadata_of(work.details)
                except UnavailableError:  # kept unchecked, and not readable
                    continue
                named = (metadata.features, metadata.provenance, *(each.cid for each in metadata.renditions))
                yield from filter(None, named)


def _public_cids(services: Services, work: int) -> tuple[str, ...]:
    features = services.vault.features(work)
    return (*services.vault.files(work), *(() if features is None else (local_cid(features),)))


def _sealed_cids(services: Services, work: int) -> tuple[str, ...]:
    """None for a work whose master has gone since: what was left of it cannot be told any more."""
    try:
        return sealed_cids(services, work)
    except (NotFoundError, UnavailableError) as error:
        if error.code not in _MASTER:
            raise
        return ()


def _pinning(services: Services, cid: str) -> tuple[str, ...]:
    return tuple(shown_url(node.url) for node in services.ipfs.nodes if node.is_pinned(cid))
