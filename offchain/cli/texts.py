"""`colophon generate`: a text by the language model, with the record that lets anybody make it again."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from offchain.cli.options import AsJson
from offchain.cli.output import aligned, progress, show
from offchain.errors import InputError

if TYPE_CHECKING:
    from offchain.generation import Generated

__all__ = ["generate"]


def generate(
    prompt: Annotated[str, typer.Argument(help="What the model is asked to write.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same text.", min=0)] = 0,
    max_tokens: Annotated[int, typer.Option(help="Most tokens of the answer.", min=1)] = 256,
    temperature: Annotated[float, typer.Option(help="0 takes the likeliest token each time.")] = 0.8,
    top_p: Annotated[float, typer.Option(help="Draw from the likeliest tokens that reach this probability.")] = 0.95,
    out: Annotated[
        Path | None,
        typer.Option(help="Write the text here, and its record beside it as NAME.provenance.json."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a text with the language model.

    It runs on this machine and needs no node. Register what it wrote with the record: colophon register FILE
    --provenance FILE.provenance.json
    """
    from offchain.config import load_settings
    from offchain.generation import Runtime, TextParams
    from offchain.generation import generate as run_model

    if out is not None:
        _require_new(out, _record_of(out))
    settings, params = load_settings(), TextParams(max_tokens, temperature, top_p)
    runtime = Runtime(settings.model_path, settings.torch_threads)
    with progress("generating") as report:
        made = run_model(
            prompt,
            params,
            seed,
            created=int(time.time()),
            runtime=runtime,
            progress=lambda drawn, most: report(drawn / most, f"{drawn} tokens"),
        )
    record = _written(made, out) if out else None
    document = _document(made, out, record)
    show(document, [made.data.decode()] if out is None else _files(document), as_json=as_json)


def _record_of(out: Path) -> Path:
    return out.with_name(out.name + ".provenance.json")


def _require_new(*paths: Path) -> None:
    """Refuse before the model runs what could not be written after it."""
    for path in paths:
        if path.exists():
            raise InputError("file-exists", f"{path} exists already", "choose another --out, or move it away")
        if not path.parent.is_dir():
            raise InputError("file-unwritable", f"{path.parent} is not a folder", "correct --out")


def _written(made: Generated, out: Path) -> Path:
    from offchain.generation import canonical

    record = _record_of(out)
    try:
        for path, data in ((out, made.data), (record, canonical(made.provenance))):
            with path.open("xb") as file:
                file.write(data)
    except OSError as error:
        raise InputError("file-unwritable", f"{out} cannot be written: {error.strerror}", "correct --out") from error
    return record


def _document(made: Generated, out: Path | None, record: Path | None) -> dict[str, Any]:
    return {
        "work": made.provenance["output"]["sha256"],
        "media_type": made.media_type,
        "size": len(made.data),
        "text": made.data.decode(),
        "file": None if out is None else str(out),
        "record": None if record is None else str(record),
        "provenance": made.provenance,
    }


def _files(document: dict[str, Any]) -> list[str]:
    rows = [("text", document["file"]), ("record", document["record"]), ("work", document["work"])]
    then = f"colophon register {document['file']} --provenance {document['record']}"
    return list(aligned([*rows, ("next", then)]))
