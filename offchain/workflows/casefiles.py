"""Case files: the evidence that a file is a copy of a registered work, pinned, for a dispute to cite.

A case file is canonical JSON with the members of ERC-1497's evidence (`name`, `description`, `fileURI`, `fileHash`,
`fileTypeExtension`) and all that the finding rests on. Its `ipfs://` URI is what `Disputes.open` and `submit_evidence`
take. What it says of the finder's machine is the copy's name, never where it lay.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from multiformats import multibase

from offchain.chain import work_hex
from offchain.errors import InputError, NotFoundError
from offchain.identity import Identity, Match
from offchain.identity.exhibits import Exhibit
from offchain.storage import canonical_json
from offchain.store import CaseRecord
from offchain.workflows.explaining import public_exhibit
from offchain.workflows.guards import title_names
from offchain.workflows.recognition import match_json
from offchain.workflows.services import Services

__all__ = ["Copy", "Where", "case_document", "case_json", "cases_of", "open_case"]

_SCHEMA: Final = "colophon/case"
_VERSION: Final = 1
_MAX_TEXT: Final = 200
"""Most characters of a title or a name in a case file."""

_PAGE: Final = 200
_SUFFIXES: Final = {"image/png": "png", "text/markdown": "md"}
_SHA2_256: Final = bytes([0x12, 32])
"""Multihash prefix of a sha256."""


@dataclass(frozen=True, slots=True)
class Where:
    """Where a copy was found.

    Attributes:
        kind: a `file` of a folder, what a feed's `url` leads to, or a registered `work`.
        name: file name, URL, or the work's id.
    """

    kind: Literal["file", "url", "work"]
    name: str


@dataclass(frozen=True, slots=True)
class Copy:
    """A file that is a copy of a registered work.

    Attributes:
        path: the file.
        identity: of it.
        match: which work it is a copy of, and why.
        where: it was found.
        when: Unix seconds.
    """

    path: Path
    identity: Identity
    match: Match
    where: Where
    when: int


def open_case(services: Services, holder: str, copy: Copy) -> tuple[CaseRecord, bool]:
    """Pin the evidence and keep the case; the same copy of the same work has one case.

    Returns:
        The case, and whether it is new.

    Raises:
        UnavailableError: as `PinSet.pin`, or what keeps the exhibit from being made.
    """
    work, found = copy.match.work_id, copy.identity.work_id
    with services.store.snapshot() as tx:
        known = tx.cases.find(holder, work, found)
    if known is not None:
        return known, False
    exhibit = _shown(services, copy)
    cid = None if exhibit is None else services.ipfs.pin(exhibit.data)
    document = case_document(services, holder, copy, None if exhibit is None or cid is None else (exhibit, cid))
    record = CaseRecord(
        account=holder,
        work=work,
        found=found,
        where=copy.where.name,
        decision=copy.match.decision,
        evidence=services.ipfs.pin(canonical_json(document)),
        exhibit=cid,
        opened_at=copy.when,
    )
    with services.store.transaction() as tx:
        known = tx.cases.find(holder, work, found)
        return (known, False) if known is not None else (tx.cases.add(record), True)


def cases_of(services: Services, holder: str) -> Sequence[CaseRecord]:
    """Every case of an account, newest first."""
    cases: list[CaseRecord] = []
    with services.store.snapshot() as tx:
        while page := tx.cases.page(holder, _PAGE, before=cases[-1].sequence if cases else None):
            cases += page
    return cases


def case_json(case: CaseRecord) -> dict[str, Any]:
    """A case as the command line tells it."""
    return {
        "case": case.sequence,
        "work": work_hex(case.work),
        "found": case.where,
        "sha256": work_hex(case.found),
        "decision": case.decision,
        "evidence": f"ipfs://{case.evidence}",
        "exhibit": None if case.exhibit is None else f"ipfs://{case.exhibit}",
        "since": case.opened_at,
    }


def case_document(services: Services, holder: str, copy: Copy, shown: tuple[Exhibit, str] | None) -> dict[str, Any]:
    """The case file.

    Args:
        services: of this process.
        holder: of the work's title.
        copy: what was found.
        shown: the exhibit and its CID, None where none could be made.

    Raises:
        NotFoundError: `unknown-work`.
    """
    work, identity = copy.match.work_id, copy.identity
    names = {each: title[:_MAX_TEXT] for each, title in title_names(services, [work]).items()}
    matched = match_json(copy.match, names)
    return {
        "schema": _SCHEMA,
        "version": _VERSION,
        "name": f"Copy of {names.get(work) or work_hex(work)}",
        "description": f"{copy.match.decision}: {matched['why']}",
        **({} if shown is None else _attached(*shown)),
        "work": _registered(services, work),
        "title": names.get(work),
        "holder": holder,
        "chainId": services.client.chain_id,
        "registry": services.contracts.registry.address,
        "found": {
            copy.where.kind: copy.where.name[:_MAX_TEXT] if copy.where.kind == "file" else copy.where.name,
            "sha256": work_hex(identity.work_id),
            "size": identity.size,
            "mediaType": identity.media_type,
            "at": copy.when,
        },
        "match": matched,
        "exhibits": [] if shown is None else [_listed(*shown)],
    }


def _registered(services: Services, work: int) -> dict[str, Any]:
    with services.store.snapshot() as tx:
        title = tx.events.title(work)
    if title is None:
        raise NotFoundError("unknown-work", "no work with this id is registered", "check the id", work=work_hex(work))
    return {
        "id": work_hex(work),
        "registrant": title.registrant,
        "priorityAt": services.contracts.registry.title(work).priority_at,
        "transaction": "0x" + title.tx_hash.hex(),
    }


def _shown(services: Services, copy: Copy) -> Exhibit | None:
    """The exhibit; a case stands without one where the two cannot be shown beside each other."""
    try:
        return public_exhibit(services, copy.path, copy.identity, copy.match)
    except InputError:
        return None


def _attached(exhibit: Exhibit, cid: str) -> dict[str, str]:
    """ERC-1497: the file that the evidence rests on, its multihash in base58, its type."""
    digest = hashlib.sha256(exhibit.data).digest()
    return {
        "fileURI": f"ipfs://{cid}",
        "fileHash": multibase.encode(_SHA2_256 + digest, "base58btc")[1:],
        "fileTypeExtension": _SUFFIXES[exhibit.media_type],
    }


def _listed(exhibit: Exhibit, cid: str) -> dict[str, Any]:
    digest = hashlib.sha256(exhibit.data).hexdigest()
    return {"cid": cid, "sha256": "0x" + digest, "size": len(exhibit.data), "mediaType": exhibit.media_type}
