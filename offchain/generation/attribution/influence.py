"""Influence: which training pieces made the model likelier to write a given piece, as far as that can be measured.

If a training piece moves the weights as the generated piece would, it taught the model towards it. Each piece is its
gradient at the shipped weights, sketched to a few numbers; the influence of the training pieces Φ on a piece φ is
φ Φᵀ (Φ Φᵀ + λ)⁻¹, gradient similarity after what all pieces have in common is discounted (TRAK: Park et al. 2023,
eq. 15, with one model and a ridge; without the inverse it is TracIn's last checkpoint: Pruthi et al. 2020). What it
can claim and what not, measured by retraining: docs/decisions/0032.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from offchain.errors import InputError, RefusedError
from offchain.generation.provenance import sha256_text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["INDEX", "RIDGE", "InfluenceIndex", "influence", "read_index", "scores", "write_index"]

INDEX: Final = "influence.safetensors"
"""File beside the weights that it was made with."""

RIDGE: Final = 0.3
"""λ for sketches of length 1, chosen on a small model by retraining it (docs/decisions/0032)."""

_DIGITS: Final = 9
"""Decimals that influences are rounded to, far above what processors differ by and far below a royalty unit's share."""


@dataclass(frozen=True, slots=True)
class InfluenceIndex:
    """The training pieces as sketches.

    Attributes:
        model: sha256 of the weights whose gradients these are.
        works: sha256 of each piece's file.
        sketches: [works, BINS], rows of length 1.
        sha256: of the index file; empty before it is written.
    """

    model: str
    works: tuple[str, ...]
    sketches: NDArray[np.float64]
    sha256: str = ""


def influence(index: InfluenceIndex, sketch: NDArray[np.float64]) -> dict[str, float]:
    """How much each training work counts for a piece, by sha256: 0 or more, 1 in all.

    A piece that moved the model away from what it wrote counts nothing, and is owed nothing.

    Args:
        index: of the model that wrote the piece.
        sketch: of the piece's gradient, [BINS].

    Raises:
        RefusedError: `influence-unknown`: no training piece counts.
    """
    kept = scores(index.sketches, sketch[None])[0].clip(min=0)
    if not kept.sum():
        raise RefusedError(
            "influence-unknown", "no training piece can be told to have taught this", "take the rule equal-per-work"
        )
    shares = (kept / kept.sum()).round(_DIGITS)
    weights: dict[str, float] = {}
    for work, share in zip(index.works, shares.tolist(), strict=True):
        weights[work] = weights.get(work, 0.0) + share
    return weights


def scores(taught: NDArray[np.float64], made: NDArray[np.float64], ridge: float = RIDGE) -> NDArray[np.float64]:
    """Influence [made, taught] of training pieces [taught, n] on others [made, n], both rows of length 1."""
    import numpy as np

    common = taught @ taught.T + ridge * np.eye(len(taught))
    return np.linalg.solve(common, taught @ made.T).T.astype(np.float64, copy=False)


def write_index(folder: Path, index: InfluenceIndex) -> Path:
    """Write the index in half precision, which keeps sketches to three digits."""
    import numpy as np
    from safetensors.numpy import save

    from offchain.generation.training.durable import replace_file

    about: Mapping[str, str] = {"model": index.model, "works": " ".join(index.works)}
    replace_file(folder / INDEX, save({"sketches": index.sketches.astype(np.float16)}, metadata=dict(about)))
    return folder / INDEX


def read_index(folder: Path, model: str) -> InfluenceIndex:
    """Read the index of a model.

    Args:
        folder: of the model's weights.
        model: sha256 of the weights.

    Raises:
        InputError: `influence-missing`; `model-mismatch`: the index is of other weights, or is none.
    """
    import numpy as np
    from safetensors import SafetensorError, safe_open

    path = folder / INDEX
    if not path.is_file():
        raise InputError(
            "influence-missing", f"there is no index of influence in {folder}", "take the rule equal-per-work"
        )
    try:
        with safe_open(path, "numpy") as file:
            about, sketches = file.metadata() or {}, file.get_tensor("sketches").astype(np.float64)
        works = tuple(about["works"].split())
    except (SafetensorError, KeyError) as error:
        raise InputError("model-mismatch", f"{path} is no index of influence: {error}", "take it as shipped") from error
    if about.get("model") != model or len(works) != len(sketches):
        raise InputError("model-mismatch", f"{path} is of other weights", "make it anew with the training files")
    return InfluenceIndex(model, works, sketches, sha256_text(path.read_bytes()))
