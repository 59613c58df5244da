"""Drawing pieces: what is masked, what is forced, and that a batch changes nothing."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from offchain.generation.music.decoding import draw
from offchain.generation.music.features import Request, conditions
from offchain.generation.music.grammar import BEGINNING, SILENT, SOUNDING, allowed, states_before
from offchain.generation.music.melody import read_melody
from offchain.generation.music.params import MusicParams
from offchain.generation.music.tokens import HOLD, RANGES, REST, VOICES, Metre, check_frames, pitch_of

PARAMS = MusicParams(temperature=1, top_p=1)
FREE = Request(32, "G major", Metre())
MELODY = read_melody("[K:G] g2 a2 g2 f2 | g4 z2 d2 |]")
GIVEN = Request(len(MELODY.tokens), MELODY.key, MELODY.metre, MELODY.tokens)


def test_draw__any_piece__is_one_and_within_the_voices(model):
    """A model that was never taught would draw holds of nothing and notes that nobody sings."""
    pieces = draw(model.network, [FREE] * 8, PARAMS, range(8))

    for piece in pieces:
        check_frames(piece.frames)
        assert piece.frames.shape == (32, 4)
        for voice, name in enumerate(VOICES):
            onsets = piece.frames[:, voice][piece.frames[:, voice] > REST]
            assert all(RANGES[name][0] <= pitch_of(int(token)) <= RANGES[name][1] for token in onsets)


def test_draw__two_seeds__draw_two_pieces_and_the_same_seed_one(model):
    one, again, other = draw(model.network, [FREE] * 3, PARAMS, [1, 1, 2])

    assert (one.frames == again.frames).all()
    assert (one.frames != other.frames).any()


def test_draw__melody__is_sung_note_for_note_and_not_drawn(model):
    piece = draw(model.network, [GIVEN], PARAMS, [3])[0]

    assert piece.frames[:, VOICES.index("soprano")].tolist() == MELODY.tokens
    assert piece.draws == 3 * len(MELODY.tokens)


def test_draw__in_a_batch_of_other_lengths__is_as_alone(model):
    """Padding, other pieces' melodies and the rounding of a larger product change no draw."""
    requests = [FREE, GIVEN, Request(12, None, Metre(3, 4)), Request(70, "C minor", Metre(4, 4, 4))]
    together = draw(model.network, requests, PARAMS, [1, 2, 3, 4])

    for request, seed, piece in zip(requests, (1, 2, 3, 4), together, strict=True):
        alone = draw(model.network, [request], PARAMS, [seed])[0]
        assert (alone.frames == piece.frames).all()
        assert alone.draws == piece.draws
        assert alone.margin == pytest.approx(piece.margin, abs=1e-12)


def test_draw__progress__counts_frames_of_the_longest_and_may_cancel(model):
    seen = []
    draw(
        model.network,
        [Request(2, None, Metre()), Request(3, None, Metre())],
        PARAMS,
        [1, 2],
        lambda *at: seen.append(at),
    )

    assert seen == [(1, 3), (2, 3), (3, 3)]

    def stop(done, most):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        draw(model.network, [FREE], PARAMS, [1], stop)


def test_draw__longer_than_the_window__goes_on(model):
    """The network looks back over a window of frames; a piece may be longer."""
    assert model.network.config.window == 64
    piece = draw(model.network, [Request(70, None, Metre())], PARAMS, [1])[0]

    check_frames(piece.frames)


def test_draw__one_step_or_all_at_once__same_logits(model):
    """Writing token by token and reading the whole piece are one distribution: what a replay rests on."""
    request = Request(70, "C minor", Metre(4, 4, 4))
    frames = draw(model.network, [request], PARAMS, [4])[0].frames
    with torch.inference_mode():
        whole = model.network(torch.tensor(frames)[None], conditions([request]))[0]
        stream = model.network.begin(conditions([request]))
        steps = [stream.logits[0]]
        steps += [stream.next(torch.tensor([token]))[0] for token in frames.reshape(-1)[:-1].tolist()]

    assert torch.stack(steps).view_as(whole).sub(whole).abs().max() < 1e-11


def test_allowed__hold__only_while_the_voice_sounds():
    assert allowed()[SOUNDING, :, HOLD].all()
    assert not allowed()[SILENT, :, HOLD].any()
    assert not allowed()[BEGINNING, :, HOLD].any()


def test_allowed__rest__always_but_for_the_soprano_that_begins():
    refused = np.argwhere(~allowed()[:, :, REST]).tolist()

    assert refused == [[BEGINNING, VOICES.index("soprano")]]


def test_states_before__start_notes_and_rests__are_told_apart():
    frames = np.array([[40, 1, 40, 40], [0, 1, 1, 41], [0, 40, 0, 0]])

    assert states_before(frames).tolist() == [
        [BEGINNING] * 4,
        [SOUNDING, SILENT, SOUNDING, SOUNDING],
        [SOUNDING, SILENT, SILENT, SOUNDING],
    ]
