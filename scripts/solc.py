"""Provides solc 0.8.28 to py-solc-x, and so to Brownie: the native compiler, else npm's `solc` behind the same command.

solc promises the same bytecode from both. Run as `python -m scripts.solc`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Final

from offchain.errors import UnavailableError
from scripts.localnet import ROOT

__all__ = ["VERSION", "install_native", "install_npm", "installed", "provide", "solc_folder"]

VERSION: Final = "0.8.28"
_REACH_SECONDS: Final = 5
_DOWNLOAD_SECONDS: Final = 180


def solc_folder() -> Path:
    """Where py-solc-x looks for compilers: `$SOLCX_BINARY_PATH`, else a folder of the project."""
    return Path(os.environ.get("SOLCX_BINARY_PATH") or ROOT / ".colophon" / "solc")


def provide(folder: Path) -> str:
    """Make sure that a working compiler stands in `folder`.

    Returns:
        What it is, for people.

    Raises:
        UnavailableError: neither the native compiler nor npm's can be had.
    """
    found = installed(folder)
    if found is None:
        folder.mkdir(parents=True, exist_ok=True)
        if not install_native(folder):
            install_npm(folder)
        found = installed(folder)
    if found is None:
        raise UnavailableError("solc-missing", f"solc {VERSION} cannot be provided", "run make clean, then make setup")
    return found


def installed(folder: Path) -> str | None:
    """The version line of the compiler in `folder`, or None where there is none that works."""
    try:
        answer = subprocess.run(
            [_executable(folder), "--version"], capture_output=True, text=True, check=True, timeout=30
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    line = answer.strip().splitlines()[-1]
    return line if VERSION in line else None


def install_native(folder: Path) -> bool:
    """Download the native compiler through py-solc-x; False where its server cannot be reached in time."""
    from solcx.install import BINARY_DOWNLOAD_BASE  # noqa: PLC0415 - absent where only the doctor runs

    try:
        with urllib.request.urlopen(BINARY_DOWNLOAD_BASE.format("linux", "list.json"), timeout=_REACH_SECONDS):  # noqa: S310 - https
            pass
        # In a process of its own, since py-solc-x downloads without a time limit.
        subprocess.run(
            [sys.executable, "-m", "solcx.install", VERSION],
            env={**os.environ, "SOLCX_BINARY_PATH": str(folder)},
            check=True,
            capture_output=True,
            timeout=_DOWNLOAD_SECONDS,
        )
    except (OSError, subprocess.SubprocessError):
        _executable(folder).unlink(missing_ok=True)
        return False
    return True


def install_npm(folder: Path) -> None:
    """Write a launcher of npm's `solc` where py-solc-x expects the compiler.

    Raises:
        UnavailableError: npm's `solc` is not installed.
    """
    launcher = _executable(folder)
    library = os.path.relpath(ROOT / "scripts" / "solc_npm.cjs", folder.resolve())
    launcher.write_text(f'#!/usr/bin/env node\nrequire("{library}").main("{_npm_version()}", process.argv.slice(2));\n')
    launcher.chmod(0o755)


def _npm_version() -> str:
    """Version with commit, e.g. 0.8.28+commit.7893614a.Emscripten.clang; py-solc-x insists on the commit."""
    try:
        return subprocess.run(
            ["node", "-p", "require('solc').version()"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError) as error:
        raise UnavailableError("solc-missing", "npm's solc does not answer", "run npm ci, then make setup") from error


def _executable(folder: Path) -> Path:
    return folder / f"solc-v{VERSION}"


if __name__ == "__main__":
    print(provide(solc_folder()))
