"""Proofs under rows between works as JSON: the member `coupled` of a certificate (docs/schemas/pricing-output.json)."""

from __future__ import annotations

from offchain.pricing.certificate import RowDual
from offchain.pricing.coupled.certificate import Coupled
from offchain.pricing.coupled.proof import Components, Leaf, Proof, Split, Weight
from offchain.pricing.problem import PriceKey
from offchain.pricing.reading import Node

__all__ = ["coupled_from_json", "coupled_to_json", "duals_from_json", "duals_to_json"]


def coupled_to_json(coupled: Coupled) -> dict[str, object]:
    """Write what a certificate holds for rows between works, its bound aside."""
    return {
        "weights": _weights_json(coupled.weights),
        "excesses": [str(excess) for excess in coupled.excesses],
        "proof": _proof_json(coupled.proof),
    }


def coupled_from_json(node: Node, bound: int) -> Coupled:
    """Read it back.

    Args:
        node: the member.
        bound: the certificate's dual.

    Raises:
        InputError: `pricing-json-malformed`.
    """
    fields = node.record(("weights", "excesses", "proof"))
    excesses = tuple(excess.amount() for excess in fields["excesses"].items())
    return Coupled(bound, _weights(fields["weights"]), excesses, _proof(fields["proof"]))


def duals_to_json(rows: tuple[RowDual, ...]) -> list[dict[str, object]]:
    """Write multipliers of orders."""
    return [
        {"cheaper": row.cheaper._asdict(), "dearer": row.dearer._asdict(), "at": str(row.at), "value": str(row.value)}
        for row in rows
    ]


def duals_from_json(node: Node) -> tuple[RowDual, ...]:
    """Read multipliers of orders.

    Raises:
        InputError: `pricing-json-malformed`.
    """
    return tuple(map(_dual, node.items()))


def _dual(node: Node) -> RowDual:
    fields = node.record(("cheaper", "dearer", "at", "value"))
    cheaper, dearer = _key(fields["cheaper"]), _key(fields["dearer"])
    return RowDual(cheaper, dearer, fields["at"].amount(), fields["value"].amount())


def _key(node: Node) -> PriceKey:
    names = ("work", "tier", "segment")
    fields = node.record(names)
    return PriceKey(*(fields[name].text() for name in names))


def _weights(node: Node) -> tuple[Weight, ...]:
    fields = (weight.record(("row", "value")) for weight in node.items())
    return tuple(Weight(weight["row"].integer(), weight["value"].amount()) for weight in fields)


def _weights_json(weights: tuple[Weight, ...]) -> list[dict[str, object]]:
    return [{"row": weight.row, "value": str(weight.value)} for weight in weights]


def _proof(node: Node) -> Proof:
    fields = node.record((), ("split", "at", "below", "above", "weights", "rows", "parts"))
    if "split" in fields:
        fields = node.record(("split", "at", "below", "above"))
        return Split(_key(fields["split"]), fields["at"].amount(), _proof(fields["below"]), _proof(fields["above"]))
    if "parts" in fields:
        fields = node.record(("weights", "parts"))
        return Components(_weights(fields["weights"]), tuple(map(_proof, fields["parts"].items())))
    fields = node.record(("weights", "rows"))
    return Leaf(_weights(fields["weights"]), duals_from_json(fields["rows"]))


def _proof_json(proof: Proof) -> dict[str, object]:
    if isinstance(proof, Split):
        cases = {"below": _proof_json(proof.below), "above": _proof_json(proof.above)}
        return {"split": proof.key._asdict(), "at": str(proof.at), **cases}
    if isinstance(proof, Components):
        return {"weights": _weights_json(proof.weights), "parts": [_proof_json(part) for part in proof.parts]}
    return {"weights": _weights_json(proof.weights), "rows": duals_to_json(proof.rows)}
