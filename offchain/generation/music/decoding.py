"""Writing pieces: frame by frame and voice by voice, each token drawn with a number that seed and place determine.

Pieces of one batch share every pass through the network, and each comes out as it would alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from offchain.generation.music.grammar import BEGINNING, SILENT, SOUNDING, allowed
from offchain.generation.music.tokens import HOLD, REST, VOICES
from offchain.generation.runtime import Progress
from offchain.generation.sampling import Drawing, choose, uniform

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from offchain.generation.music.features import Request
    from offchain.generation.music.network import MusicTransformer

__all__ = ["Drawn", "draw", "position"]

_MELODY = VOICES.index("soprano")


@dataclass(frozen=True, slots=True)
class Drawn:
    """A piece as it was drawn.

    Attributes:
        frames: int64 [sixteenths, 4].
        draws: tokens that were drawn; those of a given melody were not.
        margin: the smallest margin of all draws (see `Choice.margin`).
    """

    frames: NDArray[np.int64]
    draws: int
    margin: float


def position(frame: int, voice: int) -> int:
    """The place of a token, which with the seed gives the number that it is drawn with."""
    return frame * len(VOICES) + voice


def draw(
    network: MusicTransformer,
    requests: Sequence[Request],
    params: Drawing,
    seeds: Sequence[int],
    progress: Progress | None = None,
) -> list[Drawn]:
    """Write one piece per request and seed.

    Args:
        network: in float64, where it lies, CPU or GPU.
        requests: of known lengths; a melody covers its piece whole.
        params: how tokens are drawn.
        seeds: as many as requests.
        progress: called after every frame with frames of the longest piece.
    """
    import torch

    from offchain.generation.music.features import conditions

    device = next(network.parameters()).device
    pens = [_Pen(request, params, seed) for request, seed in zip(requests, seeds, strict=True)]
    stream = network.begin(conditions(requests, str(device)))
    logits, longest = stream.logits, max(request.length for request in requests)
    tokens: list[int] = []
    for place in range(longest * len(VOICES)):
        frame, voice = divmod(place, len(VOICES))
        if place:
            logits = stream.next(torch.tensor(tokens, device=device))
        rows = logits.double().cpu().numpy()
        tokens = [pen.write(frame, voice, row) for pen, row in zip(pens, rows, strict=True)]
        if progress is not None and voice == len(VOICES) - 1:
            progress(frame + 1, longest)
    return [pen.drawn() for pen in pens]


class _Pen:
    """One piece of a batch, as far as it is written."""

    def __init__(self, request: Request, params: Drawing, seed: int) -> None:
        import numpy as np

        self._params, self._seed = params, seed
        self._melody = request.melody
        self._frames = np.full((request.length, len(VOICES)), REST, np.int64)
        self._states = [BEGINNING] * len(VOICES)
        self._draws, self._margin = 0, 1.0

    def write(self, frame: int, voice: int, logits: NDArray[np.float64]) -> int:
        """The next token; a hold once the piece is whole, where only others of the batch go on."""
        if frame >= len(self._frames):
            return HOLD
        if voice == _MELODY and self._melody is not None:
            token = self._melody[frame]
        else:
            token = self._draw(position(frame, voice), voice, logits)
        self._frames[frame, voice] = token
        self._states[voice] = SILENT if token == REST else SOUNDING
        return token

    def drawn(self) -> Drawn:
        """The piece, once it is whole."""
        return Drawn(self._frames, self._draws, self._margin)

    def _draw(self, place: int, voice: int, logits: NDArray[np.float64]) -> int:
        import numpy as np

        possible = np.where(allowed()[self._states[voice], voice], logits, -np.inf)
        choice = choose(possible, self._params, uniform(self._seed, place))
        self._draws += 1
        self._margin = min(self._margin, choice.margin)
        return choice.token
