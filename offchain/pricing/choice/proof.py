"""The proof that offers earn most, and its checker, which shares nothing with the solvers.

Let a copy of each edition be worth at least 0 and charge every sale with it: then no offers earn more than the copies
are worth altogether plus what the best offers earn after charges, whatever the worths are (weak duality). Where each
segment has its own offer, no offer earns more than z a buyer if no price list is worth more than nothing · z, each
licence counting weight · (margin − charge − z): a separable model, whose bound needs multipliers of its orders only.
Where all segments see one offer, all offers are tried if they are few; otherwise branch and bound gives the bound, and
the proof rests on that solver's tolerance. All other numbers are integers or fractions: the check is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import ceil, floor, prod
from typing import Final

from offchain.pricing.certificate import GAP_PARTS, RowDual, adjusted_values
from offchain.pricing.choice.branch_and_bound import best_offer
from offchain.pricing.choice.market import Audience, Market
from offchain.pricing.choice.timetable import WHOLE, TimedOffer, audiences_of, earned, sold
from offchain.pricing.demand import MICRO
from offchain.pricing.refusals import not_proven

__all__ = ["ChoiceCertificate", "certify_own", "certify_shared", "enumerated", "require_proven", "unproven"]

_ENUMERATED: Final = 4096


@dataclass(frozen=True, slots=True)
class ChoiceCertificate:
    """A dual solution beside the primal one, in `SCALE`-ths of a minor unit.

    Attributes:
        primal: expected net revenue of the offers a period, rounded down.
        dual: no offers earn more in a period, rounded up.
        worths: what one more copy of each edition is worth.
        values: what one more buyer of each segment is worth, less charges; where all see one offer, a single
            number: what the whole period is worth, less charges.
        rows: multipliers of the orders that are not 0; none where all see one offer.
    """

    primal: int
    dual: int
    worths: tuple[int, ...]
    values: tuple[int, ...]
    rows: tuple[RowDual, ...]

    @property
    def gap(self) -> int:
        """What better offers could add at most."""
        return self.dual - self.primal


def enumerated(market: Market) -> bool:
    """Whether a proof for one offer that all see tries every offer: they are few."""
    return prod(len(market.audiences[0].opened(place)) for place in range(len(market.licences))) <= _ENUMERATED


def certify_own(
    market: Market,
    timetable: Sequence[TimedOffer],
    worths: Sequence[int],
    guesses: Sequence[int],
    rows: Sequence[RowDual],
) -> ChoiceCertificate:
    """The certificate that a solver's multipliers give where each segment has its own offers, right or not.

    Args:
        market: what is sold.
        timetable: the offers.
        worths: of a copy of each edition.
        guesses: of what a buyer of each segment is worth; raised to where they bound every offer.
        rows: multipliers of the orders.
    """
    worths = tuple(max(worth, 0) for worth in worths)
    values = []
    for audience, guess in zip(market.audiences, guesses, strict=True):
        excess = _excess(market, audience, worths, guess, rows)
        values.append(guess + max(-(-excess // audience.nothing), 0))
    primal = floor(earned(market, timetable))
    return ChoiceCertificate(primal, _dual_own(market, worths, values), worths, tuple(values), tuple(rows))


def certify_shared(
    market: Market, timetable: Sequence[TimedOffer], worths: Sequence[int], period: int
) -> ChoiceCertificate:
    """The certificate that a solver's multipliers give where all segments see one offer, right or not.

    Args:
        market: what is sold.
        timetable: the offers.
        worths: of a copy of each edition.
        period: bound on what any offer earns after charges; found anew where the offers are few.
    """
    bound = _period(market, worths) if enumerated(market) else period
    dual = _copies_worth(market, worths) + bound
    return ChoiceCertificate(floor(earned(market, timetable)), dual, tuple(worths), (bound,), ())


def unproven(market: Market, timetable: Sequence[TimedOffer], certificate: ChoiceCertificate) -> str | None:
    """Check a certificate.

    Args:
        market: what is sold, from the problem itself.
        timetable: the offers.
        certificate: what is claimed about them.

    Returns:
        Why the certificate does not prove the offers, or None where it does.
    """
    fault = _timetable_fault(market, timetable) or _dual_fault(market, certificate)
    if fault is not None:
        return fault
    if certificate.primal != floor(earned(market, timetable)):
        return "the net revenue of the offers is another"
    if certificate.gap > _tolerance(market, certificate.dual):
        return f"the offers could earn up to {certificate.gap} of {certificate.dual} more"
    return None


def require_proven(market: Market, timetable: Sequence[TimedOffer], certificate: ChoiceCertificate) -> None:
    """Refuse offers that are not proven best.

    Raises:
        RefusedError: `price-uncertified`, with the reason.
    """
    reason = unproven(market, timetable, certificate)
    if reason is not None:
        raise not_proven("these offers", reason)


def _timetable_fault(market: Market, timetable: Sequence[TimedOffer]) -> str | None:
    names = {None} if market.shared else {audience.name for audience in market.audiences}
    if any(entry.segment not in names or entry.share < 0 for entry in timetable) or not all(
        market.allows(audience, entry.offer) for entry in timetable for audience in audiences_of(market, entry)
    ):
        return "an offer is of another problem or breaks an order"
    if any(sum(entry.share for entry in timetable if entry.segment == name) > WHOLE for name in names):
        return "offers are shown for longer than the period"
    if any(used > copies for used, copies in zip(sold(market, timetable), market.copies, strict=True)):
        return "more copies are sold than an edition has"
    return None


def _dual_fault(market: Market, certificate: ChoiceCertificate) -> str | None:
    worths, values = certificate.worths, certificate.values
    if len(worths) != len(market.copies) or len(values) != (1 if market.shared else len(market.audiences)):
        return "it is of another problem"
    if min(worths, default=0) < 0:
        return "a copy is worth less than nothing"
    if market.shared:
        low = values[0] < _period(market, worths)
        other = certificate.rows or certificate.dual != _copies_worth(market, worths) + values[0]
    else:
        fault = _rows_fault(market, certificate.rows)
        if fault is not None:
            return fault
        pairs = zip(market.audiences, values, strict=True)
        low = any(_excess(market, audience, worths, value, certificate.rows) > 0 for audience, value in pairs)
        other = certificate.dual != _dual_own(market, worths, values)
    if low:
        return "an offer earns more than its bound"
    return "the bound is not the sum of its parts" if other else None


def _rows_fault(market: Market, rows: Sequence[RowDual]) -> str | None:
    products = [licence.product for licence in market.licences]
    known = {(products[order.cheaper], products[order.dearer]) for order in market.orders}
    names = {audience.name for audience in market.audiences}
    for row in rows:
        if row.value < 0 or row.cheaper.segment != row.dearer.segment or row.cheaper.segment not in names:
            return "a multiplier is negative or of no segment"
        if (row.cheaper[:2], row.dearer[:2]) not in known:
            return "a multiplier is of no order"
    return None


def _excess(market: Market, audience: Audience, worths: Sequence[int], value: int, rows: Sequence[RowDual]) -> int:
    """By how much a price list may be worth more than nothing · value; 0 or less proves the value."""
    model = market.separable(audience, market.charges(worths), value)
    adjusted = adjusted_values(model, [row for row in rows if row.cheaper.segment == audience.name])
    best = (max(values[step] for step in cell.allowed) for cell, values in zip(model.cells, adjusted, strict=True))
    return sum(best) - audience.nothing * value


def _dual_own(market: Market, worths: Sequence[int], values: Sequence[int]) -> int:
    pairs = zip(market.audiences, values, strict=True)
    buyers = (Fraction(audience.buyers * value, MICRO) for audience, value in pairs)
    return _copies_worth(market, worths) + ceil(sum(buyers, Fraction(0)))


def _copies_worth(market: Market, worths: Sequence[int]) -> int:
    return sum(worth * copies for worth, copies in zip(worths, market.copies, strict=True))


def _period(market: Market, worths: Sequence[int]) -> int:
    """No offer that all segments see earns more after charges, rounded up."""
    charges = market.charges(worths)
    if not enumerated(market):
        return best_offer(market, charges).bound
    first = market.audiences[0]
    steps = (first.opened(place) for place in range(len(market.licences)))
    totals = (
        sum((market.earned(audience, offer, charges) for audience in market.audiences), Fraction(0))
        for offer in product(*steps)
        if market.allows(first, offer)
    )
    return ceil(max(totals))


def _tolerance(market: Market, dual: int) -> int:
    """The largest gap that a certificate may have; it is told in the output, and mostly far smaller."""
    parts = GAP_PARTS
    if market.shared and not enumerated(market):
        parts = 10**4  # branch and bound takes for whole what is within a millionth of it
    elif market.copies:
        parts = 10**6  # few copies among many buyers show a solver's tolerances
    # Where next to nothing can be earned, rounded multipliers show: by a float's last digits and a unit for each buyer.
    buyers = sum(audience.buyers for audience in market.audiences) // MICRO + 1
    rounding = buyers * (max(max(licence.margin) for licence in market.licences) // 10**15 + 2)
    return max(dual // parts, rounding)
