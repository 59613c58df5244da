"""The training manifest: one spelling, one digest, and what it refuses."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from offchain.errors import InputError
from offchain.generation.provenance import sha256_text
from offchain.generation.training.manifest import TrainingManifest, parse_manifest, read_manifest, training_file

SCHEMAS = Path(__file__).resolve().parents[5] / "docs" / "schemas"
ACCOUNT = "0x" + "ab" * 20


def test_canonical__written_out_by_hand__is_rfc_8785_with_the_files_by_path(entry):
    second = replace(entry, path="b.svg", title="Bär", account=ACCOUNT)
    manifest = TrainingManifest("clips", (second, entry), "known")

    listed = (
        '{"author":"Ada","licence":"CC0-1.0","path":"a/1.svg","sha256":"' + entry.sha256 + '",'
        '"source":"clips 0.18","title":"Apple"},'
        '{"account":"'
        + ACCOUNT
        + '","author":"Ada","licence":"CC0-1.0","path":"b.svg","sha256":"'
        + entry.sha256
        + '",'
        '"source":"clips 0.18","title":"Bär"}'
    )
    expected = (
        '{"files":[' + listed + '],"name":"clips","schema":"colophon/training","statement":"known","version":1}'
    ).encode()
    assert manifest.canonical() == expected
    assert manifest.digest == "0x" + hashlib.sha256(expected).hexdigest()


def test_parse_manifest__any_spelling_of_the_same__gives_the_same_digest(entry):
    manifest = TrainingManifest("clips", (entry, replace(entry, path="b.svg")), "known")
    document = json.loads(manifest.canonical())
    document["files"].reverse()

    assert parse_manifest(json.dumps(document, indent=3).encode()).digest == manifest.digest


def test_training_file__bytes_on_disk__are_hashed(tmp_path, entry):
    (tmp_path / "a").mkdir()
    (tmp_path / "a/1.svg").write_bytes(b"1")
    about = {"author": "Ada", "source": "clips 0.18", "licence": "CC0-1.0", "title": "Apple"}

    assert training_file(tmp_path, "a/1.svg", about) == entry
    with pytest.raises(InputError, match=r"missing\.svg"):
        training_file(tmp_path, "missing.svg", about)


@pytest.mark.parametrize(
    "change",
    [
        {"path": ""},
        {"sha256": "0x12"},
        {"sha256": sha256_text(b"1").upper()},
        {"account": "0x12"},
        {"author": 5},
        {"extra": "field"},
        {"author": None},
        {"title": "\ud800"},
    ],
)
def test_parse_manifest__entry_that_is_none__is_refused(entry, change):
    document = json.loads(TrainingManifest("clips", (entry,), "known").canonical())
    document["files"][0] |= change

    with pytest.raises(InputError) as refused:
        parse_manifest(json.dumps(document).encode())

    assert refused.value.code == "manifest-malformed"


@pytest.mark.parametrize("data", [b"", b"\xff", b"[]", b"[" * 100_000, b'{"schema":"colophon/training","version":2}'])
def test_parse_manifest__no_manifest__is_refused(data):
    with pytest.raises(InputError) as refused:
        parse_manifest(data)

    assert refused.value.code == "manifest-malformed"


def test_parse_manifest__name_that_no_bytes_spell__is_refused(entry):
    document = json.loads(TrainingManifest("clips", (entry,), "known").canonical()) | {"name": "\ud800"}

    with pytest.raises(InputError, match="Unicode"):
        parse_manifest(json.dumps(document).encode())


def test_read_manifest__no_file__is_refused_by_name(tmp_path):
    with pytest.raises(InputError, match=r"none\.json"):
        read_manifest(tmp_path / "none.json")


def test_parse_manifest__unknown_member__is_refused_instead_of_lost(entry):
    document = json.loads(TrainingManifest("clips", (entry,), "known").canonical()) | {"note": "mine"}

    with pytest.raises(InputError, match="note"):
        parse_manifest(json.dumps(document).encode())


def test_schema__of_the_manifest__names_the_members_that_are_written(entry):
    schema = json.loads((SCHEMAS / "training-manifest.json").read_text())
    document = json.loads(TrainingManifest("clips", (replace(entry, account=ACCOUNT),), "known").canonical())
    listed = schema["properties"]["files"]["items"]

    assert sorted(schema["properties"]) == sorted(schema["required"]) == sorted(document)
    assert sorted(listed["properties"]) == sorted(document["files"][0])
    assert sorted(listed["required"]) == sorted(set(document["files"][0]) - {"account"})


def test_manifest__path_twice__is_refused(entry):
    with pytest.raises(InputError, match="stands twice"):
        TrainingManifest("clips", (entry, entry), "known")
