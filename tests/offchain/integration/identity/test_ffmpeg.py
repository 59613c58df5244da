from __future__ import annotations

import resource
import time
import wave
from pathlib import Path

import iscc_samples
import pytest

from offchain.errors import InputError
from offchain.identity.ffmpeg import Bounds, read

ROOMY = Bounds(seconds=20, memory=1 << 30, output=1 << 24)
PCM = ("-map", "0:a:0", "-f", "s16le")


@pytest.fixture
def tone(tmp_path):
    path = tmp_path / "tone.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(range(250)) * 64)
    return path


def cpu() -> float:
    """CPU seconds of the children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def sample(name: str) -> Path:
    return next(path for path in [*iscc_samples.audios(), *iscc_samples.videos()] if path.name == name)


def test_read__pcm__comes_out_as_it_went_in(tone):
    assert read(tone, "audio", [PCM], ROOMY) == [bytes(range(250)) * 64]


def test_read__two_outputs__each_with_its_own_bytes(tone):
    whole, half = read(tone, "audio", [PCM, ("-map", "0:a:0", "-ar", "4000", "-f", "s16le")], ROOMY)
    assert len(whole) == 16_000
    assert len(half) == pytest.approx(8_000, abs=64)


@pytest.mark.parametrize("name", ["-version.wav", "concat:a|b.wav", "http:__host.wav"])
def test_read__name_like_an_option_or_address__is_only_a_name(tone, name):
    renamed = tone.rename(tone.with_name(name))
    assert len(read(renamed, "audio", [PCM], ROOMY)[0]) == 16_000


def test_read__no_such_file__unreadable(tmp_path):
    with pytest.raises(InputError) as caught:
        read(tmp_path / "none.wav", "audio", [PCM], ROOMY)
    assert caught.value.code == "file-unreadable"


@pytest.mark.parametrize("kind", ["audio", "video"])
@pytest.mark.parametrize("content", [b"", b"\x00", b"#EXTM3U\nfile:///etc/passwd\n", b"OggS" + bytes(400)])
def test_read__no_container_of_ours_or_a_broken_one__malformed(tmp_path, kind, content):
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read(path, kind, [PCM], ROOMY)
    assert caught.value.code == f"{kind}-malformed"


def test_read__codec_not_on_the_list__malformed():
    with pytest.raises(InputError) as caught:
        read(sample("demo.ogv"), "video", [("-map", "0:v:0", "-f", "rawvideo")], ROOMY)
    assert caught.value.code == "video-malformed"
    assert "whitelist" in caught.value.message


def test_read__message_of_the_decoder__has_no_control_characters_and_is_short(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"\x1aE\xdf\xa3" + b"\x1b[31m" * 99)
    with pytest.raises(InputError) as caught:
        read(path, "video", [PCM], ROOMY)
    assert caught.value.message.isprintable()
    assert len(caught.value.message) < 300


@pytest.mark.parametrize(("rate", "refused"), [(999, True), (1_000, False), (768_000, False), (16_000_000, True)])
def test_read__sample_rate_that_nobody_records_at__malformed_at_no_cost(tone, rate, refused):
    """Bytes 24 to 28 of a WAV file are its sample rate (RIFF MCI 1.0, chapter 3)."""
    tone.write_bytes(tone.read_bytes()[:24] + rate.to_bytes(4, "little") + tone.read_bytes()[28:])
    before = cpu()
    if refused:
        with pytest.raises(InputError) as caught:
            read(tone, "audio", [(*PCM[:2], "-ar", "11025", *PCM[2:])], ROOMY)
        assert caught.value.code == "audio-malformed"
        assert str(rate) in caught.value.message
    else:
        assert read(tone, "audio", [PCM], ROOMY) == [bytes(range(250)) * 64]
    # Building the filter that resamples from 16 MHz takes more than two seconds.
    assert cpu() - before < 0.5


@pytest.mark.parametrize("name", ["demo.mp3", "demo.ogg", "demo.opus", "demo.m4v", "demo.mkv", "demo.webm"])
def test_read__sound_of_each_container__has_a_sample_rate_to_check(name):
    (written,) = read(sample(name), "audio", [PCM], ROOMY)
    assert written


def test_read__message_of_the_decoder__has_no_address_in_memory(tmp_path):
    """Where ffmpeg's structures lie differs from run to run, and is nobody's business."""
    path = tmp_path / "file"
    path.write_bytes(b"OggS" + bytes(400))
    with pytest.raises(InputError) as caught:
        read(path, "audio", [PCM], ROOMY)
    assert "0x" not in caught.value.message
    assert ": [" in caught.value.message  # who complains is still named


def test_read__more_output_than_allowed__oversized(tone):
    with pytest.raises(InputError) as caught:
        read(tone, "audio", [PCM], Bounds(seconds=20, memory=1 << 30, output=4_000))
    assert caught.value.code == "audio-oversized"


def test_read__decoding_without_end__stopped_when_its_cpu_time_is_spent(tone):
    started = time.monotonic()
    with pytest.raises(InputError) as caught:
        read(tone, "audio", [(*PCM[:2], "-f", "null")], Bounds(1, 1 << 30, 1 << 20), ("-stream_loop", "-1"))
    assert caught.value.code == "audio-oversized"
    assert time.monotonic() - started < 30


def test_read__more_messages_than_fit__are_dropped_and_decoding_goes_on():
    """A damaged recording may complain about every frame; here a filter does, with more than a pipe holds."""
    chatty = ("-map", "0:a:0", "-af", "ashowinfo", "-f", "s16le")
    (written,) = read(sample("demo.mp3"), "audio", [chatty], ROOMY, ("-loglevel", "info", "-stream_loop", "2"))
    assert len(written) > 3 * 15 * 44_100 * 4


def test_read__too_little_memory__typed_error(tone):
    with pytest.raises(InputError):
        read(tone, "audio", [PCM], Bounds(seconds=20, memory=1 << 24, output=1 << 20))
