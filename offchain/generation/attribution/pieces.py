"""Influence on pieces by the shipped music model, and the index that it needs: `python -m …attribution.pieces DATA`.

The index is made once, from the training files, and ships with the weights; afterwards nobody needs those files.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from offchain.errors import InputError
from offchain.generation.attribution.influence import InfluenceIndex, influence, read_index, write_index
from offchain.generation.attribution.sketching import sketched
from offchain.generation.music.midi import read_midi
from offchain.generation.music.model import FOLDER, MusicModel, load_model
from offchain.generation.provenance import Record, require_same, sha256_text
from offchain.generation.training.manifest import parse_manifest
from offchain.generation.training.weights import TRAINING

if TYPE_CHECKING:
    from offchain.generation.music.examples import Example

__all__ = ["make_index", "piece_influence"]


def piece_influence(record: Record, data: bytes, folder: Path = FOLDER) -> dict[str, float]:
    """How much each training work counts for a generated piece, by sha256: 0 or more, 1 in all.

    Args:
        record: of the piece.
        data: the piece as MIDI.
        folder: of the model that wrote it.

    Raises:
        RefusedError: `provenance-mismatch`: the piece or the model is not the one recorded; `influence-unknown`.
        InputError: `midi-malformed`, `influence-missing`, or as `load_model`.
    """
    from offchain.generation.attribution.gradients import piece_gradient

    require_same("file", record["output"]["sha256"], sha256_text(data))
    model = load_model("cpu", folder)
    require_same("model", record["model"]["weights"], model.weights.sha256)
    index = read_index(folder, model.weights.sha256)
    return influence(index, sketched(piece_gradient(model.network, _generated(record, data))))


def make_index(data: Path, model: MusicModel, folder: Path = FOLDER) -> Iterator[tuple[int, int]]:
    """Sketch every training piece and write the index beside the weights; yields (done, all) after each.

    Gradients are taken in single precision, twice as fast and still finer than the index is kept.

    Args:
        data: folder of the training files.
        model: as loaded; it stays as it is.
        folder: of the weights, with their training manifest.

    Raises:
        InputError: `corpus-differs`: a file of the manifest is not in the folder, or is another one there.
    """
    import numpy as np

    from offchain.generation.attribution.gradients import piece_gradient
    from offchain.generation.music.corpus import read_corpus
    from offchain.generation.music.examples import example

    pieces = {chorale.path: chorale.piece for chorale in read_corpus(data).chorales}
    taught = parse_manifest((folder / TRAINING).read_bytes()).files
    network, sketches = deepcopy(model.network).float(), []
    for number, file in enumerate(taught):
        if file.path not in pieces or sha256_text((data / file.path).read_bytes()) != file.sha256:
            raise InputError("corpus-differs", f"{file.path} is not the file of the manifest", "name the same data")
        sketches.append(sketched(piece_gradient(network, example(pieces[file.path], informed=True))))
        yield number + 1, len(taught)
    works = tuple(file.sha256 for file in taught)
    write_index(folder, InfluenceIndex(model.weights.sha256, works, np.array(sketches)))


def _generated(record: dict[str, Any], data: bytes) -> Example:
    """The piece as the model was asked for it: with its melody, where the prompt gave one."""
    from offchain.generation.music.examples import Example
    from offchain.generation.music.features import Request

    piece = read_midi(data)
    has_melody = record["prompt"]["sha256"] != sha256_text(b"")
    melody = piece.frames[:, 0].tolist() if has_melody else None
    return Example(piece.frames, Request(len(piece.frames), piece.key, piece.metre, melody))


def main() -> None:
    """Make the index of the shipped model."""
    for done, every in make_index(Path(sys.argv[1]), load_model("cpu")):
        print(f"\r{done}/{every}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)


if __name__ == "__main__":
    main()
