"""The bands of one segment, large enough that they are used."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from offchain.errors import UnavailableError
from offchain.identity.index import segment as segment_module
from offchain.identity.index.bands import BANDS
from offchain.identity.index.segment import Segment, write_segment

ROWS = 30_000


@pytest.fixture(scope="module")
def codes():
    return np.random.default_rng(3).integers(0, 2**64, (ROWS, 4), dtype=np.uint64)


@pytest.fixture
def path(tmp_path, codes):
    write_segment(tmp_path / "a.segment", [(codes, np.arange(ROWS, dtype=np.uint64))])
    return tmp_path / "a.segment"


@pytest.fixture
def no_scan(monkeypatch):
    def refuse(*_):
        raise AssertionError("scanned")

    monkeypatch.setattr(segment_module, "scan", refuse)


def turned(codes, bits):
    """Each code with `bits` bits turned, in places of its own."""
    chance = np.random.default_rng(4)
    rows = codes.copy().view(np.uint8)
    for row in rows:
        for bit in chance.choice(256, bits, replace=False):
            row[bit >> 3] ^= np.uint8(1 << (bit & 7))
    return rows.view(np.uint64)


@pytest.mark.parametrize("bits", [0, 1, 10, 11, 19, 20])
def test_search__codes_some_bits_away__are_all_found_by_bands_alone(path, codes, no_scan, bits):
    asked = turned(codes[:300], bits)
    hits = Segment(path).search(asked, 20)
    assert sorted(map(tuple, hits.tolist())) == [(at, at, bits) for at in range(300)]


def test_search__one_bit_beyond_the_radius__finds_nothing(path, codes, no_scan):
    assert len(Segment(path).search(turned(codes[:300], 21), 20)) == 0


def test_search__bits_turned_in_few_bands__are_found_though_most_bands_agree(path, codes, no_scan):
    """A code met in many bands comes once; all bits of two bands may differ."""
    asked = codes[:50].copy()
    for bit in [*range(0, 110, 11), *range(1, 111, 11)]:  # ten bits of band 0, ten of band 1
        asked[:, bit >> 6] ^= np.uint64(1) << np.uint64(bit & 63)
    hits = Segment(path).search(asked, 20)
    assert sorted(map(tuple, hits.tolist())) == [(at, at, 20) for at in range(50)]


def test_search__bits_turned_against_the_limits__are_found_wherever_the_slack_is(path, codes, no_scan):
    """Two bits in nine bands and one in the others: limits that add up to one less would miss one of these pairs."""
    asked = []
    for pair in combinations(range(BANDS), 2):
        code = codes[7].copy()
        for band in range(BANDS):
            for bit in (band, band + BANDS)[: 1 if band in pair else 2]:
                code[bit >> 6] ^= np.uint64(1) << np.uint64(bit & 63)
        asked.append(code)
    hits = Segment(path).search(np.array(asked), 20)
    assert sorted(map(tuple, hits.tolist())) == [(at, 7, 20) for at in range(len(asked))]


def test_search__wide_radius__scans_and_agrees_with_counting(path, codes):
    hits = Segment(path).search(codes[:3], 110)
    apart = np.bitwise_count(codes[None, :, :] ^ codes[:3, None, :]).sum(axis=2, dtype=np.uint32)
    expected = {(at, row, int(apart[at, row])) for at, row in zip(*np.nonzero(apart <= 110), strict=True)}
    assert len(expected) > 3
    assert set(map(tuple, hits.tolist())) == expected
    assert len(hits) == len(expected)


def test_search__half_of_all_codes_in_the_same_buckets__others_are_looked_up_and_these_scanned(tmp_path, codes):
    heavy = codes.copy()
    heavy[: ROWS // 2] = heavy[0]
    heavy[: ROWS // 2, 3] ^= np.arange(ROWS // 2, dtype=np.uint64) << np.uint64(42)  # bits that no bucket number has
    write_segment(tmp_path / "b.segment", [(heavy, np.arange(ROWS, dtype=np.uint64))])
    hits = Segment(tmp_path / "b.segment").search(np.concatenate([heavy[-1:], heavy[:1]]), 3)
    apart = np.bitwise_count(heavy ^ heavy[0]).sum(axis=1)
    assert [tuple(hit) for hit in hits.tolist() if hit[0] == 0] == [(0, ROWS - 1, 0)]
    assert sorted(hit[1] for hit in hits.tolist() if hit[0] == 1) == np.flatnonzero(apart <= 3).tolist()


@pytest.mark.parametrize("part", ["directory", "postings"])
@pytest.mark.parametrize("fill", [0xFF, 0xA5])
def test_search__bands_full_of_rubbish__is_damaged_and_not_followed(path, codes, part, fill):
    content = bytearray(path.read_bytes())
    directory = 64 + 40 * ROWS
    postings = len(content) - 33 * ROWS
    start, stop = (directory, postings) if part == "directory" else (postings, len(content))
    content[start:stop] = bytes([fill]) * (stop - start)
    path.write_bytes(content)
    with pytest.raises(UnavailableError) as caught:
        Segment(path).search(codes[:1], 20)
    assert caught.value.code == "index-damaged"
    with pytest.raises(UnavailableError):
        Segment(path).check()


def test_write__several_parts__lie_one_after_the_other(tmp_path, codes):
    keys = np.arange(ROWS, dtype=np.uint64) + np.uint64(2**40)
    parts = [(codes[:10], keys[:10]), (codes[10:10], keys[10:10]), (codes[10:], keys[10:])]
    write_segment(tmp_path / "c.segment", parts)
    segment = Segment(tmp_path / "c.segment")
    segment.check()
    assert np.array_equal(segment.codes, codes)
    assert np.array_equal(segment.keys, keys)


def test_write__disk_full__leaves_nothing(tmp_path, codes, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(segment_module.os, "posix_fallocate", full)
    with pytest.raises(OSError, match="No space left"):
        write_segment(tmp_path / "d.segment", [(codes, np.arange(ROWS, dtype=np.uint64))])
    assert list(tmp_path.iterdir()) == []
