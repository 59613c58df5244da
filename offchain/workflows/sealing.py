"""Sealing: the rendition of a work for sale that only licensees can open, and the content keys behind it.

A work has one content key in a store. It is made once, with the salt of its sealed rendition, so that sealing again
gives the same bytes: they are made for their CID, and once more to be pinned, and lie nowhere in between. Keys
lie in the store wrapped under the master key, and leave it only by `offchain.workflows.releasing`; no step returns one,
since the journal keeps what steps return.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from offchain.chain import work_hex
from offchain.chain.signer import DEVELOPMENT_CHAINS
from offchain.errors import NotFoundError, RefusedError, UnavailableError
from offchain.storage import local_cid
from offchain.storage.master_key import MasterKey, keep_master_key
from offchain.storage.sealing import SEALED_SCHEME, sealed, sealed_size
from offchain.storage.stream import KEY_SIZE, SALT_SIZE
from offchain.storage.unixfs import outline
from offchain.storage.upload import part_cids
from offchain.store import ContentKeyRecord, Store
from offchain.workflows.metadata import Metadata, Rendition
from offchain.workflows.requests import RegistrationRequest
from offchain.workflows.services import Services

__all__ = [
    "ContentKey",
    "content_key",
    "is_for_sale",
    "pin_sealed",
    "require_master_key",
    "seal_master",
    "sealed_cids",
    "sealed_later",
    "sealed_rendition",
    "unwrap",
]

_ROLE: Final = "sealed"


@dataclass(frozen=True, slots=True)
class ContentKey:
    """What opens one work; never logged, never in a journal.

    Attributes:
        key: 32 bytes.
        cid: of the sealed rendition that it opens, None before that is pinned.
        sha256: of that rendition, `0x` and hex, where the work was sealed after its registration.
    """

    key: bytes = field(repr=False)
    cid: str | None
    sha256: str | None = None


def is_for_sale(request: RegistrationRequest) -> bool:
    """Whether a registration offers licences, so that its work is sealed."""
    return bool(request.tiers or request.listings)


def require_master_key(services: Services) -> MasterKey:
    """The key that content keys are wrapped under: from the settings, on a local chain else from the home folder.

    Raises:
        InputError: `content-key-malformed`.
        UnavailableError: `no-content-key` on a live chain, where a key must be chosen and backed up on purpose;
            `disk-failed`.
    """
    if services.settings.content_key is not None:
        return MasterKey(services.settings.content_key)
    if services.client.chain_id not in DEVELOPMENT_CHAINS:
        raise UnavailableError(
            "no-content-key",
            "this process has no key to keep content keys under",
            "openssl rand -hex 32 > FILE, back it up, and set COLOPHON_CONTENT_KEY_FILE=FILE",
        )
    return keep_master_key(services.settings.home / "content.key")


def seal_master(services: Services, work: int, media_type: str) -> Rendition:
    """What a work's master is when it is encrypted; doing it again gives the same. Nothing is pinned.

    Raises:
        NotFoundError: `master-missing`.
        UnavailableError: `master-damaged`, `disk-failed`, `no-content-key`.
    """
    with _ciphertext(services, work) as (path, size, digest), path.open("rb") as stream:
        return Rendition(_ROLE, media_type, size, digest, local_cid(stream), SEALED_SCHEME)


def pin_sealed(services: Services, work: int) -> str:
    """Encrypt a work's master and pin it; its CID, which is that of `seal_master`.

    Raises:
        NotFoundError, UnavailableError: as `seal_master`, or the IPFS nodes' reason.
    """
    services.vault.touch(work)
    with _ciphertext(services, work) as (path, _, _):
        cid = services.ipfs.pin(path)
    _remember(services.store, work, cid)
    return cid


def sealed_cids(services: Services, work: int) -> tuple[str, ...]:
    """CIDs that pinning a sealed work may leave on a node: of its parts, the whole last; none where none was sealed.

    Raises:
        NotFoundError, UnavailableError: as `seal_master`.
    """
    if _kept(services, work) is None:
        return ()
    with _ciphertext(services, work) as (path, _, _), path.open("rb") as stream:
        tree = outline(stream)
    return (*part_cids(tree), tree.cid)


def sealed_rendition(metadata: Metadata) -> Rendition | None:
    """The rendition that a work's content key opens, as its metadata names it, or None."""
    return next((each for each in metadata.renditions if each.scheme == SEALED_SCHEME), None)


def sealed_later(metadata: Metadata, key: ContentKey) -> Rendition | None:
    """The same of a work that was sealed after its registration, as the store tells it, or None."""
    if key.cid is None or key.sha256 is None:
        return None
    return Rendition(_ROLE, metadata.media_type, sealed_size(metadata.size), key.sha256, key.cid, SEALED_SCHEME)


def content_key(services: Services, work: int) -> ContentKey:
    """The key of a work that was sealed here.

    Raises:
        NotFoundError: `content-not-sealed`.
        UnavailableError: `content-key-foreign`, `content-key-damaged`, `no-content-key`.
    """
    kept = _kept(services, work)
    if kept is None:
        raise NotFoundError(
            "content-not-sealed",
            "this service has no key of this work",
            "ask the service that it was registered with: colophon open --service URL; there colophon seal WORK helps",
            work=work_hex(work),
        )
    told = None if kept.digest is None else "0x" + kept.digest.hex()
    return ContentKey(unwrap(require_master_key(services), kept), kept.cid, told)


def _kept(services: Services, work: int) -> ContentKeyRecord | None:
    with services.store.snapshot() as tx:
        return tx.content_keys.find(work)


def _make(services: Services, work: int) -> ContentKeyRecord:
    master = require_master_key(services)
    made = ContentKeyRecord(
        work=work,
        master=master.id,
        wrapped=master.wrap(work, secrets.token_bytes(KEY_SIZE)),
        salt=secrets.token_bytes(SALT_SIZE),
        created_at=services.now(),
    )
    try:
        with services.store.transaction() as tx:
            tx.content_keys.add(made)
    except RefusedError:  # another process was first, and its key stands
        made = _kept(services, work) or made
    return made


def unwrap(master: MasterKey, record: ContentKeyRecord) -> bytes:
    """The content key of a record, 32 bytes.

    Raises:
        UnavailableError: `content-key-foreign`, it is kept under another key; `content-key-damaged`.
    """
    if record.master != master.id:
        raise UnavailableError(
            "content-key-foreign",
            f"the content keys are kept under key {record.master}, and the one at hand is {master.id}",
            "set COLOPHON_CONTENT_KEY to that key",
            wanted=record.master,
            found=master.id,
        )
    return master.unwrap(record.work, record.wrapped)


@contextmanager
def _ciphertext(services: Services, work: int) -> Iterator[tuple[Path, int, str]]:
    """The sealed master as a file for the block, its size, and its sha256 as `0x` and hex."""
    master = services.vault.master(work)
    kept = _kept(services, work) or _make(services, work)
    key = unwrap(require_master_key(services), kept)
    with services.vault.scratch() as path:
        size, digest = _write(master, path, key, kept.salt)
        yield path, size, "0x" + digest


def _write(master: Path, place: Path, key: bytes, salt: bytes) -> tuple[int, str]:
    """Seal into a file; its size and sha256 in hex."""
    size, digest = 0, hashlib.sha256()
    with master.open("rb") as content, place.open("wb") as out:
        for piece in sealed(content, key, salt):
            out.write(piece)
            digest.update(piece)
            size += len(piece)
    return size, digest.hexdigest()


def _remember(store: Store, work: int, cid: str) -> None:
    with store.transaction() as tx:
        record = tx.content_keys.find(work)
        if record is not None:
            record.cid = cid
