"""The committed ABIs, so that off-chain code runs without a compiler: `offchain/chain/abi/NAME.json`.

python -m scripts.abi            write them from Brownie's build
python -m scripts.abi --check    exit 1 when one of them no longer matches the build
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from offchain.chain.abi import CONTRACTS
from offchain.errors import ColophonError, NotFoundError
from scripts.localnet import ROOT

__all__ = ["BUILT", "COMMITTED", "canonical", "main", "stale", "write"]

BUILT: Final = ROOT / "build" / "contracts"
COMMITTED: Final = ROOT / "offchain" / "chain" / "abi"


def canonical(abi: Sequence[Mapping[str, Any]]) -> str:
    """An ABI as text that is the same for the same interface: entries by kind, name and inputs; keys sorted."""

    def order(entry: Mapping[str, Any]) -> tuple[str, str, str]:
        return entry["type"], entry.get("name", ""), json.dumps(entry.get("inputs", []), sort_keys=True)

    return json.dumps(sorted(abi, key=order), indent=2, sort_keys=True) + "\n"


def write(built: Path, committed: Path) -> None:
    """Write the ABIs of `CONTRACTS`.

    Raises:
        NotFoundError: a contract is not compiled.
    """
    texts = {name: _built(built, name) for name in CONTRACTS}
    committed.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (committed / f"{name}.json").write_text(text)


def stale(built: Path, committed: Path) -> list[str]:
    """Names of the contracts whose committed ABI is missing or differs from the build, by a byte or more.

    Raises:
        NotFoundError: a contract is not compiled.
    """
    return [name for name in CONTRACTS if _built(built, name) != _committed(committed / f"{name}.json")]


def main(arguments: Sequence[str]) -> int:
    """Write, or with `--check` compare; the exit status."""
    try:
        if "--check" not in arguments:
            write(BUILT, COMMITTED)
            return 0
        names = stale(BUILT, COMMITTED)
    except ColophonError as error:
        print(f"error: {error.message} ({error.code})\n  remedy  {error.remedy}", file=sys.stderr)
        return error.exit_code
    if names:
        print(
            f"error: the committed ABI of {', '.join(names)} is stale (abi-stale)\n  remedy  make build",
            file=sys.stderr,
        )
    return 1 if names else 0


def _built(folder: Path, name: str) -> str:
    try:
        return canonical(json.loads((folder / f"{name}.json").read_text())["abi"])
    except FileNotFoundError as error:
        raise NotFoundError("contract-not-compiled", f"{name} is not in {folder}", "run make build") from error


def _committed(path: Path) -> str | None:
    return path.read_text() if path.exists() else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
