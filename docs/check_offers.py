"""Check the proof of offers without the program that made it: `python docs/check_offers.py PROBLEM SOLUTION`.

Both files are JSON, as docs/schemas/choice-input.json and choice-output.json describe them. All is derived anew, in
fractions: what the offers sell and earn, and that no others earn more (by a billionth, or a millionth where copies are
limited). Charge every sale with what its copies are worth; then no offer earns a segment more than z a buyer if no
price list makes the sum of weight · (margin − charge − z) larger than nothing · z, where the rows of the certificate
may move value from one licence to another. No proof as short is known where all segments see one offer, so such a
solution is not proven here. Sentences and hash are not looked at. Exit code 0 if proven, else 1.
"""

import json
import sys
from collections.abc import Iterator
from fractions import Fraction
from math import ceil, exp, floor
from pathlib import Path
from typing import Any, NamedTuple

RULES = {"version", "model", "currency", "decimals", "works", "tiers", "segments", "weights", "editions"}
UNIT, WHOLE = 10**6, 10**24  # millionths; parts of a period
TOLD = ("amount", "sales", "revenue")
CLOSED = 2**108  # stands for the price of what is not offered, above all others

Claims = Iterator[tuple[str, bool]]
Key = tuple[str, str]


class Licence(NamedTuple):
    """What may be offered: its prices, its net revenue at each, and the places of the editions that it draws on."""

    ladder: list[int]
    margin: list[int]
    draws: list[int]


def key(named: dict[str, Any]) -> Key:
    """The licence that an object names."""
    return named["work"], named["tier"]


def licences(problem: dict[str, Any]) -> dict[Key, Licence]:
    """Whatever some segment considers, in the order of works and tiers."""
    considered, editions, found = set(map(key, problem["weights"])), problem.get("editions", []), {}
    for work in problem["works"]:
        for tier in problem["tiers"]:
            here = {"work": work["id"], "tier": tier["name"]}
            if key(here) in considered:
                ladder, kept = list(map(int, tier["ladder"])), (UNIT - work.get("upstream_ppm", 0)) * UNIT
                draws = [at for at, edition in enumerate(editions) if here.items() >= limits(edition).items()]
                found[key(here)] = Licence([*ladder, CLOSED], [*(price * kept for price in ladder), 0], draws)
    return found


def limits(edition: dict[str, Any]) -> dict[str, str]:
    """The work and tier that an edition is limited to, as far as it is."""
    return {name: edition[name] for name in ("work", "tier") if name in edition}


def orders(problem: dict[str, Any], sold: dict[Key, Licence]) -> set[tuple[Key, Key]]:
    """Pairs of which the second never costs less than the first."""
    pairs = set()
    for work in problem["works"]:
        for tier in problem["tiers"]:
            here = (work["id"], tier["name"])
            pairs |= {((here[0], other), here) for other in tier.get("broader_than", ())}
            pairs |= {((other, here[1]), here) for other in work.get("not_below", ())}
    return {(cheap, dear) for cheap, dear in pairs if cheap in sold and dear in sold}


def weights(problem: dict[str, Any], segment: str, sold: dict[Key, Licence]) -> dict[Key, list[int]]:
    """Millionths, of each licence at each step; 0 where it is not offered or not considered."""
    found = {licence: [0] * len(sold[licence].ladder) for licence in sold}
    for entry in problem["weights"]:
        if entry["segment"] == segment and "table" in entry:
            found[key(entry)] = [*(round(float(weight) * UNIT) for weight in entry["table"]), 0]
        elif entry["segment"] == segment:
            value, spread = int(entry["logit"]["value"]), int(entry["logit"]["spread"])
            prices = sold[key(entry)].ladder[:-1]
            found[key(entry)] = [*(int(exp((value - price) / spread) * UNIT) for price in prices), 0]
    return found


def claims(problem: dict[str, Any], solution: dict[str, Any]) -> Claims:
    """Each claim that the proof needs, and whether it holds."""
    yield "every rule of the problem is known here", problem.keys() <= RULES
    yield "each segment has its own offers", problem.get("model") in {"logit", "sales-based"}
    sold, proof, editions = licences(problem), solution["certificate"], problem.get("editions", [])
    units = problem["model"], problem["currency"], str(UNIT**2), str(WHOLE)
    yield "units are the problem's", units == (solution["model"], solution["currency"], proof["scale"], proof["whole"])
    pairs, worths = orders(problem, sold), list(map(int, proof["worths"]))
    ends = [(key(row["cheaper"]), key(row["dearer"])) for row in proof["rows"]]
    yield "no copy is worth less than nothing", min(worths, default=0) >= 0 and len(worths) == len(editions)
    yield "multipliers are of orders", all(pair in pairs for pair in ends)
    yield "no multiplier is negative", all(int(row["value"]) >= 0 for row in proof["rows"])
    earned, bound, used = Fraction(0), Fraction(0), [Fraction(0)] * len(editions)
    for segment, value in zip(problem["segments"], map(int, proof["values"]), strict=True):
        seen = weights(problem, segment["name"], sold)
        gone = {licence for licence in sold if any(editions[at]["copies"] == 0 for at in sold[licence].draws)}
        least = {licence: seen[licence].index(0) if licence in gone else 0 for licence in sold}
        buyers, nothing = (round(segment.get(name, 1) * UNIT) for name in ("buyers", "nothing"))
        net = gains(sold, seen, worths, value)
        for row in (row for row in proof["rows"] if row["cheaper"]["segment"] == segment["name"]):
            move(net, sold, row)
        best = sum(max(net[licence][least[licence] :]) for licence in sold)
        yield "no offer earns more a buyer", best <= nothing * value
        bound += Fraction(buyers * value, UNIT)
        shown = [offer for offer in solution["offers"] if offer["segment"] == segment["name"]]
        shares = [Fraction(int(offer["share"]), WHOLE) for offer in shown]
        yield "offers are shown for parts of a period", min(shares, default=0) >= 0 and sum(shares) <= 1
        for offer, share in zip(shown, shares, strict=True):
            steps = dict(zip(sold, offer["steps"], strict=True))
            steps = {lic: len(sold[lic].ladder) - 1 if step is None else step for lic, step in steps.items()}
            yield "each step is open", all(least[lic] <= steps[lic] < len(sold[lic].ladder) for lic in sold)
            prices = {licence: sold[licence].ladder[step] for licence, step in steps.items()}
            yield "no two prices break an order", all(prices[cheap] <= prices[dear] for cheap, dear in pairs)
            total = UNIT * (nothing + sum(seen[licence][step] for licence, step in steps.items()))
            sales = {licence: share * buyers * seen[licence][step] / total for licence, step in steps.items()}
            revenues = {licence: sales[licence] * sold[licence].margin[step] for licence, step in steps.items()}
            earned += sum(revenues.values())
            for licence in sold:
                for at in sold[licence].draws:
                    used[at] += sales[licence]
            derived = [
                (licence, price, round(sales[licence] * UNIT), round(revenues[licence] / UNIT**2))
                for licence, price in prices.items()
                if price != CLOSED
            ]
            stated = [(key(price), *map(int, map(price.get, TOLD))) for price in offer["prices"]]
            yield "prices, sales and revenues are as the steps say", stated == derived
    names = {segment["name"] for segment in problem["segments"]}
    yield "every offer is for a segment", all(offer["segment"] in names for offer in solution["offers"])
    copies = [edition["copies"] for edition in editions]
    yield "no more copies sell than there are", all(use <= most for use, most in zip(used, copies, strict=True))
    dual = ceil(bound) + sum(worth * count for worth, count in zip(worths, copies, strict=True))
    sums = [floor(earned), dual, dual - floor(earned), round(Fraction(floor(earned), UNIT**2))]
    named = [*map(proof.get, ("primal", "dual", "gap")), solution["expected_revenue"]]
    yield "sums are as stated", sums == list(map(int, named))
    copied = [(each["name"], each["copies"], int(each["sold"]), int(each["worth"])) for each in solution["editions"]]
    yield "editions are as stated", copied == list(values(editions, used, worths))
    buyers = sum(segment["buyers"] for segment in problem["segments"])
    rounding = ceil(buyers) * (max(max(licence.margin) for licence in sold.values()) // 10**15 + 2)
    yield "others earn hardly more", dual - floor(earned) <= max(dual // (10**6 if editions else 10**9), rounding)


def values(editions: list[dict[str, Any]], used: list[Fraction], worths: list[int]) -> Iterator[tuple[Any, ...]]:
    """What is told of each edition; a worth is rounded up, but for a billionth of it, which is a solver's rounding."""
    for edition, use, worth in zip(editions, used, worths, strict=True):
        yield edition["name"], edition["copies"], round(use * UNIT), -((worth // 10**9 - worth) // UNIT**2)


def gains(sold: dict[Key, Licence], seen: dict[Key, list[int]], worths: list[int], value: int) -> dict[Key, list[int]]:
    """Weight · (margin − charge − value), of each licence at each step."""
    taken = {licence: sum(worths[at] for at in sold[licence].draws) + value for licence in sold}
    steps = {licence: zip(seen[licence], sold[licence].margin, strict=True) for licence in sold}
    return {lic: [weight * (margin - taken[lic]) for weight, margin in steps[lic]] for lic in sold}


def move(net: dict[Key, list[int]], sold: dict[Key, Licence], row: dict[str, Any]) -> None:
    """Move a multiplier's value from the cheaper to the dearer licence, at the steps from its price on."""
    for end, sign in (("cheaper", -1), ("dearer", 1)):
        for step, price in enumerate(sold[key(row[end])].ladder):
            net[key(row[end])][step] += sign * int(row["value"]) * (price >= int(row["at"]))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(f"usage: python {sys.argv[0]} PROBLEM SOLUTION")
    for claim, holds in claims(*(json.loads(Path(name).read_text("utf-8")) for name in sys.argv[1:])):
        if not holds:
            sys.exit(f"not proven: that {claim}")
    print("optimal: proven")
