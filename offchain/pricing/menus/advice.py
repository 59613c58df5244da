"""Advice on bids for exclusives: which to accept, and from which price on each would be worth it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from offchain.money import format_amount
from offchain.pricing.menus.exclusives import break_even, ended_revenue, present_value
from offchain.pricing.menus.windows import Bid, Grants, choose_bids
from offchain.pricing.problem import PricingProblem
from offchain.pricing.problem_json import problem_from_json
from offchain.pricing.reading import Node
from offchain.pricing.scale import SCALE

__all__ = ["Advice", "BidProblem", "advice_to_json", "advise", "bids_from_json"]

_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class BidProblem:
    """Bids for exclusives on one work.

    Attributes:
        sales: its non-exclusive sales, the same in every period.
        ended: tiers that cannot be sold beside an exclusive.
        discount_ppm: by how much a later period counts less, parts per million a period.
        bids: what is offered.
        standing: windows of exclusives that were granted before, as (first, end).
    """

    sales: PricingProblem
    ended: tuple[str, ...]
    discount_ppm: int
    bids: tuple[Bid, ...]
    standing: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do about each bid.

    Attributes:
        grants: the bids to accept.
        break_even: of each bid, in order, the least price at which it is no loss by itself, minor units.
        sentences: for each bid what to do and why.
    """

    grants: Grants
    break_even: tuple[int, ...]
    sentences: tuple[str, ...]


def advise(problem: BidProblem) -> Advice:
    """Accept the bids that together earn most beside the sales that they end.

    Raises:
        InputError: as `ended_revenue` and `choose_bids`.
        RefusedError: `price-uncertified`.
    """
    upstream, ended = problem.sales.works[0].upstream_ppm, ended_revenue(problem.sales, problem.ended)
    lost = [ended] * max((bid.end for bid in problem.bids), default=0)
    grants = choose_bids(problem.bids, lost, problem.discount_ppm, upstream, problem.standing)
    values = (present_value(lost[bid.first : bid.end], problem.discount_ppm) for bid in problem.bids)
    least = tuple(break_even(value, upstream) for value in values)
    pairs = zip(problem.bids, least, strict=True)
    return Advice(grants, least, tuple(_sentence(problem, grants, bid, amount) for bid, amount in pairs))


def bids_from_json(data: object) -> BidProblem:
    """Read bids from parsed JSON (docs/schemas/exclusives-input.json).

    Raises:
        InputError: `pricing-json-malformed`, or what bids and pricing problems refuse.
    """
    root = Node(data, "").record(("version", "model", "sales", "ended", "discount_ppm", "bids"), ("standing",))
    if root["version"].integer() != _VERSION:
        raise root["version"].refusal(f"{_VERSION}, the version that this program reads")
    standing = [window.record(("first", "end")) for window in root["standing"].items()] if "standing" in root else []
    return BidProblem(
        problem_from_json(root["sales"].value),
        tuple(tier.text() for tier in root["ended"].items()),
        root["discount_ppm"].integer(),
        root["bids"].each(_bid),
        tuple((window["first"].integer(), window["end"].integer()) for window in standing),
    )


def advice_to_json(problem: BidProblem, advice: Advice) -> dict[str, object]:
    """Write advice (docs/schemas/exclusives-output.json)."""
    rows = zip(problem.bids, advice.break_even, advice.sentences, strict=True)
    return {
        "version": _VERSION,
        "model": "exclusives",
        "currency": problem.sales.currency,
        "gain": str(advice.grants.gain // SCALE),
        "bids": [
            {
                "buyer": bid.buyer,
                "first": bid.first,
                "end": bid.end,
                "price": str(bid.price),
                "break_even": str(least),
                "accepted": bid in advice.grants.accepted,
                "sentence": sentence,
            }
            for bid, least, sentence in rows
        ],
    }


def _bid(node: Node) -> Bid:
    fields = node.record(("buyer", "first", "end", "price"))
    first, end = fields["first"].integer(), fields["end"].integer()
    return Bid(fields["buyer"].text(), first, end, fields["price"].amount())


def _sentence(problem: BidProblem, grants: Grants, bid: Bid, least: int) -> str:
    decimals = problem.sales.decimals
    floor = f"sell exclusive at {format_amount(least, decimals)} or more, else keep non-exclusive"
    paid = f"{bid.buyer} bids {format_amount(bid.price, decimals)}"
    if bid in grants.accepted:
        return f"accept, {paid}; {floor}"
    if any(bid.overlaps(*window) for window in problem.standing):
        return f"decline, an exclusive that was granted before is in its window; else {floor}"
    rival = next((other for other in grants.accepted if bid.overlaps(other.first, other.end)), None)
    if rival is not None and bid.price >= least:
        return f"decline, {rival.buyer}'s window overlaps and the accepted bids earn more; else {floor}"
    return f"decline, {paid}; {floor}"
