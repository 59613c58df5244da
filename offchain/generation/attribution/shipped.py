"""Training sets of the models that ship, found by what a record says of its model."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from offchain.errors import NotFoundError
from offchain.generation.kinds import KINDS
from offchain.generation.provenance import Record, sha256_text
from offchain.generation.training.manifest import TrainingManifest, parse_manifest
from offchain.generation.training.weights import TRAINING

__all__ = ["shipped_manifest"]

_ROOM: Final = Path(__file__).parents[1]


def shipped_manifest(record: Record) -> TrainingManifest:
    """The manifest of what the model of a record was taught with.

    Raises:
        NotFoundError: `training-set-unknown`: its maker states none, or it is not one of the models that ship.
    """
    model = record.get("model")
    training = model.get("training") if isinstance(model, dict) else None
    for path in (_ROOM / kind / "weights" / TRAINING for kind in KINDS):
        if training is not None and path.is_file() and sha256_text(data := path.read_bytes()) == training:
            return parse_manifest(data)
    raise NotFoundError(
        "training-set-unknown",
        "the record states no training set" if training is None else f"no model here was taught with {training}",
        "name the manifest: --manifest FILE; a model whose maker states no training set owes nobody that can be named",
    )
