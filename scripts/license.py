"""Sells licences of a work: `brownie run license --network ganache-cli`."""

from __future__ import annotations

from scripts.console import buy, price, register, start
from scripts.localnet import ROOT

__all__ = ["main"]


def main() -> None:
    """Register a photograph, and sell it to a person and to an organisation, each by a signed order."""
    print(start())
    cat = register(ROOT / "tests" / "data" / "chelsea.png", "Chelsea", by=3)
    print(f"\n{cat}\n{price(cat)}\n")
    print(buy(cat, "personal", by=6))
    print(buy(cat, "commercial", by=7, segment="organisation"))
