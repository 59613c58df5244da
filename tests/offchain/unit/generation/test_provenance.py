"""Records: one spelling, one digest, no floats."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import offchain
from offchain.errors import InputError, RefusedError
from offchain.generation.provenance import (
    MAX_RECORD,
    canonical,
    code_section,
    decimal_text,
    disclose,
    read_record,
    record_digest,
    sha256_text,
)

PROMPT = "Ein Märchen, bitte"
RECORD = {"kind": "text", "prompt": {"sha256": sha256_text(PROMPT.encode()), "tokens": 9}, "parents": [], "thin": False}


def test_canonical__keys_in_any_order__one_spelling():
    """RFC 8785 §3.2: keys sorted, no white space."""
    assert canonical({"b": [1, "x"], "a": True}) == canonical({"a": True, "b": [1, "x"]}) == b'{"a":true,"b":[1,"x"]}'


def test_record_digest__record__is_the_sha256_of_its_canonical_bytes():
    assert record_digest({"b": 2, "a": "é"}) == "0x" + hashlib.sha256('{"a":"é","b":2}'.encode()).hexdigest()


@pytest.mark.parametrize("record", [{"a": 0.5}, {"a": [{"b": 1.0}]}, {"a": float("nan")}, {"a": 2**53}, {"a": {1, 2}}])
def test_canonical__what_two_writers_could_spell_differently__is_refused(record):
    with pytest.raises(InputError) as caught:
        canonical(record)

    assert caught.value.code == "provenance-malformed"


def test_canonical__one_byte_above_the_limit__is_refused():
    frame = len('{"a":""}')

    assert len(canonical({"a": "x" * (MAX_RECORD - frame)})) == MAX_RECORD
    with pytest.raises(InputError, match=str(MAX_RECORD + 1)):
        canonical({"a": "x" * (MAX_RECORD - frame + 1)})


def test_disclose__prompt_of_the_record__adds_it_and_leaves_the_original_alone():
    disclosed = disclose(RECORD, PROMPT)

    assert disclosed["prompt"] == RECORD["prompt"] | {"text": PROMPT}
    assert "text" not in RECORD["prompt"]
    assert disclosed | {"prompt": RECORD["prompt"]} == RECORD


def test_disclose__another_prompt__is_refused():
    with pytest.raises(RefusedError) as caught:
        disclose(RECORD, PROMPT + ".")

    assert caught.value.code == "provenance-mismatch"


def test_disclose__record_without_prompt__is_refused():
    with pytest.raises(InputError, match="names no prompt"):
        disclose({"kind": "text"}, PROMPT)


WHOLE = RECORD | {
    "schema": "colophon/provenance",
    "version": 2,
    "model": {},
    "code": {},
    "libraries": {},
    "device": {},
    "dtype": "float32",
    "parameters": {},
    "seed": 7,
    "created": 1,
    "output": {},
    "draws": {},
}


def test_read_record__whole__is_read():
    job, _ = read_record(WHOLE, "text", PROMPT)

    assert (job.seed, job.created) == (7, 1)


@pytest.mark.parametrize("name", ["code", "libraries", "draws", "device", "output", "seed"])
@pytest.mark.parametrize("instead", [None, [], "x", 1.5, -1, 2**53, True])
def test_read_record__section_that_is_none__is_refused(name, instead):
    with pytest.raises(InputError) as caught:
        read_record(WHOLE | {name: instead}, "text", PROMPT)
    assert caught.value.code == "provenance-malformed"

    with pytest.raises(InputError):
        read_record({key: value for key, value in WHOLE.items() if key != name}, "text", PROMPT)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.8, "0.8"), (1, "1"), (-0.0, "0"), (3e-7, "0.0000003"), (10.0, "10"), (0.1 + 0.2, "0.30000000000000004")],
)
def test_decimal_text__value__is_the_shortest_plain_decimal(value, text):
    assert decimal_text(value) == text


def test_code_section__copy_with_one_byte_changed__has_another_digest(tmp_path):
    """The digest is taken in a process of its own from a copy of the package."""
    here = tmp_path / "offchain"
    shutil.copytree(Path(offchain.__file__).parent, here, ignore=shutil.ignore_patterns("__pycache__"))
    command = "from offchain.generation.provenance import code_section; print(code_section()['sha256'])"

    def digest() -> str:
        run = [sys.executable, "-B", "-c", command]
        return subprocess.run(run, cwd=tmp_path, check=True, capture_output=True, text=True, timeout=60).stdout.strip()

    assert digest() == code_section()["sha256"]
    with (here / "generation" / "sampling.py").open("a") as module:
        module.write("#")
    assert digest() != code_section()["sha256"]


def test_import__of_the_room__loads_nothing_heavy():
    """`colophon --help` imports this room and has half a second."""
    command = "import sys, offchain.generation; print({'torch', 'transformers', 'numpy'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", command], check=True, capture_output=True, text=True, timeout=60)

    assert run.stdout.strip() == "set()"
