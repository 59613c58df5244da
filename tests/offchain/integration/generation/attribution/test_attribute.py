"""`colophon attribute`: who is named and paid for a generated work."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from offchain.cli.attributing import attribute
from offchain.errors import InputError, NotFoundError, RefusedError
from offchain.generation.provenance import sha256_text
from offchain.generation.training import TrainingFile, TrainingManifest

ADA, BEN = ("0x" + digit * 40 for digit in "12")
WORK = b"a picture"
FILES = tuple(
    TrainingFile(f"{number}.svg", sha256_text(bytes([number])), author, "S", "CC0-1.0", title, account)
    for number, (author, title, account) in enumerate(
        [("Ada", "Apple", ADA), ("Ada", "Bee", ADA), ("Ben", "", BEN), ("nobody", "Cat", None)]
    )
)
MANIFEST = TrainingManifest("clips", FILES, "known")


@pytest.fixture
def paths(tmp_path):
    """Record, work and manifest as files."""
    record = {"kind": "image", "output": {"sha256": sha256_text(WORK)}, "model": {"training": MANIFEST.digest}}
    (tmp_path / "record").write_text(json.dumps(record))
    (tmp_path / "work").write_bytes(WORK)
    (tmp_path / "manifest").write_bytes(MANIFEST.canonical())
    return {"record": tmp_path / "record", "file": tmp_path / "work", "manifest": tmp_path / "manifest"}


def test_attribute__equal__names_each_work_alike_and_pays_those_with_accounts(paths, capsys):
    attribute(**paths, rule="equal-per-work", top=2, as_json=True)

    told = json.loads(capsys.readouterr().out)
    assert {each["title"]: each["share"] for each in told["works"]} == dict.fromkeys(("Apple", "Bee", "", "Cat"), 0.25)
    assert told["authors"][0] == {"author": "Ada", "share": 0.5}
    assert told["holders"] == [
        {"account": ADA, "units": 666_667, "works": 2},
        {"account": BEN, "units": 333_333, "works": 1},
    ]


def test_attribute__for_a_reader__shows_the_top_and_sums_the_rest(paths, capsys):
    attribute(**paths, rule="equal-per-work", top=4, as_json=False)

    lines = capsys.readouterr().out.splitlines()
    assert sum("25.00%" in line and "█" in line for line in lines) >= 3
    assert any(ADA in line and "666,667" in line for line in lines)


def test_attribute__more_works_than_listed_and_all_equal__says_so_in_a_line(paths, capsys):
    attribute(**paths, rule="equal-per-work", top=3, as_json=False)

    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "  each 25.00%"
    assert not any("Bee" in line or "more works" in line for line in lines)


def test_attribute__nobody_has_an_account__says_that_nobody_is_paid(paths, capsys):
    free = TrainingManifest("clips", tuple(replace(file, account=None) for file in FILES), "known")
    record = json.loads(paths["record"].read_text()) | {"model": {"training": free.digest}}
    paths["record"].write_text(json.dumps(record))
    paths["manifest"].write_bytes(free.canonical())

    attribute(**paths, rule="equal-per-work", top=3, as_json=False)

    assert "nobody" in capsys.readouterr().out


def test_attribute__another_file__is_refused(paths):
    paths["file"].write_bytes(b"another")

    with pytest.raises(RefusedError, match="file"):
        attribute(**paths)


def test_attribute__manifest_of_another_model__is_refused(paths):
    paths["manifest"].write_bytes(replace(MANIFEST, name="others").canonical())

    with pytest.raises(RefusedError, match="training set"):
        attribute(**paths)


def test_attribute__model_that_does_not_ship_and_no_manifest__says_what_to_name(paths):
    with pytest.raises(NotFoundError, match="taught") as refused:
        attribute(**(paths | {"manifest": None}))

    assert "--manifest" in refused.value.remedy


@pytest.mark.parametrize("rule", ["influence", "by-age", "equal"])
def test_attribute__rule_that_does_not_fit_a_picture__is_refused(paths, rule):
    with pytest.raises(InputError) as refused:
        attribute(**paths, rule=rule)

    assert refused.value.code == "rule-unknown"


@pytest.mark.parametrize("record", [b"", b"[]", b'{"output": {}}', b"\xff", b"[" * 100_000])
def test_attribute__no_record__is_refused(paths, record):
    paths["record"].write_bytes(record)

    with pytest.raises(InputError) as refused:
        attribute(**paths)

    assert refused.value.code == "provenance-malformed"
