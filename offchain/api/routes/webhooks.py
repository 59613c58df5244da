"""Webhooks: be told what happens, by signed POSTs to a server of yours (Standard Webhooks)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response

from offchain.api.callers import Caller, Scope, signed_in
from offchain.api.deps import ServicesDep
from offchain.api.links import next_page
from offchain.api.once import OnceDep
from offchain.api.schemas.webhooks import (
    DeliveriesOut,
    DeliveryOut,
    SecretOut,
    WebhookChangeIn,
    WebhookIn,
    WebhookOut,
    WebhooksOut,
    delivery_out,
    webhook_out,
)
from offchain.workflows.webhooks import (
    change_webhook,
    deliveries_of,
    enable_webhook,
    find_webhook,
    make_webhook,
    redeliver,
    remove_webhook,
    rotate_secret,
    send_test,
    webhooks_of,
)

__all__ = ["router"]

_LAST: Final = 2**63 - 1


def _private(response: Response) -> None:
    """Answers are for one account alone: nobody stores them."""
    response.headers["Cache-Control"] = "no-store"


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list."""

    cursor: Annotated[int | None, Query(ge=1, le=_LAST, description="`next` of the page before")] = None
    limit: Annotated[int, Query(ge=1, le=100)] = 20


router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"], dependencies=[Depends(_private)])

Owner = Annotated[Caller, Depends(signed_in(Scope.WEBHOOKS))]
Number = Annotated[str, Path(pattern="^[0-9a-f]{24}$")]
Message = Annotated[str, Path(pattern="^msg_[0-9a-f]{40}$")]


@router.post("", operation_id="makeWebhook", status_code=201, response_model=WebhookOut)
def make_webhook_(body: WebhookIn, caller: Owner, services: ServicesDep, once: OnceDep) -> Response:
    """Be told from now on what happens to what you hold, registered or take part in, and to works that you follow."""

    def produce() -> WebhookOut:
        return webhook_out(make_webhook(services, str(caller.account), body.url, body.events, body.works))

    return once(body, 201, produce)


@router.get("", operation_id="listWebhooks")
def list_webhooks(caller: Owner, services: ServicesDep) -> WebhooksOut:
    """Your webhooks, oldest first."""
    return WebhooksOut(items=list(map(webhook_out, webhooks_of(services, str(caller.account)))))


@router.get("/{number}", operation_id="getWebhook")
def get_webhook(number: Number, caller: Owner, services: ServicesDep) -> WebhookOut:
    """A webhook of yours."""
    return webhook_out(find_webhook(services, str(caller.account), number))


@router.get("/{number}/secret", operation_id="getWebhookSecret")
def get_webhook_secret(number: Number, caller: Owner, services: ServicesDep) -> SecretOut:
    """What signs the messages of a webhook of yours."""
    return SecretOut(secret=find_webhook(services, str(caller.account), number).secret)


@router.patch("/{number}", operation_id="changeWebhook")
def change_webhook_(number: Number, body: WebhookChangeIn, caller: Owner, services: ServicesDep) -> WebhookOut:
    """Be told elsewhere, or of something else, from the next message on."""
    account = str(caller.account)
    return webhook_out(change_webhook(services, account, number, url=body.url, events=body.events, works=body.works))


@router.delete("/{number}", operation_id="removeWebhook", status_code=204)
def remove_webhook_(number: Number, caller: Owner, services: ServicesDep) -> None:
    """Be told no more; what waits is forgotten."""
    remove_webhook(services, str(caller.account), number)


@router.post("/{number}/enable", operation_id="enableWebhook", response_model=WebhookOut)
def enable_webhook_(number: Number, caller: Owner, services: ServicesDep, once: OnceDep) -> Response:
    """Send again, now, beginning with what waits."""
    return once(number, 200, lambda: webhook_out(enable_webhook(services, str(caller.account), number)))


@router.post("/{number}/rotate", operation_id="rotateWebhookSecret", response_model=WebhookOut)
def rotate(number: Number, caller: Owner, services: ServicesDep, once: OnceDep) -> Response:
    """A new signing secret; for a day messages carry a signature by the former one, too."""
    return once(number, 200, lambda: webhook_out(rotate_secret(services, str(caller.account), number)))


@router.post("/{number}/test", operation_id="testWebhook", status_code=202, response_model=DeliveryOut)
def test(number: Number, caller: Owner, services: ServicesDep, once: OnceDep) -> Response:
    """Send a message of type `webhook.test`, behind those that wait."""
    return once(number, 202, lambda: delivery_out(send_test(services, str(caller.account), number)))


@router.get("/{number}/deliveries", operation_id="listDeliveries")
def list_deliveries(
    request: Request,
    response: Response,
    number: Number,
    caller: Owner,
    services: ServicesDep,
    page: Annotated[Page, Depends()],
) -> DeliveriesOut:
    """What was sent and what waits, newest first, with every try; kept for thirty days."""
    found = deliveries_of(services, str(caller.account), number, page.limit + 1, before=page.cursor)
    following = found[page.limit - 1].message.sequence if len(found) > page.limit else None
    if following is not None:
        response.headers["Link"] = next_page(request, following)
    return DeliveriesOut(
        items=list(map(delivery_out, found[: page.limit])), next=None if following is None else str(following)
    )


@router.post(
    "/{number}/deliveries/{message}/redeliver",
    operation_id="redeliver",
    status_code=202,
    response_model=DeliveryOut,
)
def redeliver_(number: Number, message: Message, caller: Owner, services: ServicesDep, once: OnceDep) -> Response:
    """Send a message again under its own id, before what waits."""
    return once([number, message], 202, lambda: delivery_out(redeliver(services, str(caller.account), number, message)))
