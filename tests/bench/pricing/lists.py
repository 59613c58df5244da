"""Price lists for segments that choose for themselves: how long the best menu takes, and how near the proof comes.

    python -m tests.bench.pricing.lists

Values are lognormal about a value of each tier (σ = 0.6); five menus of each size.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Iterator
from typing import Final

from offchain.pricing.menus import MenuProblem, MenuSegment, MenuTier, solve_menu
from tests.bench.report import Row, shown

__all__ = ["rows"]

SIZES: Final = ((4, 3), (8, 4), (12, 4), (20, 5), (30, 6))
MENUS: Final = 5
CURRENCY: Final = "eip155:1337/slip44:60"


def rows() -> Iterator[Row]:
    """Median CPU seconds of each size, with how many are proven optimal in integers and the largest gap."""
    chance = random.Random(5)
    solve_menu(_menu(2, 2, chance))  # scipy loads
    for segments, tiers in SIZES:
        took, certificates = [], []
        for _ in range(MENUS):
            problem, begun = _menu(segments, tiers, chance), time.process_time()
            certificates.append(solve_menu(problem).certificate)
            took.append(time.process_time() - begun)
        gap = max(float(each.gap / each.bound) for each in certificates)
        beside = {"most": round(max(took), 3), "proven optimal": sum(each.gap == 0 for each in certificates)}
        yield {
            "name": f"menu of {segments} segments and {tiers} tiers",
            "value": round(statistics.median(took), 3),
            "unit": "CPU s",
            "better": "lower",
            "references": {**beside, "largest gap": float(f"{gap:.3g}")},
        }


def _menu(segments: int, tiers: int, chance: random.Random) -> MenuProblem:
    middles = [chance.uniform(500, 20_000) for _ in range(tiers)]
    buyers = (
        MenuSegment(
            f"segment {number}",
            chance.randint(1, 500),
            tuple(int(middle * chance.lognormvariate(0, 0.6)) for middle in middles),
        )
        for number in range(segments)
    )
    return MenuProblem(
        CURRENCY, 2, tuple(MenuTier(f"tier {number}") for number in range(tiers)), tuple(buyers), 100_000, 1
    )


if __name__ == "__main__":
    for each in rows():
        print(shown(each), flush=True)
