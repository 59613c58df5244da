"""Our own small organ: notes in, stereo samples out, in numpy alone.

Each note is two ranks of pipes a little out of tune with each other, read from a table of one period; four voices stand
from left to right; a room answers (Schroeder 1962: parallel combs, then allpasses). After the table, only sums and
products are taken, in a fixed order, so every processor makes the same samples.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from offchain.generation.music.tokens import VOICES, Note

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["PEAK", "RATE", "play"]

RATE: Final = 44_100
"""Samples a second."""

_HARMONICS: Final = (1.0, 0.55, 0.32, 0.26, 0.1, 0.12, 0.05, 0.08)
"""Amplitudes of a principal with a soft octave above: even partials are raised."""
_RANKS: Final = ((1.0, 1.0), (1.0014, 0.25))
"""Pitch and loudness of the ranks; the second, two cents sharp and soft, beats slowly without silencing the first."""
_PLACES: Final = {"soprano": 0.34, "alto": 0.46, "tenor": 0.56, "bass": 0.64}
"""Share of each voice in the right channel."""
_WEIGHTS: Final = {"soprano": 1.0, "alto": 0.8, "tenor": 0.85, "bass": 1.05}
_ATTACK: Final = RATE // 25
_RELEASE: Final = RATE // 8
_TAIL: Final = 2 * RATE
_TABLE_BITS: Final = 14

_COMBS: Final = ((1687, 1601), (1871, 1789), (2053, 2011), (2251, 2203))
"""Delays of the room in samples, left and right: primes, so that echoes do not fall together."""
_COMB_GAIN: Final = 0.8
_ALLPASSES: Final = (347, 113)
_ALLPASS_GAIN: Final = 0.6
_WET: Final = 0.09
PEAK: Final = 0.9
"""Largest sample of a piece."""


def play(notes: Sequence[Note], tempo: int, length: int) -> NDArray[np.float32]:
    """The notes as sound.

    Args:
        notes: of any voices; times in sixteenths.
        tempo: quarter notes a minute.
        length: of the piece in sixteenths.

    Returns:
        float32 [samples, 2] at `RATE`, within ±0.9; silent where there is no note. The room's echo follows the end.
    """
    import numpy as np

    dry = np.zeros((2, _samples(length, tempo) + _TAIL), np.float32)
    for note in notes:
        start, end = _samples(note.start, tempo), _samples(note.start + note.length, tempo)
        sound = _note(note.pitch, end - start) * np.float32(_WEIGHTS[VOICES[note.voice]])
        right = np.float32(_PLACES[VOICES[note.voice]])
        dry[0, start : start + len(sound)] += sound * (1 - right)
        dry[1, start : start + len(sound)] += sound * right
    wet = np.stack([dry[side] + _echo(dry[1 - side], side) for side in (0, 1)], axis=1)
    peak = np.abs(wet).max(initial=0)
    return wet * (np.float32(PEAK) / peak) if peak > 0 else wet


def _samples(sixteenths: int, tempo: int) -> int:
    return sixteenths * 15 * RATE // tempo


def _note(pitch: int, length: int) -> NDArray[np.float32]:
    """Samples of a note held for `length` of them, its release included."""
    import numpy as np

    sound = np.zeros(length + _RELEASE, np.float32)
    time = np.arange(len(sound), dtype=np.uint32)
    for tuning, loudness in _RANKS:
        step = np.uint32(round(440 * 2 ** ((pitch - 69) / 12) * tuning / RATE * 2**32))
        sound += np.float32(loudness) * _period()[time * step >> np.uint32(32 - _TABLE_BITS)]
    rise = min(_ATTACK, length)
    sound[:rise] *= _slope(rise)
    sound[length:] *= 1 - _slope(_RELEASE)
    return sound


@lru_cache(maxsize=1)
def _period() -> NDArray[np.float32]:
    """One period; rounded to what float32 holds with bits to spare, so that a sine's last digit is of no matter."""
    import numpy as np

    size = 1 << _TABLE_BITS
    turn = [2 * math.pi * sample / size for sample in range(size)]
    wave = [sum(high * math.sin(n * angle) for n, high in enumerate(_HARMONICS, 1)) for angle in turn]
    return np.array([round(value * 2**20) / 2**20 for value in wave], np.float32)


@lru_cache(maxsize=8)
def _slope(count: int) -> NDArray[np.float32]:
    """From 0 to 1 in `count` samples, without a kink: 3t² − 2t³."""
    import numpy as np

    t = np.arange(count, dtype=np.float32) / np.float32(max(count, 1))
    slope: NDArray[np.float32] = t * t * (3 - 2 * t)
    return slope


def _echo(dry: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    import numpy as np

    soft = dry.copy()
    for _ in range(3):  # walls swallow the high partials
        soft[1:] = (soft[1:] + soft[:-1]) / 2
    echo = np.zeros_like(dry)
    for delays in _COMBS:
        echo += _comb(soft, delays[side])
    for delay in _ALLPASSES:
        echo = _allpass(echo, delay)
    return echo * np.float32(_WET)


def _comb(sound: NDArray[np.float32], delay: int) -> NDArray[np.float32]:
    """yₙ = xₙ₋ₖ + g·yₙ₋ₖ: a block of one delay at a time."""
    import numpy as np

    out = np.zeros_like(sound)
    for at in range(delay, len(sound), delay):
        here = out[at : at + delay]
        before = slice(at - delay, at - delay + len(here))
        here += sound[before] + np.float32(_COMB_GAIN) * out[before]
    return out


def _allpass(sound: NDArray[np.float32], delay: int) -> NDArray[np.float32]:
    """yₙ = −g·xₙ + xₙ₋ₖ + g·yₙ₋ₖ."""
    import numpy as np

    gain = np.float32(_ALLPASS_GAIN)
    out = -gain * sound
    for at in range(delay, len(sound), delay):
        here = out[at : at + delay]
        before = slice(at - delay, at - delay + len(here))
        here += sound[before] + gain * out[before]
    return out
