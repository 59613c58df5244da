"""Inaudible watermark of sound: a keyed pattern of small gains over time and frequency, repeated all along.

Spread spectrum in the log-magnitude domain after Kirovski and Malvar (IEEE Trans. Signal Processing 51(4), 2003): each
cell of 96 ms by 93.75 Hz between 0.5 and 6.5 kHz is made louder or softer by `GAIN` decibels. The reader takes away
what changes slowly in time and frequency, which is most of the music, and folds the rest modulo the pattern's 2.88 s;
four of five cells carry the payload, the others are known in advance and tell where the pattern begins after a cut.

What it resists and what not was measured: docs/decisions/0022-marks.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from offchain.identity.marks.keystream import permutation, signs
from offchain.identity.marks.payload import CHIPS, payload

__all__ = ["FOLDED_SHAPE", "GAIN", "READ_RATE", "Folded", "embed", "fold", "read"]

Samples = NDArray[np.float32]
"""Sound between −1 and 1, shape (samples, channels)."""

Folded = NDArray[np.float32]
"""What `fold` gives, shape `FOLDED_SHAPE`."""

READ_RATE: Final = 16_000
"""Samples a second that sound is brought to before `fold`."""

GAIN: Final = 1.5
"""Decibels by which a cell is made louder or softer."""

_SLOT: Final = 0.096
_SLOTS: Final = 30
_BANDS: Final = 64
_LOWEST: Final = 500.0
_BAND: Final = 93.75

_HOP: Final = 256
_WINDOW: Final = 1024
_PER_SLOT: Final = round(_SLOT * READ_RATE / _HOP)
_PHASES: Final = _SLOTS * _PER_SLOT
_BINS: Final = round(_BAND * _WINDOW / READ_RATE)
FOLDED_SHAPE: Final = (_PHASES, _BANDS)
"""Shape of what `fold` gives."""

_FIRST_BIN: Final = round(_LOWEST * _WINDOW / READ_RATE)

_QUIET: Final = 60.0
"""Decibels below the loudest moment from which on there is nothing to measure."""

_OUTLIER: Final = 12.0
"""Decibels beyond which a deviation is an attack or a gap, not a mark."""

_EMBED_WINDOW: Final = 2048
_CHUNK: Final = 4096
_PEAKS: Final = 4


def embed(sound: Samples, rate: int, reference: int, key: bytes) -> Samples:
    """Mark a piece of sound; the same arguments give the same samples.

    Args:
        sound: all channels get the same gains.
        rate: samples a second, 16,000 or more.
        reference: 64 bits, `payload.reference_of` a work.
        key: the service's secret.

    Returns:
        The marked sound, no louder than ±1.
    """
    cells = _cells(reference, key)
    hop = _EMBED_WINDOW // 2
    window = np.sqrt(np.hanning(_EMBED_WINDOW + 1)[:-1])
    frequency = np.fft.rfftfreq(_EMBED_WINDOW, 1 / rate)
    band = np.floor((frequency - _LOWEST) / _BAND).astype(np.intp)
    inside = (band >= 0) & (band < _BANDS)
    padded = np.pad(sound, ((hop, _EMBED_WINDOW), (0, 0)))
    marked = np.zeros_like(padded, dtype=np.float64)
    for start in range(0, len(padded) - _EMBED_WINDOW + 1, hop):
        # The frame's middle lies at its start in the unpadded sound.
        gains = np.zeros(len(frequency))
        gains[inside] = cells[int(start / rate / _SLOT) % _SLOTS, band[inside]] * GAIN
        part = slice(start, start + _EMBED_WINDOW)
        spectrum = np.fft.rfft(padded[part] * window[:, None], axis=0) * 10.0 ** (gains / 20.0)[:, None]
        marked[part] += np.fft.irfft(spectrum, axis=0) * window[:, None]
    return np.clip(marked[hop : hop + len(sound)], -1.0, 1.0).astype(np.float32)


def fold(sound: NDArray[np.float32]) -> Folded:
    """Take the music away and add up what is left modulo the pattern's length; needs no key.

    Args:
        sound: one channel, `READ_RATE` samples a second.
    """
    folded = np.zeros((_PHASES, _BANDS))
    for first, decibels in _spectrogram(sound):
        loud = decibels.mean(axis=1)
        kept = loud > loud.max(initial=-np.inf) - _QUIET
        flat = np.clip(_flattened(decibels), -_OUTLIER, _OUTLIER) * kept[:, None]
        frames = flat.reshape(len(flat), _BANDS, _BINS).mean(axis=2)
        np.add.at(folded, (first + np.arange(len(frames))) % _PHASES, frames)
    return folded.astype(np.float32)


def read(folded: Folded, key: bytes) -> int | None:
    """Find the reference that sound is marked with.

    Returns:
        The 64 bits, or None. Of unmarked sounds one in 10⁹ reads as marked: four tries, each wrong once in 2³².
    """
    order, beacon = _layout(key)
    slots = np.stack([np.roll(folded, -shift, axis=0) for shift in range(_PHASES)])
    slots = slots.reshape(_PHASES, _SLOTS, _PER_SLOT, _BANDS).mean(axis=2).reshape(_PHASES, -1)[:, order]
    match = slots[:, CHIPS:] @ beacon
    for shift in np.argsort(-match)[:_PEAKS]:
        found = payload(key).decode(slots[shift, :CHIPS].astype(np.float64))
        if found is not None:
            return found
    return None


@lru_cache(maxsize=8)
def _layout(key: bytes) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Order of the cells, those of the payload first, and the signs of the others."""
    count = _SLOTS * _BANDS
    return permutation(key, "audio cells", count), signs(key, "audio beacon", count - CHIPS)


def _cells(reference: int, key: bytes) -> NDArray[np.float64]:
    """Sign of every cell, shape (_SLOTS, _BANDS)."""
    order, beacon = _layout(key)
    cells = np.empty(_SLOTS * _BANDS)
    cells[order] = np.concatenate([payload(key).encode(reference), beacon])
    return cells.reshape(_SLOTS, _BANDS)


def _spectrogram(sound: NDArray[np.float32]) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Decibels of the bins in use, in pieces of at most `_CHUNK` frames, each with the number of its first frame."""
    if len(sound) < _WINDOW:
        return
    frames = sliding_window_view(sound, _WINDOW)[::_HOP]
    window = np.hanning(_WINDOW + 1)[:-1]
    for first in range(0, len(frames), _CHUNK):
        spectrum = np.fft.rfft(frames[first : first + _CHUNK] * window, axis=1)
        used = np.abs(spectrum[:, _FIRST_BIN : _FIRST_BIN + _BANDS * _BINS])
        yield first, 20.0 * np.log10(used + 1e-6)


def _flattened(decibels: NDArray[np.float64]) -> NDArray[np.float64]:
    """What changes within four cells in time, then within eight in frequency: held notes go first, then attacks."""
    steady = decibels - cv2.blur(decibels, (1, 4 * _PER_SLOT + 1))
    return np.asarray(steady - cv2.blur(steady, (8 * _BINS + 1, 1)))
