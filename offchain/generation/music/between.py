"""From one file to another: the pieces between two, as files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offchain.generation.music.interpolation import interpolate
from offchain.generation.music.midi import read_midi, read_tempo, write_midi

if TYPE_CHECKING:
    from offchain.generation.music.vae import MusicVAE

__all__ = ["between"]


def between(first: bytes, last: bytes, steps: int, network: MusicVAE | None = None) -> list[bytes]:
    """MIDI files on the way from one piece to another, in the key and tempo of the first.

    They are sketches without a provenance record: nothing is drawn, so the two files and the model determine them.

    Args:
        first: MIDI file of a piece of at least two bars.
        last: as long.
        steps: files to make, 2 or more; the ends are what the model makes of the given ones.
        network: in float64; None for the one that ships.

    Raises:
        InputError: `midi-malformed`; else as `interpolate`.
    """
    made = interpolate(read_midi(first), read_midi(last), steps, network)
    tempo = read_tempo(first)
    return [
        write_midi(piece, tempo=tempo, title=f"Between two pieces, {number} of {steps}")
        for number, piece in enumerate(made, 1)
    ]
