"""Pictures from a generator for measuring, many at once in single precision; `making` makes the works."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from offchain.generation.image.network import Generator

__all__ = ["as_levels", "sample"]

_BATCH: Final = 128


def sample(generator: Generator, classes: NDArray[np.int64], *, seed: int) -> NDArray[np.uint8]:
    """One picture a class number, count × side × side × 3, from PyTorch's normal numbers for `seed`."""
    import numpy as np
    import torch

    device = next(generator.parameters()).device
    random = torch.Generator().manual_seed(seed)
    latent = torch.randn(len(classes), generator.latent, generator=random)
    made = []
    with torch.inference_mode():
        for at in range(0, len(classes), _BATCH):
            some = torch.from_numpy(classes[at : at + _BATCH]).to(device)
            made.append(as_levels(generator(latent[at : at + _BATCH].to(device), some).float().cpu().numpy()))
    return np.concatenate(made)


def as_levels(pictures: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Levels 0 to 255, channels last, of −1 to 1, channels first."""
    import numpy as np

    levels: NDArray[np.uint8] = np.rint((pictures.clip(-1, 1) + 1) * 127.5).astype(np.uint8)
    return levels.transpose(0, 2, 3, 1)
