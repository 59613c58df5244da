"""Foreign files through the confined process, and marks through real codecs."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from offchain.errors import InputError
from offchain.identity import ffmpeg
from offchain.identity.marks import audio, image
from offchain.identity.marks.authority import Credential, development_credential
from offchain.identity.marks.inspection import inspect
from offchain.identity.marks.manifest import sign_manifest
from offchain.identity.marks.opened import sound_of
from offchain.identity.marks.soundtrack import mark_mp3
from offchain.identity.marks.statement import Statement
from tests.offchain.site import ALICE, ROCKET

KEY = b"k" * 32
REFERENCE = 0x0123_4567_89AB_CDEF
STATEMENT = Statement("0x01", "eip155:1/erc721:0x00/1", "Title", "digitalCapture", ("ipfs://a",), "notAllowed")


@pytest.fixture(scope="module")
def credential(tmp_path_factory: pytest.TempPathFactory) -> Credential:
    return development_credential(tmp_path_factory.mktemp("home") / "authority")


@pytest.fixture(scope="module")
def chords() -> bytes:
    """Twelve seconds of a chord that changes every second, as WAV of 44,100 Hz, mono."""
    chance, time = np.random.default_rng(3), np.arange(44_100) / 44_100
    seconds = []
    for _ in range(12):
        notes = 220 * 2 ** (chance.integers(0, 24, 4) / 12)
        tones = [np.sin(2 * np.pi * note * part * time) / part for note in notes for part in range(1, 9)]
        seconds.append(np.sum(tones, axis=0) * np.exp(-time) + chance.normal(0, 0.05, len(time)))
    sound = np.concatenate(seconds)
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(44_100)
        file.writeframes(np.rint(16_000 * sound / np.abs(sound).max()).astype("<i2").tobytes())
    return out.getvalue()


def mp3(path: Path) -> bytes:
    bounds = ffmpeg.Bounds(seconds=20, memory=2**30, output=2**22)
    (data,) = ffmpeg.read(path, "audio", [("-c:a", "libmp3lame", "-b:a", "64k", "-f", "mp3")], bounds)
    return data


def test_inspect__signed_and_marked_picture__tells_both(credential, tmp_path):
    picture = Image.open(ROCKET).convert("RGB")
    marked = image.embed(picture, REFERENCE, KEY)
    assert marked is not None
    out = io.BytesIO()
    marked.save(out, "JPEG", quality=80)
    path = tmp_path / "signed.jpg"
    path.write_bytes(sign_manifest(out.getvalue(), "image/jpeg", STATEMENT, credential))
    found = inspect(path, path.name, credential.anchors)
    assert found.manifest is not None
    assert (found.media_type, found.manifest.state, found.manifest.statement) == ("image/jpeg", "trusted", STATEMENT)
    assert found.picture is not None
    assert (found.picture.shape, image.read(found.picture, KEY)) == ((picture.height, picture.width), REFERENCE)


def test_inspect__text__has_no_marks(credential):
    found = inspect(ALICE, ALICE.name, credential.anchors)
    assert (found.manifest, found.picture, found.sound) == (None, None, None)


def test_inspect__picture_cut_short__says_so(credential, tmp_path):
    path = tmp_path / "cut.jpg"
    path.write_bytes(ROCKET.read_bytes()[:5000])
    with pytest.raises(InputError) as raised:
        inspect(path, path.name, credential.anchors)
    assert raised.value.code == "image-malformed"


def test_inspect__picture_of_a_billion_pixels__is_refused_in_bounds(credential, tmp_path):
    """30,000 × 30,000 pixels of one colour are a small PNG."""
    path = tmp_path / "bomb.png"
    Image.new("1", (30_000, 30_000)).save(path)
    assert path.stat().st_size < 2**20
    with pytest.raises(InputError) as raised:
        inspect(path, path.name, credential.anchors)
    assert raised.value.code == "image-oversized"


def test_mark_mp3__excerpt__is_read_after_another_codec(chords, credential, tmp_path):
    path = tmp_path / "chords"
    path.write_bytes(chords)
    marked = mark_mp3(mp3(path), REFERENCE, KEY)
    path.write_bytes(marked)
    bounds = ffmpeg.Bounds(seconds=20, memory=2**30, output=2**22)
    (opus,) = ffmpeg.read(path, "audio", [("-c:a", "libopus", "-b:a", "64k", "-f", "ogg")], bounds)
    path.write_bytes(opus)
    found = inspect(path, "found.ogg", credential.anchors)
    assert found.sound is not None
    assert audio.read(found.sound, KEY) == REFERENCE


def test_mark_mp3__twice__same_bytes(chords, tmp_path):
    path = tmp_path / "chords"
    path.write_bytes(chords)
    excerpt = mp3(path)
    assert mark_mp3(excerpt, REFERENCE, KEY) == mark_mp3(excerpt, REFERENCE, KEY)


def test_mark_mp3__half_a_second__carries_none_and_is_encoded_here_still(chords, tmp_path):
    """What is signed next, where the keys are, is never what came out of a foreign file."""
    path = tmp_path / "chords"
    path.write_bytes(chords[: 44 + 44_100])
    excerpt = mp3(path)
    made = mark_mp3(excerpt, REFERENCE, KEY)
    assert made != excerpt
    before, after = sound_of(excerpt, audio.READ_RATE), sound_of(made, audio.READ_RATE)
    assert audio.read(audio.fold(after[:, 0]), KEY) is None
    assert len(after) == pytest.approx(len(before), abs=0.1 * audio.READ_RATE)
