"""What this service keeps on IPFS: the files of the works that were registered here, and the standard terms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from offchain.store import ContentRecord, Store
from offchain.workflows.jobs import Draft
from offchain.workflows.metadata import Metadata, Rendition
from offchain.workflows.terms import standard_terms

__all__ = ["Holding", "find_content", "holdings", "is_registered_here", "offered_holdings", "record_contents"]
__all__ += ["record_sealed"]

_JSON: Final = "application/json"
_OCTETS: Final = "application/octet-stream"
"""Sealed bytes are served as what they are, not as what is inside."""

_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class Holding:
    """A pinned file.

    Attributes:
        cid: CIDv1 in base32.
        role: `metadata`, `provenance`, `features`, that of a rendition, or `terms`.
        work: whose it is; None for terms.
    """

    cid: str
    role: str
    work: int | None


def record_contents(store: Store, work: int, draft: Draft) -> None:
    """Keep what was pinned for a work that is registered now; doing it again changes nothing."""
    metadata: Metadata = draft["metadata"]
    named = [("metadata", _JSON, draft["metadata_cid"]), ("provenance", _JSON, draft["provenance_cid"])]
    named += [("features", _OCTETS, metadata.features)]
    named += [
        (each.role, each.media_type if each.scheme is None else _OCTETS, each.cid) for each in metadata.renditions
    ]
    records = [
        ContentRecord(cid=cid, work=work, role=role, media_type=kind) for role, kind, cid in named if cid is not None
    ]
    with store.transaction() as tx:
        tx.contents.put(work, records)


def record_sealed(store: Store, work: int, rendition: Rendition) -> None:
    """Keep that a work was sealed after its registration; doing it again changes nothing."""
    with store.transaction() as tx:
        tx.contents.put(work, [ContentRecord(cid=rendition.cid, work=work, role=rendition.role, media_type=_OCTETS)])
        kept = tx.content_keys.find(work)
        if kept is not None:
            kept.digest = bytes.fromhex(rendition.sha256.removeprefix("0x"))


def is_registered_here(store: Store, work: int) -> bool:
    """Whether the registration that stands was made here.

    It is not where the work has a title from elsewhere, or one made here gave way to that of another registrant.
    """
    with store.snapshot() as tx:
        title, known = tx.events.title(work), tx.works.find(work)
        stands = title is not None and known is not None and title.registrant == known.creator
        return stands and bool(tx.contents.of_work(work))


def find_content(store: Store, cid: str) -> ContentRecord | None:
    """The file that was pinned here under a CID (version 1, base32), or None."""
    with store.snapshot() as tx:
        return tx.contents.find(cid)


def holdings(store: Store) -> Iterator[Holding]:
    """Every file that should be pinned, each once."""
    seen = {terms.cid for terms in standard_terms()}
    yield from (Holding(cid, "terms", None) for cid in sorted(seen))
    last = 0
    while True:
        with store.snapshot() as tx:
            page = tx.contents.page(_PAGE, last)
        for record in page:
            if record.cid not in seen:
                seen.add(record.cid)
                yield Holding(record.cid, record.role, record.work)
        if not page:
            return
        last = page[-1].sequence


def offered_holdings(store: Store) -> Iterator[Holding]:
    """Every file that the nodes should keep now: what a takedown withholds is none of them."""
    for holding in holdings(store):
        with store.snapshot() as tx:
            kept = not tx.takedowns.withholds(holding.cid)
        if kept:
            yield holding
