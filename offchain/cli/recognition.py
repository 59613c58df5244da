"""`colophon fingerprint` and `search`: what a file is, and what it resembles."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from offchain.cli.opening import reading_session
from offchain.cli.options import AsJson
from offchain.cli.output import aligned, show
from offchain.errors import InputError

if TYPE_CHECKING:
    from offchain.identity import Identity
    from offchain.workflows.recognition import Recognition
    from offchain.workflows.services import Services

__all__ = ["fingerprint", "search"]


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
    exhibit: Annotated[
        Path | None,
        typer.Option(
            "--exhibit", metavar="OUT", help="Write the file and the best match side by side: PNG or Markdown."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell what a file is: registered, derived, similar or new."""
    from offchain.workflows.recognition import recognise

    with reading_session() as services:
        found = recognise(services, file)
        written = None if exhibit is None else _write_exhibit(services, file, found, exhibit)
    lines = [found.sentence, *map("  {}".format, _match_lines(found))]
    lines += [f"exhibit: {exhibit}, {written}"] if written else []
    document = _recognition_json(found) | (
        {"exhibit": {"file": str(exhibit), "media_type": written}} if written else {}
    )
    show(document, lines, as_json=as_json)


def _write_exhibit(services: Services, file: Path, found: Recognition, out: Path) -> str:
    """Write the exhibit of the surest match; its media type.

    Raises:
        InputError: `no-exhibit`, `file-unwritable`; else as `private_exhibit`.
    """
    from offchain.workflows.explaining import private_exhibit

    if not found.matches:
        raise InputError("no-exhibit", found.sentence, "leave out --exhibit where nothing matches")
    made = private_exhibit(services, file, found.identity, found.matches[0])
    try:
        out.write_bytes(made.data)
    except OSError as error:
        raise InputError(
            "file-unwritable", f"{out} cannot be written: {error.strerror}", "name a file that you may write"
        ) from error
    return made.media_type


def _recognition_json(found: Recognition) -> dict[str, Any]:
    from offchain.workflows.recognition import match_json

    matches = [match_json(match, found.titles) for match in found.matches]
    identity = identity_json(found.identity)
    return {"decision": found.decision, "identity": identity, "matches": matches, "explanation": found.sentence}


def _match_lines(found: Recognition) -> list[str]:
    from offchain.chain import work_hex

    return [
        f"{match.decision} {work_hex(match.work_id)} {found.titles.get(match.work_id, '')}".rstrip()
        for match in found.matches
    ]
