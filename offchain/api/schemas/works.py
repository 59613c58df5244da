"""Works: what a registrant sends, and what readers get."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

from pydantic import BaseModel, Field

from offchain.api.schemas.fields import Account, Amount, Number, Received, WorkId
from offchain.chain import work_hex
from offchain.identity.marks.statement import SourceType
from offchain.workflows.catalogue import WorkView
from offchain.workflows.metadata import Rendition
from offchain.workflows.recognition import Recognition, match_json
from offchain.workflows.requests import RegistrationRequest, TierListing, TierMandate

__all__ = ["RecognitionOut", "RegistrationIn", "RenditionOut", "WorkOut", "WorksOut"]
__all__ += ["recognition_out", "rendition_out", "work_out"]


class TierIn(Received):
    """A tier that the service may quote, between two prices; without them, between the ends of the tier's ladder."""

    tier: str
    floor: Amount | None = None
    ceiling: Amount | None = None
    per_day: int = Field(1000, ge=1, le=2**24 - 1)

    def mandate(self) -> TierMandate:
        """As the workflows take it."""
        return TierMandate(self.tier, _int(self.floor), _int(self.ceiling), self.per_day)


class ListingIn(Received):
    """A fixed price on chain."""

    tier: str
    price: Amount
    supply: int = Field(0, ge=0, le=2**32 - 1, description="most licences that it sells; 0 is no limit")


class RegistrationIn(Received):
    """A registration to be made."""

    registrant: Account
    title: str = Field(max_length=500)
    description: str = Field("", max_length=5000)
    creator: str = Field("", max_length=500, description="name of the creator; the registrant's statement")
    tiers: list[TierIn] = Field(default_factory=list, max_length=8)
    listings: list[ListingIn] = Field(default_factory=list, max_length=8)
    permits: list[Number] = Field(default_factory=list, max_length=16, description="licences of the parents")
    provenance: dict[str, Any] | None = Field(
        None, description="how the work came to be; beside a generation its own record, the prompt told as wished"
    )
    generation: str | None = Field(None, description="a generation job, instead of a file")
    generated: WorkId | None = Field(None, description="which of that job's works, where it made several")
    cid: str | None = Field(
        None, max_length=100, description="content on the service's IPFS nodes, instead of a file or a generation"
    )
    acknowledge_similar: bool = False
    currency: str | None = Field(None, description="CAIP-19 of all prices here")
    relay: bool = Field(
        True,
        description="whether the service sends the transactions, on your signature; false: your own wallet sends those "
        "that the job names, and pays for them",
    )
    source_type: SourceType = Field(
        "digitalCreation", description="IPTC digital source type, for the manifest; generated works say it themselves"
    )

    def request(self) -> RegistrationRequest:
        """As the workflows take it."""
        return RegistrationRequest(
            registrant=self.registrant,
            title=self.title,
            description=self.description,
            creator=self.creator,
            tiers=tuple(each.mandate() for each in self.tiers),
            listings=tuple(TierListing(each.tier, int(each.price), each.supply) for each in self.listings),
            permits=tuple(map(int, self.permits)),
            provenance=self.provenance,
            acknowledge_similar=self.acknowledge_similar,
            currency=self.currency,
            source_type=self.source_type,
            relay=self.relay,
        )


class RenditionOut(BaseModel):
    """Pinned bytes; `sha256` is of these bytes. Those with a `scheme` are sealed: POST /v1/keys opens them."""

    role: str
    media_type: str = Field(description="of the content, also where that is sealed")
    size: int
    sha256: str
    cid: str
    scheme: str | None = Field(None, description="how the bytes are sealed; null for what anybody may see")


class PinOut(BaseModel):
    """A JSON document on IPFS; `digest` is its sha256."""

    cid: str
    digest: str


class ParentOut(BaseModel):
    """A work that this one derives from, and the share that it is owed."""

    work: WorkId
    upstream_ppm: int


class MandateOut(BaseModel):
    """A tier that can be quoted."""

    tier: str
    terms: int
    currency: str
    floor: Amount
    ceiling: Amount
    expiry: int


class ListingOut(BaseModel):
    """A fixed price on chain; it sells `supply` licences, 0: no limit."""

    offer: Number
    terms: int
    tier: str | None
    price: Amount
    currency: str
    supply: int
    sold: int


class WorkOut(BaseModel):
    """A registered work. Registration proves priority and integrity, not authorship.

    `series` numbers the royalty shares that earn now; it rises when a judgement gives the title to somebody else.
    While the title is `disputed` it cannot be transferred, and what the work earns waits for the judgement.
    """

    work: WorkId
    title: str | None
    description: str | None
    creator: str | None
    holder: Account
    registrant: Account
    media_type: str | None
    size: int | None
    iscc: str | None
    units: list[str]
    metadata: PinOut
    provenance: PinOut | None
    renditions: list[RenditionOut]
    upstream_ppm: int
    parents: list[ParentOut]
    children: list[WorkId]
    final_at: int
    epoch: int
    disputed: bool
    taken_down: bool = Field(description="a notice is in force (GET /v1/takedowns): nothing of it is offered here")
    series: int
    transaction: str
    tiers: list[MandateOut]
    listings: list[ListingOut]


class WorksOut(BaseModel):
    """A page of works, newest first; `next` is the cursor of the next page."""

    items: list[WorkOut]
    next: str | None


class RegionOut(BaseModel):
    """Where a file and a registered work agree."""

    unit: Literal["pixel-share", "second", "word"] = Field(
        description="`pixel-share`: left, top, right, bottom, each 0 to 1; else start and end"
    )
    here: list[float] = Field(description="in the file")
    there: list[float] = Field(description="in the registered work")


class MatchOut(BaseModel):
    """A registered work that a file equals, comes from or resembles, and why."""

    work: WorkId
    title: str | None
    decision: Literal["same", "derived", "similar"]
    method: str = Field(description="`sha-256` for the very bytes, else what compared the contents")
    claimed: bool = Field(description="it rests on what somebody stated about his work, not on what was computed here")
    score: float = Field(ge=0, le=1, description="comparable within one method only")
    error_rate: float = Field(description="share of unrelated pairs that reach this decision, as measured")
    why: str
    regions: list[RegionOut]


class IdentityOut(BaseModel):
    """What a file is."""

    work: WorkId
    size: int
    media_type: str
    iscc: str
    units: list[str]
    featureless: bool


class RecognitionOut(BaseModel):
    """Whether a file is registered, resembles something registered, or is new."""

    decision: Literal["same", "derived", "similar", "new"]
    identity: IdentityOut
    matches: list[MatchOut]
    explanation: str


def rendition_out(rendition: Rendition) -> RenditionOut:
    """A rendition as it goes out."""
    return RenditionOut.model_validate(asdict(rendition))


def work_out(view: WorkView) -> WorkOut:
    """A work as it goes out."""
    told, title = view.metadata, view.title
    provenance = view.provenance_cid
    return WorkOut(
        work=work_hex(view.work),
        title=told.title if told else None,
        description=told.description if told else None,
        creator=told.creator if told else None,
        holder=title.holder,
        registrant=title.registrant,
        media_type=told.media_type if told else None,
        size=told.size if told else None,
        iscc=told.iscc if told else None,
        units=list(told.units) if told else [],
        metadata=PinOut(cid=view.metadata_cid, digest="0x" + title.metadata_digest.hex()),
        provenance=PinOut(cid=provenance, digest="0x" + title.provenance_digest.hex()) if provenance else None,
        renditions=_renditions(view),
        upstream_ppm=title.upstream,
        parents=[ParentOut(work=work_hex(edge.parent), upstream_ppm=edge.upstream) for edge in view.parents],
        children=[work_hex(child) for child in view.children],
        final_at=title.final_at,
        epoch=title.epoch,
        disputed=title.disputed,
        taken_down=view.taken_down,
        series=title.series,
        transaction="0x" + title.tx_hash.hex(),
        tiers=_mandates(view),
        listings=_listings(view),
    )


def recognition_out(found: Recognition) -> RecognitionOut:
    """A recognition as it goes out."""
    identity = found.identity
    return RecognitionOut(
        decision=found.decision,
        identity=IdentityOut(
            work=work_hex(identity.work_id),
            size=identity.size,
            media_type=identity.media_type,
            iscc=identity.iscc,
            units=list(identity.units),
            featureless=identity.featureless,
        ),
        matches=[MatchOut.model_validate(match_json(match, found.titles)) for match in found.matches],
        explanation=found.sentence,
    )


def _renditions(view: WorkView) -> list[RenditionOut]:
    if view.metadata is None:
        return []
    return list(map(rendition_out, view.metadata.renditions))


def _mandates(view: WorkView) -> list[MandateOut]:
    return [
        MandateOut(
            tier=each.tier,
            terms=each.terms,
            currency=each.currency.caip19,
            floor=str(each.floor),
            ceiling=str(each.ceiling),
            expiry=each.expiry,
        )
        for each in view.mandates
    ]


def _listings(view: WorkView) -> list[ListingOut]:
    return [
        ListingOut(
            offer=str(each.offer),
            terms=each.terms,
            tier=each.tier,
            price=str(each.price),
            currency=each.currency.caip19,
            supply=each.supply,
            sold=each.sold,
        )
        for each in view.listings
    ]


def _int(amount: str | None) -> int | None:
    return None if amount is None else int(amount)
