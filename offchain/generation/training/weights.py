"""A trained model on disk: its weights, its card, and the manifest of what it was taught with.

    model.safetensors   the weights
    training.json       the training manifest, in its canonical spelling
    card.json           pins both by sha256; the network's shape, figures, where and how long it was trained

Nothing is unpickled, and a file that is not the one pinned is refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from offchain.errors import InputError
from offchain.generation.provenance import sha256_text
from offchain.generation.training.durable import replace_file
from offchain.generation.training.licences import constraints
from offchain.generation.training.manifest import TrainingManifest

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["CARD", "TRAINING", "WEIGHTS", "Card", "Weights", "load_weights", "write_weights"]

CARD: Final = "card.json"
TRAINING: Final = "training.json"
WEIGHTS: Final = "model.safetensors"

_SCHEMA: Final = "colophon/model-card"
_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Card:
    """What a model says about itself.

    Attributes:
        name: of the model.
        licence: SPDX identifier of the licence that the weights are under.
        config: what builds the network: plain JSON.
        figures: results of the evaluation at the end of training.
        trained: where and how long: device, CPU seconds, steps, seed, settings.
        use: what it is for and what it cannot do, in plain words.
    """

    name: str
    licence: str
    config: Mapping[str, Any]
    figures: Mapping[str, float] = field(default_factory=dict)
    trained: Mapping[str, Any] = field(default_factory=dict)
    use: str = ""


@dataclass(frozen=True, slots=True)
class Weights:
    """A model read and verified.

    Attributes:
        tensors: on the CPU, by name, in the dtype that they are kept in.
        name: of the model.
        licence: SPDX identifier.
        sha256: of model.safetensors.
        training_sha256: of training.json: the work id of the training set.
        config: what builds the network.
    """

    tensors: dict[str, Tensor]
    name: str
    licence: str
    sha256: str
    training_sha256: str
    config: dict[str, Any]

    def section(self) -> dict[str, Any]:
        """The `model` section of a provenance record; such a model has no tokenizer."""
        return {
            "name": self.name,
            "licence": self.licence,
            "weights": self.sha256,
            "tokenizer": None,
            "training": self.training_sha256,
        }


def write_weights(folder: Path, tensors: Mapping[str, Tensor], *, card: Card, manifest: TrainingManifest) -> Weights:
    """Write the three files, the card last, so that a folder that was cut short is refused.

    Raises:
        InputError: `licence-unknown`, or another reason why nobody may be taught with a file of the manifest.
    """
    from safetensors.torch import save

    terms = constraints(manifest)
    # safetensors refuses tensors that share memory, such as tied embeddings and views.
    data = save({name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()})
    training = manifest.canonical()
    document = {
        "schema": _SCHEMA,
        "version": _VERSION,
        "name": card.name,
        "licence": card.licence,
        "use": card.use,
        "files": {WEIGHTS: sha256_text(data), TRAINING: sha256_text(training)},
        "parameters": sum(tensor.numel() for tensor in tensors.values()),
        "training_set": {"name": manifest.name, "files": len(manifest.files), **terms.document()},
        "config": dict(card.config),
        "figures": dict(card.figures),
        "trained": dict(card.trained),
    }
    replace_file(folder / WEIGHTS, data)
    replace_file(folder / TRAINING, training)
    replace_file(folder / CARD, (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode())
    return load_weights(folder)


def load_weights(folder: Path) -> Weights:
    """Read a model; every file is hashed first.

    Raises:
        InputError: `model-missing`; `model-mismatch`: a file is not the one that the card pins, or the card is none.
    """
    from safetensors.torch import load

    card = _read_card(folder / CARD)
    data = _pinned(folder, WEIGHTS, card["files"])
    _pinned(folder, TRAINING, card["files"])
    return Weights(
        tensors=load(data),
        name=card["name"],
        licence=card["licence"],
        sha256=card["files"][WEIGHTS],
        training_sha256=card["files"][TRAINING],
        config=card["config"],
    )


def _read_card(path: Path) -> dict[str, Any]:
    try:
        card = json.loads(_read(path))
        if (card["schema"], card["version"]) != (_SCHEMA, _VERSION):
            raise ValueError("not a model card of this version")
        return {name: card[name] for name in ("name", "licence", "config")} | {"files": {**card["files"]}}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(
            "model-mismatch", f"{path} is no model card: {error!r}", "take the folder as it was shipped, or train again"
        ) from error


def _pinned(folder: Path, name: str, files: Mapping[str, str]) -> bytes:
    data = _read(folder / name)
    if sha256_text(data) != files.get(name):
        raise InputError(
            "model-mismatch",
            f"{folder / name} is not the file that its card pins",
            "take the folder as it was shipped, or train again",
            expected=files.get(name),
            found=sha256_text(data),
        )
    return data


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            "model-missing",
            f"{path} cannot be read: {error.strerror}",
            "install Colophon with its weights, or train the model: colophon train --help",
        ) from error
