"""Which tokens may be drawn: what means a piece, within what each voice sings."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from offchain.generation.music.tokens import HOLD, RANGES, REST, VOCABULARY, VOICES, onset

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["allowed", "silent_before"]


@lru_cache(maxsize=1)
def allowed() -> NDArray[np.bool_]:
    """[2, 4, VOCABULARY]: tokens of each voice where it sounds (row 0) and where it is silent (row 1).

    A voice may always rest or begin a note in its range; it may hold only while it sounds.
    """
    import numpy as np

    mask = np.zeros((2, len(VOICES), VOCABULARY), np.bool_)
    mask[:, :, REST] = True
    mask[0, :, HOLD] = True
    for voice, name in enumerate(VOICES):
        low, high = RANGES[name]
        mask[:, voice, onset(low) : onset(high) + 1] = True
    return mask


def silent_before(frames: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether each voice is silent when a frame begins, for frames [T, 4] that may hold only what sounds; [T, 4]."""
    import numpy as np

    silent = np.ones(frames.shape, np.bool_)
    silent[1:] = frames[:-1] == REST
    return silent
