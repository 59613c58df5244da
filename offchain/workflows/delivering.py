"""Delivery: the master of a sealed work, decrypted here, for a caller who may have its content key.

The rules are those of `offchain.workflows.releasing`, asked anew for every request, and so are the log and the daily
limit. A player asks for many ranges of one film, so an account's deliveries by one right within an hour are one entry.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import BinaryIO, Final, cast

from offchain.chain.key_request import KeyRequest
from offchain.errors import NotFoundError, UnavailableError
from offchain.storage.remote import RemoteStream
from offchain.storage.sealing import SealedReader
from offchain.workflows.releasing import entitled, log_release
from offchain.workflows.services import Services

__all__ = ["DELIVERED", "Delivery", "deliver"]

DELIVERED: Final = "delivered"
"""What the log names instead of an age recipient."""

_TOGETHER: Final = 3600
"""Seconds in which deliveries are one entry of the log."""

_PATIENCE: Final = 15.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """The master, read as it is decrypted; `media_type` is its own."""

    content: SealedReader
    media_type: str


def deliver(services: Services, account: str, work: int, licence: int = 0) -> Delivery:
    """The master of a work for an account that has proved who it is.

    Args:
        services: of this process.
        account: who asks, EIP-55.
        work: whose master.
        licence: by which licence; zero for the holder of the title.

    Raises:
        DeniedError, RefusedError, NotFoundError, UnavailableError: as `releasing.release_key`, but for what concerns a
            signature; `content-lost`, the nodes have lost the sealed content.
    """
    now = services.now()
    request = KeyRequest(account, work, licence, DELIVERED, secrets.randbits(256), now)
    right = entitled(services, request, now)
    try:
        ciphertext = RemoteStream(services.ipfs.patient(_PATIENCE).open(right.rendition.cid, right.rendition.size))
        content = SealedReader(cast("BinaryIO", ciphertext), right.key)
    except NotFoundError as error:
        cid = right.rendition.cid
        raise UnavailableError(
            "content-lost", f"the IPFS nodes have lost {cid}", "run colophon storage repair", cid=cid
        ) from error
    with services.store.snapshot() as tx:
        told = tx.key_releases.was_released(account, work, licence, DELIVERED, now - _TOGETHER)
    if not told:
        log_release(services, request, DELIVERED, right.block, now)
    return Delivery(content, right.rendition.media_type)
