"""One pass over a piece: true ones are never refused, edited ones are found out."""

from __future__ import annotations

import numpy as np
import pytest

from offchain.errors import InputError
from offchain.generation.music.decoding import draw
from offchain.generation.music.features import Request
from offchain.generation.music.melody import read_melody
from offchain.generation.music.params import MusicParams
from offchain.generation.music.replaying import TOLERANCE, check
from offchain.generation.music.tokens import RANGES, REST, VOICES, Metre, check_frames, onset

MELODY = read_melody("[K:G] g2 a2 g2 f2 | g4 z2 d2 |]")
REQUESTS = [
    Request(32, "G major", Metre()),
    Request(len(MELODY.tokens), MELODY.key, MELODY.metre, MELODY.tokens),
    Request(20, None, Metre(3, 4, 4)),
]


@pytest.mark.parametrize("params", [MusicParams(), MusicParams(temperature=1, top_p=1), MusicParams(temperature=0)])
def test_check__pieces_as_they_were_drawn__are_accepted(model, params):
    """Drawn in one batch, token by token; read alone and at once."""
    pieces = draw(model.network, REQUESTS, params, [1, 2, 3])

    for request, seed, piece in zip(REQUESTS, (1, 2, 3), pieces, strict=True):
        found = check(model.network, request, piece.frames, params, seed)
        assert found.accepted
        assert (found.worst <= TOLERANCE, found.position, found.draws) == (True, None, piece.draws)


def edits(frames, rng):
    """Pieces that differ from `frames` in one token and are pieces still."""
    while True:
        edited = frames.copy()
        frame, voice = rng.integers(len(frames)), rng.integers(4)
        low, high = RANGES[VOICES[voice]]
        edited[frame, voice] = rng.choice([0, REST, *range(onset(low), onset(high) + 1)])
        try:
            check_frames(edited)
        except InputError:
            continue
        if (edited != frames).any():
            yield edited


def test_check__one_token_edited__is_found_out_where_it_is(model):
    """Every draw is held against its own number: an edit fits only if its token's interval holds that number too."""
    params, rng = MusicParams(), np.random.default_rng(1)
    frames = draw(model.network, REQUESTS[:1], params, [1])[0].frames
    for edited in [edited for edited, _ in zip(edits(frames, rng), range(30), strict=False)]:
        found = check(model.network, REQUESTS[0], edited, params, 1)
        first = int(np.flatnonzero((edited != frames).reshape(-1))[0])
        assert not found.accepted
        assert found.position == first
        assert found.worst > TOLERANCE


def test_check__other_seed_or_parameters__are_found_out(model):
    params = MusicParams(temperature=1, top_p=1)
    frames = draw(model.network, REQUESTS[:1], params, [1])[0].frames

    assert not check(model.network, REQUESTS[0], frames, params, 2).accepted
    assert not check(model.network, REQUESTS[0], frames, MusicParams(temperature=0.7, top_p=1), 1).accepted
    assert not check(model.network, Request(32, "D major", Metre()), frames, params, 1).accepted


def test_check__other_melody__is_found_out_at_its_first_note(model):
    request = REQUESTS[1]
    frames = draw(model.network, [request], MusicParams(), [2])[0].frames
    frames[4, VOICES.index("soprano")] = onset(60)
    found = check(model.network, request, frames, MusicParams(), 2)

    assert (found.accepted, found.position) == (False, 4 * len(VOICES) + VOICES.index("soprano"))
