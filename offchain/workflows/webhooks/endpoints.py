"""Endpoints: where an account wants to be told, of what, and how telling went."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final

from offchain.chain.signer import DEVELOPMENT_CHAINS
from offchain.errors import InputError, NotFoundError, RefusedError, UnavailableError
from offchain.store import UnitOfWork, WebhookAttemptRecord, WebhookMessageRecord, WebhookRecord
from offchain.workflows.sealing import require_master_key
from offchain.workflows.services import Services
from offchain.workflows.webhooks.happenings import TYPES, Happening, fan_out, message
from offchain.workflows.webhooks.posting import require_postable
from offchain.workflows.webhooks.secrets import new_secret, open_secret, seal_secret

__all__ = ["Delivery", "Endpoint", "change_webhook", "deliveries_of", "enable_webhook", "find_webhook"]
__all__ += ["make_webhook", "redeliver", "remove_webhook", "rotate_secret", "send_test", "webhooks_of"]

_MOST: Final = 20
"""Endpoints that an account may have."""

_FORMER: Final = 86_400
"""Seconds for which a secret that was replaced signs too."""

TEST: Final = "webhook.test"

_TESTS: Final = 10
"""Tests that wait at an endpoint: what nobody takes is not piled up."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint, with its signing secret."""

    record: WebhookRecord
    secret: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message, and its tries, oldest first."""

    message: WebhookMessageRecord
    attempts: Sequence[WebhookAttemptRecord]


def make_webhook(
    services: Services, account: str, url: str, events: Collection[str], works: Collection[str]
) -> Endpoint:
    """Ask to be told from now on.

    Args:
        services: of this process.
        account: who asks.
        url: https, of the open internet.
        events: of `TYPES`; empty for all.
        works: ids, `0x` and hex, to follow whoever holds them.

    Raises:
        InputError: `url-refused`, `event-unknown`.
        RefusedError: `too-many-webhooks`.
        UnavailableError: `no-content-key`.
    """
    _require_known(events)
    _require_postable(services, url)
    fan_out(services)  # what happened until now is not told
    secret, number = new_secret(), secrets.token_hex(12)
    record = WebhookRecord(
        id=number,
        account=account,
        url=url,
        events=sorted(set(events)),
        works=sorted({each.lower() for each in works}),
        secret=seal_secret(require_master_key(services), number, secret),
        created_at=services.wall(),
    )
    with services.store.transaction() as tx:
        tx.alone(f"webhooks {account}")
        if len(tx.webhooks.of(account)) >= _MOST:
            raise RefusedError("too-many-webhooks", f"you have {_MOST} webhooks already", "remove one first")
        tx.webhooks.add(record)
    return Endpoint(record, secret)


def webhooks_of(services: Services, account: str) -> list[Endpoint]:
    """An account's endpoints, oldest first."""
    with services.store.snapshot() as tx:
        return [_opened(services, record) for record in tx.webhooks.of(account)]


def find_webhook(services: Services, account: str, number: str) -> Endpoint:
    """An account's endpoint.

    Raises:
        NotFoundError: `unknown-webhook`.
    """
    with services.store.snapshot() as tx:
        return _opened(services, _own(tx, account, number))


def change_webhook(
    services: Services,
    account: str,
    number: str,
    *,
    url: str | None = None,
    events: Collection[str] | None = None,
    works: Collection[str] | None = None,
) -> Endpoint:
    """Ask to be told elsewhere, or of something else, from the next message on; what is None stays.

    Raises:
        NotFoundError: `unknown-webhook`.
        InputError: `url-refused`, `event-unknown`.
    """
    _require_known(events or ())
    if url is not None:
        _require_postable(services, url)

    def change(record: WebhookRecord) -> None:
        record.url = record.url if url is None else url
        record.events = record.events if events is None else sorted(set(events))
        record.works = record.works if works is None else sorted({each.lower() for each in works})

    return _changed(services, account, number, change)


def enable_webhook(services: Services, account: str, number: str) -> Endpoint:
    """Send again, beginning with what waits, now.

    Raises:
        NotFoundError: `unknown-webhook`.
    """

    def enable(record: WebhookRecord) -> None:
        record.enabled, record.reason, record.failures, record.next_at = True, None, 0, 0

    return _changed(services, account, number, enable)


def rotate_secret(services: Services, account: str, number: str) -> Endpoint:
    """A new secret; for a day messages are signed with the former one, too.

    Raises:
        NotFoundError: `unknown-webhook`.
    """
    key, secret = require_master_key(services), new_secret()

    def rotate(record: WebhookRecord) -> None:
        record.former, record.former_until = record.secret, services.wall() + _FORMER
        record.secret = seal_secret(key, record.id, secret)

    return _changed(services, account, number, rotate)


def remove_webhook(services: Services, account: str, number: str) -> None:
    """Be told no more; what waits is forgotten.

    Raises:
        NotFoundError: `unknown-webhook`.
    """
    with services.store.transaction() as tx:
        tx.webhooks.remove(_own(tx, account, number))


def send_test(services: Services, account: str, number: str) -> Delivery:
    """Put a message of type `webhook.test` behind those that wait.

    Raises:
        NotFoundError: `unknown-webhook`.
        RefusedError: `too-many-tests`.
    """
    happening = Happening(TEST, f"test:{secrets.token_hex(8)}", {"webhook": number}, frozenset(), None)
    made = message(number, happening, services.wall())
    with services.store.transaction() as tx:
        tx.alone(f"webhook {number}")
        _own(tx, account, number)
        if tx.webhooks.waiting_of(number, TEST) >= _TESTS:
            raise RefusedError("too-many-tests", f"{_TESTS} tests wait here already", "see why its deliveries fail")
        tx.webhooks.tell(made)
    return Delivery(made, ())


def deliveries_of(
    services: Services, account: str, number: str, limit: int, *, before: int | None = None
) -> list[Delivery]:
    """An endpoint's newest messages with their tries; `before` is the sequence of the last one that was seen.

    Raises:
        NotFoundError: `unknown-webhook`.
    """
    with services.store.snapshot() as tx:
        _own(tx, account, number)
        messages = tx.webhooks.messages(number, limit, before)
        tries = tx.webhooks.attempts([each.sequence for each in messages])
    return [Delivery(each, [one for one in tries if one.message == each.sequence]) for each in messages]


def redeliver(services: Services, account: str, number: str, delivery: str) -> Delivery:
    """Send a message again, under its own id, before what waits.

    Raises:
        NotFoundError: `unknown-webhook`, `unknown-delivery`.
    """
    with services.store.transaction() as tx:
        endpoint = _own(tx, account, number)
        found = tx.webhooks.message(number, delivery)
        if found is None:
            raise NotFoundError("unknown-delivery", "this webhook has no such message", "list its deliveries")
        found.delivered_at, endpoint.next_at = None, 0
        return Delivery(found, tx.webhooks.attempts([found.sequence]))


def _changed(services: Services, account: str, number: str, change: Callable[[WebhookRecord], None]) -> Endpoint:
    with services.store.transaction() as tx:
        record = _own(tx, account, number)
        change(record)
    return _opened(services, record)


def _own(tx: UnitOfWork, account: str, number: str) -> WebhookRecord:
    record = tx.webhooks.find(account, number)
    if record is None:
        raise NotFoundError("unknown-webhook", "you have no such webhook", "list your webhooks", webhook=number)
    return record


def _opened(services: Services, record: WebhookRecord) -> Endpoint:
    return Endpoint(record, open_secret(require_master_key(services), record.id, record.secret))


def _require_known(events: Collection[str]) -> None:
    unknown = set(events) - set(TYPES)
    if unknown:
        raise InputError("event-unknown", f"there is no event {min(unknown)!r}", f"ask for {', '.join(TYPES)}")


def _require_postable(services: Services, url: str) -> None:
    try:
        require_postable(url, development=services.client.chain_id in DEVELOPMENT_CHAINS)
    except UnavailableError as error:  # of a name that nobody has, now: the caller's mistake, unless it comes up later
        raise InputError("url-refused", "the URL is refused: its host has no address", "name one that is up") from error
