"""Rare states that a history may have reached, so that a sample can be asked how many of its histories did."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from tests.contracts.reference.accounts import GROSS_LIMIT
from tests.contracts.reference.model import Model
from tests.contracts.reference.offers import Limits
from tests.contracts.structs import Economics

__all__ = ["STATES", "reached"]


def _any(values: Iterable[object]) -> bool:
    return any(map(bool, values))


def _generations(model: Model, work: int) -> int:
    edges = model.works.titles[work].edges
    return 1 + max((_generations(model, edge.parent) for edge in edges), default=0)


STATES: Final[dict[str, Callable[[Model], bool]]] = {
    "a title gave way": lambda m: bool(m.works.gave_way),
    "three generations": lambda m: max((_generations(m, work) for work in m.works.titles), default=0) >= 3,
    "three parents": lambda m: any(len(title.edges) >= 3 for title in m.works.titles.values()),
    "a bounded edge kept something": lambda m: _any(m.ledger.back.values()),
    "a second series": lambda m: any(title.series for title in m.works.titles.values()),
    "a third series": lambda m: any(title.series > 1 for title in m.works.titles.values()),
    "revenue was diverted": lambda m: _any(m.ledger.diverted.values()),
    "an advance was paid": lambda m: bool(m.ledger.advances),
    "an advance was recouped in part": lambda m: any(
        0 < m.ledger.recouped(*key) < advance.principal for key, advance in m.ledger.advances.items()
    ),
    "an advance ended with its series": lambda m: any(
        advance.principal < m.ledger.lent[key] - m.ledger.repaid[key] for key, advance in m.ledger.advances.items()
    ),
    "an advance was replaced": lambda m: _any(m.ledger.repaid.values()),
    "a tree was planted": lambda m: bool(m.ledger.roots),
    "a leaf was activated": lambda m: bool(m.ledger.active),
    "a work earned nearly the most": lambda m: any(gross > GROSS_LIMIT - 2**64 for gross in m.ledger.gross.values()),
    "shares have three holders": lambda m: any(len(m.ledger.holders(id_)) >= 3 for id_ in m.ledger.series),
    "an exclusive was granted": lambda m: bool(m.book.windows),
    "two exclusives of one work": lambda m: any(len(windows) > 1 for windows in m.book.windows.values()),
    "economics protect a work": lambda m: any(each != Economics() for each in m.book.economics.values()),
    "economics were changed": lambda m: any(times > 1 for times in m.book.changes.values()),
    "an edition was sold out": lambda m: any(
        each.supply and each.sold == each.supply for each in m.book.offers.values()
    ),
    "a delegate sold": lambda m: _any(m.book.sold_today.values()),
    "a quote was used": lambda m: bool(m.book.quoted),
    "a derivative is limited": lambda m: any(limits != Limits() for limits in m.book.limits.values()),
    "a permit was used up": lambda m: any(each.derivatives for each in m.licensing.licences.values()),
    "a licence was given back": lambda m: len(m.licensing.licences) < m.licensing.sold["licences"],
    "a seat was taken": lambda m: bool(m.licensing.seats),
    "an order was used or cancelled": lambda m: bool(m.licensing.nonces),
    "a payout address was set": lambda m: bool(m.ledger.payouts_to),
}


def reached(model: Model) -> list[str]:
    """Names of the states that the model is in."""
    return [name for name, holds in STATES.items() if holds(model)]
