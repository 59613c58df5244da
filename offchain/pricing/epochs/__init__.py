"""Prices over time: a re-solve of the catalogue per epoch, and re-quotes at fixed duals until the next one.

problems, last entries, Rules ─ price_catalogue ─► Epoch: an Entry for each work, Terms for all
problem, Entry, Terms ─ requote ─► Priced, and a Basis that the signed quote names
"""

from offchain.pricing.epochs.basis import Basis
from offchain.pricing.epochs.block import Priced
from offchain.pricing.epochs.catalogue import Epoch, price_catalogue, requote
from offchain.pricing.epochs.entry import Entry, entry_from_json, entry_to_json
from offchain.pricing.epochs.terms import (
    NO_RULES,
    Rules,
    Terms,
    rules_from_json,
    rules_to_json,
    terms_from_json,
    terms_to_json,
)

__all__ = [
    "NO_RULES",
    "Basis",
    "Entry",
    "Epoch",
    "Priced",
    "Rules",
    "Terms",
    "entry_from_json",
    "entry_to_json",
    "price_catalogue",
    "requote",
    "rules_from_json",
    "rules_to_json",
    "terms_from_json",
    "terms_to_json",
]
