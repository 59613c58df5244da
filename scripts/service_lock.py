"""`requirements-service.txt`: the part of the lock that the service needs, without Brownie, compilers and tools.

    python -m scripts.service_lock [--check]

Read from the imports of `offchain` and from what the installed packages say that they need, so that no list is kept by
hand. Every pin is the lock's own.
"""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions, requires
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement

__all__ = ["FILE", "LOADED", "imported", "lines", "main"]

ROOT: Final = Path(__file__).resolve().parents[1]
FILE: Final = ROOT / "requirements-service.txt"
LOADED: Final = (
    "accelerate",
    "gguf",
    "greenlet",
    "psycopg-binary",
    "python-multipart",
    "redis",
    "setuptools",
    "uvicorn",
)
"""Packages that others load by name: drivers by a URL, readers of models by a format, the server by a command."""

_EXTRAS: Final = {"psycopg": {"binary"}}
_HEAD: Final = """\
# What a machine that only serves installs (Dockerfile): the part of requirements.txt that offchain imports, and what
# that needs. Made by `python -m scripts.service_lock`; install with pip --no-deps, since the lock is whole.
"""


def main(arguments: list[str]) -> int:
    """Write, or compare; the exit status."""
    text = _HEAD + "".join(f"{line}\n" for line in lines())
    if "--check" in arguments:
        if FILE.read_text() == text:
            return 0
        print(
            f"error: {FILE.name} is not what offchain imports\n  remedy  python -m scripts.service_lock",
            file=sys.stderr,
        )
        return 1
    FILE.write_text(text)
    return 0


def lines() -> list[str]:
    """Pins of the lock, in its order."""
    of_module = packages_distributions()
    wanted = {_normal(name) for module in imported() for name in of_module.get(module, [])}
    wanted = _closure(wanted | {_normal(name) for name in LOADED})
    pins = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if not line.startswith("#")]
    return [pin for pin in pins if _normal(pin.partition("==")[0]) in wanted]


def imported() -> set[str]:
    """Top-level modules that any file of the package imports, at whatever depth."""
    found: set[str] = set()
    for path in (ROOT / "offchain").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return found - {"offchain"} - sys.stdlib_module_names


def _closure(names: set[str]) -> set[str]:
    found: set[str] = set()
    left = list(names)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += _needed(name)
    return found


def _needed(name: str) -> list[str]:
    """What an installed package needs here; extras where we ask for them."""
    try:
        told = [Requirement(line) for line in requires(name) or []]
    except PackageNotFoundError:
        return []
    extras = _EXTRAS.get(name, {""})
    wanted = [each for each in told if each.marker is None or any(each.marker.evaluate({"extra": e}) for e in extras)]
    return [_normal(each.name) for each in wanted if _is_installed(each.name)]


def _is_installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
