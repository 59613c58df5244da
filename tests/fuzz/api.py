"""Schemathesis over the whole OpenAPI document, against a real service: `make fuzz-api`.

    python -m tests.fuzz.api [--examples 20] [--seed 1] [--phases examples,coverage,fuzzing]

A stack of its own is started; the requests are an operator's who is signed in, so that no route ends at the door. A
find is a status of 500 or above, or an answer that the document does not allow: its status, its media type, its schema.
Ends with Schemathesis' own status.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from eth_account import Account

from offchain.client import Colophon
from scripts.localnet import ROOT
from scripts.stack import Ports, development_key, local_stack

__all__ = ["CHECKS", "main"]

CHECKS: Final = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
_OPERATOR: Final = 0
_SETTINGS: Final = {"COLOPHON_RATE_LIMIT": "off"}


def main(arguments: Sequence[str]) -> int:
    """Run it; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.api", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--examples", type=int, default=20, help="a route and phase")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--phases", default="examples,coverage,fuzzing")
    asked = parser.parse_args(arguments)
    operator = Account.from_key(development_key(_OPERATOR))
    settings = _SETTINGS | {"COLOPHON_OPERATORS": operator.address}
    with (
        tempfile.TemporaryDirectory() as home,
        local_stack(Path(home), Ports(), print, settings) as stack,
        Colophon(stack.api_url) as service,
    ):
        token = service.sign_in(operator)
        return subprocess.run(_command(stack.api_url, token, asked), cwd=home, check=False).returncode


def _command(url: str, token: str, asked: argparse.Namespace) -> list[str]:
    return [
        str(ROOT / ".venv-tools" / "bin" / "schemathesis"),
        "run",
        f"{url}/openapi.json",
        f"--header=Authorization: Bearer {token}",
        f"--checks={','.join(CHECKS)}",
        f"--phases={asked.phases}",
        f"--max-examples={asked.examples}",
        f"--seed={asked.seed}",
        "--continue-on-failure",
        "--exclude-operation-id=closeSession",
        "--suppress-health-check=all",
        "--request-timeout=60",
        "--warnings=off",
        "--no-color",
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
