"""The courier: sends what waits, in order for each endpoint, and tries again for three days.

A message that an endpoint does not take holds back those behind it at that endpoint and nowhere else. After the tenth
try the endpoint is disabled, with the reason; nothing of what waits is lost, and enabling it goes on with it.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, Self

import structlog
from standardwebhooks.webhooks import Webhook

from offchain.chain.signer import DEVELOPMENT_CHAINS
from offchain.errors import ColophonError
from offchain.storage.master_key import MasterKey
from offchain.store import WebhookAttemptRecord, WebhookMessageRecord, WebhookRecord
from offchain.workflows.sealing import require_master_key
from offchain.workflows.services import Services
from offchain.workflows.webhooks.happenings import fan_out
from offchain.workflows.webhooks.posting import Posted, post
from offchain.workflows.webhooks.secrets import open_secret

__all__ = ["WAITS", "Courier", "deliver_due"]

_MINUTE, _HOUR = 60, 3600
WAITS: Final = (
    5,
    5 * _MINUTE,
    30 * _MINUTE,
    2 * _HOUR,
    5 * _HOUR,
    10 * _HOUR,
    14 * _HOUR,
    20 * _HOUR,
    24 * _HOUR,
)
"""Seconds from each try to the next: ten tries in three days and three hours, as Standard Webhooks proposes."""

_JITTER: Final = 0.1
_LEASE: Final = 120
"""Seconds: longer than the tries of one turn can take, so that nobody else sends meanwhile."""

_TURN: Final = 4
"""Messages that one endpoint is sent in a turn; then others are looked after."""

_AT_ONCE: Final = 4
_EVERY: Final = 0.5
_GONE: Final = 410
_KEPT: Final = 30 * 86_400
_SWEEP_EVERY: Final = 3600.0

_log = structlog.get_logger("colophon.webhooks")


class Courier:
    """A thread that tells and delivers while the block lasts; any number of processes may have one."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="colophon-courier", daemon=True)
        self._said: str | None = None
        self._sweep_at = 0.0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._thread.join()

    def _run(self) -> None:
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="colophon-courier") as pool:
            while not self._ending.is_set():
                self._round(pool)
                self._ending.wait(_EVERY)

    def _round(self, pool: ThreadPoolExecutor) -> None:
        try:
            with self._services.store.snapshot() as tx:
                somebody = tx.webhooks.any()
            if somebody:
                fan_out(self._services)
                deliver_due(self._services, pool)
                self._sweep()
        except ColophonError as error:
            if error.code != self._said:
                _log.warning("away", code=error.code, detail=error.message)
            self._said = error.code
        except Exception:  # noqa: BLE001 - the thread's outermost line: nobody else would hear of it
            _log.exception("internal-error")
        else:
            self._said = None

    def _sweep(self) -> None:
        if time.monotonic() >= self._sweep_at:
            with self._services.store.transaction() as tx:
                tx.webhooks.sweep(self._services.wall() - _KEPT)
            self._sweep_at = time.monotonic() + _SWEEP_EVERY


def deliver_due(services: Services, pool: ThreadPoolExecutor | None = None) -> int:
    """Send what is due now, each endpoint's own in order; how many messages were taken.

    Raises:
        UnavailableError: the store does not answer, or `no-content-key`.
    """
    now = services.wall()
    with services.store.snapshot() as tx:
        due = list(tx.webhooks.due(now, _AT_ONCE * 4))
    if not due:
        return 0
    key = require_master_key(services)
    if pool is None:
        return sum(_turn(services, key, number) for number in due)
    return sum(pool.map(lambda number: _turn(services, key, number), due))


def _turn(services: Services, key: MasterKey, number: str) -> int:
    """Send an endpoint's next messages, until one is not taken."""
    now = services.wall()
    with services.store.transaction() as tx:
        if not tx.webhooks.lease(number, now, now + _LEASE):
            return 0
    taken = 0
    try:
        for endpoint, message in _waiting(services, number):
            posted = _send(services, key, endpoint, message)
            if not _note(services, number, message, posted):
                break
            taken += 1
    finally:
        with services.store.transaction() as tx:
            record = tx.webhooks.get(number)
            if record is not None:
                record.leased_until = 0
    return taken


def _waiting(services: Services, number: str) -> Iterator[tuple[WebhookRecord, WebhookMessageRecord]]:
    for _ in range(_TURN):
        with services.store.snapshot() as tx:
            endpoint, message = tx.webhooks.get(number), tx.webhooks.first_waiting(number)
        if endpoint is None or message is None or not endpoint.enabled or endpoint.next_at > services.wall():
            return
        yield endpoint, message


def _send(services: Services, key: MasterKey, endpoint: WebhookRecord, message: WebhookMessageRecord) -> Posted:
    at = datetime.now(UTC)
    sealed = [endpoint.secret]
    if endpoint.former is not None and endpoint.former_until > services.wall():
        sealed.append(endpoint.former)
    signatures = [Webhook(open_secret(key, endpoint.id, each)).sign(message.id, at, message.body) for each in sealed]
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Colophon-Webhooks/1",
        "webhook-id": message.id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
    development = services.client.chain_id in DEVELOPMENT_CHAINS
    return post(endpoint.url, message.body.encode(), headers, development=development)


def _note(services: Services, number: str, message: WebhookMessageRecord, posted: Posted) -> bool:
    """Keep how a try went, and what follows from it; whether it was taken."""
    now = services.wall()
    with services.store.transaction() as tx:
        tx.webhooks.log(
            WebhookAttemptRecord(
                message=message.sequence,
                at=now,
                milliseconds=posted.milliseconds,
                status=posted.status,
                error=posted.error,
                answer=posted.answer,
            )
        )
        endpoint, kept = tx.webhooks.get(number), tx.webhooks.message(number, message.id)
        if endpoint is None or kept is None:
            return False
        if posted.accepted:
            kept.delivered_at, endpoint.failures = now, 0
            return True
        endpoint.failures += 1
        if endpoint.failures > len(WAITS) or posted.status == _GONE:
            endpoint.enabled, endpoint.failures = False, 0
            endpoint.reason = f"{posted.error or f'HTTP {posted.status}'} at the last try of {message.id}"
        else:
            wait = WAITS[endpoint.failures - 1]
            endpoint.next_at = now + round(wait * (1 + random.uniform(0, _JITTER)))  # noqa: S311 - no secret
        return False
