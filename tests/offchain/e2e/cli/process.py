"""Commands as processes of their own that need not import everything again: forked from a server that has.

The packages behind the commands take a second to import, which would be most of this room's time.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from multiprocessing import forkserver, resource_tracker
from pathlib import Path

from offchain.cli import main

SECONDS = 60

_server = multiprocessing.get_context("forkserver")
_server.set_forkserver_preload(["offchain.cli", "offchain.workflows.opening", "offchain.generation", __name__])


def run(arguments: Sequence[str], environ: Mapping[str, str], folder: Path) -> tuple[int, str, str]:
    """Run one command; its exit status, standard output and standard error."""
    out, err = folder / "out", folder / "err"
    child = _server.Process(target=_enter, args=(list(arguments), dict(environ), str(out), str(err)))
    child.start()
    child.join(SECONDS)
    if child.exitcode is None:
        child.kill()
        child.join()
    assert child.exitcode is not None
    return child.exitcode, out.read_text(), err.read_text()


def stop() -> None:
    """End the server and its helper now; by themselves they outlive this process by a moment."""
    forkserver._forkserver._stop()
    resource_tracker._resource_tracker._stop()


def _enter(arguments: list[str], environ: dict[str, str], out: str, err: str) -> None:
    os.environ.clear()
    os.environ.update(environ)
    with open(out, "w") as sys.stdout, open(err, "w") as sys.stderr, open(os.devnull) as sys.stdin:  # noqa: PTH123 - plain files in place of the streams
        sys.argv = ["colophon", *arguments]
        main()
