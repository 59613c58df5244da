"""A piece as WAV: a rendition to listen to; the MIDI file stays the master.

Without anything else it is played on our own organ (`synth`). With a soundfont, such as Debian's fluid-soundfont-gm or
timgm6mb-soundfont, and the package `tinysoundfont`, it is played with that; neither is required or installed.
"""

from __future__ import annotations

import io
import wave
from collections.abc import Iterable, Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from offchain.errors import InputError
from offchain.generation.music.midi import ORGAN, VELOCITY, read_midi, read_tempo
from offchain.generation.music.synth import PEAK, RATE, play
from offchain.generation.music.tokens import VOICES, Note, Piece, notes

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["MEDIA_TYPE", "render"]

MEDIA_TYPE: Final = "audio/wav"


def render(data: bytes, soundfont: Path | None = None) -> bytes:
    """A piece as a WAV file: stereo, 16 bits, 44.1 kHz.

    Args:
        data: MIDI file of a piece.
        soundfont: `.sf2` file to play it with; None for our own organ, which gives the same bytes everywhere.

    Raises:
        InputError: `midi-malformed`, or `soundfont-unreadable`: the soundfont or its player is missing.
    """
    piece, tempo = read_midi(data), read_tempo(data)
    if soundfont is not None:
        return _wav(_played_with(soundfont, piece, tempo))
    return _wav(play(notes(piece), tempo, len(piece.frames)))


def _wav(samples: NDArray[np.float32]) -> bytes:
    import numpy as np

    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((samples * np.float32(32767)).round().astype("<i2").tobytes())
    return out.getvalue()


def _played_with(soundfont: Path, piece: Piece, tempo: int) -> NDArray[np.float32]:
    """Samples [n, 2] of the piece on the soundfont's church organ, with two seconds for it to fade."""
    import numpy as np

    synth = _player(soundfont)
    events = sorted(_events(notes(piece)))
    seconds = len(piece.frames) * 15 / tempo + 2
    samples = np.zeros((round(seconds * RATE), 2), np.float32)
    heard = 0
    for at, sounds, voice, pitch in [*events, (len(piece.frames), False, 0, 0)]:
        until = round(at * 15 / tempo * RATE)
        samples[heard:until] = _next(synth, until - heard)
        heard = until
        synth.noteon(voice, pitch, VELOCITY if sounds else 0)  # velocity 0 ends a note
    samples[heard:] = _next(synth, len(samples) - heard)
    peak = np.abs(samples).max(initial=0)
    return samples * (np.float32(PEAK) / peak) if peak > 0 else samples


def _events(played: Iterable[Note]) -> Iterator[tuple[int, bool, int, int]]:
    """When, whether it begins or ends, voice and pitch; ends sort first."""
    for note in played:
        yield note.start, True, note.voice, note.pitch
        yield note.start + note.length, False, note.voice, note.pitch


def _next(synth: Any, count: int) -> NDArray[np.float32]:  # noqa: ANN401  # an optional package without types
    import numpy as np

    return np.frombuffer(synth.generate(count), np.float32).reshape(-1, 2) if count else np.zeros((0, 2), np.float32)


def _player(soundfont: Path) -> Any:  # noqa: ANN401  # as above
    if find_spec("tinysoundfont") is None:
        raise InputError(
            "soundfont-unreadable",
            "the package that plays soundfonts is not installed",
            "install it: pip install --no-deps tinysoundfont, or play the piece without a soundfont",
        )
    synth = import_module("tinysoundfont").Synth(samplerate=RATE)
    try:
        font = synth.sfload(str(soundfont))
    except RuntimeError as error:
        raise InputError("soundfont-unreadable", f"{soundfont} is no soundfont", "give an .sf2 file") from error
    for voice in range(len(VOICES)):
        synth.program_select(voice, font, 0, ORGAN)
    return synth
