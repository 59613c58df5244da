"""`colophon train music` from scores to a folder that the music room loads."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch

from offchain.cli.training import train
from offchain.errors import InputError, NotFoundError
from offchain.generation.music.model import load_model
from offchain.generation.training.manifest import read_manifest
from offchain.generation.training.session import prepare, run
from offchain.generation.training.weights import CARD, TRAINING, load_weights

SMALL = ["width=16", "layers=1", "heads=2", "window=32", "writers=1", "size=2", "length=32"]


def test_run__all_steps__leaves_weights_card_manifest_and_curve(plan):
    outcome = run(prepare(plan))

    card = json.loads((plan.out / CARD).read_text())
    assert load_model("cpu", plan.out).weights.sha256 == outcome.weights.sha256
    assert read_manifest(plan.out / TRAINING).digest == outcome.weights.training_sha256
    assert card["trained"]["steps"] == 6
    assert card["figures"] == outcome.figures
    assert outcome.curve.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_run__stopped_half_way_then_again__ships_the_same_weights(plan, tmp_path):
    whole = run(prepare(plan))
    parted = replace(plan, out=tmp_path / "parted")
    run(prepare(replace(parted, seconds=1e-9)))
    assert prepare(parted).resumes == 1

    resumed = run(prepare(parted), resume=True)

    one, other = load_weights(plan.out).tensors, load_weights(parted.out).tensors
    assert resumed.trained.resumed == 1
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert resumed.weights.sha256 == whole.weights.sha256


def test_run__folder_of_another_seed__is_refused(plan):
    run(prepare(plan))

    with pytest.raises(InputError, match="seed") as refused:
        run(prepare(replace(plan, seed=2)))

    assert refused.value.code == "training-differs"


def test_run__nothing_to_resume__is_refused(plan):
    with pytest.raises(NotFoundError) as refused:
        run(prepare(plan), resume=True)

    assert refused.value.code == "nothing-to-resume"


@pytest.mark.parametrize("change", [{"kind": "text"}, {"steps": 0}, {"seed": -1}, {"settings": {"colour": 1}}])
def test_prepare__plan_that_cannot_be__is_refused(plan, change):
    with pytest.raises(InputError):
        prepare(replace(plan, **change))


def test_train__dry_run__tells_the_files_and_writes_nothing(data, tmp_path, capsys):
    train("music", data, tmp_path / "model", setting=SMALL, dry_run=True, as_json=True)

    document = json.loads(capsys.readouterr().out)
    assert document["files"] == 8
    assert document["authors"] == {"Johann Sebastian Bach": 8}
    assert not document["constraints"]["non_commercial"]
    assert not (tmp_path / "model").exists()


def test_train__for_a_reader__tells_model_figures_and_where_they_lie(data, tmp_path, capsys):
    train("music", data, tmp_path / "model", steps=2, setting=SMALL)

    told = capsys.readouterr().out
    assert "test_nats_per_token" in told
    assert str(tmp_path / "model" / "curve.png") in told
    assert load_weights(tmp_path / "model").sha256 in told


@pytest.mark.parametrize(("settings", "code"), [(["width"], "setting-malformed"), (["colour=1"], "setting-unknown")])
def test_train__setting_that_is_none__is_refused(data, tmp_path, settings, code):
    with pytest.raises(InputError) as refused:
        train("music", data, tmp_path / "model", setting=settings)

    assert refused.value.code == code


def test_train__data_missing__is_refused(tmp_path):
    with pytest.raises(InputError) as refused:
        train("music", tmp_path / "none", tmp_path / "model")

    assert refused.value.code == "data-missing"
