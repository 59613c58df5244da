"""Brownie on a chain of our own.

Brownie attaches to whatever answers on its port, and keeps its networks in `~/.brownie`. Here it gets a data folder of
its own, whose networks point at the chain it is told, so that neither the caller's HOME nor another chain is touched.

    python -m scripts.private_brownie compile
    python -m scripts.private_brownie test --network ganache-cli      a fresh chain on a free port, ended afterwards

The chain is Ganache; `COLOPHON_TEST_CHAIN=anvil` makes it Anvil, under the same name of a network.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import yaml

from offchain.errors import ColophonError, InputError, UnavailableError
from scripts.localnet import ROOT, Node, local_chain
from scripts.processes import terminated_like_interrupted, tied_to_us

__all__ = ["main", "run_brownie"]

_NEEDS_CHAIN: Final = {"test", "run", "console"}
_QUIET: Final = "ignore:rpc.:FutureWarning"
"""Brownie 1.22 warns of its own calls at every snapshot."""


def run_brownie(
    arguments: Sequence[str],
    rpc_url: str | None,
    *,
    project: Path = ROOT,
    environ: Mapping[str, str] | None = None,
    log: Path | None = None,
) -> int:
    """Run one Brownie command.

    Args:
        arguments: the command line after `brownie`.
        rpc_url: chain on loopback that Brownie's development networks mean; None for commands that need none.
        project: folder of the Brownie project.
        environ: variables beside this process's own.
        log: file that takes Brownie's output; None shows it.

    Returns:
        Brownie's exit status.
    """
    with ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory(prefix="colophon-brownie-", ignore_cleanup_errors=True))
        output = stack.enter_context(log.open("wb")) if log else None
        if rpc_url is not None:
            _write_networks(Path(home) / ".brownie", urlsplit(rpc_url).port)
        child = subprocess.Popen(
            [*tied_to_us(), Path(sys.executable).with_name("brownie"), *arguments],
            cwd=project,
            env={"PYTHONWARNINGS": _QUIET, **os.environ, **(environ or {}), "HOME": home},
            stdout=output,
            stderr=subprocess.STDOUT if log else None,
        )
        try:
            return child.wait()
        finally:
            child.terminate()
            child.wait()


def main(arguments: Sequence[str]) -> int:
    """Run one Brownie command, on a fresh chain where it needs one; the exit status."""
    try:
        with terminated_like_interrupted():
            if not _NEEDS_CHAIN.intersection(arguments[:1]):
                return run_brownie(arguments, None)
            with local_chain(errors_on_send=True, node=_node()) as url:
                return run_brownie(arguments, url)
    except ColophonError as error:
        print(f"error: {error.message} ({error.code})\n  remedy  {error.remedy}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130


def _node() -> Node:
    match os.environ.get("COLOPHON_TEST_CHAIN") or "ganache":
        case "ganache" | "anvil" as node:
            return node
        case other:
            raise InputError("chain-unknown", f"COLOPHON_TEST_CHAIN is {other!r}", "set it to ganache or anvil")


def _write_networks(folder: Path, port: int | None) -> None:
    """Brownie's own list of networks, with every local one on `port`."""
    spec = find_spec("brownie")
    if spec is None or spec.origin is None:
        raise UnavailableError("toolchain-missing", "Brownie is not installed", "run make setup")
    networks = yaml.safe_load((Path(spec.origin).parent / "data" / "network-config.yaml").read_text())
    for network in networks["development"]:
        network["cmd_settings"]["port"] = port
    folder.mkdir()
    (folder / "network-config.yaml").write_text(yaml.safe_dump(networks))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
