"""Pieces by the model that ships: the same record gives the same bytes, and a false record is found out."""

from __future__ import annotations

import copy
import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from offchain.errors import InputError, RefusedError
from offchain.generation import Runtime, canonical, disclose, generate, generate_batch, replay, reproduce
from offchain.generation.music import MusicParams
from offchain.generation.music.melody import read_melody
from offchain.generation.music.midi import read_midi, read_tempo, write_midi
from offchain.generation.music.model import FOLDER
from offchain.generation.music.tokens import REST, VOICES, from_notes, notes, onset

MELODY = "[K:G] g2 a2 | b,4 z2 d2 | g8 |]"
PARAMS = MusicParams(key="G major", bars=2, tempo=96)
CREATED = 1_790_000_000
HERE = Runtime(Path(), threads=1, device="cpu")


@pytest.fixture(scope="module")
def free():
    return generate("", PARAMS, 7, created=CREATED, runtime=HERE)


@pytest.fixture(scope="module")
def harmonised():
    return generate(MELODY, PARAMS, 7, created=CREATED, runtime=HERE)


def test_generate__free_piece__has_the_length_key_metre_and_tempo_asked_for(free):
    piece = read_midi(free.data)

    assert free.media_type == "audio/midi"
    assert (len(piece.frames), piece.key, piece.metre.bar) == (32, "G major", 16)
    assert read_tempo(free.data) == 96


def test_generate__three_four__has_bars_of_twelve():
    work = generate("", MusicParams(bars=1, metre="3/4"), 7, created=CREATED, runtime=HERE)

    assert len(read_midi(work.data).frames) == 12


def test_generate__melody__is_carried_exactly_with_its_own_length_metre_and_key(harmonised):
    piece, melody = read_midi(harmonised.data), read_melody(MELODY)

    assert piece.frames[:, VOICES.index("soprano")].tolist() == melody.tokens
    assert piece.metre == melody.metre
    assert (piece.frames[:, 1:] > REST).any(axis=0).all()  # and the others sing


def test_generate__melody_and_key__key_is_the_one_asked_for():
    params = replace(PARAMS, key="E minor")
    assert read_midi(generate(MELODY, params, 7, created=CREATED, runtime=HERE).data).key == "E minor"
    unstated = generate(MELODY, replace(PARAMS, key=None), 7, created=CREATED, runtime=HERE)
    assert read_midi(unstated.data).key == "G major"


def test_generate__other_seed__other_piece(free):
    assert generate("", PARAMS, 8, created=CREATED, runtime=HERE).data != free.data


def test_generate__record__states_what_went_in_and_what_came_out(harmonised):
    record = harmonised.provenance

    assert record["kind"] == "music"
    assert record["output"]["sha256"] == "0x" + hashlib.sha256(harmonised.data).hexdigest()
    assert record["prompt"] == {"sha256": "0x" + hashlib.sha256(MELODY.encode()).hexdigest()}
    assert record["parameters"] == {
        "key": "G major",
        "bars": 2,
        "metre": "4/4",
        "tempo": 96,
        "temperature": "0.9",
        "top_p": "0.98",
    }
    assert record["dtype"] == "float64"
    assert record["draws"]["tokens"] == 3 * len(read_melody(MELODY).tokens)
    assert record["draws"]["thin"] is (float(record["draws"]["margin"]) < 1e-9)
    for name, file in (("weights", "model.safetensors"), ("training", "training.json")):
        assert record["model"][name] == "0x" + hashlib.sha256((FOLDER / file).read_bytes()).hexdigest()
    assert MELODY.encode() not in canonical(record)


def test_generate_batch__pieces__have_the_records_that_they_would_have_alone(free, harmonised):
    """Margins are written with three digits, and rounding is far below the third."""
    assert generate_batch(["", MELODY], PARAMS, [7, 7], created=CREATED, runtime=HERE) == [free, harmonised]


def test_generate_batch__none_asked_for__none_made():
    assert generate_batch([], PARAMS, [], created=CREATED, runtime=HERE) == []


@pytest.mark.parametrize(("prompt", "code"), [("c H", "melody-malformed"), ("c " * 100_000, "melody-too-long")])
def test_generate__melody_that_is_none__is_refused(prompt, code):
    with pytest.raises(InputError) as caught:
        generate(prompt, PARAMS, 7, created=CREATED, runtime=HERE)

    assert caught.value.code == code


def test_reproduce__two_threads__same_bytes_and_only_the_device_differs(free):
    again = reproduce(free.provenance, runtime=replace(HERE, threads=2))

    assert again.data == free.data
    assert again.provenance["device"]["threads"] == 2
    assert again.provenance | {"device": free.provenance["device"]} == free.provenance


def test_reproduce__melody__is_needed_or_disclosed(harmonised):
    assert reproduce(disclose(harmonised.provenance, MELODY), runtime=HERE) == harmonised
    with pytest.raises(InputError) as caught:
        reproduce(harmonised.provenance, runtime=HERE)

    assert caught.value.code == "prompt-missing"


def changed(record, path, value):
    record = copy.deepcopy(record)
    inner = record
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return record


def fits(record, data):
    """Whether a replay lets a piece pass."""
    try:
        return replay(record, data, runtime=HERE).accepted
    except RefusedError:
        return False


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("seed",), 8),
        (("parameters", "temperature"), "1.9"),
        (("parameters", "tempo"), 97),
        (("parameters", "bars"), 1),
        (("parameters", "key"), None),
        (("output", "sha256"), "0x" + "00" * 32),
        (("model", "weights"), "0x" + "00" * 32),
        (("model", "training"), "0x" + "00" * 32),
    ],
)
def test_reproduce_and_replay__tampered_record__is_found_out(free, path, value):
    record = changed(free.provenance, path, value)
    with pytest.raises(RefusedError) as caught:
        reproduce(record, runtime=HERE)

    assert caught.value.code == "provenance-mismatch"
    assert not fits(record, free.data)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("version",), 1),
        (("kind",), "image"),
        (("parameters",), {}),
        (("parameters", "bars"), "two"),
        (("seed",), None),
    ],
)
def test_reproduce__malformed_record__is_refused(free, path, value):
    with pytest.raises(InputError) as caught:
        reproduce(changed(free.provenance, path, value), runtime=HERE)

    assert caught.value.code == "provenance-malformed"


def test_replay__true_piece__is_accepted(free, harmonised):
    assert replay(free.provenance, free.data, runtime=HERE).accepted
    found = replay(harmonised.provenance, harmonised.data, MELODY, runtime=HERE)

    assert (found.accepted, found.draws) == (True, harmonised.provenance["draws"]["tokens"])


def forged(work, data):
    """The record of a work, made to state other bytes."""
    output = {"sha256": "0x" + hashlib.sha256(data).hexdigest(), "bytes": len(data), "media_type": "audio/midi"}
    return work.provenance | {"output": output}


def test_replay__file_of_another_work__is_refused(free, harmonised):
    with pytest.raises(RefusedError) as caught:
        replay(free.provenance, harmonised.data, runtime=HERE)

    assert caught.value.code == "provenance-mismatch"


def test_replay__edited_piece_with_a_forged_record__is_not_accepted(free):
    """Whoever changes a note can state the new digest, but not a seed that draws it."""
    piece = read_midi(free.data)
    frame = next(at for at in range(len(piece.frames)) if piece.frames[at, 0] > REST)
    piece.frames[frame, 0] += 1 if piece.frames[frame, 0] < onset(81) else -1
    data = write_midi(piece, tempo=96, title="Four parts, G major")
    found = replay(forged(free, data), data, runtime=HERE)

    assert (found.accepted, found.position) == (False, 4 * frame)


@pytest.mark.parametrize(("tempo", "title"), [(97, "Four parts, G major"), (96, "Four parts, by me")])
def test_replay__same_notes_in_another_file__is_refused(free, tempo, title):
    data = write_midi(read_midi(free.data), tempo=tempo, title=title)

    with pytest.raises(RefusedError):
        replay(forged(free, data), data, runtime=HERE)


def test_replay__shorter_piece__is_refused(free):
    piece = read_midi(free.data)
    cut = [note for note in notes(piece) if note.start + note.length <= 16]
    data = write_midi(from_notes(cut, 16, key=piece.key), tempo=96, title="Four parts, G major")

    with pytest.raises(RefusedError, match="length"):
        replay(forged(free, data), data, runtime=HERE)
