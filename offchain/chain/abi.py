"""The committed interfaces of the contracts: offchain/chain/abi/NAME.json, written by `make build`."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any, Final

__all__ = ["CONTRACTS", "entries", "load_abi"]

CONTRACTS: Final = (
    "WorkRegistry",
    "RoyaltyLedger",
    "OfferBook",
    "Licensing",
    "RoyaltyInboxes",
    "OwnerArbitrator",
    "Disputes",
    "RightsExchange",
    "UsagePool",
    "Subscriptions",
    "TestDollar",
)
"""Every contract whose interface is committed; TestDollar stands for any ERC-20 token with ERC-2612."""


@cache
def load_abi(name: str) -> list[dict[str, Any]]:
    """The ABI of one of `CONTRACTS`; callers do not change it."""
    text = files("offchain.chain").joinpath("abi", f"{name}.json").read_text("utf-8")
    abi: list[dict[str, Any]] = json.loads(text)
    return abi


def entries(name: str, kind: str) -> list[dict[str, Any]]:
    """A contract's entries of one kind: `function`, `event` or `error`."""
    return [entry for entry in load_abi(name) if entry["type"] == kind]
