"""Follows money up a derivation: `brownie run royalties --network ganache-cli`."""

from __future__ import annotations

from scripts.console import buy, claim, deposit, pull, register, start, statement
from scripts.localnet import ROOT

__all__ = ["main"]


def main() -> None:
    """Register a derivative under a licence, sell it, and pay everybody what is theirs."""
    print(start())
    samples = ROOT / "tests" / "data"
    cat = register(samples / "chelsea.png", "Chelsea", by=3)
    permit = buy(cat, "adaptation", by=4)
    poster = register(samples / "chelsea-poster.jpg", "Chelsea, the poster", by=4, under=[permit])
    print(f"\n{permit}\n{poster}\n")
    print(buy(poster, "commercial", by=6))
    print(deposit(poster, "10.00", by=7))
    print(pull(poster))
    for creator in (3, 4):
        print(f"\n{claim(by=creator)}\n{statement(creator)}")
