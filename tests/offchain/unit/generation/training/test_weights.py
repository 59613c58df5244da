"""Shipped weights: written, read back, and refused when a byte differs."""

from __future__ import annotations

import hashlib
import json

import pytest
import torch

from offchain.errors import InputError
from offchain.generation.training.weights import CARD, TRAINING, WEIGHTS, Card, load_weights, write_weights

CARD_OF = Card("tiny", "Apache-2.0", {"width": 4}, {"loss": 0.5}, {"steps": 3}, "for tests")


@pytest.fixture
def shipped(tmp_path, manifest_of):
    tied = torch.arange(6, dtype=torch.float16).reshape(2, 3)
    return write_weights(tmp_path, {"a": tied, "b": tied.T}, card=CARD_OF, manifest=manifest_of("CC-BY-SA-4.0", "MIT"))


def test_load_weights__as_written__gives_tensors_config_and_digests(shipped, tmp_path):
    read = load_weights(tmp_path)

    assert torch.equal(read.tensors["a"], torch.arange(6).reshape(2, 3).half())
    assert torch.equal(read.tensors["b"], read.tensors["a"].T)
    assert read.config == {"width": 4}
    assert read.section() == {
        "name": "tiny",
        "licence": "Apache-2.0",
        "weights": "0x" + hashlib.sha256((tmp_path / WEIGHTS).read_bytes()).hexdigest(),
        "tokenizer": None,
        "training": "0x" + hashlib.sha256((tmp_path / TRAINING).read_bytes()).hexdigest(),
    }


def test_write_weights__card__states_what_the_licences_ask_and_counts_parameters(shipped, tmp_path):
    card = json.loads((tmp_path / CARD).read_text())

    assert card["training_set"] == {
        "name": "clips", "files": 2, "non_commercial": False, "share_alike": ["CC-BY-SA-4.0"], "attribution": True
    }  # fmt: skip
    assert card["parameters"] == 12
    assert card["figures"] == {"loss": 0.5}


@pytest.mark.parametrize("name", [WEIGHTS, TRAINING])
def test_load_weights__one_byte_changed__is_refused(shipped, tmp_path, name):
    data = bytearray((tmp_path / name).read_bytes())
    data[-1] ^= 1
    (tmp_path / name).write_bytes(data)

    with pytest.raises(InputError) as refused:
        load_weights(tmp_path)

    assert refused.value.code == "model-mismatch"


@pytest.mark.parametrize("card", [b"", b"[]", b'{"schema": "colophon/model-card"}', b"\x80\x04\x95"])
def test_load_weights__no_card__is_refused(shipped, tmp_path, card):
    (tmp_path / CARD).write_bytes(card)

    with pytest.raises(InputError) as refused:
        load_weights(tmp_path)

    assert refused.value.code == "model-mismatch"


@pytest.mark.parametrize("name", [WEIGHTS, TRAINING, CARD])
def test_load_weights__file_missing__says_which(shipped, tmp_path, name):
    (tmp_path / name).unlink()

    with pytest.raises(InputError, match=name) as refused:
        load_weights(tmp_path)

    assert refused.value.code == "model-missing"


def test_write_weights__file_without_known_licence__writes_nothing(tmp_path, manifest_of):
    with pytest.raises(InputError, match="not known"):
        write_weights(tmp_path, {"a": torch.zeros(1)}, card=CARD_OF, manifest=manifest_of("unknown"))

    assert list(tmp_path.iterdir()) == []
