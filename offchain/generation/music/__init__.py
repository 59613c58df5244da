"""Pieces for four voices: one call writes one, others prove a record by writing or reading it again.

`melody` is the notation that can be harmonised, `transcription` finds it in a MIDI file; `writing` generates,
reproduces and replays; `midi` is a piece as a file, `sound` as WAV, `roll` as a picture; `between` leads from one
file to another; `network` is the model, `training` how it was taught.
"""

from __future__ import annotations

from offchain.generation.music.between import between
from offchain.generation.music.midi import MEDIA_TYPE, read_midi
from offchain.generation.music.params import MusicParams
from offchain.generation.music.roll import piano_roll
from offchain.generation.music.sound import render
from offchain.generation.music.transcription import transcribe
from offchain.generation.music.writing import generate, generate_batch, replay, reproduce

__all__ = [
    "MEDIA_TYPE",
    "MusicParams",
    "between",
    "generate",
    "generate_batch",
    "piano_roll",
    "read_midi",
    "render",
    "replay",
    "reproduce",
    "transcribe",
]
