"""Parts of a catalogue in two real worker processes."""

import multiprocessing
import signal
from os import kill

import numpy as np
import pytest

from offchain.errors import UnavailableError
from offchain.pricing.catalogue.crew import InProcess
from offchain.pricing.catalogue.part import Part
from offchain.pricing.catalogue.solve import price_parts
from offchain.pricing.catalogue.split import partition, take
from offchain.pricing.catalogue.workers import local_workers, open_slice, store_slice
from tests.bench.pricing.instances import catalogue


@pytest.fixture
def known():
    return catalogue(60, seed=5)


@pytest.fixture
def slices(known):
    return [take(known, works) for works in partition(known, 2)]


def fields(prices):
    """All that a solve returns but the time it took."""
    names = ("steps", "shortfalls", "objective", "linear_bound", "bound", "mixture", "binding", "passes")
    return [np.asarray(getattr(prices, name)).tobytes() for name in names] + [
        prices.duals.rows.tobytes(),
        prices.duals.holders.tobytes(),
    ]


def test_open_slice__stored__comes_back_equal(known, tmp_path):
    store_slice(known, tmp_path)
    again = open_slice(tmp_path)
    for name in ("revenue", "lowest", "highest", "parent", "least"):
        assert np.array_equal(getattr(again, name), getattr(known, name))
    for name in ("start", "index", "share", "floors", "penalties"):
        assert np.array_equal(getattr(again.holders, name), getattr(known.holders, name))
    assert [(row.name, row.limit, row.per) for row in again.rows] == [
        (row.name, row.limit, row.per) for row in known.rows
    ]
    assert again.sales is None


def test_local_workers__two_processes__bit_for_bit_as_in_process_then_killed__told(known, slices):
    """One pair of processes serves both rules: starting them is what takes long."""
    alone = price_parts(
        InProcess([Part(part, number) for number, part in enumerate(slices)]), known.rows, known.holders
    )
    with local_workers(slices) as crew:
        apart = price_parts(crew, known.rows, known.holders)
        assert fields(apart) == fields(alone)
        kill(multiprocessing.active_children()[0].pid, signal.SIGKILL)
        with pytest.raises(UnavailableError) as caught:
            price_parts(crew, known.rows, known.holders)
        assert caught.value.code == "pricing-worker-lost"
