"""The catalogue: works as readers see them, put together from what the indexer read and what their metadata tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from offchain.chain import ZERO_DIGEST, Currency, Edge, work_hex
from offchain.errors import InputError, NotFoundError, RefusedError, UnavailableError
from offchain.identity.matching.filing import MAX_FEATURES_SIZE, features_from_bytes
from offchain.storage import raw_cid
from offchain.storage.canonical import MAX_SIZE
from offchain.store import EventRecord, Place, TitleRecord, UnitOfWork, Wanted, WorkRecord, WorkStatus
from offchain.workflows.derivation import children_of, edges_of
from offchain.workflows.mandates import Mandate, fold_mandates
from offchain.workflows.metadata import Metadata, metadata_from_json, metadata_of, metadata_to_json
from offchain.workflows.services import Services
from offchain.workflows.similarity import CLAIMED_KIND, FEATURES_KIND

__all__ = ["OpenListing", "Page", "WorkView", "describe", "list_works", "record_work"]

_SCAN: Final = 100
"""Works looked at for a page of those that are for sale."""

_PATIENCE: Final = 5.0
"""Seconds that a reader waits for metadata which perhaps nobody has."""


@dataclass(frozen=True, slots=True)
class OpenListing:
    """A fixed price that stands on chain.

    Attributes:
        offer: its number.
        terms: number of the terms.
        tier: name of the terms, None for terms that are not standard.
        currency: of the price.
        price: minor units.
        supply: most licences that it sells; zero: no limit.
        sold: licences that it has sold.
    """

    offer: int
    terms: int
    tier: str | None
    currency: Currency
    price: int
    supply: int = 0
    sold: int = 0


@dataclass(frozen=True, slots=True)
class WorkView:
    """A registered work.

    Attributes:
        work: its id.
        title: the title as the chain has it: holder, registrant, epoch, digests.
        metadata: what its metadata tells; None where it cannot be had or is another program's.
        parents: what it owes to whom.
        children: works that derive from it.
        mandates: what may be quoted for it.
        listings: fixed prices.
        taken_down: whether a notice is in force, so that nothing of it is offered here.
        unreachable: whether the metadata was looked for on IPFS just now, and did not come.
    """

    work: int
    title: TitleRecord
    metadata: Metadata | None
    parents: tuple[Edge, ...]
    children: tuple[int, ...]
    mandates: tuple[Mandate, ...]
    listings: tuple[OpenListing, ...]
    taken_down: bool = False
    unreachable: bool = False

    @property
    def metadata_cid(self) -> str:
        """Where its metadata is."""
        return raw_cid(self.title.metadata_digest)

    @property
    def provenance_cid(self) -> str | None:
        """Where its provenance record is, None when there is none."""
        digest = self.title.provenance_digest
        return None if digest == ZERO_DIGEST else raw_cid(digest)


@dataclass(frozen=True, slots=True)
class Page:
    """Works, newest first or the best matches first; `next` continues after them, None at the end."""

    works: tuple[WorkView, ...]
    next: Place | None


def describe(services: Services, work: int) -> WorkView:
    """A registered work; one that this catalogue has not met is looked up on IPFS and kept.

    Raises:
        NotFoundError: `unknown-work`.
    """
    with services.store.snapshot() as tx:
        title, known = tx.events.title(work), tx.works.find(work)
    if title is None:
        raise NotFoundError("unknown-work", "no work with this id is registered", "check the id", work=work_hex(work))
    reached = known is not None or _adopt(services, title)
    with services.store.snapshot() as tx:
        [view] = _views(services, tx, [(title, tx.works.find(work))])
    return replace(view, unreachable=not reached)


def list_works(
    services: Services, wanted: Wanted, limit: int, *, after: Place | None = None, for_sale: bool = False
) -> Page:
    """The newest registered works, or the best matches of a question.

    Args:
        services: of this process.
        wanted: what must hold of them.
        limit: most works of the page.
        after: `next` of the page before.
        for_sale: only works with a fixed price, or a tier that may be quoted now, that are not taken down. So many
            works are looked at for one page at most, so a page may be short, or even empty, and yet have a next one.
    """
    looked = _SCAN if for_sale else limit
    moment = services.now() if for_sale else 0
    with services.store.snapshot() as tx:
        found = tx.catalogue.page(wanted, looked + 1, after)
        views = _views(services, tx, [(title, record) for _, record, title in found[:looked]])
    kept: list[WorkView] = []
    seen = 0
    while seen < len(views) and len(kept) < limit:
        if not for_sale or _is_for_sale(views[seen], moment):
            kept.append(views[seen])
        seen += 1
    return Page(tuple(kept), found[seen - 1][0] if seen < len(found) else None)


def _is_for_sale(view: WorkView, moment: int) -> bool:
    if view.taken_down:
        return False
    return bool(view.listings) or any(each.expiry > moment and each.per_day > 0 for each in view.mandates)


def record_work(
    services: Services, work: int, metadata: Metadata, features: bytes | None, kind: str = FEATURES_KIND
) -> None:
    """Keep what is told about a registered work, and make it findable by its features; again changes nothing.

    What was kept of a registration that gave way to this one is replaced.
    """
    try:
        with services.store.transaction() as tx:
            title, known = tx.events.title(work), tx.works.find(work)
            if title is None or (known is not None and known.creator == title.registrant):
                return
            record = _record(title, metadata, edges_of(work, tx.events.of_work(work)))
            if known is None:
                tx.works.add(record)
            else:
                tx.works.replace(known, record)
            if features is not None:
                tx.codes.put(work, kind, features)
    except RefusedError as refused:
        # On PostgreSQL another process may add the work between the look and the write.
        if refused.code != "store-conflict":
            raise


def _adopt(services: Services, title: TitleRecord) -> bool:
    """Read the metadata of a work that somebody else registered; whether it came. Without it the view tells less."""
    try:
        content = services.ipfs.patient(_PATIENCE).fetch(raw_cid(title.metadata_digest), MAX_SIZE)
    except (NotFoundError, UnavailableError):
        return False
    except InputError:  # larger than metadata of ours can be
        return True
    try:
        metadata = metadata_from_json(content)
    except UnavailableError:  # another program's
        return True
    computed = services.vault.features(title.work)
    if computed is not None:  # the master was handed in here, whoever registered it
        record_work(services, title.work, metadata, computed)
        return True
    try:
        claimed = _claimed_features(services, metadata)
    except UnavailableError:
        return False
    record_work(services, title.work, metadata, claimed, CLAIMED_KIND)
    return True


def _claimed_features(services: Services, metadata: Metadata) -> bytes | None:
    """What somebody says that his work is recognised by; None for a featureless work and for what is no such file.

    Raises:
        UnavailableError: it does not come.
    """
    if metadata.features is None:
        return None
    try:
        data = services.ipfs.patient(_PATIENCE).fetch(metadata.features, MAX_FEATURES_SIZE)
        features_from_bytes(data)
    except NotFoundError as error:
        raise UnavailableError(error.code, error.message, error.remedy) from error
    except InputError:
        return None
    return data


def _views(
    services: Services, tx: UnitOfWork, works: Sequence[tuple[TitleRecord, WorkRecord | None]]
) -> list[WorkView]:
    """Views of these works, by three queries however many they are."""
    events: dict[int, list[EventRecord]] = {title.work: [] for title, _ in works}
    for event in tx.events.about_works(events):
        for work in {event.work, event.related}:
            if work is not None and work in events:
                events[work].append(event)
    # The event that closes an offer does not name its work.
    made = any(event.name == "OfferMade" for of_one in events.values() for event in of_one)
    closed = {int(event.args["offer"]) for event in tx.events.named(["OfferClosed"])} if made else set()
    taken_down = tx.takedowns.taken_down(events)
    views = (_view(services, title, record, events[title.work], closed) for title, record in works)
    return [replace(view, taken_down=view.work in taken_down) for view in views]


def _view(
    services: Services, title: TitleRecord, record: WorkRecord | None, events: Sequence[EventRecord], closed: set[int]
) -> WorkView:
    delegate = services.pricing.address if services.pricing else ""
    return WorkView(
        work=title.work,
        title=title,
        metadata=None if record is None else _told(record),
        parents=tuple(edges_of(title.work, events)),
        children=tuple(children_of(title.work, events)),
        mandates=fold_mandates(services, delegate, events),
        listings=_listings(services, events, closed),
    )


def _told(record: WorkRecord) -> Metadata | None:
    """What was kept about a work; None for what was kept unchecked and cannot be read."""
    try:
        return metadata_of(record.details)
    except UnavailableError:
        return None


def _listings(services: Services, events: Sequence[EventRecord], closed: set[int]) -> tuple[OpenListing, ...]:
    standing: dict[int, OpenListing] = {}
    sold: Counter[int] = Counter()
    for event in events:
        if event.name == "WorkEpochAdvanced":
            standing.clear()
        if event.name == "OfferMade" and int(event.args["quote"], 16) == 0:
            listing = _listing(services, event)
            standing[listing.offer] = listing
        if event.name in ("LicenceSold", "FeePaid"):
            sold[int(event.args["offer"])] += int(event.args.get("quantity", 1))
    counted = (replace(listing, sold=sold[offer]) for offer, listing in standing.items() if offer not in closed)
    return tuple(listing for listing in counted if listing.supply == 0 or listing.sold < listing.supply)


def _listing(services: Services, event: EventRecord) -> OpenListing:
    names = ("offer", "terms", "currency", "price", "supply")
    offer, terms, currency, price, supply = (int(event.args[name]) for name in names)
    return OpenListing(offer, terms, services.tier_of(terms), services.currency_at(currency), price, supply)


def _record(title: TitleRecord, metadata: Metadata, parents: Sequence[Edge]) -> WorkRecord:
    preview = next((each for each in metadata.renditions if each.scheme is None), None)
    provenance = None if title.provenance_digest == ZERO_DIGEST else title.provenance_digest
    return WorkRecord(
        id=title.work,
        creator=title.registrant,
        title=metadata.title,
        media_type=metadata.media_type,
        size=metadata.size,
        iscc=metadata.iscc,
        units=list(metadata.units),
        metadata_digest=title.metadata_digest,
        metadata_cid=raw_cid(title.metadata_digest),
        rendition_digest=bytes.fromhex(preview.sha256.removeprefix("0x")) if preview else None,
        rendition_cid=preview.cid if preview else None,
        provenance_digest=provenance,
        provenance_cid=None if provenance is None else raw_cid(provenance),
        parents=[work_hex(edge.parent) for edge in parents],
        details=metadata_to_json(title.work, metadata),
        status=WorkStatus.REGISTERED.value,
        tx_hash=title.tx_hash,
    )
