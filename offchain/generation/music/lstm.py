"""The recurrent baseline: the music model with a long short-term memory where its attention is.

Imports torch at the top: import it inside functions. It reads and writes tokens as `MusicTransformer` does, so the
figures of the two differ by the memory alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from torch import Tensor, nn

from offchain.generation.music.network import Config, MusicTransformer

__all__ = ["MusicLSTM"]


class MusicLSTM(MusicTransformer):
    """Only `forward` is of use; it was never meant to be shipped."""

    def __init__(self, config: Config) -> None:
        super().__init__(replace(config, layers=0))
        self.config = config
        between = config.dropout if config.layers > 1 else 0.0
        self.memory = nn.LSTM(config.width, config.width, config.layers, batch_first=True, dropout=between)

    def trunk(self, hidden: Tensor) -> Tensor:
        """[B, T, width] → the same (Hochreiter and Schmidhuber 1997), added to what it reads."""
        return cast(Tensor, hidden + self.memory(hidden)[0])
