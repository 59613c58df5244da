"""Which tokens may be drawn: what means a piece, within what each voice sings."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from offchain.generation.music.tokens import HOLD, RANGES, REST, VOCABULARY, VOICES, onset

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["BEGINNING", "SILENT", "SOUNDING", "allowed", "states_before"]

SOUNDING: Final = 0
SILENT: Final = 1
BEGINNING: Final = 2
"""What a voice does when a frame begins; the last, at the first frame of a piece."""


@lru_cache(maxsize=1)
def allowed() -> NDArray[np.bool_]:
    """[3, 4, VOCABULARY]: tokens of each voice where it sounds, where it is silent, and at the beginning of a piece.

    A voice may rest or begin a note in its range; it may hold only while it sounds. The soprano begins the piece: after
    a first rest the model may rest for ever.
    """
    import numpy as np

    mask = np.zeros((3, len(VOICES), VOCABULARY), np.bool_)
    mask[:, :, REST] = True
    mask[BEGINNING, VOICES.index("soprano"), REST] = False
    mask[SOUNDING, :, HOLD] = True
    for voice, name in enumerate(VOICES):
        low, high = RANGES[name]
        mask[:, voice, onset(low) : onset(high) + 1] = True
    return mask


def states_before(frames: NDArray[np.int64]) -> NDArray[np.int64]:
    """What each voice does when a frame begins, for frames [T, 4] that hold only what sounds; [T, 4]."""
    import numpy as np

    states = np.full(frames.shape, BEGINNING, np.int64)
    states[1:] = np.where(frames[:-1] == REST, SILENT, SOUNDING)
    return states
