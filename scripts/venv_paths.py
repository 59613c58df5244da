"""Lets every command of `.venv` find the project's own compiler and node programs, whatever the caller's PATH.

`.venv/bin/brownie` starts `ganache-cli` by name and asks py-solc-x for solc. A `.pth` file (Python's `site` module runs
its `import` lines at start) names both places, so that no shell has to be prepared and nothing is kept in HOME.
Run as `python -m scripts.venv_paths` by the interpreter of `.venv`.
"""

from __future__ import annotations

import shutil
import sysconfig
from pathlib import Path
from typing import Final

from scripts import dotted_folders
from scripts.localnet import ROOT

__all__ = ["PTH_NAME", "pth_line", "write"]

PTH_NAME: Final = "colophon-toolchain.pth"
_FINDER: Final = "colophon_dotted_folders"


def pth_line(root: Path) -> str:
    """The line that puts `node_modules/.bin` first on the PATH and the compilers' folder into py-solc-x's variable."""
    programs, compilers = str(root / "node_modules" / ".bin"), str(root / ".colophon" / "solc")
    return (
        f"import os; os.environ.setdefault('SOLCX_BINARY_PATH', {compilers!r}); "
        f"{programs!r} in os.environ.get('PATH', '').split(os.pathsep) or "
        f"os.environ.__setitem__('PATH', {programs!r} + os.pathsep + os.environ.get('PATH', os.defpath))\n"
    )


def write(site_packages: Path, root: Path) -> None:
    """Write the file into a virtual environment's `site-packages`, with the finder that Brownie may need."""
    lines = pth_line(root)
    if dotted_folders.needed(root):
        shutil.copy(dotted_folders.__file__, site_packages / f"{_FINDER}.py")
        lines += f"import {_FINDER}; {_FINDER}.install({str(root)!r})\n"
    (site_packages / PTH_NAME).write_text(lines)


if __name__ == "__main__":
    write(Path(sysconfig.get_path("purelib")), ROOT)
