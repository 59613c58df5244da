from __future__ import annotations

import pytest
from ipfshttpclient import exceptions as ipfs

from offchain.storage import transport

PIECE = bytes(2**16)
"""What must be taken in a second."""


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that have passed."""
    now = [0.0]
    monkeypatch.setattr(transport.time, "monotonic", lambda: now[0])
    return now


def taken(clock: list[float], seconds_a_piece: float, pieces: int) -> int:
    """How many pieces go out to a node that takes so long for each; its patience is 5 seconds."""
    count = 0
    for _ in transport._paced(iter([PIECE] * pieces), timeout=5):
        count += 1
        clock[0] += seconds_a_piece
    return count


def test_paced__node_takes_64_kib_a_second__is_waited_for(clock):
    assert taken(clock, 1.0, 100) == 100


def test_paced__node_takes_half_of_that__is_given_up_when_its_patience_is_used(clock):
    with pytest.raises(ipfs.TimeoutError):
        taken(clock, 2.0, 100)
    # 2 n > 5 + n
    assert clock[0] == 2.0 * 6


class Answer:
    """Sends pieces, each after so many seconds."""

    def __init__(self, clock: list[float], seconds_a_piece: float, pieces: int) -> None:
        self._clock, self._seconds, self._left = clock, seconds_a_piece, pieces

    def read1(self, _size: int, *, decode_content: bool) -> bytes:
        assert decode_content
        if self._left == 0:
            return b""
        self._left -= 1
        self._clock[0] += self._seconds
        return PIECE


def received(clock: list[float], seconds_a_piece: float, pause: float) -> int:
    count = 0
    for _ in transport._pieces(Answer(clock, seconds_a_piece, 20), timeout=5, limit=None):
        count += 1
        clock[0] += pause
    return count


def test_pieces__reader_takes_an_hour_over_each__is_not_the_node_s_fault(clock):
    assert received(clock, seconds_a_piece=0.1, pause=3600) == 20


def test_pieces__node_sends_half_of_what_it_must__is_given_up_when_its_patience_is_used(clock):
    with pytest.raises(ipfs.TimeoutError):
        received(clock, seconds_a_piece=2, pause=0)
    # 2 n > 5 + n
    assert clock[0] == 2 * 6
