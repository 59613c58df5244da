"""Draws of a whole batch on the device where its logits lie: what `sampling.choose` does, row by row, in torch.

Only the tokens and their margins leave the device, not a vocabulary of logits for each text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from offchain.generation.sampling import Choice, Drawing

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["draw_batch", "draw_rows"]


def draw_batch(logits: Tensor, params: Drawing, points: Sequence[float]) -> list[Choice]:
    """As `sampling.choose` of each row at its own point.

    Args:
        logits: (rows, vocabulary), any float type; arithmetic is in float64.
        params: temperature and nucleus of all rows.
        points: one a row, in [0, 1).
    """
    import torch

    with torch.inference_mode():
        tokens, margins = draw_rows(logits, params, torch.tensor(points, dtype=torch.float64, device=logits.device))
    return [Choice(token, margin) for token, margin in zip(tokens.tolist(), margins.tolist(), strict=True)]


def draw_rows(logits: Tensor, params: Drawing, points: Tensor) -> tuple[Tensor, Tensor]:
    """Tokens int64 (rows,) and margins float64 (rows,), both on the device; nothing waits for it.

    `points` is float64 (rows,) on the device of `logits`.
    """
    if params.temperature == 0:
        return _likeliest(_probabilities(logits, 1.0))
    probabilities = _probabilities(logits, params.temperature)
    if params.top_p == 1:
        return _inverted(probabilities, points)
    return _inverted_nucleus(probabilities, params.top_p, points)


def _probabilities(logits: Tensor, temperature: float) -> Tensor:
    scaled = logits.double()
    weights = ((scaled - scaled.amax(1, keepdim=True)) / temperature).exp()
    return weights / weights.sum(1, keepdim=True)


def _likeliest(probabilities: Tensor) -> tuple[Tensor, Tensor]:
    token = probabilities.argmax(1, keepdim=True)
    most = probabilities.gather(1, token)
    less = probabilities.scatter(1, token, 0.0).amax(1, keepdim=True)
    return token[:, 0], _rank_margin(most, less)[:, 0]


def _inverted(weights: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
    import torch

    cumulative = weights.cumsum(1)
    cumulative = cumulative / cumulative[:, -1:]
    u = points[:, None]
    token = torch.searchsorted(cumulative, u.contiguous(), right=True)
    below = cumulative.gather(1, (token - 1).clamp_min(0))
    above = cumulative.gather(1, token)
    # 0 and 1 are no boundaries: no rounding moves a draw across them.
    from_below = torch.where((token > 0) & (below > 0), u - below, 1.0)
    from_above = torch.where(above < 1, above - u, 1.0)
    return token[:, 0], torch.minimum(from_below, from_above)[:, 0]


def _inverted_nucleus(probabilities: Tensor, top_p: float, points: Tensor) -> tuple[Tensor, Tensor]:
    import torch

    ordered = probabilities.sort(1, descending=True).values
    reached = ordered.cumsum(1)
    last = torch.searchsorted(reached, torch.full_like(points, top_p)[:, None]).clamp_max(ordered.shape[1] - 1)
    edge = ordered.gather(1, last)
    token, margin = _inverted(torch.where(probabilities >= edge, probabilities, 0.0), points)
    for slack, inside in _neighbours(probabilities, ordered, reached - top_p, edge):
        other, _ = _inverted(torch.where(inside, probabilities, 0.0), points)
        margin = torch.where((slack < margin) & (other != token), slack, margin)
    return token, margin


def _neighbours(probabilities: Tensor, ordered: Tensor, excess: Tensor, edge: Tensor) -> list[tuple[Tensor, Tensor]]:
    """See `sampling._neighbours`; a neighbour that a row does not have is given a slack that no margin exceeds."""
    import torch

    above = (probabilities > edge).sum(1, keepdim=True)
    size = (probabilities >= edge).sum(1, keepdim=True)
    further = size < ordered.shape[1]
    following = torch.where(further, ordered.gather(1, size.clamp_max(ordered.shape[1] - 1)), edge)
    narrower = torch.where(above > 0, -excess.gather(1, (above - 1).clamp_min(0)), 1.0)
    wider = torch.where(further, excess.gather(1, size - 1), 1.0)
    swapped = torch.where(further, _rank_margin(edge, following), 1.0)
    likelier = probabilities > edge
    return [
        (narrower[:, 0], torch.where(above > 0, likelier, probabilities >= edge)),
        (wider[:, 0], probabilities >= following),
        (swapped[:, 0], likelier | (probabilities == following)),
    ]


def _rank_margin(more: Tensor, less: Tensor) -> Tensor:
    return (more - less) / (more + less) / 2
