"""Which folders are models, and which are refused before anything in them is opened."""

from __future__ import annotations

import json
import pickle

import pytest

from offchain.errors import InputError
from offchain.generation.runtime import Runtime
from offchain.generation.text.model import MANIFEST, TOKENIZER, WEIGHTS, file_digest, load_model, verified_manifest


@pytest.fixture
def folder(tmp_path):
    """A consistent model folder as far as its manifest can tell; the weights are no real ones."""
    (tmp_path / WEIGHTS).write_bytes(b"weights")
    (tmp_path / TOKENIZER).write_bytes(b"tokenizer")
    describe(tmp_path, "small-model")
    return tmp_path


def describe(path, name):
    files = {file: file_digest(path / file) for file in (WEIGHTS, TOKENIZER)}
    (path / MANIFEST).write_text(json.dumps({"name": name, "licence": "CC0-1.0", "files": files}))


def refusal_of(path) -> InputError:
    with pytest.raises(InputError) as caught:
        load_model(Runtime(path))
    return caught.value


def test_verified_manifest__files_as_pinned__is_read(folder):
    manifest = verified_manifest(folder)

    assert (manifest.name, manifest.licence) == ("small-model", "CC0-1.0")
    assert manifest.files[WEIGHTS] == file_digest(folder / WEIGHTS)


def test_load_model__no_such_folder__says_how_to_prepare_one(tmp_path):
    refused = refusal_of(tmp_path / "nowhere")

    assert refused.code == "model-missing"
    assert "offchain.generation.text.prepare" in refused.remedy


@pytest.mark.parametrize("name", ["pytorch_model.bin", "weights.pt", "weights.pth", "weights.pkl", "weights.ckpt"])
def test_load_model__pickled_weights__are_refused_unopened(tmp_path, name):
    tripped = tmp_path / "tripped"
    (tmp_path / name).write_bytes(pickle.dumps(_Trap(str(tripped))))

    assert refusal_of(tmp_path).code == "model-pickled"
    assert not tripped.exists()


@pytest.mark.parametrize("name", [WEIGHTS, TOKENIZER])
def test_load_model__one_byte_of_a_pinned_file_changed__is_refused(folder, name):
    expected = file_digest(folder / name)
    (folder / name).write_bytes((folder / name).read_bytes() + b"!")

    refused = refusal_of(folder)
    assert refused.code == "model-mismatch"
    assert refused.facts == {"expected": expected, "found": file_digest(folder / name)}


def test_load_model__pinned_file_missing__is_refused(folder):
    (folder / TOKENIZER).unlink()

    assert refusal_of(folder).facts["found"] == "no file"


def test_load_model__other_weights_under_the_name_of_the_shipped_model__are_refused(folder):
    describe(folder, "SmolLM2-135M-Instruct")

    assert refusal_of(folder).code == "model-mismatch"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{", id="not JSON"),
        pytest.param("[]", id="not an object"),
        pytest.param('{"name": "m", "licence": "MIT"}', id="no files"),
        pytest.param(
            '{"name": "m", "licence": "MIT", "files": {"model.safetensors": "0x"}}', id="tokenizer not pinned"
        ),
    ],
)
def test_load_model__manifest_that_pins_nothing__is_refused(folder, text):
    (folder / MANIFEST).write_text(text)

    assert refusal_of(folder).code == "model-manifest"


def test_load_model__device_that_is_not_there__is_refused(folder):
    with pytest.raises(InputError) as caught:
        load_model(Runtime(folder, device="tpu"))

    assert caught.value.code == "device-missing"


class _Trap:
    """Unpickling it creates a file."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self):
        return (open, (self.path, "w"))
