"""The index of features, in files and in PostgreSQL: what is filed is proposed, after every restart, beside others."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from offchain.errors import UnavailableError
from offchain.identity import CandidateIndex, Features, Probe
from offchain.identity.engines import Engine, FileEngine
from offchain.identity.engines_postgres import PostgresEngine
from offchain.identity.matching.features import CODE_BYTES
from offchain.identity.similarity import CANDIDATES, OVERLAP, Filing
from offchain.identity.terms import open_terms
from offchain.store.index_database import IndexDatabase
from tests.offchain.databases import KINDS, fresh_database

RADIUS = 20
NO_TERMS = np.empty(0, dtype=np.uint64)


@pytest.fixture(params=KINDS)
def engine(request, tmp_path: Path) -> Iterator[Callable[[], Engine]]:
    """Makes engines of one place, as other processes would."""
    if request.param == "sqlite":
        yield lambda: FileEngine(tmp_path)
        return
    with fresh_database(request.param, tmp_path) as url:
        yield lambda: PostgresEngine(IndexDatabase(url), "own")


def code(seed: int) -> bytes:
    return random.Random(seed).randbytes(CODE_BYTES)


def turned(original: bytes, bits: int) -> bytes:
    return (int.from_bytes(original, "big") ^ ((1 << bits) - 1)).to_bytes(CODE_BYTES, "big")


def picture(number: int) -> Filing:
    return Filing(number, number + 1000, Features("image", (code(number),), NO_TERMS, b""))


def writing(number: int, *terms: int) -> Filing:
    return Filing(number, number + 1000, Features("text", (), np.array(sorted(terms), dtype=np.uint64), b""))


def seen(*codes: bytes) -> Probe:
    return Probe("image", codes, RADIUS, NO_TERMS, 0, b"")


def read(*terms: int) -> Probe:
    return Probe("text", (), 0, np.array(sorted(terms), dtype=np.uint64), 2, b"")


def filed(index: CandidateIndex, *works: Filing) -> None:
    with index.filing():
        index.file(works)


def test_candidates__within_the_radius__nearest_first(engine):
    with CandidateIndex(engine()) as index:
        filed(index, *map(picture, range(1, 6)))

        assert index.candidates(seen(turned(code(3), RADIUS))) == [3]
        assert index.candidates(seen(turned(code(3), RADIUS + 1))) == []
        assert index.candidates(seen(turned(code(2), 9), turned(code(4), 3))) == [4, 2]


def test_candidates__several_codes_of_a_work__before_one_that_is_nearer(engine):
    """Each code is a view of its own: two that agree from afar say more than one that is near by chance."""
    both = Filing(1, 1001, Features("image", (code(1), code(2)), NO_TERMS, b""))
    with CandidateIndex(engine()) as index:
        filed(index, both, picture(3))

        assert index.candidates(seen(code(3), turned(code(1), 15), turned(code(2), 15))) == [1, 3]


def test_candidates__sharing_enough_terms__most_first(engine):
    with CandidateIndex(engine()) as index:
        filed(index, writing(1, 10, 11, 12), writing(2, 10, 20, 21), writing(3, 30, 31, 32))

        assert index.candidates(read(10, 11, 12)) == [1]
        assert index.candidates(read(10, 11, 20)) == [1, 2]


def test_candidates__of_another_medium__none(engine):
    with CandidateIndex(engine()) as index:
        filed(index, picture(1), writing(2, 10, 11))

        assert index.candidates(Probe("video", (code(1),), RADIUS, np.array([10, 11], dtype=np.uint64), 2, b"")) == []


def test_candidates__crowd_of_equals__no_more_than_the_limit(engine):
    with CandidateIndex(engine()) as index:
        filed(index, *(Filing(at, at, Features("image", (code(0),), NO_TERMS, b"")) for at in range(1, CANDIDATES + 9)))

        assert len(index.candidates(seen(code(0)))) == CANDIDATES


def test_index__opened_again__has_all_and_knows_how_far_it_came(engine):
    with CandidateIndex(engine()) as index:
        assert index.position() is None
        filed(index, picture(1), Filing(2, 1002, None), writing(3, 10, 11))
    with CandidateIndex(engine()) as again:
        position = again.position()
        assert position is not None
        assert (position.number, position.work_id, position.recent) == (3, 1003, {1, 2, 3})
        assert again.candidates(seen(code(1))) == [1]
        assert again.candidates(read(10, 11)) == [3]


def test_index__filed_by_another_process__is_found_by_this_one(engine):
    with CandidateIndex(engine()) as index, CandidateIndex(engine()) as other:
        filed(index, picture(1), writing(2, 10, 11))
        assert other.candidates(seen(code(1))) == [1]
        filed(other, picture(3), writing(4, 20, 21))

        assert index.candidates(seen(code(3))) == [3]
        assert index.candidates(read(20, 21)) == [4]


def test_file__lower_number_after_a_higher__both_are_noted(engine):
    """A database gives numbers out before it commits; the higher may be seen first."""
    with CandidateIndex(engine()) as index:
        filed(index, picture(6))
        filed(index, picture(5))
        position = index.position()

    assert position is not None
    assert (position.number, position.work_id, position.recent) == (6, 1006, {5, 6})


def test_file__many__only_the_latest_numbers_are_noted(engine):
    with CandidateIndex(engine()) as index:
        filed(index, *(Filing(at, at, None) for at in range(1, 2 * OVERLAP)))
        position = index.position()

    assert position is not None
    assert position.recent == set(range(OVERLAP, 2 * OVERLAP))


def test_clear__filed_before__nothing_is_left(engine):
    with CandidateIndex(engine()) as index:
        filed(index, picture(1), writing(2, 10, 11))
        with index.filing():
            index.clear()

        assert index.position() is None
        assert index.candidates(seen(code(1))) == []
        assert index.candidates(read(10, 11)) == []


def test_filing__somebody_else_files__waits_for_them(engine):
    order: list[str] = []

    def file_second() -> None:
        with CandidateIndex(engine()) as other, other.filing():
            order.append("second")

    with CandidateIndex(engine()) as index, index.filing():
        waiting = threading.Thread(target=file_second)
        waiting.start()
        waiting.join(0.3)
        order.append("first")
    waiting.join(10)

    assert order == ["first", "second"]


def test_candidates__common_and_rare_terms__the_rare_ones_decide(engine):
    """Sharing what hundreds share says less than sharing what one has."""
    crowd = [writing(number, 7, 8, 9, 10_000 + number) for number in range(1, 401)]
    with CandidateIndex(engine()) as index:
        filed(index, *crowd, writing(401, 50, 51))

        assert index.candidates(read(7, 8, 9, 50, 51))[0] == 401


def test_clear__filed_anew__another_process_sees_the_new_works_only(tmp_path: Path):
    """Its maps of the old files must not be taken for the new ones, although they have the same shape."""
    with CandidateIndex(FileEngine(tmp_path)) as index, CandidateIndex(FileEngine(tmp_path)) as other:
        filed(index, *(writing(at, 10 * at, 10 * at + 1) for at in range(1, 9)))
        with open_terms(tmp_path / "text" / "terms") as terms:
            terms.flush()
        assert other.candidates(read(10, 11)) == [1]
        with index.filing():
            index.clear()
        filed(index, *(writing(at, 1000 * at, 1000 * at + 1) for at in range(1, 9)))
        with open_terms(tmp_path / "text" / "terms") as terms:
            terms.flush()

        assert other.candidates(read(1000, 1001)) == [1]
        assert other.candidates(read(10, 11)) == []


def test_candidates__segment_overwritten__damage_is_named(tmp_path: Path):
    with CandidateIndex(FileEngine(tmp_path)) as index:
        filed(index, picture(1))
    for path in (tmp_path / "image").rglob("*"):
        if path.is_file() and path.suffix != ".lock":
            path.write_bytes(b"x" * path.stat().st_size)
    with CandidateIndex(FileEngine(tmp_path)) as index, pytest.raises(UnavailableError) as caught:
        index.candidates(seen(code(1)))

    assert caught.value.code == "index-damaged"
