"""Brownie's way to import a script, in a folder whose path has a dot."""

import subprocess
import sys
from pathlib import Path

import pytest

from scripts import dotted_folders

BROWNIES_WAY = """
import sys
from importlib import import_module
from scripts import dotted_folders
sys.path.insert(0, "/")
if sys.argv[2] == "installed":
    dotted_folders.install(sys.argv[1])
print(import_module(".".join(sys.argv[1].split("/")[1:]) + ".scripts.hello").WORD)
"""


@pytest.fixture
def dotted(tmp_path) -> Path:
    folder = tmp_path / "my.projects" / "v1.2"
    (folder / "scripts").mkdir(parents=True)
    (folder / "scripts" / "hello.py").write_text("WORD = 'found'\n")
    return folder


def _import(folder: Path, state: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", BROWNIES_WAY, str(folder), state]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=60, cwd=Path(__file__).parents[4]
    )


def test_import__dotted_folder_with_finder__finds_the_script(dotted):
    assert _import(dotted, "installed").stdout == "found\n"


def test_import__dotted_folder_without_finder__fails(dotted):
    """The reason for the finder; when this fails, Python or Brownie changed and the finder can go."""
    assert "ModuleNotFoundError" in _import(dotted, "bare").stderr


@pytest.mark.parametrize(("path", "needed"), [("/home/me/colophon", False), ("/home/me/my.projects/colophon", True)])
def test_needed__path__is_true_with_a_dot(path, needed):
    assert dotted_folders.needed(Path(path)) is needed
