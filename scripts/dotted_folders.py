"""Lets `brownie run` work in a folder whose path has a dot, such as `/home/me/my.projects/colophon`.

Brownie 1.22 imports a script by its whole path, dots between the folders
(`home.me.my.projects.colophon.scripts.deploy`), and Python then looks for a folder `my`. The finder below answers for
those parts. It comes last, so it is asked only for what Python does not find. `scripts.venv_paths` installs a copy of
this file where it is needed.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

__all__ = ["DottedFolders", "install", "needed"]


class DottedFolders(MetaPathFinder):
    """Finds the parts of one folder's dotted path as namespace packages."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._name = ".".join(folder.parts[1:])

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 - the protocol's
        target: ModuleType | None = None,  # noqa: ARG002 - the protocol's
    ) -> ModuleSpec | None:
        """A namespace package for each part; the last one is the folder itself."""
        if fullname != self._name and not self._name.startswith(f"{fullname}."):
            return None
        spec = ModuleSpec(fullname, None, is_package=True)
        spec.submodule_search_locations = [str(self._folder)] if fullname == self._name else []
        return spec


def needed(folder: Path) -> bool:
    """Whether Brownie would lose its way to this folder."""
    return any("." in part for part in folder.parts)


def install(folder: str) -> None:
    """Ask the finder last, from now on."""
    sys.meta_path.append(DottedFolders(Path(folder)))
