"""Requests for content keys, and what comes back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, Field

from offchain.api.schemas.fields import Account, Bytes, Number, Received, WorkId
from offchain.api.schemas.works import RenditionOut, rendition_out
from offchain.chain import work_hex
from offchain.chain.address import parse_address
from offchain.chain.key_request import KeyLogRequest, KeyRequest
from offchain.store import KeyReleaseRecord
from offchain.workflows.releasing import KeyRelease

__all__ = ["KeyDraftOut", "KeyIn", "KeyLogIn", "KeyLogOut", "KeyOut", "Recipient", "key_log_out", "key_out"]

Recipient = Annotated[
    str,
    Field(pattern="^age1[02-9ac-hj-np-z]{58}$", description="X25519 recipient of age", examples=["age1" + "q" * 58]),
]


class KeyMessageIn(BaseModel):
    """The message of the request's typed data, as it was signed; numbers as decimal strings or integers."""

    account: Account
    work: int = Field(ge=0, lt=2**256)
    licence: int = Field(ge=0, lt=2**256, description="0 asks as the holder of the title")
    recipient: Recipient
    nonce: int = Field(ge=0, lt=2**256)
    deadline: int = Field(ge=0, lt=2**256, description="Unix seconds, at most an hour ahead")

    def struct(self) -> KeyRequest:
        """As it was signed.

        Raises:
            InputError: `address-malformed`.
        """
        numbers = (self.nonce, self.deadline)
        return KeyRequest(parse_address(self.account), self.work, self.licence, self.recipient, *numbers)


class KeyIn(Received):
    """A request and its signature: of the account's own key, or what its contract takes (ERC-1271)."""

    request: KeyMessageIn
    signature: Bytes
    chain_id: int | None = Field(None, description="checked against the service's chain when given")


class KeyDraftOut(BaseModel):
    """What the account signs; its `message` is the `request` of POST /v1/keys."""

    typed_data: dict[str, Any]


class KeyLogMessageIn(BaseModel):
    """The message of the typed data (EIP-712 `KeyLogRequest`), as it was signed."""

    account: Account
    work: int = Field(ge=0, lt=2**256)
    service: str = Field(max_length=300, description="scheme, host and port of the service that is asked")
    deadline: int = Field(ge=0, lt=2**256, description="Unix seconds, at most an hour ahead")

    def struct(self) -> KeyLogRequest:
        """As it was signed.

        Raises:
            InputError: `address-malformed`.
        """
        return KeyLogRequest(parse_address(self.account), self.work, self.service, self.deadline)


class KeyLogIn(Received):
    """A signed wish to see the releases of a work's key; `before` is `next` of the page before."""

    request: KeyLogMessageIn
    signature: Bytes
    chain_id: int | None = Field(None, description="checked against the service's chain when given")
    limit: int = Field(100, ge=1, le=1000)
    before: int | None = Field(None, ge=1, lt=2**63)


class ReleaseOut(BaseModel):
    """One release; `licence` 0 was the holder of the title."""

    account: Account
    licence: Number
    recipient: str
    block: int
    released_at: int


class KeyLogOut(BaseModel):
    """Releases, newest first; `next` continues after them, null at the end."""

    releases: list[ReleaseOut]
    next: int | None


class KeyOut(BaseModel):
    """A content key for its recipient alone.

    `key` is an armored age file that holds the 32 bytes; they open `rendition`, whose bytes are on IPFS.
    """

    work: WorkId
    licence: Number
    account: Account
    recipient: str
    key: str
    rendition: RenditionOut
    block: int = Field(description="newest block when the right was checked")


def key_out(release: KeyRelease) -> KeyOut:
    """A release as the API writes it."""
    request = release.request
    return KeyOut(
        work=work_hex(request.work),
        licence=str(request.licence),
        account=request.account,
        recipient=request.recipient,
        key=release.key,
        rendition=rendition_out(release.rendition),
        block=release.block,
    )


def key_log_out(releases: Sequence[KeyReleaseRecord], limit: int) -> KeyLogOut:
    """A page of releases as the API writes it."""
    out = [
        ReleaseOut(
            account=each.account,
            licence=str(each.licence),
            recipient=each.recipient,
            block=each.block,
            released_at=each.released_at,
        )
        for each in releases
    ]
    return KeyLogOut(releases=out, next=releases[-1].sequence if len(releases) == limit else None)
