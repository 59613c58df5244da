"""Masters from IPFS: a registration may name content that the service's own nodes have, instead of sending it.

Only a CID is taken, never an address, so nobody can make the service call a server of his choice; every byte is
verified against the CID, and no more of it is read than a master may have.
"""

from __future__ import annotations

from typing import BinaryIO, Final, cast

from offchain.errors import RefusedError
from offchain.storage import normal_cid
from offchain.storage.remote import RemoteStream
from offchain.workflows.services import Services
from offchain.workflows.takedowns import withheld

__all__ = ["imported"]

_PATIENCE: Final = 15.0
"""Seconds that a node may be silent: it looks for content that nobody has for ever."""


def imported(services: Services, cid: str) -> BinaryIO:
    """The content under a CID as a stream, whose reading may end by the same errors.

    Raises:
        RefusedError: `content-withheld`, it is of a work that is taken down.
        InputError: `cid-malformed`, `cid-unsupported`, `content-unreadable`, or `content-oversized`.
        NotFoundError: `content-not-found`.
        UnavailableError: `ipfs-timeout` where nobody has it, `ipfs-down`, `ipfs-failed`, `ipfs-lied`.
    """
    named = normal_cid(cid)
    if withheld(services, named):  # a node forgets nothing before its next collection
        raise RefusedError(
            "content-withheld", "every work with this content is taken down", "see /v1/takedowns", cid=named
        )
    file = services.ipfs.patient(_PATIENCE).open(named, services.settings.max_upload)
    return cast("BinaryIO", RemoteStream(file))
