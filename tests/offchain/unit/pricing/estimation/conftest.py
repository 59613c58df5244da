"""One tier quoted to one segment, so that a curve can be computed by hand; and logs of offers for it."""

import pytest

from offchain.pricing import LogitDemand
from offchain.pricing.estimation import ListedWork, OfferEvent, estimate

TIER, SEGMENT = "personal", "individual"


def work_id(number):
    return f"0x{number:064x}"


@pytest.fixture
def stated():
    """Half of 400 buyers a year pay 800, and spread 300 around it."""
    return {(TIER, SEGMENT): LogitDemand(800, 300, 400.0)}


@pytest.fixture
def offers():
    """`offers(work number, price, made, bought, start=0)`: as many offers, one a second, the first of them bought."""

    def build(work, price, made, bought, start=0):
        return [
            OfferEvent(work_id(work), SEGMENT, start + at, {TIER: price}, TIER if at < bought else None)
            for at in range(made)
        ]

    return build


@pytest.fixture
def listed():
    """`listed(works, since=0)`: as many works of one genre."""

    def build(works, since=0):
        return [ListedWork(work_id(number), "photo", since) for number in range(1, works + 1)]

    return build


@pytest.fixture
def learn(stated, listed):
    """`learn(events, works=None, until=…, period=…)`; works default to three of one genre."""

    def build(events, works=None, **times):
        ordered = sorted(events, key=lambda event: event.time)
        until = times.pop("until", ordered[-1].time if ordered else 0)
        return estimate(ordered, works or listed(3), stated, until, **times)

    return build
