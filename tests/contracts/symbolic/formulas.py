"""The money formulas of the specification, each written once: for integers, and for z3's symbols.

What is proved of the symbols is compared with the contracts on integers, so proof and contract speak of one formula.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from z3 import ArithRef, If

__all__ = ["PPM", "above", "below", "due", "index", "net", "quotient", "repaid", "settled"]

PPM = 1_000_000

Number = Any
"""An int or a z3 integer."""


def quotient(amount: Number, parts: int) -> Number:
    """⌊amount / parts⌋; z3's `/` of integers by a positive number is the floor (SMT-LIB, theory Ints)."""
    return amount / parts if isinstance(amount, ArithRef) else amount // parts


def below(a: Number, b: Number) -> Number:
    """The smaller."""
    return If(a <= b, a, b) if isinstance(a, ArithRef) or isinstance(b, ArithRef) else min(a, b)


def above(a: Number, b: Number) -> Number:
    """The larger."""
    return If(a >= b, a, b) if isinstance(a, ArithRef) or isinstance(b, ArithRef) else max(a, b)


def due(gross: Number, share: Number) -> Number:
    """⌊G·s/1e6⌋: what a share of the gross comes to, ever."""
    return quotient(gross * share, PPM)


def net(gross: Number, shares: Sequence[Number], back: Number = 0) -> Number:
    """N = G − ⌊G·S/1e6⌋ + back: what belongs to the holders."""
    return gross - due(gross, sum(shares)) + back


def settled(owed: Number, guarantee: Number, ceiling: Number) -> Number:
    """E(x) = min(max(x, M), C): what a parent has had once x was owed, its prepaid guarantee M included."""
    return below(above(owed, guarantee), ceiling)


def repaid(gained: Number, principal: Number, rate: Number) -> Number:
    """R = min(A, ⌊(N − N₀)·ρ/1e6⌋): what an advance has had back."""
    return below(principal, due(gained, rate))


def index(earned: Number, recouped: Number, lent: Number, diverted: Number) -> Number:
    """H = N − ΣR + D − V: what all units of the current series and of those before it have earned together."""
    return earned - recouped + lent - diverted
