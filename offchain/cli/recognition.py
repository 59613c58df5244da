"""`colophon fingerprint`, `search` and `verify`: what a file is, what it resembles, and what a licence proves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from offchain.cli.opening import reading_session, work_of
from offchain.cli.options import AsJson
from offchain.cli.output import aligned, moment, money, show
from offchain.errors import InputError

if TYPE_CHECKING:
    from offchain.identity import Identity
    from offchain.workflows.recognition import Recognition
    from offchain.workflows.services import Services

__all__ = ["fingerprint", "search", "verify"]

_VERIFIED: Final = frozenset({"registered", "rendition", "live"})
_NOT_VERIFIED: Final = 1
_UNREACHABLE: Final = "the metadata is not reachable on IPFS, so title and creator are not known here"


def fingerprint(
    file: Annotated[Path, typer.Argument(help="The master.")],
    title: Annotated[str | None, typer.Option(help="Its title, part of the ISCC; the file's name by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """Compute a file's work id and ISCC. Needs no node."""
    from offchain.config import load_settings
    from offchain.identity import identify

    settings = load_settings()
    identity = identify(file, title=title or file.stem, limit=settings.max_upload)
    show(identity_json(identity), aligned(_identity_rows(identity)), as_json=as_json)


def identity_json(identity: Identity) -> dict[str, Any]:
    """An identity as the API writes it."""
    from offchain.chain import work_hex

    return {
        "work": work_hex(identity.work_id),
        "size": identity.size,
        "media_type": identity.media_type,
        "iscc": identity.iscc,
        "units": list(identity.units),
        "content_code": identity.content_code,
        "featureless": identity.featureless,
    }


def _identity_rows(identity: Identity) -> list[tuple[str, str]]:
    document = identity_json(identity)
    rows = [
        ("work", document["work"]),
        ("file", f"{identity.size} bytes, {identity.media_type}"),
        ("iscc", identity.iscc),
        ("units", "\n".join(identity.units)),
    ]
    return rows + ([("note", "too little to fingerprint: it resembles nothing")] if identity.featureless else [])


def search(
    file: Annotated[Path, typer.Argument(help="Any file, your own or found somewhere.")],
    as_json: AsJson = False,
) -> None:
    """Tell whether a file is registered, similar, or new."""
    from offchain.workflows.recognition import recognise

    with reading_session() as services:
        found = recognise(services, file)
    show(_recognition_json(found), [found.sentence, *map("  {}".format, _match_lines(found))], as_json=as_json)


def verify(
    subject: Annotated[str, typer.Argument(help="A file, the id of a work, or the number of a licence.")],
    as_json: AsJson = False,
) -> int:
    """Give a verdict on a file, a work or a licence.

    Registered, rendition, near or unknown for a file; live or expired for a licence. Exits with 0 when the file is
    registered (or a pinned rendition) or the licence is live, and with 1 when not. A registration proves who was first
    to register these bytes, and that they are unchanged; not who made them.
    """
    with reading_session() as services:
        document = _verify_licence(services, int(subject)) if subject.isdecimal() else _verify_work(services, subject)
    # Neither what is unknown nor what is as usual: no dispute, the first series of shares.
    rows = [(name, _cell(value)) for name, value in document.items() if value not in (None, [], False)]
    show(document, [*aligned(rows)], as_json=as_json)
    return 0 if document["verdict"] in _VERIFIED else _NOT_VERIFIED


def _cell(value: object) -> str:
    return "yes" if value is True else str(value)


def _verify_licence(services: Services, number: int) -> dict[str, Any]:
    from offchain.chain import work_hex
    from offchain.workflows.licences import describe_licence

    licence = describe_licence(services, number)
    return {
        "verdict": "live" if licence.live else "expired",
        "licence": str(licence.number),
        "holder": licence.holder,
        "work": work_hex(licence.work),
        "tier": licence.tier,
        "paid": money(licence.price, licence.currency),
        "until": "for ever" if licence.expiry is None else moment(licence.expiry),
    }


def _verify_work(services: Services, subject: str) -> dict[str, Any]:
    from offchain.workflows.recognition import recognise

    path = Path(subject)
    if not path.is_file():
        return _registered(services, _work_of(subject))
    found = recognise(services, path)
    if found.decision == "same":
        return _registered(services, found.identity.work_id)
    rendition = _rendition_of(services, found.identity.work_id)
    if rendition is not None:
        return {"verdict": "rendition", **_told(services, rendition)}
    if found.decision == "near":
        closest = found.matches[0]
        return {"verdict": "near", "why": found.sentence, **_told(services, closest.work_id)}
    return {"verdict": "unknown", "why": found.sentence}


def _work_of(subject: str) -> int:
    try:
        return work_of(subject)
    except InputError as error:
        raise InputError(
            error.code,
            f"{subject!r} is no work's id, file or licence number",
            "write 0x and 64 hex digits, name a file, or give the number of a licence",
        ) from error


def _registered(services: Services, work: int) -> dict[str, Any]:
    return {"verdict": "registered", **_told(services, work)}


def _rendition_of(services: Services, digest: int) -> int | None:
    """The work whose pinned rendition has this sha256."""
    with services.store.snapshot() as tx:
        record = tx.works.by_rendition(digest.to_bytes(32, "big"))
    return None if record is None else record.id


def _told(services: Services, work: int) -> dict[str, Any]:
    from offchain.chain import work_hex
    from offchain.workflows.catalogue import describe

    view = describe(services, work)
    title = services.contracts.registry.title(work)
    return {
        "work": work_hex(work),
        "title": None if view.metadata is None else view.metadata.title,
        "creator": None if view.metadata is None else view.metadata.creator or None,
        "holder": title.holder,
        "registrant": view.title.registrant,
        "since": moment(title.priority_at),
        "disputed": title.disputed,
        "series": title.series,
        "metadata": view.metadata_cid,
        "note": _UNREACHABLE if view.unreachable else None,
        "parents": [work_hex(edge.parent) for edge in view.parents],
    }


def _recognition_json(found: Recognition) -> dict[str, Any]:
    from offchain.chain import work_hex

    matches = [
        {
            "work": work_hex(match.work_id),
            "title": found.titles.get(match.work_id),
            "decision": match.decision,
            "distance": match.distance,
        }
        for match in found.matches
    ]
    identity = identity_json(found.identity)
    return {"decision": found.decision, "identity": identity, "matches": matches, "explanation": found.sentence}


def _match_lines(found: Recognition) -> list[str]:
    from offchain.chain import work_hex

    return [
        f"{match.decision} {work_hex(match.work_id)} {found.titles.get(match.work_id, '')}".rstrip()
        for match in found.matches
    ]
