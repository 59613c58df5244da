"""The index on PostgreSQL, on a real server only."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from offchain.errors import InputError, UnavailableError
from offchain.identity.index import CodeIndex, open_index, open_postgres_index
from tests.offchain.databases import POSTGRES, fresh_database

pytestmark = pytest.mark.skipif(not POSTGRES, reason="COLOPHON_TEST_POSTGRES_URL is not set")


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with fresh_database("postgresql", tmp_path) as url:
        yield url


@pytest.fixture
def index(url: str) -> Iterator[CodeIndex]:
    with open_postgres_index(url, "works") as index:
        yield index


def clustered(rows: int) -> np.ndarray:
    """Half of them random, half up to 40 bits from one of ten centres."""
    chance = np.random.default_rng(5)
    codes = chance.integers(0, 256, (rows, 32), dtype=np.uint8)
    half = rows // 2
    turned = chance.random((rows - half, 256)) < chance.integers(0, 41, (rows - half, 1)) / 256
    codes[half:] = codes[chance.integers(0, 10, rows - half)] ^ np.packbits(turned, axis=1)
    return codes


@pytest.mark.parametrize("radius", [0, 5, 20, 32, 33, 80, 256])
def test_search__clustered_codes__agrees_with_the_index_of_files(index, tmp_path, radius):
    codes = clustered(1_000)
    keys = np.arange(1_000, dtype=np.uint64) // np.uint64(2)
    asked = codes[::100].copy()
    asked[:, 0] ^= 0x0F
    with open_index(tmp_path / "files") as files:
        for one in (files, index):
            one.add(codes[:600], keys[:600])
            one.add(codes[600:], keys[600:])
            assert len(one) == 1_000
        assert np.array_equal(index.keys(), files.keys())
        for ours, theirs in zip(index.search_many(asked, radius), files.search_many(asked, radius), strict=True):
            assert ours.keys.tolist() == theirs.keys.tolist()
            assert ours.distances.tolist() == theirs.distances.tolist()


def test_add__again__changes_nothing(index):
    codes = clustered(50)
    for _ in range(2):
        index.add(codes, range(50))
    assert len(index) == 50


def test_add__one_key_is_malformed__adds_none(index):
    with pytest.raises(InputError):
        index.add(clustered(50)[:2], [1, -1])
    assert len(index) == 0


def test_index__several_open_it_at_once__make_one_table_and_lose_nothing(url):
    codes = clustered(40)

    def work(number: int) -> None:
        with open_postgres_index(url, "works") as mine:
            for at in range(number * 10, number * 10 + 10):
                mine.add(codes[at : at + 1], [at])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with open_postgres_index(url, "works") as index:
        assert index.keys().tolist() == list(range(40))


def test_index__other_names__are_kept_apart(url, index):
    with open_postgres_index(url, "sounds") as sounds:
        index.add(clustered(10), range(10))
        assert len(sounds) == 0


@pytest.mark.parametrize("name", ["", "Works", "works; DROP", "w" * 41, "1works"])
def test_open__not_a_name__is_refused(url, name):
    with pytest.raises(InputError) as caught:
        open_postgres_index(url, name)
    assert caught.value.code == "index-name"


def test_open__another_database__is_refused():
    with pytest.raises(InputError) as caught:
        open_postgres_index("sqlite://", "works")
    assert caught.value.code == "database-url-malformed"


def test_open__no_server__is_unavailable():
    with pytest.raises(UnavailableError) as caught:
        open_postgres_index("postgresql+psycopg://nobody@127.0.0.1:1/none", "works")
    assert caught.value.code == "store-unavailable"
