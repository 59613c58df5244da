"""A piece as sound: which tones, how loud, how long."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import numpy as np
import pytest

from offchain.errors import InputError
from offchain.generation.music.midi import write_midi
from offchain.generation.music.sound import render
from offchain.generation.music.synth import PEAK, RATE, play
from offchain.generation.music.tokens import VOICES, Note, Piece


def loudest(samples):
    """Frequency in Hz of the strongest partial."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.fft.rfftfreq(len(samples), 1 / RATE)[spectrum.argmax()])


@pytest.mark.parametrize(("pitch", "hertz"), [(69, 440.0), (60, 261.63), (43, 98.0)])
def test_play__one_note__sounds_its_pitch(pitch, hertz):
    """Equal temperament from A = 440; a second of sound resolves 1 Hz."""
    sound = play([Note(0, 0, 16, pitch)], 60, 16)[: 4 * RATE].sum(axis=1)

    assert abs(loudest(sound[RATE : 2 * RATE]) - hertz) <= 1


def test_play__loud_and_long_piece__stays_inside_the_peak_and_ends_in_silence():
    chord = [Note(voice, 0, 16, pitch) for voice, pitch in enumerate((81, 40, 69, 60))]
    sound = play(chord, 60, 16)

    assert np.abs(sound).max() == pytest.approx(PEAK, abs=1e-6)
    assert np.abs(sound[-RATE // 10 :]).max() < PEAK / 100
    assert np.abs(sound[: RATE // 1000]).max() < PEAK / 100  # no click where it begins


def test_play__tempo__sets_the_length():
    """16 sixteenths at 60 quarters a minute last 4 s, at 120 they last 2; then the echo."""
    slow, fast = play([], 60, 16), play([], 120, 16)

    assert len(slow) - len(fast) == 2 * RATE
    assert not slow.any()


def test_play__repeated_note__is_struck_again():
    """A held note goes on at one loudness; a repeated one begins anew, and for 1/25 s both ends of it are heard."""
    held = play([Note(0, 0, 8, 69)], 60, 8)
    struck = play([Note(0, 0, 4, 69), Note(0, 4, 4, 69)], 60, 8)
    differs = np.abs(held / np.abs(held[:RATE]).max() - struck / np.abs(struck[:RATE]).max())

    assert differs[: RATE - 1].max() < 1e-6
    assert differs[RATE : RATE + RATE // 25].max() > 0.1


def test_play__voices__stand_from_left_to_right():
    lean = []
    for voice in ("soprano", "alto", "tenor", "bass"):
        left, right = np.square(play([Note(VOICES.index(voice), 0, 8, 60)], 60, 8)).sum(axis=0)
        lean.append(right / left)

    assert lean == sorted(lean)
    assert lean[0] < 1 < lean[-1]


def test_render__file__is_stereo_of_sixteen_bits_and_the_same_again(file):
    data = render(file)
    with wave.open(io.BytesIO(data)) as wav:
        assert (wav.getnchannels(), wav.getsampwidth(), wav.getframerate()) == (2, 2, RATE)
        assert wav.getnframes() == 20 * 15 * RATE // 72 + 2 * RATE

    assert render(file) == data


def test_render__silent_piece__is_silence():
    data = render(write_midi(Piece(np.ones((16, 4), np.int64)), tempo=240, title="Rest"))

    assert not any(data[44:])


@pytest.mark.parametrize("soundfont", ["/nowhere.sf2", __file__])
def test_render__soundfont_that_cannot_be_played__is_refused(file, soundfont):
    """Also where the package that plays them is missing, as it is unless somebody installs it."""
    with pytest.raises(InputError) as caught:
        render(file, Path(soundfont))

    assert caught.value.code == "soundfont-unreadable"
