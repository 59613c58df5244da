"""Brownie on a chain of our own.

Brownie attaches to whatever answers on its port, and keeps its networks in `~/.brownie`. Here it gets a data folder of
its own, whose networks point at the chain it is told, so that neither the caller's HOME nor another chain is touched.

    python -m scripts.private_brownie compile
    python -m scripts.private_brownie test --network ganache-cli      a fresh chain on a free port, ended afterwards
    python -m scripts.private_brownie test --network ganache-cli -n 2  two workers of pytest-xdist, a chain for each

The chain is Ganache; `COLOPHON_TEST_CHAIN=anvil` makes it Anvil, under the same name of a network.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import yaml

from offchain.errors import ColophonError, InputError, UnavailableError
from scripts.localnet import ROOT, Node, local_chain
from scripts.processes import terminated_like_interrupted, tied_to_us

__all__ = ["chains", "main", "run_brownie", "workers"]

_NEEDS_CHAIN: Final = {"test", "run", "console"}
_ATTEMPTS: Final = 3
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
            with chains(workers(arguments)) as url:
                return run_brownie(arguments, url)
    except ColophonError as error:
        print(f"error: {error.message} ({error.code})\n  remedy  {error.remedy}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130


def workers(arguments: Sequence[str]) -> int:
    """How many processes a command line asks for with `-n COUNT` or `-n=COUNT`; 1 without it.

    Raises:
        InputError: `workers-unclear`, no number from 1 on.
    """
    for place, argument in enumerate(arguments):
        name, _, joined = argument.partition("=")
        if name != "-n":
            continue
        count = joined or "".join(arguments[place + 1 : place + 2])
        if not count.isdecimal() or int(count) < 1:
            raise InputError("workers-unclear", f"-n is followed by {count!r}", "give a number from 1 on")
        return int(count)
    return 1


@contextmanager
def chains(count: int) -> Iterator[str]:
    """Fresh chains on neighbouring ports, since worker k of Brownie goes to the first one's port plus k.

    Yields:
        The first one's JSON-RPC URL.
    """
    for left in reversed(range(_ATTEMPTS)):
        with ExitStack() as stack:
            first = stack.enter_context(local_chain(errors_on_send=True, node=_node()))
            port = urlsplit(first).port or 0
            try:
                for number in range(1, count):
                    stack.enter_context(local_chain(port + number, errors_on_send=True, node=_node()))
            except UnavailableError:
                # The neighbour belongs to another program: try elsewhere.
                if left == 0:
                    raise
                continue
            yield first
            return


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
