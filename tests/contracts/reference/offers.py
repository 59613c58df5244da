"""What an offer is, and what a sale of it comes to (docs/SPECIFICATION.md §3)."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from eth_utils import keccak

from tests.contracts.reference.rules import MAX_TIME
from tests.contracts.reference.tokens import NOBODY
from tests.contracts.structs import Economics, Quote, Terms

__all__ = [
    "ALL_SCOPES", "SETS", "Limits", "Mandate", "Offer", "Sale", "Window", "content", "mandate_of", "offer_of",
    "overlap", "stricter",
]  # fmt: skip

ALL_SCOPES = 2**64 - 1
SETS = (0xFFFF << 48, 0xFFFFFFFF << 16, 0xFFFF)
"""Rights, territories, media."""


class Offer(NamedTuple):
    """What may be or was sold; a supply of zero is no limit, and then nothing is counted.

    `counted` says of a listing that the work's grants were counted when it was made.
    """

    work: int
    terms: int
    currency: int
    price: int
    epoch: int
    quoted: bool = False
    counted: bool = False
    closed: bool = False
    supply: int = 0
    sold: int = 0


class Limits(NamedTuple):
    """Until when and for which scope a work may be sold."""

    sell_until: int = MAX_TIME
    scope: int = ALL_SCOPES


class Window(NamedTuple):
    """An exclusive grant."""

    scope: int
    until: int


class Sale(NamedTuple):
    """A sale that the book allows: `expiry` in Unix seconds, `held_for` a UTC day or zero."""

    offer: int
    work: int
    terms: int
    currency: int
    price: int
    expiry: int
    held_for: int


Mandate = tuple[int, int, int, int, str]
"""(work, epoch, terms, currency, delegate)"""


def overlap(a: int, b: int) -> bool:
    """Whether rights, territories and media of two scopes all have a bit in common."""
    return all(a & b & each for each in SETS)


def content(offer: Offer, terms: Terms) -> bytes:
    """keccak256(abi.encode(work, digest of the terms, currency, price))."""
    return keccak(_word(offer.work) + _digest(terms) + _word(offer.currency) + _word(offer.price))


@cache
def _digest(terms: Terms) -> bytes:
    """keccak256(abi.encode(Terms))."""
    return keccak(b"".join(field if isinstance(field, bytes) else _word(field) for field in terms))


def _word(number: int) -> bytes:
    return int(number).to_bytes(32, "big")


def stricter(old: Economics, new: Economics) -> bool:
    """Whether no share holder has anything to lose."""
    same = new.currency == old.currency or old.minPrice == 0
    return same and all(after >= before for before, after in zip(old[1:], new[1:], strict=True))


def offer_of(quote: Quote) -> Offer:
    """What a quote becomes when it is first used: it sells once to a buyer whom it names, unless it says more."""
    supply = quote.maxQuantity or (1 if quote.buyer != NOBODY else 0)
    return Offer(quote.work, quote.terms, quote.currency, quote.price, quote.workEpoch, quoted=True, supply=supply)


def mandate_of(quote: Quote) -> Mandate:
    """Under which bounds a quote would be, if its seller is a delegate."""
    return (quote.work, quote.workEpoch, quote.terms, quote.currency, quote.seller)
