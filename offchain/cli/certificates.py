"""`colophon certificate`: a licence as a document that others can check, or as a page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from offchain.cli.opening import reading_session
from offchain.cli.options import AsJson
from offchain.cli.output import aligned, show, write_file
from offchain.errors import InputError, NotFoundError

if TYPE_CHECKING:
    from offchain.workflows.services import Services

__all__ = ["certificate", "read_certificate", "verify_certificate"]

_MOST_BYTES = 262_144


def certificate(
    licence: Annotated[str, typer.Argument(metavar="LICENCE", help="Number of the licence.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where it goes: a .json or a .pdf file.")],
    as_json: AsJson = False,
) -> None:
    """Write a licence's certificate.

    As .json a signed Verifiable Credential with the terms in ODRL, as .pdf a page with a QR code. It says what the
    chain says now; whether the licence is live later must be asked, with colophon verify FILE or the code.
    """
    from offchain.workflows.certificates.credential import certify
    from offchain.workflows.certificates.printing import print_certificate
    from offchain.workflows.guards import title_names

    suffix = out.suffix.lower()
    if suffix not in {".json", ".pdf"}:
        raise InputError("format-unknown", f"{out.name} is neither .json nor .pdf", "name a .json or a .pdf file")
    with reading_session() as services:
        made = certify(services, _number(licence))
        if suffix == ".json":
            content = json.dumps(made.credential, ensure_ascii=False, indent=2).encode() + b"\n"
        else:
            work = made.facts.licence.work
            content = print_certificate(made, title_names(services, [work]).get(work))
    write_file(out, content)
    told = {"licence": licence, "holder": made.facts.licence.holder, "sha256": made.digest.hex(), "url": made.url}
    show({**told, "file": str(out)}, aligned([*told.items(), ("written", str(out))]), as_json=as_json)


def read_certificate(path: Path) -> dict[str, Any] | None:
    """The certificate in a file; None for any other file."""
    if path.suffix.lower() != ".json" or path.stat().st_size > _MOST_BYTES:
        return None
    try:
        found = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return None
    kinds = found.get("type") if isinstance(found, dict) else None
    return found if isinstance(kinds, list) and "LicenceCertificate" in kinds else None


def verify_certificate(services: Services, document: dict[str, Any]) -> dict[str, Any]:
    """What `colophon verify` says of a certificate."""
    from offchain.workflows.certificates.checking import check_certificate

    verdict = check_certificate(services, document)
    return {
        "verdict": verdict.verdict,
        "why": verdict.why,
        "licence": None if verdict.licence is None else str(verdict.licence),
        "holder": verdict.holder,
        "live": verdict.live,
    }


def _number(text: str) -> int:
    if text.isascii() and text.isdecimal() and len(text) < 78 and int(text) < 2**256:
        return int(text)
    raise NotFoundError("unknown-licence", f"there is no licence {text}", "give the number of a licence")
