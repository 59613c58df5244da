"""What the music models know: nats on chorales that they were not taught with, and how much they copy.

Data that does not ship is named by the environment:
    COLOPHON_BENCH_CHORALES       folder corpus/bach of music21: shipped weights, n-gram, copies
    COLOPHON_BENCH_JSB_QUARTER    jsb-chorales-quarter.json: nats per frame in five CPU minutes
    COLOPHON_BENCH_JSB_SIXTEENTH  Jsb16thSeparated.json: nats per token on the published split
The campaign also trains the recurrent model and the network on sixteenths. One torch thread throughout.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
import torch

from offchain.generation.music.corpus import read_corpus
from offchain.generation.music.decoding import draw
from offchain.generation.music.evaluation import averaged_nats_per_token, nats_per_token
from offchain.generation.music.features import Request
from offchain.generation.music.interpolation import load_vae, normalised, passages
from offchain.generation.music.learners import learner
from offchain.generation.music.memorisation import longest_shared
from offchain.generation.music.model import MusicModel, load_model
from offchain.generation.music.ngram import NGram
from offchain.generation.music.params import MusicParams
from offchain.generation.music.tokens import VOCABULARY, Metre, Piece
from offchain.generation.music.trainee import Parts
from offchain.generation.music.training import divided
from offchain.generation.music.vae import PASSAGE
from offchain.generation.runtime import torch_threads
from tests.bench.generation import jsb_quarter, jsb_sixteenths
from tests.bench.report import Row

__all__ = ["rows"]

CHORALES: Final = "COLOPHON_BENCH_CHORALES"
QUARTER: Final = "COLOPHON_BENCH_JSB_QUARTER"
SIXTEENTH: Final = "COLOPHON_BENCH_JSB_SIXTEENTH"
ORDERS: Final = (5, 9, 13, 17)
LSTM: Final = {"model": "lstm", "layers": 2, "rate": 3e-3, "steps": 1300}
COPIES: Final = 50
PIECE: Final = 128
"""Sixteenths of the pieces that are searched for copies: eight bars."""

Missing: TypeAlias = list[dict[str, str]]


def rows(missing: Missing, campaign: bool = False) -> Iterator[Row]:
    """Rows of what is at hand; what is not is added to `missing`."""
    with torch_threads(1):
        if folder := _named(CHORALES, "music, shipped weights and baselines", missing):
            yield from chorales(folder, campaign)
        if file := _named(QUARTER, "music, JSB quarter notes", missing):
            yield from quarters(file)
        if file := _named(SIXTEENTH, "music, JSB sixteenths", missing):
            yield from sixteenths(file, missing, campaign)


def quarters(file: Path) -> Iterator[Row]:
    """Five CPU minutes of training on the quarter-note set."""
    parts = jsb_quarter.read_quarters(file)
    found = jsb_quarter.measure(parts)
    peers = {"RNN-NADE, published": 5.56}
    yield _row("JSB quarter notes, test, training and test in CPU seconds below", found.nats, "nats/frame", 5.3, peers)
    yield _row("JSB quarter notes, CPU seconds of training and test", found.seconds, "s", 300)
    nats, order = jsb_quarter.measure_ngram(parts)
    yield _row(f"JSB quarter notes, test, {order}-gram (order chosen on the validation part)", nats, "nats/frame")


def sixteenths(file: Path, missing: Missing, campaign: bool) -> Iterator[Row]:
    """The network on the published split of sixteenths; half an hour, so in the campaign alone."""
    name = "JSB sixteenths, test, pitches only, told nothing"
    if not campaign:
        missing.append({"name": name, "why": "part of the campaign"})
        return
    found = jsb_sixteenths.measure(jsb_sixteenths.read_sixteenths(file))
    peers = {"Music Transformer, published": 0.335, "Coconet, published": 0.436, "5-gram, measured": 0.916}
    yield _row(name, found.nats, "nats/token", 0.45, peers)
    yield _row(f"{name}, averaged over eleven transposed readings", found.averaged, "nats/token", 0.45, peers)
    yield _row("JSB sixteenths, CPU seconds of training and test", found.seconds, "s")


def chorales(folder: Path, campaign: bool) -> Iterator[Row]:
    """The shipped weights and what they are compared with, on chorales whose tunes they were not taught with."""
    parts = [[one.piece for one in part] for part in divided(read_corpus(folder))]
    taught, chosen, held_out = parts
    model = load_model("cpu")
    yield from shipped(model, held_out)
    yield from ngrams(taught, chosen, held_out)
    if campaign:
        yield from recurrent(taught, chosen, held_out)
    yield from copies(model, taught, held_out, COPIES if campaign else COPIES // 5)
    yield from between(held_out)


def shipped(model: MusicModel, held_out: Sequence[Piece]) -> Iterator[Row]:
    """The shipped transformer, told key, metre and length; told nothing; and with the melody."""
    name = f"shipped transformer, {len(held_out)} chorales held out, onsets and pitches"
    network = model.network.float()
    peers = {"5-gram, measured": 0.916, "Coconet, published on another set": 0.436}
    told = nats_per_token(network, held_out, informed=True)
    yield _row(f"{name}, told key, metre, length", told, "nats/token", 0.45, peers)
    averaged = averaged_nats_per_token(network, held_out, informed=True)
    yield _row(f"{name}, told the same, averaged with eleven transposed readings", averaged, "nats/token", 0.45, peers)
    yield _row(f"{name}, told nothing", nats_per_token(network, held_out, informed=False), "nats/token")
    lower = nats_per_token(network, held_out, informed=True, melody=True)
    yield _row(f"{name}, melody given, lower voices", lower, "nats/token")
    network.double()


def ngrams(taught: Sequence[Piece], chosen: Sequence[Piece], held_out: Sequence[Piece]) -> Iterator[Row]:
    """The n-gram of the order that is best on the part for choosing, in C major and A minor, as the network reads."""
    found = {}
    for order in ORDERS:
        model = NGram(order, VOCABULARY)
        model.learn(_flat(piece) for piece in taught)
        found[order] = (_ngram_nats(model, chosen), model)
    best = min(found, key=lambda order: found[order][0])
    yield _row(f"{best}-gram on the same chorales", _ngram_nats(found[best][1], held_out), "nats/token")


def recurrent(taught: Sequence[Piece], chosen: Sequence[Piece], held_out: Sequence[Piece]) -> Iterator[Row]:
    """The same network with an LSTM for attention, trained for as many steps of as many notes."""
    begun = time.process_time()
    learning, _ = learner(LSTM, 1, Parts(taught, chosen, held_out))
    for number in range(1, int(LSTM["steps"]) + 1):
        learning.step(number)
    seconds = time.process_time() - begun
    parameters = sum(tensor.numel() for tensor in learning.network.parameters())
    name = f"LSTM of {parameters:,} parameters on the same chorales, told key, metre, length"
    yield _row(name, learning.evaluate()["test_nats_per_token"], "nats/token")
    yield _row("LSTM, CPU seconds of training", seconds, "s")


def copies(model: MusicModel, taught: Sequence[Piece], held_out: Sequence[Piece], count: int) -> Iterator[Row]:
    """Longest runs of sixteenths that eight-bar pieces share with the music taught, in any key."""
    network = model.network
    params = MusicParams(key="G major", bars=PIECE // 16)
    requests = [Request(PIECE, "G major" if number % 2 else "E minor", Metre()) for number in range(count)]
    drawn = draw(network, requests, params, range(count))
    yield from _runs("written", [Piece(one.frames) for one in drawn], taught)
    yield from _runs("by Bach, held out,", [Piece(one.frames[:PIECE]) for one in held_out], taught)


def between(held_out: Sequence[Piece]) -> Iterator[Row]:
    """How much of two bars the autoencoder regains from their point."""
    network = load_vae()
    cuts = torch.from_numpy(np.concatenate([passages(normalised(piece)[0], PASSAGE) for piece in held_out]))
    with torch.inference_mode():
        regained = network.decode(network.encode(cuts)[0])
    row = _row("autoencoder, tokens of held-out passages regained", float((regained == cuts).double().mean()), "")
    yield {**row, "better": "higher"}


def _runs(name: str, pieces: Sequence[Piece], taught: Sequence[Piece]) -> Iterator[Row]:
    runs = [longest_shared(piece, taught) for piece in pieces]
    unit = "sixteenths"
    yield _row(f"{len(pieces)} pieces {name} longest run shared with one taught, median", float(np.median(runs)), unit)
    yield _row(f"{len(pieces)} pieces {name} longest run shared with one taught, most", max(runs), unit)


def _flat(piece: Piece) -> list[int]:
    tokens: list[int] = normalised(piece)[0].flatten().tolist()
    return tokens


def _ngram_nats(model: NGram, pieces: Sequence[Piece]) -> float:
    return sum(sum(model.nats(_flat(piece))) for piece in pieces) / sum(piece.frames.size for piece in pieces)


def _row(
    name: str, value: float, unit: str, goal: float | None = None, references: dict[str, Any] | None = None
) -> Row:
    known = {"name": name, "value": round(value, 4), "unit": unit, "better": "lower", "goal": goal}
    return {**known, "references": references or {}}


def _named(variable: str, name: str, missing: Missing) -> Path | None:
    """The file or folder that the environment names, if it is there."""
    path = Path(os.environ.get(variable, ""))
    if variable in os.environ and path.exists():
        return path
    missing.append({"name": name, "why": f"{variable} names nothing on this machine"})
    return None
