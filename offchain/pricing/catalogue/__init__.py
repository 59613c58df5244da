"""Prices for a whole catalogue: rows and floors that tie works together, by decomposition.

    Catalogue ─ price_catalogue ─► Prices (steps, duals, bounds) ─ Requotes ─► steps of a work at these duals

`arrays` says what goes in and out, `solve` how it is done, `part` and `crew` what may live in another process.
Importing this package imports numba; rooms that may not need it import it inside their functions.
"""

from offchain.pricing.catalogue.arrays import Catalogue, Duals, Holders, Prices, Row, accessibility, no_holders
from offchain.pricing.catalogue.requote import Requotes
from offchain.pricing.catalogue.solve import price_catalogue, price_parts

__all__ = [
    "Catalogue",
    "Duals",
    "Holders",
    "Prices",
    "Requotes",
    "Row",
    "accessibility",
    "no_holders",
    "price_catalogue",
    "price_parts",
]
