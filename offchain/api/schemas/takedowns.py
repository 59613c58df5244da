"""Notices by which works are taken down."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from offchain.api.schemas.fields import Account, Received, WorkId
from offchain.chain import work_hex
from offchain.workflows.takedowns import Kind, Takedown

__all__ = ["AnswerIn", "LiftIn", "TakedownIn", "TakedownOut", "TakedownsOut", "takedown_out"]

Words = Annotated[str, Field(min_length=1, max_length=5000)]


class TakedownIn(Received):
    """A notice."""

    work: WorkId
    kind: Kind
    reference: Annotated[str, Field(min_length=1, max_length=200, description="for people to look up")]
    reason: Annotated[Words, Field(description="told in public")]


class AnswerIn(Received):
    """What the holder of the title says about a notice."""

    text: Words


class LiftIn(Received):
    """Why the work is offered again."""

    text: Words


class ActOut(BaseModel):
    """What somebody said or did."""

    act: Literal["issued", "answered", "lifted", "withheld", "restored"] = Field(
        description="`withheld`: the IPFS nodes have forgotten the content; `restored`: they have it again"
    )
    account: Account | None = Field(description="null for the service itself, and for its command line")
    text: str
    at: int = Field(description="Unix seconds")


class TakedownOut(BaseModel):
    """A notice, and what happened about it, oldest first. What stands on the chain stays there."""

    id: str
    work: WorkId
    kind: Kind
    reference: str
    reason: str
    active: bool
    settled: bool = Field(description="whether the IPFS nodes have drawn the consequences")
    created_at: int = Field(description="Unix seconds")
    acts: list[ActOut]


class TakedownsOut(BaseModel):
    """Notices, newest first."""

    items: list[TakedownOut]
    next: str | None = Field(description="cursor of the next page")


def takedown_out(found: Takedown) -> TakedownOut:
    """A notice as it goes out."""
    record = found.record
    return TakedownOut.model_validate(
        {
            "id": record.id,
            "work": work_hex(record.work),
            "kind": record.kind,
            "reference": record.reference,
            "reason": record.reason,
            "active": record.active,
            "settled": record.settled,
            "created_at": record.created_at,
            "acts": [{"act": act.act, "account": act.account, "text": act.text, "at": act.at} for act in found.acts],
        }
    )
