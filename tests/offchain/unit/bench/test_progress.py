"""An interrupted campaign goes on where it was, and changed code is measured anew."""

from __future__ import annotations

import pytest

from tests.bench.identity import progress
from tests.bench.identity.progress import NotMeasuredError, Progress


def test_once__measured_before__is_not_measured_again(tmp_path):
    def again():
        raise AssertionError

    assert Progress(tmp_path, ("audio.py",)).once("a copy", lambda: (1, 2)) == (1, 2)
    assert Progress(tmp_path, ("audio.py",)).once("a copy", again) == (1, 2)


def test_once__interrupted__leaves_nothing_that_counts(tmp_path):
    def interrupted():
        raise KeyboardInterrupt

    kept = Progress(tmp_path, ("audio.py",))
    with pytest.raises(KeyboardInterrupt):
        kept.once("a copy", interrupted)
    assert kept.once("a copy", lambda: 3) == 3


def test_once__code_has_changed__is_measured_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(progress, "_IDENTITY", tmp_path)
    (tmp_path / "matching").mkdir()
    code = tmp_path / "matching" / "audio.py"
    for value in (1, 2):
        code.write_text(f"THRESHOLD = {value}")
        assert Progress(tmp_path / "kept", ("matching",)).once("a copy", lambda value=value: value) == value


def test_once__summing_up__measures_nothing(tmp_path):
    Progress(tmp_path, ()).once("a copy", lambda: 1)
    kept = Progress(tmp_path, (), sums_up=True)
    assert kept.once("a copy", lambda: 2) == 1
    with pytest.raises(NotMeasuredError):
        kept.once("another", lambda: 2)
