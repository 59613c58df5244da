"""Registers two works, each by its own creator: `brownie run register --network ganache-cli`."""

from __future__ import annotations

from scripts.console import price, register, start
from scripts.localnet import ROOT

__all__ = ["main"]


def main() -> None:
    """Register a photograph and a text, and tell what their licences would cost."""
    print(start())
    samples = ROOT / "tests" / "data"
    works = (
        register(samples / "chelsea.png", "Chelsea", by=3),
        register(samples / "pride-and-prejudice-1.txt", "Pride and Prejudice, chapter 1", by=4),
    )
    for work in works:
        print(f"\n{work}\n{price(work)}")
