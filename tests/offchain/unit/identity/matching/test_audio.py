from __future__ import annotations

import numpy as np
import pytest

from offchain.errors import InputError
from offchain.identity.audio import RATE
from offchain.identity.matching import audio
from offchain.identity.matching.audio import compare

STEP = 1 / RATE
DAMAGES = [lambda e: e[:0], lambda e: e[:9], lambda e: e[:-1], lambda e: e + b"\0", lambda e: b"\2" + e[1:]]


def sound(seed: int, length: int = 480) -> np.ndarray:
    """Numbers that change about as slowly as Chromaprint's: five bits of 32 from one to the next."""
    chance = np.random.default_rng(seed)
    flips = chance.random((length, 32)) < 5 / 32
    bits = np.bitwise_xor.accumulate(flips, axis=0)
    return np.packbits(bits, axis=1).view(">u4").astype(np.uint32).ravel()


def noisy(numbers: np.ndarray, share: float) -> np.ndarray:
    flips = np.random.default_rng(9).random((len(numbers), 32)) < share
    return numbers ^ np.packbits(flips, axis=1).view(">u4").astype(np.uint32).ravel()


def filed(numbers: np.ndarray, stride: int = 1) -> bytes:
    return audio._packed([audio._View(1.0, stride, numbers[::stride])])


def probed(numbers: np.ndarray, speed: float = 1.0) -> bytes:
    return audio._packed([audio._View(speed, 1, numbers)])


def test_compare__same_numbers__same_and_whole_region():
    found = compare(probed(sound(1)), filed(sound(1)))
    assert found is not None
    assert (found.decision, found.score, found.method) == ("same", 1.0, "chromaprint-alignment")
    assert found.regions[0].here == pytest.approx((0, 480 * STEP), abs=2 * STEP)


def test_compare__noise_on_one_bit_in_twenty__still_same():
    found = compare(probed(noisy(sound(1), 0.05)), filed(sound(1)))
    assert found is not None
    assert found.decision == "same"
    assert found.score == pytest.approx(0.95, abs=0.01)


def test_compare__ten_seconds_of_it__derived_with_the_place_it_comes_from():
    found = compare(probed(sound(1)[200:281]), filed(sound(1)))
    assert found is not None
    assert found.decision == "derived"
    assert found.regions[0].here == pytest.approx((0, 81 * STEP), abs=2 * STEP)
    assert found.regions[0].there == pytest.approx((200 * STEP, 281 * STEP), abs=2 * STEP)


def test_compare__the_work_within_a_longer_file__place_in_the_file_is_told():
    inside = np.concatenate((sound(2), sound(1), sound(3)))
    found = compare(probed(inside), filed(sound(1)))
    assert found is not None
    assert found.decision == "derived"
    assert found.regions[0].here == pytest.approx((480 * STEP, 960 * STEP), abs=12 * STEP)


def test_compare__two_stretches_swapped__two_regions():
    swapped = np.concatenate((sound(1)[240:], sound(1)[:240]))
    found = compare(probed(swapped), filed(sound(1)))
    assert found is not None
    assert len(found.regions) == 2
    starts = sorted((region.here[0], region.there[0]) for region in found.regions)
    assert starts[0] == pytest.approx((0, 240 * STEP), abs=8 * STEP)
    assert starts[1] == pytest.approx((240 * STEP, 0), abs=8 * STEP)


def test_compare__registered_work_thinned__excerpt_found_at_its_place():
    long = sound(4, 6_000)
    found = compare(probed(long[3_000:3_162]), filed(long, stride=3))
    assert found is not None
    assert found.regions[0].there == pytest.approx((3_000 * STEP, 3_162 * STEP), abs=6 * STEP)


def test_compare__alike_only_when_played_slower__derived_and_speed_told():
    """A file that plays 2 % faster sounds like the work when it is played at 1 / 1.02 of its speed."""
    found = compare(probed(sound(1), speed=1 / 1.02), filed(sound(1)))
    assert found is not None
    assert found.decision == "derived"
    assert "102.0 % of its speed" in found.sentence
    assert found.regions[0].here[1] == pytest.approx(480 * STEP / 1.02, abs=2 * STEP)


def test_compare__drifts_by_a_third_of_a_percent__aligned_over_its_whole_length():
    """Ten minutes drift by sixteen numbers; along a line without slope only a fraction would agree."""
    work = sound(5, 4_800)
    file = work[np.rint(np.arange(0, 4_790, 1 + 1 / 300)).astype(int)]
    found = compare(probed(file), filed(work))
    assert found is not None
    assert found.regions[0].there[1] - found.regions[0].there[0] > 0.95 * 4_800 * STEP


@pytest.mark.parametrize("seed", range(20))
def test_compare__unrelated__none(seed):
    assert compare(probed(sound(100 + seed)), filed(sound(200 + seed))) is None


def test_compare__nothing_in_common_but_a_long_silence__none():
    silence = np.full(300, 627_964_279, np.uint32)  # Chromaprint's number for digital silence
    here, there = np.concatenate((sound(6), silence)), np.concatenate((silence, sound(7)))
    assert compare(probed(here), filed(there)) is None


@pytest.mark.parametrize("damage", DAMAGES)
def test_compare__evidence_damaged__malformed(damage):
    whole = filed(sound(1))
    for pair in ((damage(whole), whole), (whole, damage(whole))):
        with pytest.raises(InputError) as caught:
            compare(*pair)
        assert caught.value.code == "evidence-malformed"


def test_terms__of_an_excerpt__are_those_of_the_work():
    work, excerpt = (audio._chosen(audio._terms(part), 4_096) for part in (sound(1), sound(1)[100:300]))
    assert 0 < len(excerpt) < len(work)
    assert set(excerpt.tolist()) <= set(work.tolist())


def test_terms__of_a_long_work__at_most_so_many_and_sorted():
    chosen = audio._chosen(audio._terms(sound(8, 40_000)), 4_096)
    assert len(chosen) == 4_096
    assert (np.diff(chosen.astype(object)) > 0).all()


def test_terms__of_silence__none():
    assert not len(audio._terms(np.full(300, 627_964_279, np.uint32)))
