from __future__ import annotations

import numpy as np
import pytest

from offchain.errors import InputError
from offchain.identity.matching import video
from offchain.identity.matching.video import compare
from offchain.identity.video import FRAME_SIDE, Film

DAMAGES = [lambda e: e[:0], lambda e: e[:5], lambda e: e[:-1], lambda e: e + b"\0", lambda e: b"\2" + e[1:]]


def codes(seed: int, count: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2**64, (count, 1, 4), dtype=np.uint64)


def packed(shown: np.ndarray, start: float = 0.0, step: float = 0.5) -> bytes:
    return video._packed(video._Frames((start + step * np.arange(len(shown))).astype(np.float32), shown))


def test_compare__same_frames__same():
    found = compare(packed(codes(1, 60)), packed(codes(1, 60)))
    assert found is not None
    assert (found.decision, found.score, found.method) == ("same", 1.0, "frame-alignment")
    assert found.regions[0].here == found.regions[0].there == (0.0, 30.0)


def test_compare__excerpt__derived_with_the_place_it_comes_from():
    found = compare(packed(codes(1, 200)[100:120]), packed(codes(1, 200)))
    assert found is not None
    assert found.decision == "derived"
    assert found.regions[0].here == (0.0, 10.0)
    assert found.regions[0].there == (50.0, 60.0)


def test_compare__within_a_longer_film__derived():
    around = np.concatenate((codes(2, 40), codes(1, 60), codes(3, 40)))
    found = compare(packed(around), packed(codes(1, 60)))
    assert found is not None
    assert found.decision == "derived"
    assert found.regions[0].here == (20.0, 50.0)


def test_compare__registered_film_thinned__found_among_all_frames_of_the_file():
    whole = codes(1, 2_000)
    found = compare(packed(whole[400:600]), packed(whole[::8], step=4.0))
    assert found is not None
    assert found.regions[0].there[0] == pytest.approx(200, abs=4)


def test_compare__unrelated__none():
    assert compare(packed(codes(1, 300)), packed(codes(2, 300))) is None


def test_compare__one_shared_title__is_no_copy():
    """The same still for ten seconds in both films is one look, whatever the number of its frames."""
    title = np.repeat(codes(9, 1), 20, axis=0)
    here, there = np.concatenate((title, codes(1, 60))), np.concatenate((title, codes(2, 60)))
    assert compare(packed(here), packed(there)) is None


def test_compare__same_frames_in_another_order__not_the_same():
    order = np.random.default_rng(4).permutation(40)
    found = compare(packed(codes(1, 40)[order]), packed(codes(1, 40)))
    assert found is None or found.decision != "same"


@pytest.mark.parametrize("damage", DAMAGES)
def test_compare__evidence_damaged__malformed(damage):
    whole = packed(codes(1, 10))
    for pair in ((damage(whole), whole), (whole, damage(whole))):
        with pytest.raises(InputError) as caught:
            compare(*pair)
        assert caught.value.code == "evidence-malformed"


@pytest.mark.parametrize("seconds", [[1.0, 0.5], [0.5, 0.5], [-1.0, 0.0], [0.0, float("nan")], [0.0, float("inf")]])
def test_compare__frames_out_of_order__malformed(seconds):
    evidence = video._packed(video._Frames(np.array(seconds, np.float32), codes(1, 2)))
    with pytest.raises(InputError):
        compare(evidence, evidence)


def test_frames__black_bars__are_cut_off():
    """A frame with bars has nearly the code of its content alone: cutting finds the bars to a pixel of 48."""
    picture = np.random.default_rng(5).integers(60, 255, (6, 6)).astype(np.uint8).repeat(8, 0).repeat(8, 1)
    barred = np.zeros((FRAME_SIDE, FRAME_SIDE), np.uint8)
    barred[12:36] = picture[::2]
    plain, bars = (
        video._frames(Film(np.stack([frame, frame]), np.zeros(380, np.int64)), ((0.0, False),))
        for frame in (picture, barred)
    )
    assert int(np.bitwise_count(plain.codes ^ bars.codes)[0].sum()) <= 16


def test_content_box__logo_in_a_black_bar__bar_stays_a_bar():
    barred = np.zeros((2, FRAME_SIDE, FRAME_SIDE), np.uint8)
    barred[:, 12:36] = 200
    barred[:, 2:8, 38:46] = 255
    assert video._content_box(barred) == (0, 12, FRAME_SIDE, 36)


def test_frames__mirrored_view__has_the_code_of_the_mirrored_picture():
    picture = np.random.default_rng(6).integers(60, 255, (FRAME_SIDE, FRAME_SIDE)).astype(np.uint8)
    own, turned = (
        video._frames(Film(np.stack([frame, frame]), np.zeros(380, np.int64)), ((0.0, False), (0.0, True)))
        for frame in (picture, picture[:, ::-1])
    )
    assert (own.codes[:, 1] == turned.codes[:, 0]).all()


def test_looks__a_still__filed_once():
    still = np.repeat(codes(1, 1)[:, 0], 50, axis=0)
    assert video._looks(still, 10).tolist() == [0]


def test_looks__more_than_may_be_filed__spread_from_first_to_last():
    chosen = video._looks(codes(1, 500)[:, 0], 10)
    assert len(chosen) == 10
    assert (chosen[0], chosen[-1]) == (0, 499)
