"""How a four-part piece is written down for the model: one frame per sixteenth, one token per voice and frame.

A token says that the voice holds its note, is silent, or begins a note of some pitch, so a repeated note and a held
one differ. `notes` and `from_notes` turn frames into notes and back without loss.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from offchain.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "END", "FIRST", "HIGHEST", "HOLD", "KEYS", "LOWEST", "RANGES", "REST", "UNKNOWN_KEY", "VOCABULARY", "VOICES",
    "Metre", "Note", "Piece", "check_frames", "from_notes", "key_number", "notes", "onset", "pitch_of", "sounding",
]  # fmt: skip

VOICES: Final = ("soprano", "bass", "alto", "tenor")
"""The columns of a frame, in the order in which the model writes them: melody, then bass, then the inner voices."""

HOLD: Final = 0
"""The voice's note goes on. Never the first token of a voice, and never after a rest."""
REST: Final = 1
"""The voice is silent; every silent frame says so."""
FIRST: Final = 2
"""Token of the onset of `LOWEST`; the onset of a pitch is `FIRST + pitch − LOWEST`."""
LOWEST: Final = 30
HIGHEST: Final = 96
END: Final = FIRST + HIGHEST - LOWEST + 1
"""Stands where there is no token: before the first frame and after the last. Never drawn."""
VOCABULARY: Final = END + 1

RANGES: Final = {"soprano": (57, 81), "alto": (50, 76), "tenor": (45, 71), "bass": (36, 66)}
"""Lowest and highest MIDI pitch of each voice in the chorales learnt from."""

KEYS: Final = (
    "C major", "Db major", "D major", "Eb major", "E major", "F major",
    "F# major", "G major", "Ab major", "A major", "Bb major", "B major",
    "C minor", "C# minor", "D minor", "Eb minor", "E minor", "F minor",
    "F# minor", "G minor", "G# minor", "A minor", "Bb minor", "B minor",
)  # fmt: skip
"""Key number `tonic pitch class + 12 · minor`."""
UNKNOWN_KEY: Final = len(KEYS)


@dataclass(frozen=True, slots=True)
class Metre:
    """Time signature, and what precedes the first bar line.

    Attributes:
        beats: per bar, as `3` of 3/4.
        unit: of a beat, as `4` of 3/4; 1, 2, 4, 8 or 16.
        pickup: sixteenths before the first bar line, below `bar`.
    """

    beats: int = 4
    unit: int = 4
    pickup: int = 0

    @property
    def bar(self) -> int:
        """Sixteenths in a bar."""
        return self.beats * 16 // self.unit


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece as tokens.

    Attributes:
        frames: int64 [sixteenths, 4], columns as `VOICES`.
        key: one of `KEYS`, None when unknown.
        metre: where its bar lines are.
    """

    frames: NDArray[np.int64]
    key: str | None = None
    metre: Metre = Metre()


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """One note of one voice: `voice` is a column of `VOICES`, times are sixteenths, `pitch` is MIDI's."""

    voice: int
    start: int
    length: int
    pitch: int


def onset(pitch: int) -> int:
    """The token that begins a note of this MIDI pitch, `LOWEST` to `HIGHEST`."""
    return FIRST + pitch - LOWEST


def pitch_of(token: int) -> int:
    """The MIDI pitch that an onset token begins."""
    return token - FIRST + LOWEST


def key_number(key: str | None) -> int:
    """Position in `KEYS`, `UNKNOWN_KEY` for None.

    Raises:
        InputError: `key-unknown`.
    """
    if key is None:
        return UNKNOWN_KEY
    if key not in KEYS:
        raise InputError("key-unknown", f"{key!r} is no key", f"choose one of {', '.join(KEYS)}")
    return KEYS.index(key)


def sounding(frames: NDArray[np.int64]) -> NDArray[np.int64]:
    """The onset token of the note that each voice sounds in each frame, `REST` when silent; shape of `frames`."""
    import numpy as np

    last = np.where(frames == HOLD, 0, np.arange(len(frames))[:, None])
    held: NDArray[np.int64] = np.take_along_axis(frames, np.maximum.accumulate(last, axis=0), axis=0)
    return held


def check_frames(frames: NDArray[np.int64]) -> None:
    """Accept frames that mean a piece.

    Raises:
        InputError: `frames-malformed`: another shape, an unknown token, or a hold of nothing.
    """
    if frames.ndim != 2 or frames.shape[1] != len(VOICES):
        raise _malformed(f"their shape is {list(frames.shape)}")
    if len(frames) and not (frames.min() >= 0 and frames.max() < END):
        raise _malformed("a token is outside the vocabulary")
    if len(frames) and ((frames[0] == HOLD).any() or ((frames[1:] == HOLD) & (frames[:-1] == REST)).any()):
        raise _malformed("a voice holds where it has no note")


def notes(piece: Piece) -> list[Note]:
    """All notes, voice by voice, each from its start.

    Raises:
        InputError: as `check_frames`.
    """
    check_frames(piece.frames)
    return [note for voice in range(len(VOICES)) for note in _voice_notes(piece.frames[:, voice].tolist(), voice)]


def _voice_notes(tokens: list[int], voice: int) -> Iterable[Note]:
    starts = [at for at, token in enumerate(tokens) if token != HOLD]
    for start, end in zip(starts, [*starts[1:], len(tokens)], strict=True):
        if tokens[start] != REST:
            yield Note(voice, start, end - start, pitch_of(tokens[start]))


def from_notes(played: Iterable[Note], length: int, *, key: str | None = None, metre: Metre = Metre()) -> Piece:
    """The piece of `length` sixteenths that these notes make.

    Raises:
        InputError: `note-misplaced`: a pitch or a time that does not fit, or two notes of a voice at once.
    """
    import numpy as np

    frames = np.full((length, len(VOICES)), REST, np.int64)
    for note in played:
        fits = LOWEST <= note.pitch <= HIGHEST and 0 <= note.start < note.start + note.length <= length
        if not fits or (frames[note.start : note.start + note.length, note.voice] != REST).any():
            raise InputError("note-misplaced", f"{note} does not fit", "place each note in the piece, one at a time")
        frames[note.start : note.start + note.length, note.voice] = HOLD
        frames[note.start, note.voice] = onset(note.pitch)
    return Piece(frames, key, metre)


def _malformed(why: str) -> InputError:
    return InputError("frames-malformed", f"the frames of a piece do not fit: {why}", "make them with from_notes")
