"""Fixed random-convolution features of pictures, and the Fréchet distance between two sets of them.

No pretrained network is at hand under a known licence, so the features are those of an untrained one: random
convolutions with rectifiers already tell apart edges, colours and their arrangement (Jarrett et al. 2009; Naeem et al.
2020, §5 use them where ImageNet's features do not fit). The distance is that of Heusel et al. 2017, eq. 6. Imports
torch at the top: import it inside functions only.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["DIMENSIONS", "features", "frechet"]

DIMENSIONS: Final = 128
"""Numbers a picture: the means of the last layer's 128 channels over the picture."""

_WIDTHS: Final = (3, 32, 64, 128)
_SEED: Final = 20_200_706
_BATCH: Final = 256


def features(pictures: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Features of pictures (count × side × side × 3), count × `DIMENSIONS`.

    Three 3 × 3 convolutions of stride 2 whose weights are normal numbers of variance 2 / fan-in (He et al. 2015) drawn
    by NumPy's PCG64 from a fixed seed, each followed by a rectifier; pictures are scaled to −1 … 1, edges are
    repeated, and what is left is averaged over positions.
    """
    found = [_features(pictures[at : at + _BATCH]) for at in range(0, len(pictures), _BATCH)]
    return np.concatenate(found).astype(np.float64)


def frechet(made: NDArray[np.float64], real: NDArray[np.float64]) -> float:
    """Fréchet distance of two sets of features as a share of the real ones' total variance.

    It is (|μ − ν|² + tr(Σ + Τ − 2(ΣΤ)^½)) / tr Τ of their moments μ, Σ and ν, Τ: 1 is about what one grey picture,
    made again and again, would get.
    """
    offset = made.mean(axis=0) - real.mean(axis=0)
    first, second = np.cov(made, rowvar=False), np.cov(real, rowvar=False)
    root = _root(second)
    crossed = np.sqrt(np.linalg.eigvalsh(root @ first @ root).clip(min=0)).sum()
    return float((offset @ offset + np.trace(first) + np.trace(second) - 2 * crossed) / np.trace(second))


def _features(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    x = torch.from_numpy(pictures.astype(np.float32) / 127.5 - 1).permute(0, 3, 1, 2)
    with torch.inference_mode():
        for weights in _weights():
            x = functional.relu(functional.conv2d(functional.pad(x, (1, 1, 1, 1), "replicate"), weights, stride=2))
        found: NDArray[np.float32] = x.mean(dim=(2, 3)).numpy()
    return found


@lru_cache(maxsize=1)
def _weights() -> tuple[Tensor, ...]:
    random = np.random.Generator(np.random.PCG64(_SEED))
    shapes = [(after, before, 3, 3) for before, after in pairwise(_WIDTHS)]
    drawn = [random.standard_normal(shape) * (2 / (9 * shape[1])) ** 0.5 for shape in shapes]
    return tuple(torch.from_numpy(weights.astype(np.float32)) for weights in drawn)


def _root(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    values, vectors = np.linalg.eigh(matrix)
    rooted: NDArray[np.float64] = (vectors * np.sqrt(values.clip(min=0))) @ vectors.T
    return rooted
