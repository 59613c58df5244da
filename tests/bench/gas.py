"""Gas of whole transactions, intrinsic cost included, on a fresh chain.

make bench-gas                                 a table beside the goals; writes build/bench/gas.json
make bench-gas COLOPHON_GAS_SNAPSHOT=write     and the snapshot that the tests compare with
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator
from contextlib import redirect_stdout
from importlib.metadata import version
from io import StringIO
from pathlib import Path
from typing import Final

import yaml
from brownie import chain, web3

from tests.bench.gas_rows import NOT_MEASURED, ROWS, SCALING, Row
from tests.contracts.world import World, deploy

ROOT: Final = Path(__file__).resolve().parents[2]
OUTPUT: Final = ROOT / "build" / "bench" / "gas.json"
SNAPSHOT: Final = Path(__file__).with_name("gas_snapshot.json")


def main() -> None:
    """Measure every row on a deployment of its own state, print and write them."""
    with redirect_stdout(StringIO()):  # Brownie tells of every transaction
        world = deploy()
        rows = [measured(row, world) for row in ROWS]
        scaling = [measured(row, world) for row in SCALING]
        sizes = list(_sizes(world))
    for row in [*rows, *scaling, *sizes]:
        above = "  ABOVE" if row["value"] > row["goal"] else ""
        print(f"{row['name']:<62} {row['value']:>9,} {row['unit']:<5}  goal {row['goal']:>9,}{above}")
    _write(OUTPUT, _report([*rows, *scaling, *sizes]))
    if os.environ.get("COLOPHON_GAS_SNAPSHOT") == "write":
        _write(SNAPSHOT, {row["name"]: row["value"] for row in rows})


def measured(row: Row, world: World) -> dict[str, object]:
    """A row of the report; the chain is as before afterwards."""
    chain.snapshot()
    value = row.run(world)
    chain.revert()
    return {
        "name": row.name,
        "value": value,
        "unit": "gas",
        "better": "lower",
        "goal": row.goal,
        "references": row.references,
    }


def _report(rows: list[dict[str, object]]) -> dict[str, object]:
    return {
        "machine": {"system": platform.platform(), "cpus": os.cpu_count()},
        "versions": _versions(),
        "rows": rows,
        "not_measured": [{"name": name, "why": why} for name, why in NOT_MEASURED.items()],
    }


def _write(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1) + "\n")
    print(f"written to {path}")


def _sizes(world: World) -> Iterator[dict[str, object]]:
    for contract in world.contracts:
        yield {
            "name": f"size of {contract._name}",
            "value": len(web3.eth.get_code(contract.address)),
            "unit": "bytes",
            "better": "lower",
            "goal": 20_000,
            "references": {"EIP-170 limit": 24_576},
        }


def _versions() -> dict[str, object]:
    settings = yaml.safe_load((ROOT / "brownie-config.yaml").read_text())["compiler"]
    packages = json.loads((ROOT / "package.json").read_text())["dependencies"]
    return {
        "solc": settings["solc"]["version"],
        "optimizer_runs": settings["solc"]["optimizer"]["runs"],
        "evm": settings["evm_version"],
        "chain": web3.client_version,
        "eth-brownie": version("eth-brownie"),
        **{name: packages[name] for name in ("@openzeppelin/contracts", "solady")},
    }
