"""From a class and a seed to the levels of a picture, in double precision."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

from offchain.generation.sampling import uniform

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from offchain.generation.image.network import Generator

__all__ = ["Painted", "latent_numbers", "paint"]


@dataclass(frozen=True, slots=True)
class Painted:
    """A picture at the model's own size.

    Attributes:
        levels: side × side × 3.
        margin: how far, in levels, any value may be off without changing a level; at most 0.5.
    """

    levels: NDArray[np.uint8]
    margin: float


def latent_numbers(seed: int, count: int) -> list[float]:
    """Normal numbers of a seed: number i is where the normal distribution reaches `uniform(seed, i)`.

    Wichura's AS 241 (1988), as in Python's statistics module, good to 1e-16 of the number.
    """
    normal = NormalDist()
    return [normal.inv_cdf(max(uniform(seed, position), 2.0**-54)) for position in range(count)]


def paint(network: Generator, number: int, truncation: float, seed: int) -> Painted:
    """The picture of a class number and a seed; `network` is in float64."""
    import numpy as np
    import torch

    device = network.embed.weight.device
    latent = torch.tensor([latent_numbers(seed, network.latent)], dtype=torch.float64, device=device) * truncation
    with torch.inference_mode():
        made = network(latent, torch.tensor([number], device=device))[0].permute(1, 2, 0).cpu().numpy()
    exact = (made.clip(-1, 1) + 1) * 127.5
    levels = np.rint(exact)
    return Painted(levels.astype(np.uint8), float((0.5 - np.abs(exact - levels)).min()))
