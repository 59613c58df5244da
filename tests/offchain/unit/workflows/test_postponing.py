"""When a job that a passing trouble stopped is tried again."""

from __future__ import annotations

import pytest

from offchain.workflows.postponing import due_at

DAY = 86_400
NOON = 20_000 * DAY + DAY // 2


def test_due_at__node_away__is_asked_half_as_often_each_time_but_every_quarter_of_an_hour():
    waits = [due_at("ipfs-down", tries, NOON) - NOON for tries in range(1, 12)]
    assert waits == [5, 10, 20, 40, 80, 160, 320, 640, 900, 900, 900]
    assert due_at("chain-down", 10**6, NOON) == NOON + 900


@pytest.mark.parametrize(("left", "wait"), [(10, 10), (3_599, 3_599), (3_600, 3_600), (50_000, 3_600)])
def test_due_at__limit_of_the_day_spent__is_tried_when_the_next_begins_and_every_hour(left: int, wait: int):
    """The limit may be raised before the day is over."""
    now = (NOON // DAY + 1) * DAY - left
    assert due_at("spending-limit", 1, now) == due_at("spending-limit", 7, now) == now + wait
