"""Every kind of job, its process killed at every boundary of every step, on SQLite and on PostgreSQL.

    python -m tests.bench.service.kill_matrix [--database sqlite postgresql]

Prints a line for each cell, then JSON rows: how many came out exactly once, with the transactions that they cost and no
others, and how many pins are there that nothing needs or missing that something does. Exits with 1 unless all is well.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from scripts.localnet import local_chain, local_ipfs
from tests.bench.parts import Missing, databases
from tests.bench.report import Row
from tests.offchain.databases import KINDS
from tests.offchain.kill_matrix import Cell, Matrix, walked
from tests.offchain.site import make_site

__all__ = ["measure", "rows"]


def rows(missing: Missing, campaign: bool) -> Iterator[Row]:
    """The matrix on every database that there is."""
    del campaign  # it is the same at any length
    for kind in databases(missing, "kill matrix"):
        yield from measure(kind)


def measure(kind: str) -> list[dict[str, Any]]:
    """Walk every cell over a kind of database; shows them, and gives the rows."""
    with tempfile.TemporaryDirectory() as folder, local_chain() as rpc_url, local_ipfs() as ipfs_url:
        begun = time.monotonic()
        matrix = walked(make_site(rpc_url, ipfs_url, Path(folder)), kind, Path(folder) / "lanes")
        seconds = time.monotonic() - begun
    for cell in matrix.cells:
        print(_shown(cell))
    return list(_rows(kind, matrix, seconds))


def _shown(cell: Cell) -> str:
    told = "once" if cell.right else f"WRONG {', '.join(cell.wrong)}"
    made, fate = f"{cell.made} of {cell.wanted}", cell.life.fate.replace("before:", "before ")
    fate = fate if fate.startswith("before ") else f"after {fate}"
    return (
        f"{cell.life.kind:<13} {fate:<26} {made:>8} made  {cell.transactions} transactions  {cell.seconds:>6} s  {told}"
    )


def _rows(kind: str, matrix: Matrix, seconds: float) -> Iterator[dict[str, Any]]:
    cells = len(matrix.cells)
    facts = {"cells": cells, "unsettled": matrix.unsettled, "seconds": round(seconds, 1)}
    for name, value, better, goal in (
        ("exactly once", sum(cell.right for cell in matrix.cells), "higher", cells),
        ("orphan pins", len(matrix.orphans), "lower", 0),
        ("lost pins", len(matrix.lost), "lower", 0),
    ):
        yield {
            "name": f"kill matrix, {kind}: {name}",
            "value": value,
            "unit": "cells" if name == "exactly once" else "pins",
            "better": better,
            "goal": goal,
            **facts,
        }


def main(arguments: Sequence[str]) -> int:
    """Walk the matrix; the exit status."""
    parser = argparse.ArgumentParser(prog="kill_matrix", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--database", nargs="+", choices=KINDS, default=KINDS)
    told = [row for kind in parser.parse_args(arguments).database for row in measure(kind)]
    for row in told:
        print(json.dumps(row))
    return 0 if all(row["value"] == row["goal"] for row in told) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
