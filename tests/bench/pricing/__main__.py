"""Prices of whole catalogues beside general solvers of linear programmes: `make bench-pricing`.

    python -m tests.bench.pricing [PART ...]      parts: thousand large quality again workers choice menus epochs demand

Prints a table and writes build/bench/pricing.json. Every figure comes from a process of its own: CPU seconds of one
thread (imports and compiling left out), memory as the peak of the whole process. Catalogues are those of `instances`:
144 variables a work, floors of holders on a tenth of the works, four accessibility rows that bind.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from tests.bench.pricing import choices, cold_start, epochs, lists, regret
from tests.bench.pricing.acts import ACTS
from tests.bench.pricing.instances import catalogue
from tests.bench.report import Row, publish, shown

PACKAGES: Final = ("numpy", "scipy", "numba", "PuLP", "ortools", "highspy")
ALTERNATIVES: Final = ("linprog", "linprog, interior point", "PuLP/CBC", "OR-Tools GLOP", "highspy simplex")
SIZES: Final = {"1,000": 1_000, "10,000": 10_000, "100,000": 100_000}
CPU_GOALS: Final = {"1,000": 0.2, "10,000": 1.3, "100,000": 13}
MEMORY_GOALS: Final = {"10,000": 200, "100,000": 1_000}
ONE_THREAD: Final = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.pricing", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all by default")
    parser.add_argument("--act", nargs="+", help="one measurement, in this process")
    asked = parser.parse_args(arguments)
    if asked.act:
        name, *rest = asked.act
        print(json.dumps(ACTS[name](*rest)))
        return 0
    if unknown := set(asked.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    rows: list[Row] = []
    missing: list[dict[str, str]] = []
    with TemporaryDirectory(prefix="colophon-bench-") as folder:
        for part in asked.parts or PARTS:
            begun = time.monotonic()
            print(f"== {part}", flush=True)
            for found in PARTS[part](Path(folder), missing):
                rows.append(found)
                print(shown(found), flush=True)
            print(f"   {time.monotonic() - begun:.0f} s", file=sys.stderr)
    for lack in missing:
        print(f"not measured: {lack['name']}: {lack['why']}")
    print(f"written to {publish('pricing', rows, PACKAGES, missing)}")
    return 0


Missing = list[dict[str, str]]


def thousand(folder: Path, missing: Missing) -> Iterator[Row]:
    """1,000 works: ours, and every alternative on the same programme."""
    path = instance(folder, "1,000")
    ours = alone("ours", path)
    yield row("1,000 works: ours", ours["cpu"], "CPU s", goal=CPU_GOALS["1,000"], peak=ours["peak"])
    yield from alternatives("1,000", path, ALTERNATIVES, ours, missing)


def large(folder: Path, missing: Missing) -> Iterator[Row]:
    """10,000 works beside linprog, 100,000 works with and without tier chains, and the growth between them."""
    cpu = {}
    for size in SIZES:
        ours = alone("ours", instance(folder, size))
        cpu[size] = ours["cpu"]
        if size == "1,000":
            continue
        yield row(f"{size} works: ours", ours["cpu"], "CPU s", goal=CPU_GOALS[size])
        before = {"before pricing": ours["before"], "of these the catalogue": ours["size"]}
        yield row(f"{size} works: memory", ours["peak"], "MB", goal=MEMORY_GOALS[size], **before)
        if size == "10,000":
            yield from alternatives(size, instance(folder, size), ALTERNATIVES[:2], ours, missing)
    chained = alone("ours", instance(folder, "100,000", chains=True))
    yield row("100,000 works with tier chains: ours", chained["cpu"], "CPU s", goal=19)
    yield row("100,000 works with tier chains: memory", chained["peak"], "MB", goal=1_000)
    growth = math.log(cpu["100,000"] / cpu["1,000"]) / math.log(100)
    yield row("growth exponent, 1,000 to 100,000 works", growth, "", goal=1.05)


def quality(folder: Path, _missing: Missing) -> Iterator[Row]:
    """How far bounds and prices are from the optimum, as shares of the bound."""
    ours = alone("ours", instance(folder, "1,000"))
    exact = alone("alternative", "linprog", instance(folder, "1,000"))
    off = abs(ours["linear_bound"] - exact["optimum"]) / abs(exact["optimum"])
    yield row("dual against linprog, 1,000 works", off, "of it", goal=1e-7)
    for size in SIZES:
        for chains in (False, True):
            ours = alone("ours", instance(folder, size, chains=chains))
            name = f"{size} works{' with tier chains' if chains else ''}"
            facts = {"rows and floors that bind": ours["binding"], "linear programme's bound": ours["linear_gap"]}
            yield row(f"certified integer gap, {name}", ours["gap"], "of the bound", goal=1e-4, **facts)
    for size in ("1,000", "10,000"):
        single = alone("one_floor", instance(folder, size))
        name = f"certified integer gap, {size} works that all share one floor"
        yield row(name, single["gap"], "of the bound", goal=1e-4, **{"CPU s": single["cpu"]})
    checked = alone("proof", instance(folder, "100,000"))
    yield row("check of the proof, 100,000 works", checked["cpu"], "CPU s", gap=checked["gap"])


def again(folder: Path, missing: Missing) -> Iterator[Row]:
    """1 % of 1,000 works repriced, and single works quoted anew at fixed duals."""
    path = instance(folder, "1,000")
    warm = alone("again", path)
    yield row("1 % of 1,000 works repriced, warm", warm["warm"], "CPU s", cold=warm["cold"], gap=warm["gap"])
    yield row("1 % repriced: warm against our cold", warm["cold"] / warm["warm"], "times", "higher", goal=15)
    peer = tried("highspy, warm and cold", missing, "again_highs", path)
    if peer is not None:
        yield row("1 % repriced: highspy", peer["warm"], "CPU s", cold=peer["cold"])
        faster = peer["cold"] / warm["warm"]
        yield row("1 % repriced: warm against highspy's cold", faster, "times", "higher", goal=15)
    quoted = alone("requote", instance(folder, "10,000"))
    yield row("re-quote of a work, 10,000 at once", quoted["batch"], "CPU µs", goal=5)
    yield row("re-quote of a work, one at a time", quoted["single"], "CPU µs", goal=5)


def workers(folder: Path, _missing: Missing) -> Iterator[Row]:
    """10,000 works in two worker processes: only duals and sums travel."""
    path = instance(folder, "10,000")
    split = alone("split", path)
    yield row("two workers: the same prices as in one process", float(split["same"]), "1 is yes", "higher", goal=1)
    sent = {"sent": split["sent"], "questions": split["questions"], "a slice": split["slice"]}
    yield row("two workers: travelled for 10,000 works", split["sent"] + split["received"], "MB", **sent)
    yield row("two workers: wall time", split["wall"], "s", **{"in one process": split["wall_in_process"]})


def choice(_folder: Path, _missing: Missing) -> Iterator[Row]:
    """Buyers who choose among licences: seconds of each model, and the optima of the literature."""
    yield from choices.rows()


def menus(_folder: Path, _missing: Missing) -> Iterator[Row]:
    """One price list for segments that choose for themselves."""
    yield from lists.rows()


def over_time(_folder: Path, _missing: Missing) -> Iterator[Row]:
    """Whole catalogues priced with their proofs, again after changes, and quotes in between."""
    yield from epochs.rows()


def demand(_folder: Path, _missing: Missing) -> Iterator[Row]:
    """What demand that is learnt loses, beside stated and known demand; draws docs/regret.svg."""
    yield from regret.rows()
    yield from cold_start.rows()


PARTS: Final[dict[str, Callable[[Path, Missing], Iterator[Row]]]] = {
    "thousand": thousand,
    "large": large,
    "quality": quality,
    "again": again,
    "workers": workers,
    "choice": choice,
    "menus": menus,
    "epochs": over_time,
    "demand": demand,
}


def alternatives(
    size: str, path: Path, names: tuple[str, ...], ours: dict[str, Any], missing: Missing
) -> Iterator[Row]:
    """A row for each solver: seconds for solving, with those for building its model and its optimum beside."""
    for name in names:
        found = tried(f"{name}, {size} works", missing, "alternative", name, path)
        if found is not None:
            off = (found["optimum"] - ours["linear_bound"]) / abs(found["optimum"])
            facts = {"building": found["build"], "peak MB": found["peak"], "optimum less our bound": off}
            yield row(f"{size} works: {name}", found["solve"], "CPU s", **facts)


def instance(folder: Path, size: str, *, chains: bool = False) -> Path:
    """A catalogue on disk, made once."""
    path = folder / f"{size}{'-chains' if chains else ''}.pickle"
    if not path.exists():
        with path.open("wb") as out:
            pickle.dump(catalogue(SIZES[size], chains=chains), out, protocol=5)
    return path


def alone(act: str, *arguments: object) -> dict[str, Any]:
    """One measurement in a process of its own, with one thread."""
    command = [sys.executable, "-m", "tests.bench.pricing", "--act", act, *map(str, arguments)]
    ended = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, **ONE_THREAD})
    result: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return result


def tried(what: str, missing: Missing, act: str, *arguments: object) -> dict[str, Any] | None:
    """As `alone`; a package that is not installed is noted."""
    try:
        return alone(act, *arguments)
    except subprocess.CalledProcessError as error:
        last = (error.stderr or "").strip().splitlines()[-1:]
        if not last or not last[0].startswith(("ModuleNotFoundError", "ImportError")):
            raise
        missing.append({"name": what, "why": last[0]})
        return None


def row(name: str, value: float, unit: str, better: str = "lower", goal: float | None = None, **beside: float) -> Row:
    """A row of the table; numbers beside it are rounded to four digits."""
    references = {fact: float(f"{figure:.4g}") for fact, figure in beside.items()}
    rounded = float(f"{value:.4g}")
    return {"name": name, "value": rounded, "unit": unit, "better": better, "goal": goal, "references": references}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
