"""The Gaussian draft that the generator starts from, measured on the training pictures.

Principal components of all pictures at half resolution; within them a mean and a covariance a class, the latter drawn
towards that of all classes where a class has few pictures (Friedman 1989, eq. 9).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from offchain.generation.image.dataset import Dataset
    from offchain.generation.image.network import Sketch

__all__ = ["components", "measure_sketch"]

_BORROWED: Final = 64
"""Pictures that the covariance of all classes counts as."""

_EXTRA: Final = 32
_PASSES: Final = 3


def measure_sketch(sketch: Sketch, dataset: Dataset) -> None:
    """Fill in the numbers of a draft from the pictures of a set."""
    import numpy as np
    import torch

    small = _halved(dataset.pictures, sketch.side)
    mean, basis = components(small, sketch.basis.shape[0])
    scores = ((small - mean) @ basis.T).astype(np.float32)
    pooled = _within(scores, dataset.classes)
    for number in range(sketch.centres.shape[0]):
        of_class = scores[dataset.classes == number]
        centre = of_class.mean(axis=0) if len(of_class) else scores.mean(axis=0)
        offsets = of_class - centre
        covariance = (offsets.T @ offsets + _BORROWED * pooled) / (len(of_class) + _BORROWED)
        sketch.centres[number] = torch.from_numpy(centre.astype(np.float32))
        sketch.factors[number] = torch.from_numpy(_factor(covariance, sketch.factors.shape[2]).astype(np.float32))
    sketch.mean.copy_(torch.from_numpy(mean.astype(np.float32)))
    sketch.basis.copy_(torch.from_numpy(basis.astype(np.float32)))


def components(values: NDArray[np.float32], count: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The mean of rows and their first principal components, one a row (Halko et al. 2011, algorithm 4.4)."""
    import numpy as np

    mean = values.mean(axis=0)
    offsets = values - mean
    random = np.random.Generator(np.random.PCG64(0))
    found = random.standard_normal((values.shape[1], min(count + _EXTRA, *values.shape)), dtype=np.float32)
    for _ in range(_PASSES):
        found, _upper = np.linalg.qr(offsets.T @ (offsets @ found))
    _, _, rotation = np.linalg.svd(offsets @ found, full_matrices=False)
    return mean, (rotation @ found.T)[:count]


def _halved(pictures: NDArray[np.uint8], side: int) -> NDArray[np.float32]:
    """Pictures of this side as rows, −1 to 1, channels first."""
    import numpy as np

    count, large, _, _ = pictures.shape
    step = large // side
    blocks = pictures.reshape(count, side, step, side, step, 3).mean(axis=(2, 4), dtype=np.float32)
    rows: NDArray[np.float32] = (blocks / np.float32(127.5) - 1).transpose(0, 3, 1, 2).reshape(count, -1)
    return rows


def _within(scores: NDArray[np.float32], classes: NDArray[np.int64]) -> NDArray[np.float32]:
    """Covariance around the classes' own means."""
    import numpy as np

    offsets = np.concatenate([scores[classes == k] - scores[classes == k].mean(axis=0) for k in np.unique(classes)])
    covariance: NDArray[np.float32] = offsets.T @ offsets / len(offsets)
    return covariance


def _factor(covariance: NDArray[np.float32], rank: int) -> NDArray[np.float32]:
    """F, components × rank, whose F Fᵀ is the nearest of that rank."""
    import numpy as np

    values, vectors = np.linalg.eigh(covariance)
    factor: NDArray[np.float32] = vectors[:, -rank:] * np.sqrt(values[-rank:].clip(min=0))
    return factor
