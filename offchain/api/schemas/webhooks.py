"""Webhooks, and what they were sent."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field

from offchain.api.schemas.fields import Received, WorkId
from offchain.workflows.webhooks import TYPES, Delivery, Endpoint

__all__ = ["DeliveriesOut", "DeliveryOut", "SecretOut", "WebhookChangeIn", "WebhookIn", "WebhookOut", "WebhooksOut"]
__all__ += ["delivery_out", "webhook_out"]

Url = Annotated[str, Field(max_length=2000, examples=["https://shop.example/colophon"], description="public https")]
Events = Annotated[list[str], Field(max_length=50, description=f"of {', '.join(TYPES)}; empty for all")]
Works = Annotated[list[WorkId], Field(max_length=1000, description="works to follow, whoever holds them")]


class WebhookIn(Received):
    """Where to be told, and of what: of what your account holds, registered or takes part in, and of works followed."""

    url: Url
    events: Events = Field(default_factory=list)
    works: Works = Field(default_factory=list)


class WebhookChangeIn(Received):
    """What changes; the rest stays."""

    url: Url | None = None
    events: Events | None = None
    works: Works | None = None


class WebhookOut(BaseModel):
    """A webhook. Messages are signed as Standard Webhooks says, in order, at least once."""

    id: str
    url: str
    events: list[str]
    works: list[WorkId]
    enabled: bool
    reason: str | None = Field(description="why it was disabled, after ten tries in three days")
    failures: int = Field(description="tries of the message at the front that failed")
    next_at: int = Field(description="when it is tried next at the earliest, Unix seconds")
    created_at: int = Field(description="Unix seconds")


class SecretOut(BaseModel):
    """What signs a webhook's messages (HMAC-SHA256); keep it like a password."""

    secret: str


class WebhooksOut(BaseModel):
    """Your webhooks, oldest first."""

    items: list[WebhookOut]


class AttemptOut(BaseModel):
    """A try: `status` of HTTP, or `error` where no answer came."""

    at: int = Field(description="Unix seconds")
    milliseconds: int
    status: int | None
    error: str | None
    answer: str = Field(description="its first 256 bytes")


class DeliveryOut(BaseModel):
    """A message, and how sending it went."""

    id: str = Field(description="`webhook-id` of every try")
    type: str
    body: str = Field(description="what is signed and sent, to the byte")
    created_at: int = Field(description="Unix seconds")
    delivered_at: int | None = Field(description="Unix seconds; null while it waits")
    attempts: list[AttemptOut]


class DeliveriesOut(BaseModel):
    """Messages, newest first."""

    items: list[DeliveryOut]
    next: str | None = Field(description="cursor of the next page")


def webhook_out(endpoint: Endpoint) -> WebhookOut:
    """A webhook as it goes out."""
    record = endpoint.record
    told: dict[str, Any] = {name: getattr(record, name) for name in WebhookOut.model_fields}
    return WebhookOut(**told)


def delivery_out(delivery: Delivery) -> DeliveryOut:
    """A message as it goes out."""
    message = delivery.message
    return DeliveryOut(
        id=message.id,
        type=message.type,
        body=message.body,
        created_at=message.created_at,
        delivered_at=message.delivered_at,
        attempts=[
            AttemptOut(
                at=each.at, milliseconds=each.milliseconds, status=each.status, error=each.error, answer=each.answer
            )
            for each in delivery.attempts
        ],
    )
