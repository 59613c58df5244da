"""Check the proof of a price list without the program that made it: `python docs/check_prices.py PROBLEM SOLUTION`.

Both files are JSON, as docs/schemas/pricing-input.json and pricing-output.json describe them. What counts is derived
anew from the problem, in integers: what every allowed price would earn, and which price may not be below which other.
A row of the certificate says [cheaper ≥ at] ≤ [dearer ≥ factor · at]; weighed by its value it moves revenue from one
price to another, and the best of each then adds up to more than any price list can earn (weak duality). Prices that
earn as much, to a billionth, are optimal. Explanations and hash are not looked at; a problem with rules that are
unknown here is not proven. Exit code 0 if proven, 1 with the claim that fails if not.
"""

import json
import sys
from collections.abc import Iterator
from itertools import product
from math import tanh
from pathlib import Path
from typing import Any

RULES = {"version", "currency", "decimals", "works", "tiers", "segments", "demand", "bounds"}
NAMES = ("work", "tier", "segment")
UNIT = 10**6  # parts per million, and millionths of a licence


def sales(cell: dict[str, Any], ladder: list[int]) -> dict[int, int]:
    """Millionths of a licence that sell, by price."""
    if "table" in cell:
        return {price: round(float(licences) * UNIT) for price, licences in zip(ladder, cell["table"], strict=True)}
    median, spread, market = int(cell["logit"]["median"]), int(cell["logit"]["spread"]), cell["logit"]["market"]
    return {price: int(market * (0.5 * (1 - tanh((price - median) / spread / 2))) * UNIT) for price in ladder}


def within(problem: dict[str, Any], key: tuple[str, str, str], price: int) -> bool:
    """Whether every floor and ceiling that applies to a key leaves it this price."""
    named = dict(zip(NAMES, key, strict=True))
    bounds = [bound for bound in problem.get("bounds", ()) if bound | named == named | bound]
    return all(int(bound.get("floor", price)) <= price <= int(bound.get("ceiling", price)) for bound in bounds)


def claims(problem: dict[str, Any], solution: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """Each claim that the proof needs, and whether it holds."""
    yield "every rule of the problem is known here", problem.keys() <= RULES
    units = solution["currency"], solution["certificate"]["scale"]
    yield "amounts are of the problem's currency and scale", units == (problem["currency"], str(UNIT**2))
    curves, sold, net, factors = {tuple(map(cell.get, NAMES)): cell for cell in problem["demand"]}, {}, {}, {}
    for work, tier, segment in product(problem["works"], problem["tiers"], problem["segments"]):
        key, ladder = (work["id"], tier["name"], segment["name"]), list(map(int, tier["ladder"]))
        sold[key], kept = sales(curves[key], ladder), UNIT - work.get("upstream_ppm", 0)
        net[key] = {p: p * licences * kept for p, licences in sold[key].items() if within(problem, key, p)}
        factors |= {((key[0], other, key[2]), key): UNIT for other in tier.get("broader_than", ())}
        factors |= {((other, *key[1:]), key): UNIT for other in work.get("not_below", ())}
        if "discount_from" in segment:
            factors[(*key[:2], segment["discount_from"]), key] = UNIT - segment["max_discount_ppm"]
    chosen = {tuple(map(price.get, NAMES)): int(price["amount"]) for price in solution["prices"]}
    yield "each price is one that its bounds allow", list(chosen) == list(net) and all(chosen[k] in net[k] for k in net)
    yield "no two prices break an order", all(chosen[b] * UNIT >= chosen[a] * part for (a, b), part in factors.items())
    earned = [net[key][chosen[key]] for key in net]
    for row in solution["certificate"]["rows"]:
        ends = cheap, dear = tuple(tuple(map(row[end].get, NAMES)) for end in ("cheaper", "dearer"))
        at, value = int(row["at"]), int(row["value"])
        yield "a multiplier is of an order and not negative", ends in factors and value >= 0
        net[cheap] = {price: worth - value * (price >= at) for price, worth in net[cheap].items()}
        net[dear] = {price: worth + value * (price * UNIT >= at * factors[ends]) for price, worth in net[dear].items()}
    best, primal = [max(worths.values()) for worths in net.values()], sum(earned)
    yield "other prices earn a billionth more at most", (sum(best) - primal) * 10**9 <= sum(best)
    stated = [solution["expected_revenue"], *map(solution["certificate"].get, ("primal", "dual", "gap"))]
    stated += [price[name] for name in ("bound", "revenue", "sales") for price in solution["prices"]]
    derived = [primal // UNIT**2, primal, sum(best), sum(best) - primal, *best, *(each // UNIT**2 for each in earned)]
    derived += [sold[key][chosen[key]] for key in net]
    yield "sums, bounds, revenues and sales are as stated", derived == list(map(int, stated))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(f"usage: python {sys.argv[0]} PROBLEM SOLUTION")
    for claim, holds in claims(*(json.loads(Path(name).read_text("utf-8")) for name in sys.argv[1:])):
        if not holds:
            sys.exit(f"not proven: that {claim}")
    print("optimal: proven")
