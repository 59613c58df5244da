"""Influence on a piece that a trained model wrote, from its MIDI file and record alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from offchain.errors import InputError, RefusedError
from offchain.generation.attribution.gradients import piece_gradient
from offchain.generation.attribution.influence import INDEX
from offchain.generation.attribution.pieces import make_index, piece_influence
from offchain.generation.attribution.training_set import training_set
from offchain.generation.music.corpus import read_corpus
from offchain.generation.music.examples import batch, example
from offchain.generation.music.midi import write_midi
from offchain.generation.music.model import load_model
from offchain.generation.music.orders import order
from offchain.generation.music.params import MusicParams
from offchain.generation.music.writing import write
from offchain.generation.provenance import sha256_text
from offchain.generation.training.manifest import TrainingManifest, read_manifest
from offchain.generation.training.session import prepare, run
from offchain.generation.training.weights import TRAINING


@pytest.fixture
def model(plan, data):
    """Trained for a moment, with its index."""
    run(prepare(plan))
    loaded = load_model("cpu", plan.out)
    assert list(make_index(data, loaded, plan.out))[-1] == (8, 8)
    return loaded


@pytest.fixture
def piece(model):
    return write(model, [order("", MusicParams(key="C major", bars=2), 7, 0)], 1)[0]


def recorded(model, data: bytes) -> dict[str, dict[str, str]]:
    """As much of a record as attribution reads."""
    return {
        "output": {"sha256": sha256_text(data)},
        "model": model.weights.section(),
        "prompt": {"sha256": sha256_text(b"")},
    }


def test_piece_gradient__one_weight_moved__changes_the_loss_as_it_says(model, data):
    """Central difference of the mean nats, for the weight with the largest gradient of each of three tensors."""
    taught = example(read_corpus(data).chorales[0].piece, informed=True)
    gradient, start = piece_gradient(model.network, taught), 0
    slopes = {}
    for name, weight in sorted(model.network.named_parameters()):
        slopes[name] = gradient[start : start + weight.numel()]
        start += weight.numel()
    assert start == len(gradient)

    for name in ("writer.head.weight", "past.sound.weight", "blocks.0.project.weight"):
        place = int(np.abs(slopes[name]).argmax())
        numeric = (moved(model, taught, name, place, 1e-5) - moved(model, taught, name, place, -1e-5)) / 2e-5
        assert slopes[name][place] == pytest.approx(numeric, rel=1e-5)


def moved(model, taught, name, place, step):
    """Mean nats with one weight moved."""
    weight, asked = dict(model.network.named_parameters())[name].data.view(-1), batch([taught])
    weight[place] += step
    with torch.inference_mode():
        logits = model.network(asked.frames, asked.given)
    weight[place] -= step
    return float(functional.cross_entropy(logits[asked.counted], asked.frames[asked.counted]))


def test_piece_influence__a_training_piece_as_if_generated__counts_most_itself(model, data, plan):
    for chorale in read_corpus(data).chorales:
        taught = {file.path: file.sha256 for file in read_manifest(plan.out / TRAINING).files}
        if chorale.path not in taught:
            continue
        midi = write_midi(chorale.piece, tempo=80, title="copied")
        weights = piece_influence(recorded(model, midi), midi, plan.out)

        assert max(weights, key=weights.__getitem__) == taught[chorale.path]


def test_piece_influence__generated_piece__gives_weights_that_become_shares(model, piece, plan):
    weights = piece_influence(piece.provenance, piece.data, plan.out)
    manifest = read_manifest(plan.out / TRAINING)
    paid = manifest.files[0].__class__
    accounts = ["0x" + digit * 40 for digit in "1234"] * 2
    files = tuple(
        paid(file.path, file.sha256, file.author, file.source, file.licence, file.title, account)
        for file, account in zip(manifest.files, accounts, strict=True)
    )

    shares = training_set(TrainingManifest("set", files, "known"), "influence", weights)

    assert abs(sum(weights.values()) - 1) < 1e-7
    for holder in shares.holders:
        mine = sum(weights[file.sha256] for file in files if file.account == holder.account)
        assert holder.units == pytest.approx(1_000_000 * mine, abs=1.5)


def test_piece_influence__twice__is_the_same(model, piece, plan):
    assert piece_influence(piece.provenance, piece.data, plan.out) == piece_influence(
        piece.provenance, piece.data, plan.out
    )


def test_piece_influence__another_file__is_refused(model, piece, plan):
    with pytest.raises(RefusedError, match="file"):
        piece_influence(piece.provenance, piece.data + b"\0", plan.out)


def test_piece_influence__model_of_another_record__is_refused(model, piece, plan):
    other = piece.provenance | {"model": piece.provenance["model"] | {"weights": "0x" + "0" * 64}}

    with pytest.raises(RefusedError, match="model"):
        piece_influence(other, piece.data, plan.out)


def test_make_index__file_changed_since_training__is_refused(model, data, plan, tmp_path):
    changed = tmp_path / "changed"
    changed.mkdir()
    for path in data.iterdir():
        (changed / path.name).write_bytes(path.read_bytes())
    taught = read_manifest(plan.out / TRAINING).files[0].path
    with (changed / taught).open("ab") as file:
        file.write(b"\0" * 4)
    before = (plan.out / INDEX).read_bytes()

    with pytest.raises(InputError) as refused:
        list(make_index(changed, model, plan.out))

    assert refused.value.code == "corpus-differs"
    assert (plan.out / INDEX).read_bytes() == before
