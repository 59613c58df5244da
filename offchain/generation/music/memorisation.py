"""How much of a piece stands in the music that the model was taught with, in any key.

Two runs of frames are the same when every voice holds, rests and begins alike and all pitches differ by one interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from offchain.generation.music.tokens import FIRST, HOLD, REST, Piece, sounding

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["longest_shared"]

_SILENT: Final = 1 << 10
"""Stands for the pitch of a silent voice: above all others."""


def longest_shared(piece: Piece, taught: Sequence[Piece]) -> int:
    """Sixteenths of the longest run of frames that the piece shares with any of the others, in any transposition."""
    import numpy as np

    codes: dict[tuple[int, ...], int] = {}
    # A frame that nothing equals, −1, stands between the pieces, so that no run crosses from one to the next.
    others = np.concatenate([np.append(_coded(other, codes), -1) for other in taught])
    longest, run = 0, np.zeros(len(others) + 1, np.int64)
    for code in _coded(piece, codes):
        run[1:] = np.where(others == code, run[:-1] + 1, 0)
        longest = max(longest, int(run.max()))
    return longest


def _coded(piece: Piece, codes: dict[tuple[int, ...], int]) -> NDArray[np.int64]:
    """A number per frame; equal numbers mean frames that are alike but for transposition.

    A frame's own intervals do not tell how it follows the one before, so the movement of its lowest sounding note is
    part of it; of a run's first frame that movement is compared too, which can only shorten a run.
    """
    import numpy as np

    sound = np.where(sounding(piece.frames) < FIRST, _SILENT, sounding(piece.frames))
    lowest = sound.min(axis=1)
    moved = np.diff(lowest, prepend=lowest[:1])
    intervals = np.where(sound == _SILENT, -1, sound - lowest[:, None])
    kinds = np.where(piece.frames >= FIRST, REST + 1, np.where(piece.frames == HOLD, HOLD, REST))
    rows = np.concatenate([moved[:, None], intervals, kinds], axis=1)
    return np.array([codes.setdefault(tuple(row), len(codes)) for row in rows.tolist()], np.int64)
