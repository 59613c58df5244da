"""`colophon detect`: a text, an account and the service's key; no model is needed, only its tokenizer."""

import json

import numpy as np
import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from typer.testing import CliRunner

from offchain.cli.application import app
from offchain.errors import InputError
from offchain.generation import TextParams
from offchain.generation.sampling import choose, uniform
from offchain.generation.text.watermark import Marking, creator_mark

SECRET = "5a" * 32
ALICE, BOB = "0x" + "aa" * 20, "0x" + "bb" * 20
WORDS = 300


@pytest.fixture
def text(tmp_path, monkeypatch):
    """200 words drawn evenly, with Alice's mark, and a tokenizer that takes each word as one token."""
    monkeypatch.setenv("COLOPHON_HOME", str(tmp_path))
    monkeypatch.setenv("COLOPHON_MARK_KEY", SECRET)
    monkeypatch.setenv("COLOPHON_MODEL_PATH", str(tmp_path))
    tokenizer = Tokenizer(WordLevel({f"w{number}": number for number in range(WORDS)}, unk_token="w0"))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    marking, tokens = Marking(creator_mark(bytes.fromhex(SECRET), ALICE)), []
    for position in range(200):
        free = TextParams(temperature=1, top_p=1)
        tokens.append(choose(np.zeros(WORDS), free, uniform(3, position), marking(tokens)).token)
    path = tmp_path / "text.txt"
    path.write_text(" ".join(f"w{token}" for token in tokens))
    return path


def run(*arguments):
    """What the command printed, and what the program would exit with."""
    ended = CliRunner().invoke(app, ["detect", *map(str, arguments)], catch_exceptions=False, standalone_mode=False)
    return ended.stdout, ended.return_value


def test_detect__its_creator__is_found_and_exits_with_0(text):
    told, status = run(text, "--creator", ALICE, "--json")

    document = json.loads(told)
    assert (document["verdict"], document["tokens"], status) == ("marked", 196, 0)
    assert document["z"] > 10


def test_detect__another_creator__is_not_and_exits_with_1(text):
    told, status = run(text, "--creator", BOB)

    assert "no mark of this creator" in told
    assert status == 1


def test_detect__not_a_text__is_refused(text):
    text.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(InputError) as caught:
        run(text, "--creator", ALICE)

    assert caught.value.code == "text-malformed"


def test_detect__no_mark_key__is_an_error_rather_than_a_new_key(text, tmp_path, monkeypatch):
    monkeypatch.delenv("COLOPHON_MARK_KEY")

    with pytest.raises(InputError) as caught:
        run(text, "--creator", ALICE)

    assert caught.value.code == "mark-key-missing"
    assert not (tmp_path / "marks").exists()


def test_detect__another_model__its_tokenizer_is_read(text, tmp_path, monkeypatch):
    (tmp_path / "tokenizer.json").rename(tmp_path / "moved.json")
    other = tmp_path / "models" / "x"
    other.mkdir(parents=True)
    (tmp_path / "moved.json").rename(other / "tokenizer.json")
    with pytest.raises(InputError) as caught:
        run(text, "--creator", ALICE)
    assert caught.value.code == "tokenizer-unreadable"

    monkeypatch.chdir(tmp_path)
    for name in (other, "models/x", "./models/x"):
        assert run(text, "--creator", ALICE, "--model", name)[1] == 0


def test_detect__dotted_folder_that_is_missing__is_no_hub_id(text, tmp_path, monkeypatch):
    """Asked of the hub it would be another model, or another error."""
    monkeypatch.chdir(tmp_path)

    with pytest.raises(InputError) as caught:
        run(text, "--creator", ALICE, "--model", "./models/y")

    assert caught.value.code == "tokenizer-unreadable"
