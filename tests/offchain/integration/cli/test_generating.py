"""`colophon generate`, `reproduce` and `replay` over a small model: files, records, verdicts, exit codes."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from offchain.cli import main
from offchain.cli.generating import _CLASSES
from offchain.generation.image import making
from offchain.generation.image.classes import CLASSES
from offchain.generation.image.painting import Painted, paint
from offchain.storage.age import keep_identity, recipient_of
from tests.offchain.tiny_music import manifest, use_tiny
from tests.offchain.unit.generation.text.conftest import TEMPLATE, save_tokenizer, tiny_llama

TUNE = "M:4/4\nL:1/4\nK:C\nC D E C | C D E C |"


@pytest.fixture
def colophon(monkeypatch: pytest.MonkeyPatch, capsys, tmp_path: Path):
    """Run a command; its exit status and what it printed, a document with `--json`."""
    use_tiny(monkeypatch, tmp_path / "weights", manifest(None))
    monkeypatch.setenv("COLOPHON_HOME", str(tmp_path / "home"))

    def run(*arguments: object) -> tuple[int, dict]:
        monkeypatch.setattr(sys, "argv", ["colophon", *map(str, arguments), "--json"])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), json.loads(capsys.readouterr().out)

    return run


def test_generate__music__piece_record_sound_and_picture(colophon, tmp_path):
    piece = tmp_path / "piece.mid"
    status, told = colophon("generate", "music", "--bars", 1, "--seed", 5, "--out", piece, "--wav", "--picture")
    assert status == 0
    (work,) = told["works"]
    assert "0x" + hashlib.sha256(piece.read_bytes()).hexdigest() == work["work"]
    assert json.loads(Path(work["record"]).read_bytes()) == work["provenance"]
    assert (tmp_path / "piece.mid.wav").read_bytes()[:4] == b"RIFF"
    assert (tmp_path / "piece.mid.png").read_bytes()[1:4] == b"PNG"


def test_generate__interrupted_series__goes_on_with_what_is_missing(colophon, tmp_path):
    """The second command finds two works whole, one without its record, and is asked for more."""
    folder = tmp_path / "pieces"
    asked = ("generate", "music", "--bars", 1, "--seed", 5, "--out", folder)
    _, first = colophon(*asked, "--count", 3)
    records = {work["seed"]: Path(work["record"]) for work in first["works"]}
    records[6].unlink()
    status, second = colophon(*asked, "--count", 10)
    assert status == 0
    assert [work["seed"] for work in second["works"]] == list(range(5, 15))
    assert second["works"][0]["provenance"] == first["works"][0]["provenance"]
    assert second["works"][1]["work"] == first["works"][1]["work"]
    assert len(list(folder.glob("*.mid"))) == len(list(folder.glob("*.provenance.json"))) == 10


def test_generate__folder_of_another_request__refused(colophon, tmp_path):
    folder = tmp_path / "pieces"
    colophon("generate", "music", "--bars", 1, "--count", 2, "--out", folder)
    status, problem = colophon("generate", "music", "--bars", 2, "--count", 2, "--out", folder)
    assert (status, problem["code"]) == (2, "folder-taken")


def test_generate__work_edited_since__series_refused_and_the_edit_kept(colophon, tmp_path):
    folder = tmp_path / "pieces"
    asked = ("generate", "music", "--bars", 1, "--count", 2, "--out", folder)
    colophon(*asked)
    (folder / "1.mid").write_bytes(b"mine now")
    status, problem = colophon(*asked)
    assert (status, problem["code"]) == (2, "folder-taken")
    assert (folder / "1.mid").read_bytes() == b"mine now"


def test_generate__record_cut_short__made_again(colophon, tmp_path):
    folder = tmp_path / "pieces"
    asked = ("generate", "music", "--bars", 1, "--count", 2, "--out", folder)
    _, first = colophon(*asked)
    record = Path(first["works"][1]["record"])
    record.write_bytes(record.read_bytes()[:50])
    status, second = colophon(*asked)
    assert status == 0
    assert [work["work"] for work in second["works"]] == [work["work"] for work in first["works"]]


def test_generate__seed_that_gives_nothing__others_kept_and_it_is_told(colophon, monkeypatch, tmp_path):
    """Some papers stay white; which do is up to the weights that ship, so one is made white here."""

    def faint(*asked: object) -> Painted:
        painted = paint(*asked)
        return replace(painted, levels=painted.levels * 0 + 255) if asked[-1] == 6 else painted

    monkeypatch.setattr(making, "paint", faint)
    asked = ("generate", "image", "flags", "--size", 64, "--seed", 5)
    status, told = colophon(*asked, "--count", 3, "--out", tmp_path / "flags")
    assert status == 0
    assert [work["seed"] for work in told["works"]] == [5, 7]
    assert told["missing"] == [{"seed": 6, "error": "generation-empty"}]
    status, problem = colophon(*asked[:-1], 6, "--out", tmp_path / "flag.png")
    assert (status, problem["code"]) == (2, "generation-empty")


def test_generate__series_resumed_with_another_model_or_numbers__refused(colophon, tmp_path):
    for name in ("one", "other"):
        tiny_llama().save_pretrained(tmp_path / name)
        save_tokenizer(tmp_path / name, TEMPLATE)
    asked = ("generate", "text", "Hello", "--max-tokens", 8, "--temperature", 1, "--top-p", 1, "--count", 2)
    asked += ("--out", tmp_path / "texts")
    assert colophon(*asked, "--model", tmp_path / "one")[0] == 0
    assert colophon(*asked, "--model", tmp_path / "other")[1]["code"] == "folder-taken"
    assert colophon(*asked, "--model", tmp_path / "one", "--dtype", "bfloat16")[1]["code"] == "folder-taken"
    assert colophon(*asked, "--model", tmp_path / "one")[0] == 0


def test_generate__sound_and_picture__named_in_what_is_told(colophon, tmp_path):
    piece = tmp_path / "piece.mid"
    _, told = colophon("generate", "music", "--bars", 1, "--out", piece, "--wav", "--picture")
    assert [told["works"][0][name] for name in ("sound", "picture")] == [f"{piece}.wav", f"{piece}.png"]


def test_generate__melody_in_a_file_of_notation__is_that_melody(colophon, tmp_path):
    (tmp_path / "tune.abc").write_text(TUNE)
    _, told = colophon("generate", "music", "--melody", tmp_path / "tune.abc", "--out", tmp_path / "piece.mid")
    assert told["works"][0]["provenance"]["prompt"]["sha256"] == "0x" + hashlib.sha256(TUNE.encode()).hexdigest()


def test_generate__series_without_a_folder__remedy_asks_for_one(colophon):
    assert colophon("generate", "music", "--count", 2)[1]["remedy"].endswith("--out FOLDER")
    assert colophon("generate", "image", "flags")[1]["remedy"].endswith("--out picture.png")


def test_image__classes_in_the_help__are_those_there_are():
    assert _CLASSES.split(", ") == list(CLASSES)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("music",), "out-missing"),
        (("music", "--melody", "", "--out", "piece.mid"), "melody-empty"),
        (("music", "--melody", TUNE, "--bars", 30, "--out", "piece.mid"), "melody-has-its-own"),
        (("music", "--melody", TUNE, "--metre", "3/4", "--out", "piece.mid"), "melody-has-its-own"),
        (("music", "--melody", ".", "--out", "piece.mid"), "file-unreadable"),
        (("music", "--melody", sys.executable, "--out", "piece.mid"), "melody-malformed"),
        (("music", "--bars", 1, "--soundfont", "/nowhere.sf2", "--out", "piece.mid"), "soundfont-unreadable"),
        (("music", "--out", "."), "file-exists"),
        (("music", "--out", "/proc/piece.mid"), "file-unwritable"),
        (("image", "unicorn"), "class-unknown"),
        (("music", "--count", 2), "out-missing"),
        (("text", "Hello", "--count", 2), "out-missing"),
        (("text", " "), "prompt-empty"),
        (("text", "Hello", "--disclose-prompt", "--encrypt-prompt-to", "age1x"), "prompt-shown-twice"),
        (("text", "Hello", "--encrypt-prompt-to", "age1x"), "recipient-malformed"),
        (("image", "unicorn", "--out", "unicorn.png"), "class-unknown"),
        (("music", "--melody", "nowhere.mid", "--out", "piece.mid"), "file-unreadable"),
        (("music", "--melody", "C D ?", "--out", "piece.mid"), "melody-malformed"),
        (("music", "--bars", 65, "--out", "piece.mid"), "parameter-out-of-range"),
    ],
)
def test_generate__impossible__exits_2(colophon, monkeypatch, tmp_path, arguments, code):
    monkeypatch.chdir(tmp_path)
    status, problem = colophon("generate", *arguments)
    assert (status, problem["code"]) == (2, code)


def test_generate__melody_from_a_file__is_sung_as_it_is(colophon, tmp_path):
    """The piece that harmonises a melody is a MIDI file whose soprano is that melody."""
    first, again = tmp_path / "first.mid", tmp_path / "again.mid"
    colophon("generate", "music", "--melody", TUNE, "--out", first)
    status, told = colophon("generate", "music", "--melody", first, "--out", again)
    assert status == 0
    assert told["works"][0]["provenance"]["prompt"]["sha256"] != "0x" + hashlib.sha256(b"").hexdigest()


@pytest.fixture
def piece(colophon, tmp_path) -> tuple[Path, Path]:
    """A harmonised melody and its record, which does not tell the melody."""
    _, told = colophon("generate", "music", "--melody", TUNE, "--seed", 9, "--out", tmp_path / "piece.mid")
    return tmp_path / "piece.mid", Path(told["works"][0]["record"])


def test_reproduce__with_the_prompt__same_bytes(colophon, piece, tmp_path):
    status, told = colophon("reproduce", piece[1], "--prompt", TUNE, "--out", tmp_path / "again.mid")
    assert (status, told["verdict"]) == (0, "reproduced")
    assert (tmp_path / "again.mid").read_bytes() == piece[0].read_bytes()


def test_reproduce__without_or_with_another_prompt__refused(colophon, piece):
    assert colophon("reproduce", piece[1])[1]["code"] == "prompt-missing"
    status, problem = colophon("reproduce", piece[1], "--prompt", TUNE + "C4 |")
    assert (status, problem["code"]) == (4, "provenance-mismatch")


def test_reproduce__encrypted_prompt__by_the_identity_alone(colophon, tmp_path):
    mine, other = (keep_identity(tmp_path / name) for name in ("mine", "other"))
    asked = ("generate", "music", "--melody", TUNE, "--out", tmp_path / "piece.mid")
    _, told = colophon(*asked, "--encrypt-prompt-to", recipient_of(mine))
    record = told["works"][0]["record"]
    assert TUNE not in Path(record).read_text()
    assert colophon("reproduce", record, "--identity", tmp_path / "mine")[0] == 0
    status, problem = colophon("reproduce", record, "--identity", tmp_path / "other")
    assert (status, problem["code"], problem["facts"]["to"]) == (5, "wrong-recipient", recipient_of(mine))
    assert other not in json.dumps(problem)


def test_reproduce__other_seed_in_the_record__exits_4(colophon, piece):
    told = json.loads(piece[1].read_text())
    piece[1].write_text(json.dumps(told | {"seed": 10}))
    status, problem = colophon("reproduce", piece[1], "--prompt", TUNE)
    assert (status, problem["code"]) == (4, "provenance-mismatch")


def test_replay__recorded_work__accepted(colophon, piece):
    status, told = colophon("replay", piece[1], piece[0], "--prompt", TUNE)
    assert (status, told["verdict"], told["position"]) == (0, "accepted", None)


def test_replay__record_of_another_seed__rejected_with_the_place(colophon, piece):
    told = json.loads(piece[1].read_text())
    piece[1].write_text(json.dumps(told | {"seed": 10}))
    status, told = colophon("replay", piece[1], piece[0], "--prompt", TUNE)
    assert (status, told["verdict"]) == (4, "rejected")
    assert told["position"] is not None


def test_replay__another_file__refused_before_the_prompt_is_asked_for(colophon, piece, tmp_path):
    (tmp_path / "other").write_bytes(b"other")
    status, problem = colophon("replay", piece[1], tmp_path / "other")
    assert (status, problem["code"]) == (4, "provenance-mismatch")
    assert "--prompt TEXT" in colophon("replay", piece[1], piece[0])[1]["remedy"]


@pytest.mark.parametrize("section", ["code", "libraries", "draws"])
def test_reproduce__record_without_a_section__refused_before_the_model_runs(colophon, piece, section):
    told = json.loads(piece[1].read_text())
    del told[section]
    piece[1].write_text(json.dumps(told))
    status, problem = colophon("reproduce", piece[1], "--prompt", TUNE)
    assert (status, problem["code"]) == (2, "provenance-malformed")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"kind": "film"}', "[" * 100_000])
def test_reproduce__no_record__exits_2(colophon, tmp_path, content):
    (tmp_path / "record").write_text(content)
    status, problem = colophon("reproduce", tmp_path / "record")
    assert (status, problem["code"]) == (2, "provenance-malformed")


@pytest.fixture
def marked(colophon, tmp_path) -> tuple[Path, Path, tuple[object, ...]]:
    """A text by somebody else's small model, marked for a creator; its file, its record, and how it is proved."""
    tiny_llama().save_pretrained(tmp_path / "llama")
    save_tokenizer(tmp_path / "llama", TEMPLATE)
    model = ("--model", tmp_path / "llama", "--mark-for", "0x" + "11" * 20)
    asked = ("generate", "text", "Hello", "--max-tokens", 30, "--temperature", 1, "--top-p", 1, "--seed", 4)
    status, told = colophon(*asked, *model, "--out", tmp_path / "text.txt")
    assert status == 0, told
    return tmp_path / "text.txt", Path(told["works"][0]["record"]), ("--prompt", "Hello", *model)


def test_generate__text_by_a_model_of_unknown_licence__record_says_so_and_names_the_mark(marked):
    record = json.loads(marked[1].read_text())
    assert record["model"]["licence"] == "LicenseRef-unknown"
    assert set(record["mark"]) == {"scheme", "key_id"}


def test_reproduce__marked_text__with_its_creators_mark_alone(colophon, marked):
    _, record, proof = marked
    assert colophon("reproduce", record, *proof)[0] == 0
    status, problem = colophon("reproduce", record, *proof[:-2])
    assert (status, problem["code"]) == (2, "mark-key-missing")
    status, problem = colophon("reproduce", record, *proof[:-1], "0x" + "22" * 20)
    assert (status, problem["code"]) == (4, "provenance-mismatch")


def test_replay__marked_text__accepted(colophon, marked):
    text, record, proof = marked
    status, told = colophon("replay", record, text, *proof)
    assert (status, told["verdict"]) == (0, "accepted")
