"""How far made pictures are from real ones, and whether they are copies: every figure with its references."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from offchain.generation.image.features import features, frechet

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from offchain.generation.image.dataset import Dataset
    from offchain.generation.image.network import Generator

__all__ = ["copied", "drafted", "judge", "nearest", "references"]

_QUANTILE: Final = 0.01
_SEED: Final = 1
_CHUNK: Final = 128


def judge(network: Generator, dataset: Dataset) -> dict[str, float]:
    """Figures of a generator, with one made picture for each training picture, of its class.

    `frechet` is from the training pictures, `frechet_held_out` from the held-out ones (fewer, hence larger);
    `copied_pixels` and `copied_features` are shares of made pictures nearer to a training picture than 99 % of the
    held-out ones are: 0.01 is what chance gives.
    """
    from offchain.generation.image.sampling import sample

    made = sample(network, dataset.classes, seed=_SEED)
    seen = features(made)
    held = features(dataset.held_pictures)
    return {
        "frechet": frechet(seen, dataset.features),
        "frechet_held_out": frechet(seen, held),
        "copied_pixels": copied(_flat(made), _flat(dataset.pictures), _flat(dataset.held_pictures)),
        "copied_features": copied(seen, dataset.features, held),
    }


def references(network: Generator, dataset: Dataset) -> dict[str, float]:
    """Fréchet distances on the same features: what is best possible, and what needs no learning.

    `real_halves` is between two random halves of the training pictures, `real_held_out` between held-out and training
    ones; `pca_gaussian` is one Gaussian of 256 principal components of all pixels; `draft` the class-wise Gaussian
    that the generator starts from.
    """
    import numpy as np

    order = np.random.default_rng(0).permutation(len(dataset.pictures))
    first, second = np.array_split(dataset.features[order], 2)
    return {
        "real_halves": frechet(first, second),
        "real_held_out": frechet(features(dataset.held_pictures), dataset.features),
        "pca_gaussian": frechet(features(_gaussian(dataset.pictures, 256)), dataset.features),
        "draft": frechet(features(drafted(network, dataset.classes)), dataset.features),
    }


def drafted(network: Generator, classes: NDArray[np.int64]) -> NDArray[np.uint8]:
    """The generator's drafts as pictures, count × side × side × 3: what it would make untaught."""
    import torch
    from torch.nn import functional

    from offchain.generation.image.sampling import as_levels

    random = torch.Generator().manual_seed(_SEED)
    latent = torch.randn(len(classes), network.latent, generator=random)
    with torch.inference_mode():
        small = network.sketch(latent, torch.from_numpy(classes))
        large = functional.interpolate(small, scale_factor=2, mode="bilinear", align_corners=False)
    return as_levels(large.numpy())


def copied(made: NDArray[np.floating], taught: NDArray[np.floating], held_out: NDArray[np.floating]) -> float:
    """Share of made rows nearer to a taught one than the held-out rows' 1 % quantile of that distance."""
    import numpy as np

    limit = np.quantile(nearest(held_out, taught), _QUANTILE)
    return float((nearest(made, taught) < limit).mean())


def nearest(rows: NDArray[np.floating], others: NDArray[np.floating]) -> NDArray[np.float32]:
    """Euclidean distance of each row from the nearest of the others."""
    import numpy as np

    others = others.astype(np.float32)
    lengths = (others**2).sum(axis=1)
    squares = []
    for at in range(0, len(rows), _CHUNK):
        some = rows[at : at + _CHUNK].astype(np.float32)
        squares.append(((some**2).sum(axis=1)[:, None] + lengths - 2 * some @ others.T).min(axis=1))
    found: NDArray[np.float32] = np.sqrt(np.concatenate(squares).clip(min=0))
    return found


def _flat(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Pictures as rows at half resolution, 0 to 1: a copy that is off by a pixel is still near."""
    import numpy as np

    count, side, _, _ = pictures.shape
    blocks = pictures.reshape(count, side // 2, 2, side // 2, 2, 3).mean(axis=(2, 4), dtype=np.float32)
    rows: NDArray[np.float32] = blocks.reshape(count, -1) / np.float32(255)
    return rows


def _gaussian(pictures: NDArray[np.uint8], count: int) -> NDArray[np.uint8]:
    """As many pictures, drawn from a Gaussian in the space of their principal components."""
    import numpy as np

    from offchain.generation.image.sketching import components

    rows = pictures.reshape(len(pictures), -1).astype(np.float32) / np.float32(127.5) - 1
    mean, basis = components(rows, min(count, len(rows) - 1))
    spread = ((rows - mean) @ basis.T).std(axis=0)
    scores = np.random.default_rng(0).standard_normal((len(rows), len(basis)), dtype=np.float32) * spread
    levels: NDArray[np.uint8] = np.rint(((mean + scores @ basis).clip(-1, 1) + 1) * 127.5).astype(np.uint8)
    return levels.reshape(pictures.shape)
