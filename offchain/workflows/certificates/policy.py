"""Terms as an ODRL 2.2 agreement: what is permitted, where, until when, what is owed, and what is not permitted.

Actions that the ODRL vocabulary has are named by it; the others, and what no rule can say (seats, refunds, the exact
mask), stand under `colophon:`, so that nothing of the chain's struct is lost.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from offchain.chain import work_hex
from offchain.money import format_amount
from offchain.storage import raw_cid
from offchain.workflows.certificates.facts import Facts
from offchain.workflows.terms.scope import RIGHTS, scope_names

__all__ = ["POLICY_CONTEXT", "account_id", "policy_of", "time_text", "work_token"]

_ACTIONS: Final = {
    "private-use": "odrl:use",
    "reproduce": "odrl:reproduce",
    "publish": "odrl:display",
    "distribute": "odrl:distribute",
    "advertise": "colophon:advertise",
    "adapt": "odrl:derive",
    "train-models": "colophon:trainModels",
}
"""ODRL Vocabulary 2.2, §4.3; every right of `offchain.workflows.terms.scope` has one."""

_TERM: Final = {"@type": "@vocab"}
POLICY_CONTEXT: Final[dict[str, Any]] = {
    "odrl": "http://www.w3.org/ns/odrl/2/",
    "colophon": "urn:colophon:vocabulary:",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "Agreement": "odrl:Agreement",
    **{name: f"odrl:{name}" for name in ("permission", "prohibition", "duty", "constraint", "refinement", "unit")},
    **{name: {"@id": f"odrl:{name}", "@type": "@id"} for name in ("profile", "target", "assigner", "assignee")},
    **{name: {"@id": f"odrl:{name}", **_TERM} for name in ("action", "leftOperand", "operator")},
    "rightOperand": "odrl:rightOperand",
    **{name: f"colophon:{name}" for name in ("LicenceCertificate", "LicenceStatus", "ChainEvent")},
    **{name: f"colophon:{name}" for name in ("licence", "work", "price", "policy", "terms")},
}
"""The terms that certificates use, in the certificate itself: whoever expands it needs no other document for them."""


def account_id(chain_id: int, account: str) -> str:
    """did:pkh of an account (CAIP-10)."""
    return f"did:pkh:eip155:{chain_id}:{account}"


def work_token(facts: Facts) -> str:
    """CAIP-19 of the work's title."""
    return f"eip155:{facts.chain_id}/erc721:{facts.contracts['WorkRegistry']}/{facts.licence.work}"


def time_text(seconds: int) -> str:
    """Unix seconds as RFC 3339, UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def policy_of(facts: Facts) -> dict[str, Any]:
    """The agreement between licensor and holder."""
    scope = scope_names(facts.terms.scope)
    limits = _limits(facts, scope)
    granted = [{"action": _ACTIONS[right], **_conditions(facts, right, limits)} for right in scope["rights"]]
    withheld = [_ACTIONS[right] for right in RIGHTS if right not in scope["rights"] and right != "private-use"]
    if not facts.terms.transferable:
        withheld.append("colophon:transferLicence")
    return {
        "type": "Agreement",
        "profile": "urn:colophon:vocabulary:odrl",
        "assigner": account_id(facts.chain_id, facts.licensor),
        "assignee": account_id(facts.chain_id, facts.licence.holder),
        "target": work_token(facts),
        "permission": granted,
        "prohibition": [{"action": action} for action in withheld],
        "terms": _struct(facts),
    }


def _limits(facts: Facts, scope: dict[str, list[str]]) -> list[dict[str, Any]]:
    limits = [
        _constraint("odrl:spatial", "odrl:isAnyOf", [f"colophon:{name}" for name in scope["territories"]]),
        _constraint("odrl:media", "odrl:isAnyOf", [f"colophon:{name}" for name in scope["media"]]),
    ]
    if facts.licence.expiry is not None:
        until = {"@value": time_text(facts.licence.expiry), "@type": "xsd:dateTime"}
        limits.append(_constraint("odrl:dateTime", "odrl:lt", until))
    return limits


def _conditions(facts: Facts, right: str, limits: list[dict[str, Any]]) -> dict[str, Any]:
    if right == "adapt":
        return _derivation(facts, limits)
    if right == "private-use":
        limits = [*limits, _constraint("odrl:purpose", "odrl:eq", "colophon:privateUse")]
    return {"constraint": limits}


def _derivation(facts: Facts, limits: list[dict[str, Any]]) -> dict[str, Any]:
    """How many derivatives, and what each of them owes the work for ever."""
    terms, currency = facts.terms, facts.terms_currency
    share = [_constraint("odrl:percentage", "odrl:eq", format_amount(terms.upstream, 4))]
    bounds = (("odrl:gteq", terms.guarantee), ("odrl:lteq", terms.ceiling))
    share += [
        _constraint("odrl:payAmount", operator, str(amount)) | {"unit": currency.caip19}
        for operator, amount in bounds
        if amount
    ]
    most = _constraint("odrl:count", "odrl:lteq", str(terms.max_derivatives))
    duty = {"action": "odrl:compensate", "constraint": share, "target": work_token(facts)}
    return {"constraint": [*limits, most], "duty": [duty]}


def _constraint(left: str, operator: str, right: object) -> dict[str, Any]:
    return {"leftOperand": left, "operator": operator, "rightOperand": right}


def _struct(facts: Facts) -> dict[str, Any]:
    """Every value of the chain's struct; numbers that may be large as text."""
    terms = facts.terms
    return {
        "colophon:number": facts.licence.terms,
        "colophon:tier": facts.licence.tier,
        "colophon:scope": f"0x{terms.scope:016x}",
        "colophon:duration": terms.duration,
        "colophon:upstreamPpm": terms.upstream,
        "colophon:maxDerivatives": terms.max_derivatives,
        "colophon:seats": terms.seats,
        "colophon:refundDays": terms.refund_days,
        "colophon:transferable": terms.transferable,
        "colophon:lasting": terms.lasting,
        "colophon:exclusive": terms.exclusive,
        "colophon:renewable": terms.renewable,
        "colophon:currency": facts.terms_currency.caip19,
        "colophon:guarantee": str(terms.guarantee),
        "colophon:ceiling": str(terms.ceiling),
        "colophon:legalText": f"ipfs://{raw_cid(terms.text)}",
        "colophon:work": work_hex(facts.licence.work),
    }
