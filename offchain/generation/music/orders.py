"""What is asked of the model: a prompt and parameters as one order, and as a record spells them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from offchain.errors import InputError
from offchain.generation.music.keys import fifths
from offchain.generation.music.melody import Melody, read_melody
from offchain.generation.music.midi import write_midi
from offchain.generation.music.params import MusicParams, metre_of
from offchain.generation.music.tokens import KEYS, Metre, Piece
from offchain.generation.provenance import Job, Record, decimal_text, encoded_prompt
from offchain.generation.sampling import check_seed, uniform

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from offchain.generation.music.features import Request

__all__ = ["Order", "order", "read_params", "spelled_params"]

_COMMON_KEYS: Final = tuple(key for key in KEYS if abs(fifths(key)) <= 4)
_KEY_POSITION: Final = 2**40
"""Place of the number that chooses a key; tokens have places below."""


@dataclass(frozen=True, slots=True)
class Order:
    """One piece to write.

    Attributes:
        job: as its record states it.
        params: what piece it shall be.
        melody: to be harmonised; None for a free piece.
    """

    job: Job
    params: MusicParams
    melody: Melody | None

    def request(self) -> Request:
        """What the network is asked for."""
        from offchain.generation.music.features import Request

        if self.melody is None:
            return Request(self.params.bars * self.metre.bar, self.key, self.metre)
        return Request(len(self.melody.tokens), self.key, self.metre, self.melody.tokens)

    @property
    def key(self) -> str | None:
        """The key asked for, else the melody's, which may be unknown; a free piece has one by its seed."""
        if self.params.key is None and self.melody is None:
            return _COMMON_KEYS[int(uniform(self.job.seed, _KEY_POSITION) * len(_COMMON_KEYS))]
        return self.params.key or (self.melody.key if self.melody else None)

    @property
    def metre(self) -> Metre:
        """The melody's metre, else the one asked for."""
        return self.melody.metre if self.melody else metre_of(self.params.metre)

    def spelled(self, frames: NDArray[np.int64]) -> bytes:
        """These frames as the master's bytes."""
        title = ("Melody in four parts" if self.melody else "Four parts") + (f", {self.key}" if self.key else "")
        return write_midi(Piece(frames, self.key, self.metre), tempo=self.params.tempo, title=title)


def order(prompt: str, params: MusicParams, seed: int, created: int) -> Order:
    """What is asked for, once it is known that it can be written.

    Raises:
        InputError: as `generate`.
    """
    check_seed(seed)
    melody = read_melody(prompt) if prompt.strip() else None
    return Order(Job(encoded_prompt(prompt), spelled_params(params), seed, created), params, melody)


def spelled_params(params: MusicParams) -> Record:
    """The parameters as a record spells them."""
    return {
        "key": params.key,
        "bars": params.bars,
        "metre": params.metre,
        "tempo": params.tempo,
        "temperature": decimal_text(params.temperature),
        "top_p": decimal_text(params.top_p),
    }


def read_params(parameters: Record) -> MusicParams:
    """The parameters that a record spells.

    Raises:
        InputError: `provenance-malformed`, or a value outside its range.
    """
    try:
        key = parameters["key"]
        return MusicParams(
            None if key is None else str(key),
            int(parameters["bars"]),
            str(parameters["metre"]),
            int(parameters["tempo"]),
            float(parameters["temperature"]),
            float(parameters["top_p"]),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise InputError(
            "provenance-malformed", "its parameters are not a piece's", "take a record made by Colophon"
        ) from error
