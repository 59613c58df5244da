"""What the pricing benchmark measures, each run in a process of its own."""

from __future__ import annotations

import pickle
import resource
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np

from offchain.pricing.catalogue.arrays import Catalogue, Holders
from offchain.pricing.catalogue.crew import Crew, InProcess
from offchain.pricing.catalogue.part import Part
from offchain.pricing.catalogue.proof import require_proven
from offchain.pricing.catalogue.requote import Requotes
from offchain.pricing.catalogue.solve import price_catalogue, price_parts
from offchain.pricing.catalogue.split import partition, take
from offchain.pricing.catalogue.workers import local_workers
from tests.bench.pricing.alternatives import ALTERNATIVES, loaded_highs
from tests.bench.pricing.instances import catalogue, repriced
from tests.bench.pricing.linear import linear_programme

__all__ = ["ACTS"]

Result = dict[str, Any]
R = TypeVar("R")


def ours(path: str) -> Result:
    """Price a catalogue from nothing."""
    known = _ready(path)
    before, begun = _peak(), time.process_time()
    found = price_catalogue(known)
    cpu = time.process_time() - begun
    return {
        "cpu": cpu,
        "before": before,
        "size": known.revenue.nbytes / 1e6,
        "peak": _peak(),
        "linear_bound": found.linear_bound,
        "gap": found.gap,
        "linear_gap": (found.linear_bound - found.objective) / abs(found.linear_bound),
        "binding": found.binding,
    }


def alternative(name: str, path: str) -> Result:
    """Solve the linear programme of a catalogue by another solver."""
    programme = linear_programme(_loaded(path))
    optimum, build, solve = ALTERNATIVES[name](programme)
    return {"optimum": optimum, "build": build, "solve": solve, "peak": _peak()}


def requote(path: str) -> Result:
    """Quote works anew at fixed duals: many at once, and one at a time."""
    known = _ready(path)
    quotes = Requotes(known, price_catalogue(known).duals)
    every = np.arange(len(known.revenue))
    quotes.steps(every[:1])
    batch = _fastest(lambda: quotes.steps(every)) / len(every)
    single = _fastest(lambda: [quotes.steps(every[work : work + 1]) for work in range(len(every))]) / len(every)
    return {"batch": batch * 1e6, "single": single * 1e6}


def one_floor(path: str) -> Result:
    """Price a catalogue in which one holder with a floor gets half of every work, so that all works are one group."""
    known = _ready(path)
    works, most = len(known.revenue), float(known.revenue.max(axis=2).sum())
    shares = np.full(works, 0.5)
    holders = Holders(np.arange(works + 1), np.zeros(works, np.int64), shares, np.array([0.49 * most]), np.array([2.0]))
    begun = time.process_time()
    found = price_catalogue(replace(known, holders=holders))
    return {"cpu": time.process_time() - begun, "gap": found.gap}


def proof(path: str) -> Result:
    """Check the proof of a catalogue's prices."""
    known = _ready(path)
    found = price_catalogue(known)
    begun = time.process_time()
    gap = require_proven(known, found)
    return {"cpu": time.process_time() - begun, "gap": gap}


class _Counted:
    """A crew that counts what a question and its answers are when pickled."""

    def __init__(self, crew: Crew, parts: int) -> None:
        self.crew, self.parts = crew, parts
        self.questions = self.sent = self.received = 0

    def ask(self, question: Callable[[Part], R]) -> list[R]:
        answers = self.crew.ask(question)
        self.questions += 1
        self.sent += self.parts * len(pickle.dumps(question))
        self.received += sum(len(pickle.dumps(answer)) for answer in answers)
        return answers


def split(path: str) -> Result:
    """Price a catalogue in two worker processes and, in the same two parts, in this one."""
    known = _ready(path)
    slices = [take(known, works) for works in partition(known, 2)]
    begun = time.monotonic()
    inside = InProcess([Part(part, number) for number, part in enumerate(slices)])
    alone = price_parts(inside, known.rows, known.holders)
    wall_in_process = time.monotonic() - begun
    with local_workers(slices) as crew:
        price_parts(crew, known.rows, known.holders)  # processes start, import and compile
        counted = _Counted(crew, len(slices))
        price_parts(counted, known.rows, known.holders)
        begun = time.monotonic()
        apart = price_parts(crew, known.rows, known.holders)
        wall = time.monotonic() - begun
    same = np.array_equal(alone.steps, apart.steps) and alone.linear_bound == apart.linear_bound
    travelled = {"sent": counted.sent / 1e6, "received": counted.received / 1e6, "questions": counted.questions}
    walls = {"wall": wall, "wall_in_process": wall_in_process}
    return {"same": same, "slice": slices[0].revenue.nbytes / 1e6, **travelled, **walls}


def again(path: str) -> Result:
    """Price a catalogue, change the demand of 1 % of its works, and price it again from the old duals and anew."""
    known = _ready(path)
    first = price_catalogue(known)
    changed = repriced(known)
    cold = _fastest(lambda: price_catalogue(changed))
    warm = _fastest(lambda: price_catalogue(changed, first.duals))
    return {"cold": cold, "warm": warm, "gap": price_catalogue(changed, first.duals).gap}


def again_highs(path: str) -> Result:
    """The same by HiGHS: cold, and from the old basis with the changed coefficients put into its model."""
    known = _loaded(path)
    old, new = linear_programme(known), linear_programme(repriced(known))
    highs = loaded_highs(old)
    highs.run()
    begun = time.process_time()
    moved = np.flatnonzero(old.cost != new.cost).astype(np.int32)
    highs.changeColsCost(len(moved), moved, new.cost[moved])
    difference = (new.matrix - old.matrix).tocoo()
    for line, column in zip(*difference.coords, strict=True):
        highs.changeCoeff(int(line), int(column), float(new.matrix[line, column]))
    highs.run()
    warm = time.process_time() - begun
    fresh = loaded_highs(new)
    begun = time.process_time()
    fresh.run()
    cold = time.process_time() - begun
    optima = [one.getInfo().objective_function_value for one in (highs, fresh)]
    assert abs(optima[0] - optima[1]) <= 1e-7 * abs(optima[1]), optima
    return {"warm": warm, "cold": cold}


def _ready(path: str) -> Catalogue:
    """A catalogue, once everything is imported and compiled."""
    for chains in (False, True):
        price_catalogue(catalogue(40, chains=chains))
    return _loaded(path)


def _loaded(path: str) -> Catalogue:
    with Path(path).open("rb") as stream:
        known: Catalogue = pickle.load(stream)  # noqa: S301  # our own, of a moment ago
    return known


def _fastest(act: Callable[[], object]) -> float:
    """CPU seconds, the least of three."""
    times = []
    for _ in range(3):
        begun = time.process_time()
        act()
        times.append(time.process_time() - begun)
    return min(times)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


ACTS: Final[dict[str, Callable[..., Result]]] = {
    "ours": ours,
    "alternative": alternative,
    "one_floor": one_floor,
    "requote": requote,
    "proof": proof,
    "split": split,
    "again": again,
    "again_highs": again_highs,
}
