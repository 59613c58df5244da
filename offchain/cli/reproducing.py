"""`colophon reproduce` and `replay`: proving a provenance record, by making the work again or by one pass over it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

import typer

from offchain.cli.generated import new_file, read_file, read_record, written
from offchain.cli.model_options import Device, MarkFor, Model, runtime_of
from offchain.cli.options import AsJson
from offchain.cli.output import aligned, progress, show
from offchain.errors import InputError, RefusedError

if TYPE_CHECKING:
    from offchain.generation import Record

__all__ = ["replay", "reproduce"]

Prompt: TypeAlias = Annotated[
    str | None, typer.Option(help="What the model was asked, where the record does not disclose it.")
]
Identity: TypeAlias = Annotated[
    Path | None, typer.Option(help="Age identity that opens the prompt in the record (age-keygen).")
]

_COMPARED: Final = ("device", "libraries", "code")
"""Sections that may differ between a record and a run that gave the same bytes."""


def reproduce(
    record: Annotated[Path, typer.Argument(help="Provenance record of a generated work.")],
    prompt: Prompt = None,
    identity: Identity = None,
    model: Model = None,
    device: Device = None,
    mark_for: MarkFor = None,
    out: Annotated[Path | None, typer.Option(help="Write the work here, too.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a recorded work again and compare it, byte for byte.

    Exit code 4: the bytes, the model or the prompt are not those recorded.
    """
    from offchain.generation import reproduce as run_model

    if out is not None:
        new_file(out)
    told = read_record(record, *_COMPARED, "draws")
    with progress("reproducing") as report:
        again = run_model(
            told,
            _prompt(told, prompt, identity),
            runtime=runtime_of(model, device, mark_for=mark_for, proving=True),
            progress=lambda drawn, most: report(drawn / most, f"{drawn} of {most} steps"),
        )
    if out is not None:
        written(out, again.data)
    document = {
        "verdict": "reproduced",
        "work": told["output"]["sha256"],
        "recorded": _circumstances(told),
        "here": _circumstances(again.provenance),
        "draws": told["draws"],
        "file": None if out is None else str(out),
    }
    show(document, aligned(_reproduced(document)), as_json=as_json)


def replay(
    record: Annotated[Path, typer.Argument(help="Provenance record of a generated work.")],
    file: Annotated[Path, typer.Argument(help="The work.")],
    prompt: Prompt = None,
    identity: Identity = None,
    model: Model = None,
    device: Device = None,
    mark_for: MarkFor = None,
    as_json: AsJson = False,
) -> int:
    """Check a generated work against its record in one pass.

    Whether the recorded model, prompt and seed draw this very file: much faster than making it again, and it works
    across devices. Exit code 4: they do not.
    """
    from offchain.generation import replay as run_model
    from offchain.generation.provenance import require_same, sha256_text

    told, data = read_record(record), read_file(file)
    require_same("file", told["output"].get("sha256"), sha256_text(data))
    with progress("replaying") as report:
        report(0.0, "one pass over the work")
        runtime = runtime_of(model, device, mark_for=mark_for, proving=True)
        found = run_model(told, data, _prompt(told, prompt, identity), runtime=runtime)
    document = {
        "verdict": "accepted" if found.accepted else "rejected",
        "work": told["output"]["sha256"],
        "draws": found.draws,
        "worst": found.worst,
        "tolerance": found.tolerance,
        "position": found.position,
    }
    rows = [("verdict", f"{document['verdict']}: {_why(document, told['kind'])}"), ("work", str(document["work"]))]
    rows.append(("draws", f"{found.draws}, at most {found.worst:.1e} off; {found.tolerance:.0e} is allowed"))
    show(document, aligned(rows), as_json=as_json)
    return 0 if found.accepted else RefusedError.exit_code


def _prompt(record: Record, given: str | None, identity: Path | None) -> str | None:
    if identity is None:
        return given
    from offchain.storage.age import read_identity
    from offchain.workflows.prompts import decrypted

    if given is not None:
        raise InputError("prompt-shown-twice", "the prompt is given, and to be decrypted", "choose one of the two")
    return decrypted(record, read_identity(identity))


def _circumstances(record: Record) -> dict[str, Any]:
    return {name: record.get(name) for name in ("created", "dtype", *_COMPARED)}


def _reproduced(document: dict[str, Any]) -> list[tuple[str, str]]:
    recorded, here = document["recorded"], document["here"]
    others = [
        (what, f"here {_flat(here[what])}; recorded {_flat(recorded[what])}")
        for what in _COMPARED
        if recorded[what] != here[what]
    ]
    return [("verdict", "reproduced: the same bytes, by the same model"), ("work", document["work"]), *others]


def _flat(section: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in section.items())


def _why(document: dict[str, Any], kind: str) -> str:
    if document["verdict"] == "accepted" and kind == "image":
        return f"the recorded model, class and seed draw this picture, within {document['tolerance']:.0f} of 255 levels"
    if document["verdict"] == "accepted":
        return "the recorded model, prompt and seed draw this work"
    if document["position"] is None:
        return "this is not what the recorded run made"
    return f"draw {document['position']} is not what the recorded seed draws"
