"""From one piece to another in steps: passages between two, found on the way between their points.

Both are read as if in C major or A minor, and what is written is in the first piece's key signature.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from offchain.errors import InputError
from offchain.generation.music.tokens import FIRST, HIGHEST, HOLD, LOWEST, VOICES, Piece, key_number, pitch_of, sounding

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from offchain.generation.music.vae import MusicVAE

__all__ = ["FOLDER", "interpolate", "load_vae", "normalised", "passages"]

FOLDER: Final = Path(__file__).parent / "weights" / "interpolation"


def interpolate(first: Piece, last: Piece, steps: int, network: MusicVAE | None = None) -> list[Piece]:
    """Pieces on the way from one to another, two bars at a time as far as both go.

    Args:
        first: at least two bars of 4/4.
        last: as long.
        steps: pieces to make, 2 or more; the first and the last are what the model makes of the given ones.
        network: in float64; None for the one that ships.

    Raises:
        InputError: `interpolation-unfit`: too few steps, or a piece too short; `model-missing`.
    """
    import numpy as np
    import torch

    from offchain.generation.music.vae import PASSAGE

    if steps < 2 or min(len(first.frames), len(last.frames)) < PASSAGE:
        raise InputError(
            "interpolation-unfit", f"{steps} steps between these pieces cannot be made",
            f"ask for 2 steps or more between pieces of {PASSAGE} sixteenths or more",
        )  # fmt: skip
    network = network or load_vae()
    (start, lowered), (end, _) = normalised(first), normalised(last)
    points = [_points(network, passages(frames, PASSAGE)) for frames in (start, end)]
    count = min(map(len, points))
    way = [_between(points[0][:count], points[1][:count], float(part)) for part in np.linspace(0, 1, steps)]
    written = network.decode(torch.cat(way)).view(steps, count * PASSAGE, len(VOICES)).numpy()
    return [replace(first, frames=_raised(frames, lowered)) for frames in written]


@lru_cache(maxsize=1)
def load_vae(folder: Path = FOLDER) -> MusicVAE:
    """The autoencoder that ships, verified, in float64 on the CPU.

    Raises:
        InputError: `model-missing` or `model-mismatch`.
    """
    from offchain.generation.music.vae import MusicVAE, Shape
    from offchain.generation.training.weights import load_weights

    weights = load_weights(folder)
    network = MusicVAE(Shape(**weights.config))
    network.load_state_dict(weights.tensors)
    return network.double().eval()


def normalised(piece: Piece) -> tuple[NDArray[np.int64], int]:
    """Frames moved to C major or A minor, and the semitones that they were lowered by; an unknown key stays."""
    import numpy as np

    if piece.key is None:
        return piece.frames, 0
    number = key_number(piece.key)
    tonic = number if number < 12 else number + 3
    lowered = (tonic + 5) % 12 - 5
    return np.where(piece.frames >= FIRST, piece.frames - lowered, piece.frames), lowered


def passages(frames: NDArray[np.int64], stride: int) -> NDArray[np.int64]:
    """Cuts of `PASSAGE` frames every `stride` frames, each beginning its notes anew: int64 [N, PASSAGE, 4]."""
    import numpy as np

    from offchain.generation.music.vae import PASSAGE

    sound = sounding(frames)
    cuts = [frames[at : at + PASSAGE].copy() for at in range(0, len(frames) - PASSAGE + 1, stride)]
    for number, cut in enumerate(cuts):
        cut[0] = np.where(cut[0] == HOLD, sound[number * stride], cut[0])
    return np.stack(cuts) if cuts else np.empty((0, PASSAGE, len(VOICES)), np.int64)


def _points(network: MusicVAE, cuts: NDArray[np.int64]) -> Tensor:
    import torch

    with torch.inference_mode():
        return network.encode(torch.from_numpy(cuts))[0]


def _between(first: Tensor, last: Tensor, part: float) -> Tensor:
    """Points on the arc between two, which keeps their distance from the centre (Shoemake 1985); else straight."""
    import torch

    cosine = torch.nn.functional.cosine_similarity(first, last, dim=-1)[:, None].clamp(-1, 1)
    angle = cosine.acos()
    curved = (((1 - part) * angle).sin() * first + (part * angle).sin() * last) / angle.sin()
    return torch.where(angle.sin().abs() < 1e-6, (1 - part) * first + part * last, curved)


def _raised(frames: NDArray[np.int64], semitones: int) -> NDArray[np.int64]:
    """Notes so much higher; one that would leave the vocabulary goes by octaves to stay."""
    import numpy as np

    pitches = frames + pitch_of(0) + semitones
    pitches = np.where(pitches > HIGHEST, pitches - 12, np.where(pitches < LOWEST, pitches + 12, pitches))
    return np.where(frames >= FIRST, pitches - pitch_of(0), frames)
