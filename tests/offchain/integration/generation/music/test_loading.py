"""Loading a music model: as it was written, in double precision, or refused."""

from __future__ import annotations

import json
import shutil

import pytest
import torch

from offchain.errors import InputError
from offchain.generation.music.model import load_model
from offchain.generation.training.weights import CARD


def test_load_model__half_precision_on_disk__runs_in_double_and_without_dropout(model):
    assert {tensor.dtype for tensor in model.network.state_dict().values()} == {torch.float64}
    assert not model.network.training


def test_load_model__twice__is_loaded_once(weights_folder, model):
    assert load_model("cpu", weights_folder) is model


def test_load_model__nothing_there__is_refused(tmp_path):
    with pytest.raises(InputError):
        load_model("cpu", tmp_path / "nowhere")


@pytest.mark.parametrize("config", [{"width": 64}, {"colour": "red"}])
def test_load_model__card_of_another_network__is_refused(weights_folder, tmp_path, config):
    folder = shutil.copytree(weights_folder, tmp_path / "weights")
    card = json.loads((folder / CARD).read_text())
    (folder / CARD).write_text(json.dumps(card | {"config": card["config"] | config}))
    with pytest.raises(InputError) as caught:
        load_model("cpu", folder)

    assert caught.value.code == "model-mismatch"
