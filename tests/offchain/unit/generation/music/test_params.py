"""What a piece may be asked to be."""

from __future__ import annotations

import pytest

from offchain.errors import InputError
from offchain.generation.music.orders import read_params, spelled_params
from offchain.generation.music.params import MusicParams, metre_of
from offchain.generation.music.tokens import KEYS, Metre


@pytest.mark.parametrize(
    "outside",
    [
        {"bars": 0},
        {"bars": 65},
        {"tempo": 29},
        {"tempo": 241},
        {"metre": "5/4"},
        {"metre": "4"},
        {"temperature": 0.001},
        {"temperature": float("nan")},
        {"top_p": 0},
        {"key": "H major"},
        {"key": "g minor"},
    ],
)
def test_params__outside_its_range__is_refused(outside):
    with pytest.raises(InputError) as caught:
        MusicParams(**outside)

    assert caught.value.code in {"parameter-out-of-range", "key-unknown"}


@pytest.mark.parametrize("edge", [{"bars": 1}, {"bars": 64}, {"tempo": 30}, {"tempo": 240}, {"temperature": 0}])
def test_params__edge_of_its_range__is_taken(edge):
    name, value = next(iter(edge.items()))

    assert getattr(MusicParams(**edge), name) == value


def test_params__every_key__is_taken():
    assert [MusicParams(key=key).key for key in KEYS] == list(KEYS)


def test_metre_of__three_four__has_twelve_sixteenths():
    assert metre_of("3/4") == Metre(3, 4)
    assert metre_of("3/4").bar == 12


@pytest.mark.parametrize(
    "params",
    [MusicParams(), MusicParams("F# minor", 3, "3/4", 61, 0.73, 0.999), MusicParams(temperature=0, top_p=0.1)],
)
def test_read_params__spelled_ones__come_back(params):
    assert read_params(spelled_params(params)) == params


@pytest.mark.parametrize(
    "change", [{"bars": "many"}, {"bars": None}, {"temperature": "warm"}, {"tempo": float("inf")}, {"key": 7}]
)
def test_read_params__others__are_refused(change):
    with pytest.raises(InputError):
        read_params(spelled_params(MusicParams()) | change)


def test_read_params__one_missing__is_refused():
    spelled = spelled_params(MusicParams())
    del spelled["metre"]

    with pytest.raises(InputError) as caught:
        read_params(spelled)

    assert caught.value.code == "provenance-malformed"
