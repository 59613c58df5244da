from __future__ import annotations

import wave
from pathlib import Path

import iscc_samples
import numpy as np
import pytest

from offchain.errors import InputError
from offchain.identity import audio
from offchain.identity.audio import audio_code, fingerprint, fingerprints

REFERENCE = "WUJFCEZZOJYVD"
"""Body of ISCC:EIAWUJFCEZZOJYVD, which iscc-sdk's own tests state for demo.mp3 and demo.wav; a longer code of the same
content begins with the same bits, but for the last character, which shares bits with what follows."""


def sample(name: str) -> Path:
    return next(path for path in iscc_samples.audios() if path.name == name)


def written(path: Path, samples: np.ndarray, rate: int = 22_050) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes((samples * 32_000).astype("<i2").tobytes())
    return path


@pytest.mark.parametrize("name", ["demo.mp3", "demo.wav", "withcover.mp3"])
def test_audio_code__sample_of_the_reference__its_published_code(name):
    code = audio_code(sample(name))
    assert code is not None
    assert code.removeprefix("ISCC:")[3:].startswith(REFERENCE[:-1])


def test_audio_code__again__the_same():
    audio._fingerprint.cache_clear()
    first = audio_code(sample("demo.mp3"))
    audio._fingerprint.cache_clear()
    assert audio_code(sample("demo.mp3")) == first


@pytest.mark.parametrize("name", ["demo.ogg", "demo.opus"])
def test_audio_code__vorbis_and_opus__read(name):
    assert audio_code(sample(name)) is not None


def test_audio_code__silence_a_steady_tone_and_a_short_sound__none(tmp_path):
    moments = np.arange(20 * 22_050) / 22_050
    assert audio_code(written(tmp_path / "silence.wav", np.zeros(20 * 22_050))) is None
    assert audio_code(written(tmp_path / "tone.wav", 0.5 * np.sin(2 * np.pi * 440 * moments))) is None
    assert audio_code(sample("short.wav")) is None


def test_audio_code__damaged__malformed(tmp_path):
    path = tmp_path / "file.mp3"
    path.write_bytes(b"ID3\x04\x00\x00\x00\x00\x00\x00" + bytes(5_000))
    with pytest.raises(InputError) as caught:
        audio_code(path)
    assert caught.value.code == "audio-malformed"


def test_audio_code__film_without_sound__malformed(tmp_path):
    path = tmp_path / "film.mp4"
    path.write_bytes(next(path for path in iscc_samples.videos() if path.name == "demo.mp4").read_bytes()[:4_000])
    with pytest.raises(InputError) as caught:
        audio_code(path)
    assert caught.value.code == "audio-malformed"


def test_fingerprint__longer_than_allowed__oversized(monkeypatch):
    monkeypatch.setattr(audio, "MAX_SECONDS", 10)
    audio._fingerprint.cache_clear()
    with pytest.raises(InputError) as caught:
        fingerprint(sample("demo.mp3"))
    assert caught.value.code == "audio-oversized"


def test_fingerprints__twice_as_fast__half_as_many_numbers():
    own, fast = fingerprints(sample("demo.mp3"), (1.0, 2.0), 60)
    window = (4_096 + 19 * 1_365) / 11_025  # the first number needs 16 frames, each filtered with four more
    assert len(own) == pytest.approx((15.5 - window) * audio.RATE, abs=3)
    assert len(fast) == pytest.approx((15.5 / 2 - window) * audio.RATE, abs=3)


def test_fingerprints__other_speeds__only_of_the_start():
    own, fast = fingerprints(sample("demo.mp3"), (1.0, 1.007), 8)
    assert len(fast) < len(own) / 2
