"""`colophon attribute`: whose works a generated one was taught by, and the royalty shares that follow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from offchain.cli.charts import bar
from offchain.cli.generated import read_file, read_record
from offchain.cli.options import AsJson
from offchain.cli.output import show
from offchain.errors import InputError, RefusedError

if TYPE_CHECKING:
    from offchain.generation import Record
    from offchain.generation.attribution.shares import Holder
    from offchain.generation.training import TrainingManifest

__all__ = ["attribute"]

_BAR: Final = 24
_LABEL: Final = 48


def attribute(
    record: Annotated[Path, typer.Argument(help="Provenance record of the work.", metavar="RECORD")],
    file: Annotated[Path, typer.Argument(help="The work.", metavar="FILE")],
    rule: Annotated[
        str, typer.Option(help="equal-per-work: each the same; influence: as measured.")
    ] = "equal-per-work",
    manifest: Annotated[
        Path | None, typer.Option(help="Training manifest; by default that of the shipped model which made the work.")
    ] = None,
    top: Annotated[int, typer.Option(help="Works to list.", min=1)] = 10,
    as_json: AsJson = False,
) -> None:
    """Tell whose works a generated one was taught by.

    Beside each stands its share, and what its account would be paid. The rule influence measures, on pieces of music,
    which training pieces moved the model towards this one. On pieces by a model it foretells little more than chance
    what retraining would change, so its single shares are a hint and no proof: docs/decisions/0032.
    """
    from offchain.generation.provenance import require_same, sha256_text
    from offchain.generation.training import read_manifest

    told, data = read_record(record), read_file(file)
    require_same("file", told.get("output", {}).get("sha256"), sha256_text(data))
    taught = _shipped(told) if manifest is None else read_manifest(manifest)
    require_same("training set", told.get("model", {}).get("training"), taught.digest)
    weights = _weights(rule, told, data, taught)
    document = _document(told, taught, rule, weights)
    show(document, _lines(document, top), as_json=as_json)


def _weights(rule: str, record: Record, data: bytes, taught: TrainingManifest) -> dict[str, float]:
    """How much each work counts, 1 in all."""
    if rule == "influence" and record.get("kind") == "music":
        from offchain.generation.attribution.pieces import piece_influence

        return piece_influence(record, data)
    if rule == "equal-per-work":
        from offchain.generation.attribution.shares import equal_weights

        equal = equal_weights(taught)
        return dict.fromkeys(equal, 1 / len(equal))
    raise InputError(
        "rule-unknown",
        f"the rule {rule!r} does not fit a work of the kind {record.get('kind')}",
        "choose equal-per-work; or influence, for music",
    )


def _document(record: Record, taught: TrainingManifest, rule: str, weights: dict[str, float]) -> dict[str, Any]:
    by_work = {file.sha256: file for file in taught.files}
    ordered = _ranked(weights)
    authors: dict[str, float] = {}
    for work, weight in ordered:
        authors[by_work[work].author] = authors.get(by_work[work].author, 0.0) + weight
    return {
        "work": record["output"]["sha256"],
        "training_set": taught.digest,
        "name": taught.name,
        "rule": rule,
        "works": [
            {
                "work": work,
                "share": weight,
                "title": by_work[work].title,
                "author": by_work[work].author,
                "path": by_work[work].path,
                "account": by_work[work].account,
            }
            for work, weight in ordered
        ],
        "authors": [{"author": author, "share": share} for author, share in _ranked(authors)],
        "holders": [
            {"account": holder.account, "units": holder.units, "works": holder.works}
            for holder in _holders(taught, None if rule == "equal-per-work" else weights)
        ],
    }


def _ranked(shares: dict[str, float]) -> list[tuple[str, float]]:
    """Largest first; equals by name."""
    return sorted(shares.items(), key=lambda item: (-item[1], item[0]))


def _holders(taught: TrainingManifest, weights: dict[str, float] | None) -> tuple[Holder, ...]:
    from offchain.generation.attribution.shares import split

    try:
        return split(taught, weights)
    except RefusedError as error:
        if error.code != "nobody-to-pay":
            raise
        return ()


def _lines(document: dict[str, Any], top: int) -> Iterator[str]:
    works, authors = document["works"], document["authors"]
    yield f"{document['name']}: {len(works):,} works, by {document['rule']}"
    if len(works) > top and works[0]["share"] == works[-1]["share"]:
        yield f"  each {works[0]['share']:.2%}"
    else:
        yield from _bars((f"{each['title'] or each['path']}, {each['author']}", each["share"]) for each in works[:top])
        if len(works) > top:
            rest = sum(each["share"] for each in works[top:])
            yield f"  and {len(works) - top:,} more works, {rest:.2%} together"
    if len(authors) > 1:
        yield "authors"
        yield from _bars((each["author"], each["share"]) for each in authors[:top])
    if not document["holders"]:
        yield "paid      nobody: no work of the set names an account, its works are in the public domain or unclaimed"
    for holder in document["holders"][:top]:
        yield f"paid      {holder['account']}  {holder['units']:>9,} of 1,000,000 units for {holder['works']:,} works"


def _bars(shares: Iterator[tuple[str, float]]) -> Iterator[str]:
    listed = [(label if len(label) <= _LABEL else label[: _LABEL - 1] + "…", share) for label, share in shares]
    most = max((share for _, share in listed), default=0) or 1.0
    for label, share in listed:
        yield f"  {label:<{_LABEL}} {share:>7.2%} {bar(share / most, _BAR)}".rstrip()


def _shipped(record: Record) -> TrainingManifest:
    from offchain.generation.attribution.shipped import shipped_manifest

    return shipped_manifest(record)
