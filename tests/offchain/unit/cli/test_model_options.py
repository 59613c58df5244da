"""Where commands run their models: which folder a name means, and whose key marks a text."""

from __future__ import annotations

from pathlib import Path

import pytest

from offchain.cli.model_options import runtime_of
from offchain.errors import InputError
from offchain.generation.text.hub import is_hub_id

ALICE = "0x" + "aa" * 20


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("COLOPHON_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "hub"),
    [
        ("models/x", True),
        ("./models/x", False),
        ("../models/x", False),
        ("~/x", False),
        ("~x/y", False),
        ("/a/b", False),
    ],
)
def test_runtime_of__model__is_a_hub_id_only_without_a_leading_mark_of_folders(monkeypatch, name, hub):
    monkeypatch.setenv("COLOPHON_MODEL_PATH", name)

    assert is_hub_id(runtime_of(name).model_path) is hub
    assert runtime_of().model_path == runtime_of(name).model_path


def test_runtime_of__tilde__is_the_users_folder(home):
    assert runtime_of("~/x").model_path == home / "x"


def test_runtime_of__folder_that_is_here__is_no_hub_id(home):
    (home / "models" / "x").mkdir(parents=True)

    assert not is_hub_id(runtime_of("models/x").model_path)
    assert runtime_of("models/x").model_path == Path("models/x")


def test_runtime_of__proving_without_a_mark_key__is_an_error_and_makes_none(home):
    with pytest.raises(InputError) as caught:
        runtime_of(mark_for=ALICE, proving=True)

    assert caught.value.code == "mark-key-missing"
    assert not (home / "marks").exists()


def test_runtime_of__writing_then_proving__has_the_same_mark():
    written = runtime_of(mark_for=ALICE).mark

    assert written is not None
    assert runtime_of(mark_for=ALICE, proving=True).mark == written
