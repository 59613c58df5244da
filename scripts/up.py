"""`make up`: the stack on its usual ports until Ctrl-C or `make down`.

`$COLOPHON_HOME/run.json` tells the command line and the console where it is.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from offchain.config import home_path
from offchain.errors import ColophonError, RefusedError, UnavailableError
from scripts.processes import port_is_free, terminated_like_interrupted
from scripts.stack import Ports, Stack, local_stack

__all__ = ["PORTS", "RUN_FILE", "main", "refuse_taken"]

PORTS: Final = Ports(chain=8545, ipfs=5001, api=8000)
RUN_FILE: Final = "run.json"
_LOOK_SECONDS: Final = 1.0


def main() -> int:
    """Run until told to stop; the exit status."""
    home = home_path()
    try:
        with terminated_like_interrupted():
            refuse_taken(PORTS)
            _serve(home)
    except ColophonError as error:
        print(f"error: {error.message} ({error.code})\n  remedy  {error.remedy}", file=sys.stderr)
        for name, value in error.facts.items():
            print(f"  {name}\n{value}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("stopped")
    return 0


def refuse_taken(ports: Ports) -> None:
    """Never attach to a server that we did not start.

    Raises:
        RefusedError: another program listens on one of the ports.
    """
    for name, port in ports._asdict().items():
        if port is not None and not port_is_free(port):
            raise RefusedError(
                "port-taken",
                f"port {port} ({name}) is taken by another program",
                f"stop it: make down ends our own; ss -ltnp 'sport = :{port}' names another",
            )


def _serve(home: Path) -> None:
    folder, run_file = home / "stack", home / RUN_FILE
    # The chain starts empty, so a store of an earlier chain would tell of works that do not exist.
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        with local_stack(folder, PORTS, lambda step: print(f"  {step} …", flush=True)) as stack:
            _announce(stack, run_file)
            _watch(stack)
    finally:
        run_file.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)


def _announce(stack: Stack, run_file: Path) -> None:
    """Write the run file at one stroke and print the URLs."""
    running = {
        "rpc_url": stack.rpc_url,
        "ipfs_url": stack.ipfs_url,
        "database_url": stack.database_url,
        "api_port": urlsplit(stack.api_url).port,
        "deployment": str(stack.deployment),
        "pid": os.getpid(),
    }
    partial = run_file.with_suffix(".partial")
    partial.write_text(json.dumps(running, indent=2) + "\n")
    partial.replace(run_file)
    print(f"\n  API    {stack.api_url}  (documentation: {stack.api_url}/docs)")
    print(f"  chain  {stack.rpc_url}\n  IPFS   {stack.ipfs_url}\n  stop   Ctrl-C, or make down\n", flush=True)


def _watch(stack: Stack) -> None:
    """Sleep until interrupted; a server that died ends the rest."""
    urls = {"chain": stack.rpc_url, "IPFS node": stack.ipfs_url, "API": stack.api_url}
    while True:
        time.sleep(_LOOK_SECONDS)
        for name, url in urls.items():
            if port_is_free(urlsplit(url).port or 0):
                raise UnavailableError("server-ended", f"the {name} ended by itself", "run make up again")


if __name__ == "__main__":
    sys.exit(main())
