"""The index answers what a dictionary would, and dying at any moment loses nothing that was acknowledged."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offchain.identity.terms import open_terms, read_terms
from offchain.identity.terms import writer as writer_module

works = st.tuples(st.integers(0, 2**32 - 1) | st.integers(0, 5), st.lists(st.integers(0, 30), max_size=12))
steps = st.lists(st.one_of(works, st.sampled_from(["flush", "reopen"])), max_size=25)


class Died(BaseException):
    """Stands for SIGKILL: nothing catches it."""


def as_terms(numbers: list[int]):
    # Far apart and close together: both halves of an entry and the bucket get to differ.
    return np.array(
        [number * 0x9E3779B97F4A7C15 % 2**64 if number % 2 else number for number in numbers], dtype=np.uint64
    )


def answer(index, asked: list[int], min_shared: int) -> dict[int, int]:
    keys, counts = index.candidates(as_terms(asked), min_shared, 1_000)
    return dict(zip(keys.tolist(), counts.tolist(), strict=True))


@pytest.fixture(autouse=True)
def _small_runs(monkeypatch):
    monkeypatch.setattr(writer_module, "_JOURNAL_POSTINGS", 16)


@settings(max_examples=60, deadline=None)
@given(steps, st.lists(st.integers(0, 35), max_size=20), st.integers(1, 4))
def test_candidates__any_history__agrees_with_a_dictionary(history, asked, min_shared):
    known: dict[int, set[int]] = {}
    with TemporaryDirectory() as folder:
        index = open_terms(Path(folder))
        reader = read_terms(Path(folder))
        for step in history:
            if step == "flush":
                index.flush()
            elif step == "reopen":
                index.close()
                index = open_terms(Path(folder))
            else:
                index.add(step[0], as_terms(step[1]))
                known.setdefault(step[0], set()).update(step[1])
        shared = Counter({key: len(filed & set(asked)) for key, filed in known.items()})
        expected = {key: count for key, count in shared.items() if count >= min_shared}
        assert answer(index, asked, min_shared) == answer(reader, asked, min_shared) == expected
        index.close()


def write_and_die(folder: Path, calls: int, acknowledged: list[int]) -> bool:
    """Add works until the `calls`-th call that changes the disk, which half happens; True if that came."""
    left = calls

    def fatal(real, half):
        def call(*arguments):
            nonlocal left
            left -= 1
            if left == 0:
                half(*arguments)
                raise Died
            return real(*arguments)

        return call

    def torn(descriptor, data, offset):
        pwrite(descriptor, data[: len(data) // 2], offset)

    pwrite = os.pwrite
    with pytest.MonkeyPatch.context() as patch:
        nothing = lambda *_: None  # noqa: E731  # half of an act that is all or nothing
        patch.setattr(os, "pwrite", fatal(pwrite, torn))
        patch.setattr(os, "fsync", fatal(os.fsync, nothing))
        patch.setattr(os, "ftruncate", fatal(os.ftruncate, nothing))
        patch.setattr(Path, "replace", fatal(Path.replace, nothing))
        patch.setattr(Path, "unlink", fatal(Path.unlink, nothing))
        try:
            with open_terms(folder) as index:
                for key in range(9):
                    index.add(key, as_terms([1, 50 + key, 70 + key, 90 + key]))
                    acknowledged.append(key)
        except Died:
            return True
    return False


def test_add__death_at_every_call_that_changes_the_disk__loses_nothing_acknowledged(tmp_path):
    died, calls = True, 0
    while died:
        calls += 1
        folder, acknowledged = tmp_path / str(calls), []
        died = write_and_die(folder, calls, acknowledged)
        with open_terms(folder) as index:
            found = answer(index, [1], 1)
            assert set(acknowledged) <= set(found) <= set(range(9))
            assert len(found) <= len(acknowledged) + 1  # the last may be there: durable, and not yet told
            for key in found:
                assert answer(index, [50 + key, 70 + key, 90 + key], 1) == {key: 3}
            index.add(99, as_terms([1]))
            assert 99 in answer(read_terms(folder), [1], 1)
            assert not list(folder.glob("*.partial"))
    assert calls > 40  # two runs were written and merged on the way


def test_open_terms__journal_cut_at_every_byte__holds_the_works_before_the_cut(tmp_path):
    with open_terms(tmp_path / "whole") as index:
        for key in range(3):
            index.add(key, as_terms([1, 10 + key]))
    (journal,) = (tmp_path / "whole").glob("journal-*")
    data = journal.read_bytes()
    record = len(data) // 3
    for size in range(len(data) + 1):
        shutil.copytree(tmp_path / "whole", tmp_path / "cut", dirs_exist_ok=True)
        (tmp_path / "cut" / journal.name).write_bytes(data[:size])
        kept = size // record
        assert sorted(answer(read_terms(tmp_path / "cut"), [1], 1)) == list(range(kept))
        with open_terms(tmp_path / "cut") as index:
            index.add(7, as_terms([1]))
        assert sorted(answer(read_terms(tmp_path / "cut"), [1], 1)) == [*range(kept), 7]


def test_open_terms__zeros_behind_the_journal__are_what_a_power_failure_leaves(tmp_path):
    with open_terms(tmp_path) as index:
        index.add(1, as_terms([1]))
    (journal,) = tmp_path.glob("journal-*")
    with journal.open("ab") as file:
        file.write(bytes(4_096))
    with open_terms(tmp_path) as index:
        assert answer(index, [1], 1) == {1: 1}
        index.add(2, as_terms([1]))
        assert answer(read_terms(tmp_path), [1], 1) == {1: 1, 2: 1}
