"""Takedowns: notices by operators, which everybody can read, and what the holder of the title has to say."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response

from offchain.api.callers import Caller, Scope, signed_in
from offchain.api.deps import ServicesDep
from offchain.api.links import next_page
from offchain.api.once import OnceDep
from offchain.api.schemas.fields import WorkId, to_work
from offchain.api.schemas.takedowns import AnswerIn, LiftIn, TakedownIn, TakedownOut, TakedownsOut, takedown_out
from offchain.workflows.takedowns import answer, find_takedown, issue, lift, list_takedowns

__all__ = ["router"]

router = APIRouter(prefix="/v1/takedowns", tags=["takedowns"])

_LAST: Final = 2**63 - 1

Number = Annotated[str, Path(pattern="^[0-9a-f]{24}$")]
Operator = Annotated[Caller, Depends(signed_in(Scope.OPERATOR))]
Holder = Annotated[Caller, Depends(signed_in(Scope.WORKS))]


@router.post("", operation_id="issueTakedown", status_code=201, response_model=TakedownOut)
def issue_takedown(body: TakedownIn, caller: Operator, services: ServicesDep, once: OnceDep) -> Response:
    """Take a work down: no quote, order, key, content or copy of it from now on; its title and licences stay.

    Caches may hold its content for a year: purge `/v1/content/{cid}` of each of its files there.
    """

    def produce() -> TakedownOut:
        made = issue(services, to_work(body.work), body.kind, body.reference, body.reason, caller.account)
        return takedown_out(made)

    return once(body, 201, produce)


@router.get("", operation_id="listTakedowns")
def list_takedowns_(
    request: Request,
    response: Response,
    services: ServicesDep,
    work: Annotated[WorkId | None, Query(description="notices about this work alone")] = None,
    cursor: Annotated[int | None, Query(ge=1, le=_LAST, description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> TakedownsOut:
    """Notices, newest first, those that were lifted too."""
    about = None if work is None else to_work(work)
    found = list_takedowns(services, limit + 1, before=cursor, work=about)
    following = found[limit - 1].record.sequence if len(found) > limit else None
    if following is not None:
        response.headers["Link"] = next_page(request, following)
    return TakedownsOut(
        items=list(map(takedown_out, found[:limit])), next=None if following is None else str(following)
    )


@router.get("/{number}", operation_id="getTakedown")
def get_takedown(number: Number, services: ServicesDep) -> TakedownOut:
    """A notice, and what happened about it."""
    return takedown_out(find_takedown(services, number))


@router.post("/{number}/answer", operation_id="answerTakedown", response_model=TakedownOut)
def answer_takedown(number: Number, body: AnswerIn, caller: Holder, services: ServicesDep, once: OnceDep) -> Response:
    """Say something about a notice, as the holder of the work's title; everybody can read it."""
    return once(body, 200, lambda: takedown_out(answer(services, number, str(caller.account), body.text)))


@router.post("/{number}/lift", operation_id="liftTakedown", response_model=TakedownOut)
def lift_takedown(number: Number, body: LiftIn, caller: Operator, services: ServicesDep, once: OnceDep) -> Response:
    """Offer the work again; its content is pinned again soon after. The notice stays in the list."""
    return once(body, 200, lambda: takedown_out(lift(services, number, body.text, caller.account)))
