"""The second workflow of a registration: from the registrant's signature to the title.

What the title names is pinned between commitment and reveal: after the priority is reserved, since metadata tells the
work's id to whoever watches the nodes, and before the title can lead anybody to it.
"""

from __future__ import annotations

from typing import Any

from dbos import DBOS

from offchain.chain import Registration, work_hex
from offchain.chain.eip712 import digest
from offchain.chain.waiting import await_block_after
from offchain.errors import DeniedError, NotFoundError, RefusedError
from offchain.storage import local_cid
from offchain.store import TitleRecord
from offchain.workflows.catalogue import record_work
from offchain.workflows.guards import find_title
from offchain.workflows.holdings import record_contents
from offchain.workflows.jobs import Draft
from offchain.workflows.metadata import Rendition
from offchain.workflows.sealing import pin_sealed, sealed_rendition
from offchain.workflows.services import Services
from offchain.workflows.steps import engine, run_step
from offchain.workflows.takedowns import require_offered, require_still_offered, unsettle

__all__ = ["index_title", "pin_drafted", "publish", "published_title"]


@DBOS.workflow(name="registration.publish", max_recovery_attempts=1000)
def publish(draft: Draft, signature: bytes) -> dict[str, Any]:
    """Commit, pin, register in a later block, and read the title back."""
    services = engine().services
    commitment = run_step("commit", _commit, services, draft["registration"])
    run_step("pin", pin_drafted, services, draft)
    transaction = run_step("register", _register, services, draft, signature)
    return run_step("index", index_title, services, draft, commitment, transaction)


def published_title(services: Services, draft: Draft) -> TitleRecord | None:
    """The title that the chain has for a draft, whoever sent the reveal; None where there is none, or another's.

    Raises:
        UnavailableError: the chain does not answer.
    """
    registration = draft["registration"]
    services.advance()
    with services.store.snapshot() as tx:
        title = tx.events.title(registration.work)
    drafted = (registration.registrant, registration.metadata)
    return title if title is not None and (title.registrant, title.metadata_digest) == drafted else None


def _commit(services: Services, registration: Registration) -> bytes:
    """Reserve the priority; the hash of the transaction."""
    registry = services.contracts.registry
    commitment = registry.commitment(registration.registrant, registration.work, registration.salt)
    call, key = registry.commit(commitment), f"commit:{commitment.hex()}"
    receipt = services.sender.relay(call, services.require_relayer(), key)
    await_block_after(services.client, receipt.block)
    return receipt.tx_hash


def pin_drafted(services: Services, draft: Draft) -> None:
    """Pin all that the title will name, its metadata last: where that is found, the rest is.

    Raises:
        RefusedError: `taken-down`, since the job began.
        NotFoundError: `rendition-missing`.
        UnavailableError: the IPFS nodes' reason.
    """
    work, metadata = draft["registration"].work, draft["metadata"]
    require_offered(services, work)
    services.vault.touch(work)
    sealed = sealed_rendition(metadata)
    if sealed is not None and pin_sealed(services, work) != sealed.cid:
        raise _lost(sealed.cid)
    if metadata.features is not None:
        _pin_file(services, services.vault.features(work), metadata.features)
    public = [each.cid for each in metadata.renditions if each.scheme is None]
    for cid in (*public, draft["provenance_cid"], draft["metadata_cid"]):
        if cid is not None:
            _pin_file(services, services.vault.file(cid, work), cid)


def _pin_file(services: Services, data: bytes | None, cid: str) -> None:
    if data is not None and local_cid(data) == cid:
        services.ipfs.pin(data)
    elif not services.ipfs.is_pinned(cid):  # as it may be for a draft of an earlier version
        raise _lost(cid)


def _lost(cid: str) -> NotFoundError:
    return NotFoundError(
        "rendition-missing", f"this machine no longer has {cid}, which the signature names", "submit the file again"
    )


def _register(services: Services, draft: Draft, signature: bytes) -> bytes:
    """Reveal; the hash of the transaction, which need not be ours: whoever sees a signed reveal may send it first."""
    registration = draft["registration"]
    call = services.contracts.registry.register_signed(registration, draft["deadline"], signature)
    # The same salt may be signed for again with another deadline, which is another transaction.
    key = f"register:{digest(draft['typed']).hex()}"
    try:
        require_still_offered(services, registration.work, key)
        return services.sender.relay(call, services.require_relayer(), key, draft["deadline"]).tx_hash
    except (DeniedError, RefusedError):
        # A reveal uses up the commitment, so the registry has several reasons to refuse the second one.
        title = published_title(services, draft)
        if title is None:
            raise
        return title.tx_hash


def index_title(services: Services, draft: Draft, commitment: bytes, transaction: bytes) -> dict[str, Any]:
    """Make the work visible to every reader of the store; the job's result.

    Raises:
        RefusedError: `title-lost`.
    """
    registration = draft["registration"]
    title = find_title(services, registration.work)
    if title is None:
        raise RefusedError("title-lost", "the title is gone after a reorganisation", "register the work again")
    services.advance()
    record_work(services, registration.work, draft["metadata"], services.vault.features(registration.work))
    record_contents(services.store, registration.work, draft)
    unsettle(services, registration.work)
    return {
        "work": work_hex(registration.work),
        "holder": title.holder,
        "iscc": draft["metadata"].iscc,
        "commitment": "0x" + commitment.hex(),
        "transaction": "0x" + transaction.hex(),
        "metadata": draft["metadata_cid"],
        "provenance": draft["provenance_cid"],
        "renditions": [_rendition(rendition) for rendition in draft["metadata"].renditions],
        "priority_at": title.priority_at,
        "final_at": title.final_at,
    }


def _rendition(rendition: Rendition) -> dict[str, object]:
    return {
        "role": rendition.role,
        "media_type": rendition.media_type,
        "size": rendition.size,
        "sha256": rendition.sha256,
        "cid": rendition.cid,
        "scheme": rendition.scheme,
    }
