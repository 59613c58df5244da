"""Epochs: a whole catalogue priced with its proofs, priced again after changes, and quotes in between.

    python -m tests.bench.pricing.epochs

Works under the default tiers and ladders (6 prices a work of 12 steps each), medians spread about the stated ones.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from offchain.pricing import (
    Accessibility,
    Budget,
    Coupling,
    HolderFloor,
    HolderShare,
    LogitDemand,
    PricingProblem,
    default_problem,
    solve,
)
from offchain.pricing.epochs import NO_RULES, Epoch, Rules, price_catalogue, requote
from tests.bench.report import Row, shown

__all__ = ["rows"]

CURRENCY: Final = "eip155:1337/erc20:0x1111111111111111111111111111111111111111"
SIZES: Final = (100, 1_000)
QUOTES: Final = 100
Result = TypeVar("Result")


def rows() -> Iterator[Row]:
    """CPU seconds of epochs: first, without a change, with 1 % changed, under rules; and of quotes."""
    chance = random.Random(5)
    price_catalogue([_work(1, chance)], {}, NO_RULES)  # scipy loads
    for works in SIZES:
        problems = [_work(number, chance) for number in range(1, works + 1)]
        first, took = _timed(lambda known=problems: price_catalogue(known, {}, NO_RULES))
        yield _row(f"first epoch, {works:,} works", took, "CPU s")
        _, took = _timed(lambda known=problems, last=first: price_catalogue(known, last.entries, NO_RULES))
        yield _row(f"epoch without a change, {works:,} works", took, "CPU s")
        changed = [*map(_dearer, problems[: works // 100]), *problems[works // 100 :]]
        again, took = _timed(lambda known=changed, last=first: price_catalogue(known, last.entries, NO_RULES))
        yield _row(f"epoch after a change of 1 %, {works:,} works", took, "CPU s", solved=again.solved)
        rules = Rules(None, _coupling(problems))
        coupled, took = _timed(lambda known=problems, ruled=rules: price_catalogue(known, {}, ruled))
        yield _row(f"first epoch under rules, {works:,} works", took, "CPU s", floors=works // 50)
        for words, epoch, held in (
            ("as it was", first, True),
            ("that changed", first, False),
            ("as it was, under rules", coupled, True),
        ):
            _, took = _timed(lambda known=problems, made=epoch, kept=held: _quotes(known[:QUOTES], made, kept))
            yield _row(f"quote of a work {words}, {works:,} works", took / QUOTES * 1000, "CPU ms")


def _quotes(problems: Sequence[PricingProblem], epoch: Epoch, kept: bool) -> None:
    for problem in problems:
        requote(problem, epoch.entries[problem.works[0].id] if kept else None, epoch.terms)


def _work(number: int, chance: random.Random) -> PricingProblem:
    problem = default_problem(f"0x{number:064x}", chance.choice((0, 100_000, 250_000)), CURRENCY)
    return _scaled(problem, lambda: chance.uniform(0.6, 1.6))


def _dearer(problem: PricingProblem) -> PricingProblem:
    return _scaled(problem, lambda: 1.5)


def _scaled(problem: PricingProblem, factor: Callable[[], float]) -> PricingProblem:
    """The problem with every median of willingness to pay moved by a factor."""
    moved = []
    for cell in problem.demand:
        assert isinstance(cell.curve, LogitDemand)
        moved.append(replace(cell, curve=replace(cell.curve, median=int(cell.curve.median * factor()))))
    return replace(problem, demand=tuple(moved))


def _coupling(problems: Sequence[PricingProblem]) -> Coupling:
    """A floor for every 50 works, on five of them; three quarters of the works accessible; a budget of adaptations."""
    ids = [problem.works[0].id for problem in problems]
    earned = {problem.works[0].id: solve(problem).expected_revenue for problem in problems[: len(problems) // 10]}
    floors = []
    for holder in range(len(problems) // 50):
        mine = ids[holder * 5 : holder * 5 + 5]
        half = sum(earned[work] for work in mine) // 2
        shares = tuple(HolderShare(work, 500_000) for work in mine)
        floors.append(
            HolderFloor(f"holder {holder}", shares, half * (90 + 2 * (holder % 8)) // 100, 3_000_000, CURRENCY)
        )
    accessible = Accessibility("individual", 5 * 10**6, len(problems) * 3 // 4, CURRENCY, "personal")
    return Coupling(tuple(floors), (accessible,), (Budget("adaptations", len(problems) * 50.0, "adaptation"),))


def _timed(make: Callable[[], Result]) -> tuple[Result, float]:
    begun = time.process_time()
    return make(), time.process_time() - begun


def _row(name: str, value: float, unit: str, **beside: float) -> Row:
    return {"name": name, "value": float(f"{value:.3g}"), "unit": unit, "better": "lower", "references": beside}


if __name__ == "__main__":
    for each in rows():
        print(shown(each), flush=True)
