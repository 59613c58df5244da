"""The solution as JSON (docs/schemas/choice-output.json).

Each offer states the ladder step of every licence (null where it is not offered), so that a reader with the input can
check the proof exactly. Reading a solution back takes its problem and proves the offers again.
"""

from __future__ import annotations

from typing import Final

from offchain.errors import RefusedError
from offchain.pricing.certificate import RowDual
from offchain.pricing.choice.market import Market, compile_market
from offchain.pricing.choice.problem import ChoiceProblem
from offchain.pricing.choice.proof import ChoiceCertificate
from offchain.pricing.choice.solution import ChoiceSolution, EditionValue, Offered, OfferedPrice, assemble
from offchain.pricing.choice.timetable import WHOLE, TimedOffer
from offchain.pricing.model import SCALE
from offchain.pricing.problem import PriceKey
from offchain.pricing.reading import Node

__all__ = ["solution_from_json", "solution_to_json"]

_VERSION: Final = 1
_OFFER: Final = ("segment", "share", "steps", "prices", "sentence")
_PROOF: Final = ("scale", "whole", "primal", "dual", "gap", "worths", "values", "rows")


def solution_to_json(solution: ChoiceSolution) -> dict[str, object]:
    """Write a solution; amounts are decimal strings."""
    certificate = solution.certificate
    market = compile_market(solution.problem)
    pairs = zip(solution.offers, solution.timetable, strict=True)
    return {
        "version": _VERSION,
        "model": solution.problem.model,
        "model_hash": solution.model_hash,
        "currency": solution.problem.currency,
        "expected_revenue": str(solution.expected_revenue),
        "offers": [_offer_json(market, offered, timed) for offered, timed in pairs],
        "editions": [_edition_json(edition) for edition in solution.editions],
        "certificate": {
            "scale": str(SCALE),
            "whole": str(WHOLE),
            "primal": str(certificate.primal),
            "dual": str(certificate.dual),
            "gap": str(certificate.gap),
            "worths": [str(worth) for worth in certificate.worths],
            "values": [str(value) for value in certificate.values],
            "rows": [_row_json(row) for row in certificate.rows],
        },
    }


def solution_from_json(problem: ChoiceProblem, data: object) -> ChoiceSolution:
    """Read a solution of `problem` from parsed JSON, proving it again.

    Raises:
        InputError: `pricing-json-malformed`.
        RefusedError: `price-uncertified`, the certificate does not hold; `solution-altered`, it is of another problem
            or one of its numbers is not what the offers and multipliers give.
    """
    root = Node(data, "").record(
        ("version", "model", "model_hash", "currency", "expected_revenue", "offers", "editions", "certificate")
    )
    market = compile_market(problem)
    timetable = [_timed(market, node) for node in root["offers"].items()]
    proof = root["certificate"].record(_PROOF)
    certificate = ChoiceCertificate(
        proof["primal"].signed(),
        proof["dual"].signed(),
        tuple(worth.signed() for worth in proof["worths"].items()),
        tuple(value.signed() for value in proof["values"].items()),
        tuple(map(_row, proof["rows"].items())),
    )
    solution = assemble(problem, market, timetable, certificate)
    if solution_to_json(solution) != data:
        raise RefusedError(
            "solution-altered",
            "the solution is not what its problem, offers and multipliers give",
            "solve the problem again",
        )
    return solution


def _timed(market: Market, node: Node) -> TimedOffer:
    fields = node.record(_OFFER)
    steps = fields["steps"].items()
    if len(steps) != len(market.licences):
        raise fields["steps"].refusal(f"an array of {len(market.licences)} steps")
    pairs = zip(market.licences, steps, strict=True)
    offer = tuple(licence.closed if step.value is None else step.integer() for licence, step in pairs)
    segment = None if fields["segment"].value is None else fields["segment"].text()
    return TimedOffer(segment, fields["share"].amount(), offer)


def _row(node: Node) -> RowDual:
    fields = node.record(("cheaper", "dearer", "at", "value"))
    return RowDual(_key(fields["cheaper"]), _key(fields["dearer"]), fields["at"].amount(), fields["value"].amount())


def _key(node: Node) -> PriceKey:
    names = ("work", "tier", "segment")
    fields = node.record(names)
    return PriceKey(*(fields[name].text() for name in names))


def _offer_json(market: Market, offered: Offered, timed: TimedOffer) -> dict[str, object]:
    pairs = zip(market.licences, timed.offer, strict=True)
    return {
        "segment": offered.segment,
        "share": str(offered.share),
        "steps": [None if step == licence.closed else step for licence, step in pairs],
        "prices": [_price_json(price) for price in offered.prices],
        "sentence": offered.sentence,
    }


def _price_json(price: OfferedPrice) -> dict[str, object]:
    amounts = {"amount": str(price.amount), "sales": str(price.sales), "revenue": str(price.revenue)}
    return {**price.product._asdict(), **amounts}


def _edition_json(edition: EditionValue) -> dict[str, object]:
    return {
        "name": edition.name,
        "copies": edition.copies,
        "sold": str(edition.sold),
        "worth": str(edition.worth),
        "sentence": edition.sentence,
    }


def _row_json(row: RowDual) -> dict[str, object]:
    ends = {"cheaper": row.cheaper._asdict(), "dearer": row.dearer._asdict()}
    return {**ends, "at": str(row.at), "value": str(row.value)}
