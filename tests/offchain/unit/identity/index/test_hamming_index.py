from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from offchain.errors import InputError, UnavailableError
from offchain.identity.index import hamming as hamming_module
from offchain.identity.index import open_index, rebuild_index

RADIUS = 20


def turned(code: bytes, bits: int) -> bytes:
    """The code with its first `bits` bits turned."""
    return (int.from_bytes(code, "big") ^ ((1 << bits) - 1) << (256 - bits)).to_bytes(32, "big")


@pytest.fixture
def small_tail(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(hamming_module, "TAIL_ROWS", 10)
    return 10


def test_index__several_within_the_radius__come_nearest_first_then_by_key(tmp_path, chance):
    code = chance.randbytes(32)
    with open_index(tmp_path) as index:
        index.add([turned(code, RADIUS), turned(code, RADIUS + 1), code, turned(code, 3), code], [4, 5, 9, 7, 2])
        keys, distances = index.search(code, RADIUS)
    assert keys.tolist() == [2, 9, 7, 4]
    assert distances.tolist() == [0, 0, 3, RADIUS]


def test_index__key_with_many_codes__is_found_once_at_its_nearest(tmp_path, chance):
    code = chance.randbytes(32)
    with open_index(tmp_path) as index:
        index.add([turned(code, 9), turned(code, 2), chance.randbytes(32)], [1, 1, 1])
        index.add([turned(code, 2)], [1])
        keys, distances = index.search(code, RADIUS)
    assert (keys.tolist(), distances.tolist()) == ([1], [2])


def test_index__many_codes_asked_at_once__answers_as_one_by_one(tmp_path, chance, small_tail):
    codes = [chance.randbytes(32) for _ in range(3 * small_tail)]
    asked = [turned(codes[4], 5), chance.randbytes(32), codes[0], turned(codes[29], RADIUS)]
    with open_index(tmp_path) as index:
        for key, code in enumerate(codes):
            index.add([code], [key])
        together = index.search_many(asked, RADIUS)
        alone = [index.search(code, RADIUS) for code in asked]
    assert [found.keys.tolist() for found in together] == [[4], [], [0], [29]]
    assert [found.distances.tolist() for found in together] == [found.distances.tolist() for found in alone]


def test_index__empty__finds_nothing(tmp_path, chance):
    with open_index(tmp_path / "new" / "folder") as index:
        assert len(index) == 0
        assert index.keys().tolist() == []
        assert index.search(chance.randbytes(32), 256).keys.tolist() == []
        assert index.search_many([], RADIUS) == []
        index.add([], [])
        assert len(index) == 0


def test_index__opened_again__knows_everything_in_order_of_keys(tmp_path, chance, small_tail):
    codes = [chance.randbytes(32) for _ in range(5 * small_tail + 3)]
    with open_index(tmp_path) as index:
        for at in range(0, len(codes), 4):
            index.add(codes[at : at + 4], range(at, at + 4)[: len(codes[at : at + 4])])
    with open_index(tmp_path) as index:
        assert len(index) == len(codes)
        assert index.keys().tolist() == list(range(len(codes)))
        assert [index.search(code, 0).keys.tolist() for code in codes] == [[key] for key in range(len(codes))]


def test_index__largest_key_and_widest_radius__are_kept_and_reach_everything(tmp_path, chance):
    code = chance.randbytes(32)
    opposite = bytes(255 - byte for byte in code)
    with open_index(tmp_path) as index:
        index.add([opposite], [2**63 - 1])
        assert index.search(code, 255).keys.tolist() == []
        keys, distances = index.search(code, 256)
    assert (keys.tolist(), distances.tolist()) == ([2**63 - 1], [256])


def test_index__more_codes_than_one_tail__lie_in_fewer_segments_than_bits_of_their_number(tmp_path, chance, small_tail):
    with open_index(tmp_path) as index:
        for key in range(40 * small_tail):
            index.add([chance.randbytes(32)], [key])
        segments = len(list(tmp_path.glob("*.segment")))
        assert 1 <= segments <= (40).bit_length()
        index.compact()
        assert len(list(tmp_path.glob("*.segment"))) == 1
        assert len(index) == 40 * small_tail


def test_index__other_process_adds__is_seen_after_refresh(tmp_path, chance, small_tail):
    code, other = chance.randbytes(32), chance.randbytes(32)
    with open_index(tmp_path) as reader, open_index(tmp_path) as writer:
        writer.add([code], [1])
        assert reader.search(code, 0).keys.tolist() == []
        reader.refresh()
        assert reader.search(code, 0).keys.tolist() == [1]
        writer.add([other] * (small_tail + 1), [2] * (small_tail + 1))  # the reader's tail file is gone now
        assert reader.search(code, 0).keys.tolist() == [1]
        reader.refresh()
        assert reader.search(other, 0).keys.tolist() == [2]


def test_index__two_that_add_in_turns__lose_nothing(tmp_path, chance, small_tail):
    codes = [chance.randbytes(32) for _ in range(4 * small_tail)]
    with open_index(tmp_path) as one, open_index(tmp_path) as other:
        for key, code in enumerate(codes):
            (one if key % 2 else other).add([code], [key])
    with open_index(tmp_path) as index:
        assert index.keys().tolist() == list(range(len(codes)))
        assert len(index) == len(codes)


def test_exclusive__what_is_missing_is_added__sees_what_others_added_before(tmp_path, chance):
    with open_index(tmp_path) as one, open_index(tmp_path) as other:
        other.add([chance.randbytes(32)], [1])
        with one.exclusive():
            missing = np.setdiff1d(np.array([1, 2], np.uint64), one.keys())
            one.add([chance.randbytes(32)], missing)
        assert len(one) == 2


def test_index__two_that_add_at_once_while_others_search__lose_nothing(tmp_path, chance, small_tail):
    codes = [chance.randbytes(32) for _ in range(100)]
    wrong = []

    def add(first: int) -> None:
        with open_index(tmp_path) as index:
            for key in range(first, len(codes), 2):
                index.add([codes[key]], [key])

    def search() -> None:
        with open_index(tmp_path) as index:
            known = 0
            while known < len(codes):
                index.refresh()
                keys = index.keys().tolist()
                wrong.extend(key for key in keys if index.search(codes[key], 0).keys.tolist() != [key])
                wrong.extend([] if len(keys) >= known else [known])
                known = len(keys)

    threads = [threading.Thread(target=add, args=(first,)) for first in (0, 1)]
    threads += [threading.Thread(target=search) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    assert wrong == []


def test_index__one_object_adds_and_searches_in_threads__answers_throughout(tmp_path, chance, small_tail):
    codes = [chance.randbytes(32) for _ in range(10 * small_tail)]
    added = 0
    with open_index(tmp_path) as index:
        wrong = []

        def search() -> None:
            while added < len(codes):
                index.refresh()
                key = added - 1
                if key >= 0 and index.search(codes[key], 0).keys.tolist() != [key]:
                    wrong.append(key)

        thread = threading.Thread(target=search)
        thread.start()
        for key, code in enumerate(codes):
            index.add([code], [key])
            added = key + 1
        thread.join(60)
    assert wrong == []


def test_refresh__folder_gone__is_damaged(tmp_path):
    folder = tmp_path / "index"
    index = open_index(folder)
    shutil.rmtree(folder)
    with pytest.raises(UnavailableError) as caught:
        index.refresh()
    assert caught.value.code == "index-damaged"
    with pytest.raises(UnavailableError) as caught:
        index.add([bytes(32)], [1])
    assert caught.value.code == "index-unwritable"


def test_add__disk_full__adds_nothing_and_works_again_afterwards(tmp_path, chance, monkeypatch):
    """Once in the middle of a frame, once while a segment is made."""
    codes = [chance.randbytes(32) for _ in range(20_000)]
    with open_index(tmp_path) as index:
        index.add(codes[:2], [0, 1])
        limit = next(tmp_path.glob("*.tail")).stat().st_size + 50
        for more in (3, len(codes)):
            soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
            try:
                with pytest.raises(UnavailableError) as caught:
                    index.add(codes[2:more], range(2, more) if more > 3 else [2])
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            assert caught.value.code == "index-unwritable"
            assert len(index) == 2
        assert list(tmp_path.glob("*.segment")) == []
        index.add(codes[2:4], [2, 3])
    with open_index(tmp_path) as index:
        assert [index.search(code, 0).keys.tolist() for code in codes[:5]] == [[0], [1], [2], [3], []]


def test_rebuild__index_open_elsewhere__moves_over_to_the_new_one_whole(tmp_path, chance):
    old, new = chance.randbytes(32), chance.randbytes(32)
    with open_index(tmp_path) as reader:
        reader.add([old], [1])
        with rebuild_index(tmp_path, [([new], [5]), ([new, old], [6, 7])]) as rebuilt:
            assert rebuilt.keys().tolist() == [5, 6, 7]
        assert reader.search(old, 0).keys.tolist() == [1]
        reader.refresh()
        assert reader.search(old, 0).keys.tolist() == [7]
        assert reader.search(new, 0).keys.tolist() == [5, 6]


@pytest.mark.parametrize(
    "codes",
    [
        [b"short"],
        [bytes(32), bytes(31)],
        [bytes(33), bytes(31)],
        np.zeros((1, 31), np.uint8),
        np.zeros(32, np.uint8),
        np.zeros((1, 32), np.int64),
    ],
)
def test_index__not_codes_of_32_bytes__is_refused(tmp_path, codes):
    with open_index(tmp_path) as index:
        with pytest.raises(InputError) as adding:
            index.add(codes, [1] * len(codes))
        with pytest.raises(InputError) as searching:
            index.search_many(codes, RADIUS)
        assert adding.value.code == searching.value.code == "codes-malformed"
        assert len(index) == 0


@pytest.mark.parametrize("keys", [[], [1, 2], [-1], [2**63], [1.0], ["1"]])
def test_add__not_one_key_a_code__is_refused(tmp_path, keys):
    with open_index(tmp_path) as index:
        with pytest.raises(InputError) as caught:
            index.add([bytes(32)], keys)
        assert caught.value.code == "keys-malformed"
        assert len(index) == 0


@pytest.mark.parametrize("radius", [-1, 257])
def test_search__radius_beyond_the_code__is_refused(tmp_path, radius):
    with open_index(tmp_path) as index, pytest.raises(InputError) as caught:
        index.search(bytes(32), radius)
    assert caught.value.code == "radius-out-of-range"


def test_room__imported__does_not_import_numba():
    script = "import sys, offchain.identity.index; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[5], check=False).returncode == 0
