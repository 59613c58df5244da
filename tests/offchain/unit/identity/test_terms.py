from __future__ import annotations

import os
from itertools import pairwise

import numpy as np
import pytest

from offchain.errors import InputError, NotFoundError, RefusedError, UnavailableError
from offchain.identity.terms import open_terms, read_terms
from offchain.identity.terms import writer as writer_module
from offchain.identity.terms.ranking import POSTINGS_READ


def terms(*numbers: int):
    return np.array(numbers, dtype=np.uint64)


def found(index, asked, min_shared=1, limit=10) -> list[tuple[int, int]]:
    keys, counts = index.candidates(asked, min_shared, limit)
    return list(zip(keys.tolist(), counts.tolist(), strict=True))


@pytest.fixture
def index(tmp_path):
    with open_terms(tmp_path / "terms") as opened:
        yield opened


@pytest.fixture
def small_runs(monkeypatch):
    """A run for every few postings, so that a test of seconds sees them merge."""
    monkeypatch.setattr(writer_module, "_JOURNAL_POSTINGS", 8)


def test_candidates__works_that_share_terms__come_with_their_counts(index):
    index.add(7, terms(1, 2, 3, 4))
    index.add(8, terms(3, 4, 5, 2**64 - 1))
    index.add(9, terms(6))
    assert sorted(found(index, terms(1, 2, 3, 5))) == [(7, 3), (8, 2)]
    assert found(index, terms(1, 2, 3, 5), min_shared=3) == [(7, 3)]
    assert found(index, terms(2**64 - 1, 10)) == [(8, 1)]
    assert found(index, terms(11, 12)) == []
    assert found(index, terms()) == []


def test_candidates__rare_terms__weigh_more_than_common_ones(index):
    index.add_many((key, terms(1, 2)) for key in range(100))
    index.add(200, terms(50, 51))
    assert found(index, terms(1, 2, 50, 51), limit=1) == [(200, 2)]


def test_candidates__limit__keeps_the_best(index):
    index.add_many((key, terms(*range(key))) for key in range(1, 20))
    assert found(index, terms(*range(30)), limit=3) == [(19, 19), (18, 18), (17, 17)]


def test_candidates__term_of_many_works__shows_the_first_of_them_only(index):
    index.add_many((key, terms(1, 1_000 + key)) for key in range(POSTINGS_READ + 50))
    index.flush()
    index.add_many((key, terms(1)) for key in range(500, 550))
    assert [key for key, _ in found(index, terms(1), limit=10_000)] == list(range(POSTINGS_READ))
    assert found(index, terms(1, 1_000 + POSTINGS_READ + 7), limit=1) == [(POSTINGS_READ + 7, 1)]


def test_add__again__counts_once(index):
    for _ in range(2):
        index.add(7, terms(1, 2, 2, 1))
        assert found(index, terms(1, 2)) == [(7, 2)]
        index.flush()
        assert found(index, terms(1, 2)) == [(7, 2)]
    assert len(index) == 2


def test_add__no_terms__changes_nothing(index):
    index.add(7, terms())
    index.add_many([])
    index.flush()
    assert len(index) == 0


@pytest.mark.parametrize("key", [-1, 2**32])
def test_add__key_of_more_than_32_bits__is_refused_with_its_whole_batch(index, key):
    with pytest.raises(InputError) as caught:
        index.add_many([(1, terms(1)), (key, terms(1))])
    assert caught.value.code == "term-key-oversized"
    assert found(index, terms(1)) == []
    index.add(2**32 - 1, terms(1))
    assert found(index, terms(1)) == [(2**32 - 1, 1)]


@pytest.mark.parametrize("extreme", [0, 2**32 - 1])
def test_candidates__extreme_keys_in_a_run__are_found(index, extreme):
    index.add(extreme, terms(1))
    index.flush()
    assert found(index, terms(1)) == [(extreme, 1)]


def test_open_terms__closed_and_opened__holds_all(tmp_path, small_runs):
    for key in range(30):
        with open_terms(tmp_path) as index:
            index.add(key, terms(1, 100 + key, 200 + key))
    with open_terms(tmp_path) as index:
        assert found(index, terms(1), limit=99) == [(key, 1) for key in range(30)]
        assert all(found(index, terms(100 + key, 200 + key)) == [(key, 2)] for key in range(30))


def test_add__many_small_runs__are_merged_so_that_few_remain(tmp_path, small_runs):
    with open_terms(tmp_path) as index:
        for key in range(60):
            index.add(key, terms(key, key + 1, key + 2, key + 3))
        sizes = [len(run) for run in index._refresh().runs]
    assert sum(sizes) >= 240 - 8
    assert all(bigger > 2 * smaller for bigger, smaller in pairwise(sizes))
    assert len(list(tmp_path.glob("run-*"))) == len(sizes)


def test_open_terms__second_writer__is_refused(tmp_path):
    with open_terms(tmp_path), pytest.raises(RefusedError) as caught:
        open_terms(tmp_path)
    assert caught.value.code == "term-index-locked"
    open_terms(tmp_path).close()


def test_add__after_close__fails_and_touches_no_other_file(tmp_path):
    index = open_terms(tmp_path / "terms")
    index.close()
    with (tmp_path / "other").open("wb") as other, pytest.raises(UnavailableError):
        index.add(1, terms(1))
    assert other.closed
    assert (tmp_path / "other").read_bytes() == b""


def test_read_terms__nothing_there__is_named(tmp_path):
    with pytest.raises(NotFoundError) as caught:
        read_terms(tmp_path)
    assert caught.value.code == "term-index-missing"


def test_read_terms__beside_a_writer__sees_each_work_once_added(tmp_path, small_runs):
    with open_terms(tmp_path) as index:
        reader = read_terms(tmp_path)
        for key in range(40):
            index.add(key, terms(1, 100 + key))
            assert len(found(reader, terms(1), limit=99)) == key + 1


def test_add__disk_full__adds_nothing_and_goes_on_when_there_is_room(index, monkeypatch):
    index.add(1, terms(1))
    write = os.pwrite

    def full(descriptor, data, offset):
        write(descriptor, data[: len(data) // 2], offset)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(UnavailableError) as caught:
        index.add(2, terms(1, 2, 3))
    assert caught.value.code == "term-index-unwritable"
    monkeypatch.setattr(os, "pwrite", write)
    assert found(index, terms(1, 2, 3)) == [(1, 1)]
    index.add(3, terms(3))
    assert sorted(found(index, terms(1, 2, 3))) == [(1, 1), (3, 1)]


def damage(path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 0x40
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("kind", "at"),
    [("manifest", 5), ("manifest", -3), ("run-*", 3), ("run-*", 40), ("journal-*", 2), ("journal-*", 20)],
)
def test_read_terms__damaged_byte__is_told_and_never_a_wrong_answer(tmp_path, kind, at):
    with open_terms(tmp_path) as index:
        index.add(1, terms(1, 2))
        index.flush()
        index.add(2, terms(1, 3))
        index.add(3, terms(1, 4))
    (path,) = tmp_path.glob(kind)
    damage(path, at)
    for opened in (read_terms, open_terms):
        with pytest.raises(UnavailableError) as caught:
            opened(tmp_path)
        assert caught.value.code == "term-index-damaged"
        assert "add every registered work again" in caught.value.remedy


def test_verify__damaged_posting__is_found(tmp_path):
    with open_terms(tmp_path) as index:
        index.add(1, terms(1, 2))
        index.flush()
        index.verify()
        (path,) = tmp_path.glob("run-*")
        damage(path, -5)
        with pytest.raises(UnavailableError) as caught:
            index.verify()
        assert caught.value.code == "term-index-damaged"


def test_read_terms__file_of_the_manifest_gone__is_damage(tmp_path):
    with open_terms(tmp_path) as index:
        index.add(1, terms(1))
        index.flush()
    next(tmp_path.glob("run-*")).unlink()
    with pytest.raises(UnavailableError) as caught:
        read_terms(tmp_path)
    assert caught.value.code == "term-index-damaged"
