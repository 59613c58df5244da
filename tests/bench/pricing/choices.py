"""Offers where buyers choose: how long the three choice models take, and the optima that the literature reports.

    python -m tests.bench.pricing.choices

The market: works in three chained tiers with ladders of 12 prices, three segments with logit preferences.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import Final

from offchain.pricing import PriceKey, Tier, Work, geometric_ladder
from offchain.pricing.choice import (
    ChoiceProblem,
    ChoiceSegment,
    ChoiceWeights,
    Edition,
    LogitWeights,
    TableWeights,
    solve_choice,
)
from offchain.pricing.choice.problem import ChoiceKind
from offchain.pricing.model import SCALE
from tests.bench.report import Row, shown

__all__ = ["rows"]

CURRENCY: Final = "eip155:1337/slip44:60"
TIERS: Final = ("personal", "commercial", "adaptation")
SEGMENTS: Final = {"individual": 400.0, "studio": 80.0, "organisation": 30.0}
SIZES: Final[dict[ChoiceKind, tuple[int, ...]]] = {
    "logit": (30, 99, 999),
    "sales-based": (30, 99, 300),
    "choice-based": (6, 9),
}
FLIGHTS: Final = {60: 56_884.1, 80: 71_936.4, 100: 79_155.7, 120: 80_371.3}
"""Optimum reported by Bront, Méndez-Díaz and Vulcano (2009), by per cent of the seats."""


def rows() -> Iterator[Row]:
    """The reference instance, then CPU seconds and certified gap of each model and size."""
    for percent, reported in FLIGHTS.items():
        found = [
            solve_choice(flights(model, percent)).certificate.primal / SCALE
            for model in ("choice-based", "sales-based")
        ]
        name = f"choice-based optimum of parallel flights, {percent} % of the seats"
        yield _row(name, found[0], "revenue", reported=reported, **{"sales-based bound": found[1]})
    for model, sizes in SIZES.items():
        for licences in sizes:
            problem, begun = market(model, licences), time.process_time()
            proof = solve_choice(problem).certificate
            took, gap = time.process_time() - begun, (proof.dual - proof.primal) / proof.dual
            yield _row(f"choice, {model}: {licences} licences at 12 prices", took, "CPU s", gap=gap)


def market(model: ChoiceKind, licences: int, seed: int = 0) -> ChoiceProblem:
    """A seeded market of `licences` licences, three a work; every third work is limited where there are editions."""
    chance = random.Random(seed)
    works = tuple(Work(f"0x{number:064x}", chance.choice((0, 100_000))) for number in range(1, licences // 3 + 1))
    tiers = tuple(
        Tier(name, geometric_ladder(20 * 4**rank, 400 * 4**rank, 12, 1), TIERS[:rank])
        for rank, name in enumerate(TIERS)
    )
    weights = [
        ChoiceWeights(PriceKey(work.id, tier.name, segment), _liking(tier, rank, chance))
        for work in works
        for tier in tiers
        for rank, segment in enumerate(SEGMENTS)
    ]
    nothing = max(1.0, len(works) / 4)
    segments = tuple(ChoiceSegment(name, buyers, nothing) for name, buyers in SEGMENTS.items())
    limited = () if model == "logit" else works[::3]
    editions = tuple(Edition(f"edition {place}", 10, work.id) for place, work in enumerate(limited))
    return ChoiceProblem(model, CURRENCY, 0, works, tiers, segments, tuple(weights), editions)


def _liking(tier: Tier, rank: int, chance: random.Random) -> LogitWeights:
    middle = tier.ladder[4 + 2 * rank]
    return LogitWeights(round(middle * chance.uniform(0.6, 1.2)), max(1, middle // 3))


def flights(model: ChoiceKind, percent: int) -> ChoiceProblem:
    """Parallel flights: six products on three legs of 30, 50 and 40 seats, four segments, 300 periods."""
    fares, works = (400, 800, 500, 1000, 300, 600), tuple(Work(f"0x{leg:064x}") for leg in (1, 2, 3))
    likings = ((0, 5, 0, 10, 0, 1), (5, 0, 1, 0, 10, 0), (10, 8, 6, 4, 3, 1), (8, 10, 4, 6, 1, 3))
    people = zip((30.0, 45.0, 60.0, 15.0), (1.0, 5.0, 5.0, 1.0), strict=True)
    weights = [
        ChoiceWeights(PriceKey(works[place // 2].id, f"product {place}", f"segment {segment}"), TableWeights((weight,)))
        for segment, row in enumerate(likings)
        for place, weight in enumerate(map(float, row))
        if weight
    ]
    return ChoiceProblem(
        model,
        CURRENCY,
        0,
        works,
        tuple(Tier(f"product {place}", (fare,)) for place, fare in enumerate(fares)),
        tuple(ChoiceSegment(f"segment {place}", *numbers) for place, numbers in enumerate(people)),
        tuple(weights),
        tuple(Edition(f"leg {leg}", seats * percent // 100, works[leg].id) for leg, seats in enumerate((30, 50, 40))),
    )


def _row(name: str, value: float, unit: str, **beside: float) -> Row:
    references = {fact: float(f"{figure:.6g}") for fact, figure in beside.items()}
    better = "higher" if unit == "revenue" else "lower"
    return {"name": name, "value": float(f"{value:.6g}"), "unit": unit, "better": better, "references": references}


if __name__ == "__main__":
    for each in rows():
        print(shown(each), flush=True)
