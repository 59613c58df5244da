"""`colophon train`: make the weights of the music or the image model, from files whose licences are known."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from offchain.cli.options import AsJson
from offchain.cli.output import aligned, progress, show
from offchain.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from offchain.generation.training.session import Course, Outcome

__all__ = ["train"]


def train(
    kind: Annotated[str, typer.Argument(help="music or image.", metavar="KIND")],
    data: Annotated[Path, typer.Option(help="Folder of the training files.")],
    out: Annotated[Path, typer.Option(help="Folder for the weights, their card and the checkpoints.")],
    steps: Annotated[int | None, typer.Option(help="Steps in all; the model's own number by default.", min=1)] = None,
    seed: Annotated[int, typer.Option(help="Of all randomness.", min=0)] = 0,
    seconds: Annotated[float | None, typer.Option(help="CPU seconds to spend at most.", min=0)] = None,
    threads: Annotated[int, typer.Option(help="CPU threads.", min=1)] = 1,
    setting: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A setting of the model; repeatable.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Insist on going on with a training.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell what it would be taught with; do not train.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Train the model of music or of images.

    Leaves weights with a card, the manifest of what they were taught with, figures, and a picture of the losses. A file
    without a known licence is refused. Ctrl-C saves, and the same command again goes on where it stopped: the weights
    are those of a training that was never interrupted, bit for bit.
    """
    from offchain.generation.training.session import Plan, prepare, run

    plan = Plan(kind, data, out, steps, seed, seconds, threads, _settings(setting or []))
    course = prepare(plan)
    if dry_run:
        show(_dry_document(course), aligned(_dry_rows(course)), as_json=as_json)
        return
    with progress(f"training {kind}") as tell:
        outcome = run(course, lambda done, most, losses: tell(done / most, _doing(done, losses)), resume=resume)
    show(_document(course, outcome), aligned(_rows(course, outcome)), as_json=as_json)


def _settings(given: list[str]) -> dict[str, Any]:
    """NAME=VALUE pairs; a value that is JSON is read as such, any other is text."""
    settings: dict[str, Any] = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not (name and equals):
            raise InputError("setting-malformed", f"{pair!r} is no setting", "write --set NAME=VALUE")
        try:
            settings[name] = json.loads(value)
        except ValueError:
            settings[name] = value
    return settings


def _doing(done: int, losses: Mapping[str, float]) -> str:
    return f"step {done:,}  " + "  ".join(f"{name} {value:.4g}" for name, value in losses.items())


def _dry_document(course: Course) -> dict[str, Any]:
    files = course.manifest.files
    return {
        "training_set": course.manifest.digest,
        "name": course.manifest.name,
        "statement": course.manifest.statement,
        "files": len(files),
        "licences": dict(Counter(file.licence for file in files).most_common()),
        "authors": dict(Counter(file.author for file in files).most_common()),
        "accounts": len({file.account for file in files if file.account}),
        "constraints": course.constraints.document(),
        "steps": course.steps,
        "resumes_at": course.resumes,
    }


def _dry_rows(course: Course) -> Iterator[tuple[str, str]]:
    document = _dry_document(course)
    authors = list(document["authors"].items())
    yield "training set", f"{document['name']}  {document['training_set']}"
    yield "files", f"{document['files']:,}"
    yield "licences", "\n".join(f"{count:>6,}  {name}" for name, count in document["licences"].items())
    rest = [f"        and {len(authors) - 10:,} more"] if len(authors) > 10 else []
    yield "authors", "\n".join([f"{count:>6,}  {name}" for name, count in authors[:10]] + rest)
    yield "accounts to be paid", str(document["accounts"])
    yield "asks of works", _asks(document["constraints"])
    yield "steps", f"{course.steps:,}" + (f", from {course.resumes:,} on" if course.resumes else "")
    yield "statement", document["statement"]


def _asks(constraints: dict[str, Any]) -> str:
    asked = ["no commercial use"] if constraints["non_commercial"] else []
    asked += [f"the licence {' or '.join(constraints['share_alike'])}"] if constraints["share_alike"] else []
    asked += ["that the makers are named"] if constraints["attribution"] else []
    return ", ".join(asked) or "nothing"


def _document(course: Course, outcome: Outcome) -> dict[str, Any]:
    return {
        "model": outcome.weights.name,
        "weights": outcome.weights.sha256,
        "training_set": outcome.weights.training_sha256,
        "licence": outcome.weights.licence,
        "folder": str(course.plan.out),
        "curve": str(outcome.curve),
        "steps": outcome.trained.steps,
        "resumed_at": outcome.trained.resumed,
        "cpu_seconds": outcome.trained.seconds,
        "figures": dict(outcome.figures),
        "constraints": course.constraints.document(),
    }


def _rows(course: Course, outcome: Outcome) -> Iterator[tuple[str, str]]:
    document = _document(course, outcome)
    yield "model", f"{document['model']}  {document['weights']}"
    yield "training set", document["training_set"]
    yield "steps", f"{outcome.trained.steps:,} in {outcome.trained.seconds:,.0f} CPU seconds"
    yield "figures", "\n".join(f"{name}  {value:.4g}" for name, value in outcome.figures.items())
    yield "written", f"{document['folder']}, losses in {document['curve']}"
