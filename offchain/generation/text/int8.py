"""Linear layers whose weights are bytes: a quarter of the memory to read, which is what one stream's speed hangs on.

Each row of a weight is divided by its largest magnitude over 127 and rounded (symmetric, one scale a row, weights
only: Dettmers et al. 2022, §2.1, without their activations). Activations and sums stay in float32, so that what
processors disagree on stays as small as with float32 weights.

Importing this module imports torch and numba; import it inside functions.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

import numpy as np
import torch
from llvmlite.binding import get_host_cpu_name  # type: ignore[import-untyped]  # it ships no types
from numba import njit
from numpy.typing import NDArray
from torch import Tensor, nn

__all__ = ["Int8Linear", "compiled_for", "narrowed"]

F = TypeVar("F", bound=Callable[..., Any])

_FEW: Final = 16
"""Rows up to which the bytes are multiplied as they are; above, widening them once for a matrix product is faster."""

_SUMS_IN_ANY_ORDER: Final = {"reassoc", "contract", "nsz"}  # what lets a sum use the processor's vectors


def narrowed(network: nn.Module) -> None:
    """Replace every linear layer of `network` by one with bytes; embeddings stay as they are."""
    for parent in list(network.modules()):
        for name, layer in list(parent.named_children()):
            if isinstance(layer, nn.Linear):
                setattr(parent, name, Int8Linear(layer))


def compiled_for() -> str:
    """What numba compiles for: the host, whatever torch may use, unless `NUMBA_CPU_NAME` names another."""
    return os.environ.get("NUMBA_CPU_NAME") or str(get_host_cpu_name())


class Int8Linear(nn.Module):
    """A linear layer without its float weights; for inference on a CPU, on the calling thread.

    Attributes:
        weight: int8 (out, in).
        scale: float32 (out,); a row's weights are `scale * weight`.
        bias: float32 (out,), or None.
    """

    weight: Tensor
    scale: Tensor
    bias: Tensor | None

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        wide = layer.weight.detach().float()
        scale = (wide.abs().amax(1) / 127).clamp_min(torch.finfo(torch.float32).tiny)
        self.register_buffer("weight", (wide / scale[:, None]).round().to(torch.int8))
        self.register_buffer("scale", scale)
        self._bytes, self._scales = self.weight.numpy(), self.scale.numpy()  # views: asking for them costs 3 µs a call
        self.register_buffer("bias", None if layer.bias is None else layer.bias.detach().float())

    def forward(self, x: Tensor) -> Tensor:
        """(…, in) to (…, out), float32."""
        rows = x if x.dim() == 2 else x.reshape(-1, x.shape[-1])
        out = self._narrow(rows) if rows.shape[0] <= _FEW else (rows @ self.weight.float().T) * self.scale
        out = out if self.bias is None else out + self.bias
        return out if x.dim() == 2 else out.reshape(*x.shape[:-1], out.shape[-1])

    def _narrow(self, rows: Tensor) -> Tensor:
        out = np.empty((rows.shape[0], self._bytes.shape[0]), np.float32)
        _multiply(rows.contiguous().numpy(), self._bytes, self._scales, out)
        return torch.from_numpy(out)


def _compiled(function: F) -> F:
    try:
        return cast(F, njit(nogil=True, cache=True, fastmath=_SUMS_IN_ANY_ORDER)(function))
    except RuntimeError:  # neither this folder nor the user's can be written
        return cast(F, njit(nogil=True, fastmath=_SUMS_IN_ANY_ORDER)(function))


@_compiled
def _multiply(
    x: NDArray[np.float32], weight: NDArray[np.int8], scale: NDArray[np.float32], out: NDArray[np.float32]
) -> None:
    """`out` (rows, outputs) becomes x (rows, inputs) times the scaled weight (outputs, inputs), transposed."""
    fours = x.shape[0] // 4 * 4
    # Four rows share each widened byte: widening costs more than multiplying.
    for row in range(0, fours, 4):
        x0, x1, x2, x3 = x[row], x[row + 1], x[row + 2], x[row + 3]
        for n in range(weight.shape[0]):
            s0 = s1 = s2 = s3 = np.float32(0)
            for k in range(weight.shape[1]):
                w = np.float32(weight[n, k])
                s0 += x0[k] * w
                s1 += x1[k] * w
                s2 += x2[k] * w
                s3 += x3[k] * w
            by = scale[n]
            out[row, n], out[row + 1, n], out[row + 2, n], out[row + 3, n] = s0 * by, s1 * by, s2 * by, s3 * by
    for row in range(fours, x.shape[0]):
        given = x[row]
        for n in range(weight.shape[0]):
            total = np.float32(0)
            for k in range(weight.shape[1]):
                total += given[k] * np.float32(weight[n, k])
            out[row, n] = total * scale[n]
