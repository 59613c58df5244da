"""`colophon verify`: one verdict on a file, a work or a licence, with the evidence for it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from offchain.cli.certificates import read_certificate, verify_certificate
from offchain.cli.opening import reading_session, work_of
from offchain.cli.options import AsJson
from offchain.cli.output import aligned, moment, money, show
from offchain.errors import InputError

if TYPE_CHECKING:
    from offchain.identity.marks.statement import ManifestReport
    from offchain.workflows.services import Services
    from offchain.workflows.verifying import Verdict

__all__ = ["verify"]

_VERDICTS: Final = {
    "bytes": "registered",
    "rendition": "rendition",
    "manifest": "signed",
    "mark": "marked",
    None: "unknown",
}
"""The word for each kind of evidence."""

_LIKENESSES: Final = {"same": "copy", "derived": "derived", "similar": "similar"}
"""The word where the content alone speaks."""

_VERIFIED: Final = frozenset({"registered", "rendition", "signed", "live", "valid"})
_NOT_VERIFIED: Final = 1
_UNREACHABLE: Final = "the metadata is not reachable on IPFS, so title and creator are not known here"


def verify(
    subject: Annotated[
        str, typer.Argument(help="A file, a certificate, the id of a work, or the number of a licence.")
    ],
    as_json: AsJson = False,
) -> int:
    """Give a verdict on a file, a work or a licence.

    For a file, strongest evidence first: registered (the very bytes), rendition (a pinned one), signed (its C2PA
    manifest is intact and ours), marked (an invisible watermark names the work; the file was edited), copy (the same
    content in another encoding), derived, similar or unknown. For a licence: live or expired. For a
    certificate (.json): valid, outdated, not-live or invalid. Exits with 0 when the file is registered, a rendition or
    signed, the licence is live, or the certificate valid, and with 1 when not. A registration proves who was first to
    register these bytes, and that they are unchanged; not who made them.
    """
    with reading_session() as services:
        document = _verify_licence(services, int(subject)) if subject.isdecimal() else _verify_work(services, subject)
    # Neither what is unknown nor what is as usual: no dispute, the first series of shares.
    rows = [(name, _cell(value)) for name, value in document.items() if value not in (None, [], False)]
    show(document, [*aligned(rows)], as_json=as_json)
    return 0 if document["verdict"] in _VERIFIED else _NOT_VERIFIED


def _cell(value: object) -> str:
    match value:
        case True:
            return "yes"
        case dict():
            return "\n".join(f"{name} {_cell(each)}" for name, each in value.items() if each not in (None, []))
        case list():
            return "\n".join(map(_cell, value))
    return str(value)


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
    from offchain.workflows.verifying import verify_file

    path = Path(subject)
    if not path.is_file():
        return {"verdict": "registered", **_told(services, _work_of(subject))}
    certificate = read_certificate(path)
    if certificate is not None:
        return verify_certificate(services, certificate)
    verdict = verify_file(services, path)
    return {
        "verdict": _VERDICTS.get(verdict.evidence) or _LIKENESSES[verdict.likeness],
        "why": verdict.sentence if verdict.evidence in ("fingerprint", None) else None,
        **_marks(verdict),
        **({} if verdict.work is None else _told(services, verdict.work)),
    }


def _work_of(subject: str) -> int:
    try:
        return work_of(subject)
    except InputError as error:
        raise InputError(
            error.code,
            f"{subject!r} is no work's id, file or licence number",
            "write 0x and 64 hex digits, name a file, or give the number of a licence",
        ) from error


def _marks(verdict: Verdict) -> dict[str, Any]:
    from offchain.chain import work_hex

    return {
        "mark": None if verdict.marked_as is None else work_hex(verdict.marked_as),
        "manifest": None if verdict.manifest is None else _manifest_json(verdict.manifest),
        "published_manifest": None if verdict.recovered is None else _manifest_json(verdict.recovered),
    }


def _manifest_json(report: ManifestReport) -> dict[str, Any]:
    statement = {} if report.statement is None else asdict(report.statement)
    return {
        "state": report.state,
        "signer": report.signer,
        **{name: list(value) if isinstance(value, tuple) else value for name, value in statement.items()},
        "problems": list(report.problems),
    }


def _told(services: Services, work: int) -> dict[str, Any]:
    from offchain.chain import work_hex
    from offchain.workflows.catalogue import describe
    from offchain.workflows.marking import training_of

    view = describe(services, work)
    title = services.contracts.registry.title(work)
    offered = {each.tier for each in view.listings if each.tier} | {each.tier for each in view.mandates}
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
        "terms": _terms(offered),
        "training": training_of(offered),
    }


def _terms(tiers: set[str]) -> list[str]:
    """The licences on offer and where their legal text is."""
    from offchain.workflows.terms import standard_terms

    return [f"{each.tier} ipfs://{each.cid}" for each in standard_terms() if each.tier in tiers]
