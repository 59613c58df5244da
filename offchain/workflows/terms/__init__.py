"""The standard terms: the three licences that every deployment registers, one document each.

A document is canonical JSON (RFC 8785) beside this module; it carries the legal text and every value of the on-chain
struct, whose `text` is the document's sha256. The document is the only source: the struct is read from it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from offchain.chain import Terms
from offchain.storage import raw_cid
from offchain.workflows.terms.scope import scope_mask, scope_names

__all__ = ["TIERS", "StandardTerms", "scope_names", "standard_terms"]

TIERS: Final = ("personal", "commercial", "adaptation")
"""Tiers with standard terms, from the narrowest to the broadest."""


@dataclass(frozen=True, slots=True)
class StandardTerms:
    """One tier's licence.

    Attributes:
        tier: name of the tier.
        terms: as the offer book registers it.
        document: the parsed document.
        data: the document's bytes, one raw IPFS block.
        cid: CIDv1 of `data`.
    """

    tier: str
    terms: Terms
    document: dict[str, Any]
    data: bytes
    cid: str


@cache
def standard_terms() -> tuple[StandardTerms, ...]:
    """The terms of every tier, in the order of `TIERS`; needs no node."""
    return tuple(map(_standard, TIERS))


def _standard(tier: str) -> StandardTerms:
    data = files("offchain.workflows.terms").joinpath(f"{tier}.json").read_bytes()
    digest = hashlib.sha256(data).digest()
    document = json.loads(data)
    terms = Terms(
        scope=scope_mask(**document["scope"]),
        duration=document["duration"],
        upstream=document["upstreamPpm"],
        max_derivatives=document["maxDerivatives"],
        seats=document["seats"],
        refund_days=document["refundDays"],
        transferable=document["transferable"],
        lasting=document["lasting"],
        exclusive=document["exclusive"],
        renewable=document["renewable"],
        currency=document["currency"],
        guarantee=int(document["guarantee"]),
        ceiling=int(document["ceiling"]),
        text=digest,
    )
    return StandardTerms(tier, terms, document, data, raw_cid(digest))
