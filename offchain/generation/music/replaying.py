"""Checking a piece against its record: one pass over all of it, then every token against its own number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from offchain.generation.music.decoding import position
from offchain.generation.music.grammar import allowed, states_before
from offchain.generation.music.tokens import VOICES
from offchain.generation.replaying import Replay
from offchain.generation.sampling import Drawing, distance, uniform

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from offchain.generation.music.features import Request
    from offchain.generation.music.network import MusicTransformer

__all__ = ["TOLERANCE", "check", "masked_logits"]

TOLERANCE: Final = 1e-9
"""What a cumulative probability in float64 may be off; processors differ by about 1e-13."""

_MELODY = VOICES.index("soprano")


def check(network: MusicTransformer, request: Request, frames: NDArray[np.int64], params: Drawing, seed: int) -> Replay:
    """Whether this request and this seed draw these frames.

    Args:
        network: in float64, on any device.
        request: of the length of the frames.
        frames: int64 [sixteenths, 4] that mean a piece (`tokens.check_frames`).
        params: how tokens were drawn.
        seed: 0 to 2⁵³ − 1.
    """
    import numpy as np

    given = request.melody
    if given is not None and (wrong := np.flatnonzero(frames[:, _MELODY] != given)).size:
        return Replay(False, 0, 1.0, TOLERANCE, position(int(wrong[0]), _MELODY))
    logits = masked_logits(network, request, frames)
    drawn = [voice for voice in range(len(VOICES)) if given is None or voice != _MELODY]
    places = [(frame, voice) for frame in range(len(frames)) for voice in drawn]
    off = [distance(logits[place], params, uniform(seed, position(*place)), int(frames[place])) for place in places]
    first = next((position(*place) for place, far in zip(places, off, strict=True) if far > TOLERANCE), None)
    return Replay(first is None, len(places), max(off), TOLERANCE, first)


def masked_logits(network: MusicTransformer, request: Request, frames: NDArray[np.int64]) -> NDArray[np.float64]:
    """Logits [T, 4, VOCABULARY] of every token of a piece, −∞ where one may not be drawn; as `check`."""
    import numpy as np
    import torch

    from offchain.generation.music.features import conditions

    device = next(network.parameters()).device
    with torch.inference_mode():
        read = network(torch.tensor(frames, device=device)[None], conditions([request], str(device)))
    logits = read[0].double().cpu().numpy()
    possible = allowed()[states_before(frames), np.arange(len(VOICES))]
    masked: NDArray[np.float64] = np.where(possible, logits, -np.inf)
    return masked
