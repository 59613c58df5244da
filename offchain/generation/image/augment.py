"""Differentiable augmentation (Zhao et al. 2020), the same for real pictures and made ones.

A discriminator that sees a few thousand pictures again and again would learn them by heart; moved, mirrored, recoloured
and covered ones it cannot. Each happens to a part of the pictures only, so that the generator learns the plain ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from torch import Generator, Tensor

__all__ = ["augmented"]

_SHIFT: Final = 8  # pixels
_PART: Final = 0.5


def augmented(pictures: Tensor, random: Generator) -> Tensor:
    """Augment pictures (batch × 3 × side × side, −1 to 1) with draws of `random`; gradients pass through."""
    return _covered(_shifted(_recoloured(_mirrored(pictures, random), random), random), random)


def _mirrored(x: Tensor, random: Generator) -> Tensor:
    import torch

    return torch.where(_some(x, random, _PART / 2), x.flip(3), x)


def _recoloured(x: Tensor, random: Generator) -> Tensor:
    """Move the brightness, the distance of colours from grey, and that of levels from white."""
    import torch

    part = _some(x, random, _PART)
    brightness, saturation, contrast = (_spread(x, random) for _ in range(3))
    grey = x.mean(dim=1, keepdim=True)
    changed = (grey + (x - grey) * (1 + saturation) - 1) * (1 + contrast / 2) + 1 + brightness / 2
    return torch.where(part, changed, x)


def _shifted(x: Tensor, random: Generator) -> Tensor:
    """Move by up to `_SHIFT` pixels each way; white comes in."""
    import torch
    from torch.nn import functional

    count, _, side, _ = x.shape
    by = torch.randint(0, 2 * _SHIFT + 1, (2, count, 1), generator=random)
    by = torch.where(_some(x, random, _PART).view(1, count, 1), by, _SHIFT)
    rows, columns = (torch.arange(side) + by).to(x.device)
    padded = functional.pad(x, (_SHIFT,) * 4, value=1.0).permute(0, 2, 3, 1)
    batch = torch.arange(count, device=x.device)[:, None, None]
    return padded[batch, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def _covered(x: Tensor, random: Generator) -> Tensor:
    """Cover a square of half the side with grey."""
    import torch

    count, _, side, _ = x.shape
    at = torch.randint(0, side, (2, count, 1), generator=random)
    inside = (torch.arange(side) - at).abs() < side // 4
    square = (inside[0][:, :, None] & inside[1][:, None, :])[:, None].to(x.device)
    return torch.where(square & _some(x, random, _PART / 2), 0.0, x)


def _some(x: Tensor, random: Generator, part: float) -> Tensor:
    import torch

    return (torch.rand(len(x), generator=random) < part).view(-1, 1, 1, 1).to(x.device)


def _spread(x: Tensor, random: Generator) -> Tensor:
    """−0.5 to 0.5, one a picture."""
    import torch

    return (torch.rand(len(x), generator=random) - 0.5).view(-1, 1, 1, 1).to(x.device)
