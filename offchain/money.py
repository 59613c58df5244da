"""Amounts, currencies and shares, with the rounding that the contracts use.

Amounts are integers in minor units (wei, or the token's smallest unit), currencies are CAIP-19 asset
types, shares are parts per million. Floats never carry money.
"""

from __future__ import annotations

import re
from typing import Final

from offchain.errors import InputError

__all__ = [
    "MAX_AMOUNT",
    "PPM",
    "UNITS",
    "format_amount",
    "native_currency",
    "parse_amount",
    "share_of",
    "token_currency",
]

PPM: Final = 1_000_000
"""Parts per million in a whole."""

UNITS: Final = 1_000_000
"""Royalty share units of every work."""

MAX_AMOUNT: Final = 2**108 - 1
"""Largest cumulative gross the ledger keeps per (work, currency)."""

_DECIMAL = re.compile(r"(0|[1-9][0-9]*)(?:\.([0-9]+))?")


def share_of(amount: int, ppm: int) -> int:
    """`⌊amount · ppm / 1e6⌋`, the ledger's rounding (docs/SPECIFICATION.md, Royalties)."""
    return amount * ppm // PPM


def native_currency(chain_id: int) -> str:
    """CAIP-19 id of a chain's native coin (SLIP-44 coin type 60: ether and its equivalents)."""
    return f"eip155:{chain_id}/slip44:60"


def token_currency(chain_id: int, token: str) -> str:
    """CAIP-19 id of an ERC-20 token; `token` is its EIP-55 address."""
    return f"eip155:{chain_id}/erc20:{token}"


def parse_amount(text: str, decimals: int) -> int:
    """Read a decimal string such as `12.50` as minor units.

    Raises:
        InputError: not a plain decimal, more digits than the currency has, or above `MAX_AMOUNT`.
    """
    # At a prompt a number is easily written where a text is meant.
    match = _DECIMAL.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        raise InputError(
            "amount-malformed", f"{text!r} is not an amount", "write digits with an optional point, as text: '12.50'"
        )
    whole, fraction = match.group(1), match.group(2) or ""
    if len(fraction.rstrip("0")) > decimals:
        raise InputError(
            "amount-too-fine", f"{text} has more than {decimals} decimals", f"round to {decimals} decimals"
        )
    minor = int(whole + fraction[:decimals].ljust(decimals, "0"))
    if minor > MAX_AMOUNT:
        raise InputError("amount-too-large", f"{text} is above the ledger's limit", "split the payment")
    return minor


def format_amount(minor: int, decimals: int) -> str:
    """Write minor units as a decimal string without trailing zeros; the inverse of `parse_amount`."""
    sign, digits = ("-", -minor) if minor < 0 else ("", minor)
    whole, fraction = divmod(digits, 10**decimals)
    tail = str(fraction).rjust(decimals, "0").rstrip("0") if decimals else ""
    return f"{sign}{whole}.{tail}" if tail else f"{sign}{whole}"
