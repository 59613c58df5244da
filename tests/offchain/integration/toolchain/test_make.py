"""The make targets that a stranger meets first, and the plugin that keeps skips honest."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.localnet import ROOT

SKIPPED = "import pytest\ndef test_it():\n    pytest.skip({reason!r})\ndef test_other():\n    pass\n"


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements.txt").touch()
    (tmp_path / "requirements-data.txt").touch()
    return tmp_path


def test_make__no_python_3_11__says_what_to_install_and_creates_nothing(clone):
    result = make(clone, ".venv/installed", "PYTHON=")
    assert result.returncode != 0
    assert "python-missing" in result.stderr
    assert "remedy  install Python 3.11" in result.stderr
    assert not (clone / ".venv").exists()


def test_make__no_target__lists_the_targets(clone):
    shown = make(clone).stdout
    for target in ("setup", "demo", "up", "down", "test", "lint", "doctor", "build", "clean"):
        assert f"make {target} " in shown


def run_pytest(folder: Path, reason: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_skip.py").write_text(SKIPPED.format(reason=reason))
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-p", "no:pytest-brownie", "-p", "no:cacheprovider"]
    command += ["-p", "scripts.skips", "--rootdir", str(folder), str(folder)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


def test_skips__no_accepted_reason__run_fails_and_names_it(tmp_path):
    result = run_pytest(tmp_path, "too slow today")
    assert result.returncode == pytest.ExitCode.TESTS_FAILED
    assert "unexpected skip: Skipped: too slow today" in result.stdout
    assert "1 passed, 1 skipped" in result.stdout.splitlines()[-1]


def test_skips__accepted_reason__run_passes(tmp_path):
    assert run_pytest(tmp_path, "COLOPHON_TEST_POSTGRES_URL is not set").returncode == pytest.ExitCode.OK
