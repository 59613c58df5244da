"""The solution as JSON (docs/schemas/pricing-output.json).

Net revenues of the certificate are integers in `scale`-ths of a minor unit, so that a reader with the input can check
the proof exactly. Reading a solution back takes its problem and proves the prices again.
"""

from __future__ import annotations

from typing import Final

from offchain.errors import RefusedError
from offchain.pricing.certificate import Certificate
from offchain.pricing.coupled.proof_json import coupled_from_json, coupled_to_json, duals_from_json, duals_to_json
from offchain.pricing.explain import Binding, Explanation
from offchain.pricing.model import SCALE, Cell, compile_model
from offchain.pricing.problem import PricingProblem
from offchain.pricing.reading import Node
from offchain.pricing.solution import Price, Solution, assemble

__all__ = ["solution_from_json", "solution_to_json"]

_VERSION: Final = 1
_PRICE: Final = ("work", "tier", "segment", "amount", "sales", "revenue", "bound", "explanation")


def solution_to_json(solution: Solution) -> dict[str, object]:
    """Write a solution; amounts are decimal strings."""
    certificate = solution.certificate
    prices = zip(solution.prices, certificate.blocks, strict=True)
    rows = [{"rule": row.rule, "slack": str(row.slack), "worth": str(row.worth)} for row in solution.rows]
    proof = {} if certificate.coupled is None else {"coupled": coupled_to_json(certificate.coupled)}
    return {
        "version": _VERSION,
        "model_hash": solution.model_hash,
        "currency": solution.currency,
        "expected_revenue": str(solution.expected_revenue),
        "prices": [_price_json(price, block) for price, block in prices],
        **({"rows": rows} if rows else {}),
        "certificate": {
            "scale": str(SCALE),
            "primal": str(certificate.primal),
            "dual": str(certificate.dual),
            "gap": str(certificate.gap),
            "rows": duals_to_json(certificate.rows),
            **proof,
        },
    }


def solution_from_json(problem: PricingProblem, data: object) -> Solution:
    """Read a solution of `problem` from parsed JSON, proving it again.

    Raises:
        InputError: `pricing-json-malformed`.
        RefusedError: `price-uncertified`, the certificate does not hold; `solution-altered`, it is of another problem
            or one of its numbers is not what the prices and multipliers give.
    """
    members = ("version", "model_hash", "currency", "expected_revenue", "prices", "certificate")
    root = Node(data, "").record(members, ("rows",))
    model = compile_model(problem)
    prices = root["prices"].items()
    if len(prices) != len(model.cells):
        raise _altered()
    steps = [_step(cell, price) for cell, price in zip(model.cells, prices, strict=True)]
    proof = root["certificate"].record(("scale", "primal", "dual", "gap", "rows"), ("coupled",))
    blocks = tuple(price.record(_PRICE)["bound"].signed() for price in prices)
    coupled = coupled_from_json(proof["coupled"], proof["dual"].signed()) if "coupled" in proof else None
    certificate = Certificate(proof["primal"].signed(), blocks, duals_from_json(proof["rows"]), coupled)
    solution = assemble(problem, model, steps, certificate)
    if solution_to_json(solution) != data:
        raise _altered()
    return solution


def _step(cell: Cell, node: Node) -> int:
    amount = node.record(_PRICE)["amount"].amount()
    return cell.ladder.index(amount) if amount in cell.ladder else -1


def _altered() -> RefusedError:
    return RefusedError(
        "solution-altered",
        "the solution is not what its problem, prices and multipliers give",
        "solve the problem again",
    )


def _price_json(price: Price, block: int) -> dict[str, object]:
    return {
        **price.key._asdict(),
        "amount": str(price.amount),
        "sales": str(price.sales),
        "revenue": str(price.revenue),
        "bound": str(block),
        "explanation": _explanation_json(price.explanation),
    }


def _explanation_json(explanation: Explanation) -> dict[str, object]:
    return {
        "step": explanation.step,
        "steps": explanation.steps,
        "runner_up": None if explanation.runner_up is None else str(explanation.runner_up),
        "gap": None if explanation.gap is None else str(explanation.gap),
        "alone": str(explanation.alone),
        "bindings": [_binding_json(binding) for binding in explanation.bindings],
        "sentence": explanation.sentence,
    }


def _binding_json(binding: Binding) -> dict[str, object]:
    return {"kind": binding.kind, "rule": binding.rule, "worth": str(binding.worth), "slack": str(binding.slack)}
