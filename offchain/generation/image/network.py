"""The generator and the discriminator: residual, without normalisation, conditioned on the class.

After R3GAN (Huang et al. 2024, §3), smaller and with its finest stage folded into channels (Shi et al. 2016), so that
one processor core can train it. Imports torch at the top: import it inside functions only.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["Discriminator", "Generator", "Shape", "Sketch"]

_SLOPE: Final = 0.2
_FOLD: Final = 4  # pixels along each side of the patch that one position of the finest stage stands for
_COARSEST: Final = 4  # positions along each side of the coarsest stage


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of both networks.

    Attributes:
        classes: of picture.
        latent: normal numbers that a picture is made from.
        widths: channels of the stages at 4 × 4, 8 × 8 and 16 × 16 positions.
        depth: residual blocks a stage.
        grain: channels at full resolution, before the last convolution.
        embedding: numbers that stand for a class.
        draft: pixels along each side of the draft that the generator starts from.
        components: principal components of that draft.
    """

    classes: int
    latent: int = 64
    widths: tuple[int, ...] = (128, 64, 32)
    depth: int = 1
    grain: int = 8
    embedding: int = 32
    draft: int = 32
    components: int = 128

    def document(self) -> dict[str, Any]:
        """As plain JSON."""
        return asdict(self) | {"widths": list(self.widths)}

    @staticmethod
    def of(document: dict[str, Any]) -> Shape:
        """The shape that `document` gave."""
        return Shape(**document | {"widths": tuple(document["widths"])})


class Block(nn.Module):
    """A residual block whose branch starts at zero (Zhang et al. 2019, Fixup)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        nn.init.kaiming_normal_(self.first.weight, _SLOPE)
        nn.init.zeros_(self.second.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Of the shape of `x`, batch × width × height × width."""
        inner = functional.leaky_relu(self.first(functional.leaky_relu(x, _SLOPE)), _SLOPE)
        return x + self.second(inner)  # type: ignore[no-any-return]  # nn.Module calls are untyped


class Sketch(nn.Module):
    """A Gaussian draft of a picture: principal components at half resolution, a mean and a covariance a class.

    Its numbers are measured, not learned by descent (`sketching`); the generator starts as this draft exactly.
    """

    mean: Tensor
    basis: Tensor
    centres: Tensor
    factors: Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        pixels = 3 * shape.draft**2
        self.register_buffer("mean", torch.zeros(pixels))
        self.register_buffer("basis", torch.zeros(shape.components, pixels))
        self.register_buffer("centres", torch.zeros(shape.classes, shape.components))
        self.register_buffer("factors", torch.zeros(shape.classes, shape.components, shape.latent))
        self.side = shape.draft

    def forward(self, latent: Tensor, classes: Tensor) -> Tensor:
        """Drafts, batch × 3 × 32 × 32, about −1 to 1."""
        scores = self.centres[classes] + (self.factors[classes] @ latent[:, :, None]).squeeze(2)
        return (self.mean + scores @ self.basis).reshape(-1, 3, self.side, self.side)


class Generator(nn.Module):
    """Normal numbers and a class to a picture: a draft, and what residual stages add to it."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.sketch = Sketch(shape)
        self.embed = nn.Embedding(shape.classes, shape.embedding)
        self.start = nn.Linear(shape.latent + shape.embedding, shape.widths[0] * _COARSEST**2)
        self.stages = nn.ModuleList(_stage(width, shape.depth) for width in shape.widths)
        self.between = nn.ModuleList(_narrow(a, b) for a, b in pairwise(shape.widths))
        self.seen = nn.ModuleList(
            _narrow(3 * (shape.draft // (_COARSEST << number)) ** 2, width) for number, width in enumerate(shape.widths)
        )
        self.unfold = nn.Conv2d(shape.widths[-1], shape.grain * _FOLD**2, 1)
        self.colour = nn.Conv2d(shape.grain + 3, 3, 3, padding=1)
        nn.init.zeros_(self.colour.weight)
        nn.init.zeros_(self.colour.bias)  # type: ignore[arg-type]  # there is one
        self.width, self.latent = shape.widths[0], shape.latent

    def forward(self, latent: Tensor, classes: Tensor) -> Tensor:
        """Pictures, batch × 3 × side × side, −1 black to 1 white, of latents (batch × latent) and class numbers."""
        return self.unlimited(latent, classes).clamp(-1, 1)

    def unlimited(self, latent: Tensor, classes: Tensor) -> Tensor:
        """As `forward`, but what is whiter than white or blacker than black is left."""
        draft = self.sketch(latent, classes)
        x = self.start(torch.cat([latent, self.embed(classes)], dim=1))
        x = x.reshape(-1, self.width, _COARSEST, _COARSEST)
        for number, stage in enumerate(self.stages):
            if number:
                x = _doubled(self.between[number - 1](x))
            folded = functional.pixel_unshuffle(draft, draft.shape[2] // x.shape[2])
            x = stage(x + self.seen[number](folded))
        x = functional.pixel_shuffle(self.unfold(functional.leaky_relu(x, _SLOPE)), _FOLD)
        draft = _doubled(draft)
        return draft + self.colour(torch.cat([functional.leaky_relu(x, _SLOPE), draft], dim=1))  # type: ignore[no-any-return]  # nn.Module calls are untyped


class Discriminator(nn.Module):
    """A picture and its class to how real it looks: only differences between pictures mean anything."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        widths = shape.widths[::-1]
        self.fold = nn.Conv2d(3, widths[0], 2 * _FOLD, stride=_FOLD, padding=_FOLD // 2)
        self.stages = nn.ModuleList(_stage(width, shape.depth) for width in widths)
        self.between = nn.ModuleList(_narrow(a, b) for a, b in pairwise(widths))
        self.end = nn.Linear(widths[-1] * _COARSEST**2, shape.embedding)
        self.embed = nn.Embedding(shape.classes, shape.embedding)

    def forward(self, pictures: Tensor, classes: Tensor) -> Tensor:
        """One number a picture."""
        x = self.fold(pictures)
        for number, stage in enumerate(self.stages):
            if number:
                x = functional.avg_pool2d(self.between[number - 1](x), 2)
            x = stage(x)
        seen = self.end(functional.leaky_relu(x, _SLOPE).flatten(1))
        # Projection onto the class (Miyato and Koyama 2018, eq. 3), with the norm that keeps its scale near 1.
        judged: Tensor = (seen * self.embed(classes)).sum(dim=1) / seen.shape[1] ** 0.5
        return judged


def _stage(width: int, depth: int) -> nn.Sequential:
    return nn.Sequential(*(Block(width) for _ in range(depth)))


def _narrow(before: int, after: int) -> nn.Conv2d:
    return nn.Conv2d(before, after, 1)


def _doubled(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
