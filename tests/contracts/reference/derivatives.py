"""Derivatives, as docs/SPECIFICATION.md §4 tells it: the permits and fees that they use up, and what they inherit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from tests.contracts.reference.accounts import NATIVE
from tests.contracts.reference.licences import Licence, Licences, Payers
from tests.contracts.reference.offers import Limits, Offer
from tests.contracts.reference.rules import MAX_TIME, Tally
from tests.contracts.reference.works import Edge
from tests.contracts.structs import Purchase

__all__ = ["Derivatives"]


class Derivatives(Licences):
    """What the registry asks of Licensing."""

    def permit_reasons(self, now: int, registrant: str, permits: Sequence[int]) -> Iterator[str]:
        """R5: a live licence of the registrant, not to be given back, with derivatives left, of an undisputed work."""
        for permit, times in Counter(permits).items():
            if permit not in self.licences:
                yield "Licensing__UnknownLicence"
                continue
            licence = self.licences[permit]
            if not self.live(permit, now):
                yield "Licensing__NotLive"
            if self.tokens.owners[permit] != registrant:
                yield "Licensing__NotPermitHolder"
            if self.refundable(permit, now):
                yield "Licensing__Refundable"
            if licence.derivatives + times > self.book.terms[licence.terms].maxDerivatives:
                yield "Licensing__NoDerivativeLeft"
            if self.works.disputed(licence.work):
                yield "OfferBook__Disputed"

    def fee_reasons(self, now: int, purchases: Sequence[Purchase]) -> Iterator[str]:
        """Fresh sales that may be used up at once, while sales are not stopped."""
        if purchases:
            yield from self.running_reasons()
        for number, times in Counter(purchase.offer for purchase in purchases).items():
            offer = self.book.offers.get(number)
            if offer and offer.supply and offer.sold + times > offer.supply:
                yield "OfferBook__SoldOut"
        for purchase in purchases:
            yield from self.book.take_reasons(now, purchase)
            if purchase.quantity > 1:
                yield "Licensing__QuantityTooLarge"
            if purchase.offer in self.book.offers:
                yield from self._use_reasons(self.book.offers[purchase.offer])

    def _use_reasons(self, offer: Offer) -> Iterator[str]:
        terms = self.book.terms[offer.terms]
        if terms.maxDerivatives == 0 or terms.refundDays or terms.exclusive:
            yield "Licensing__NoDerivatives"
        if self.works.disputed(offer.work):
            yield "OfferBook__Disputed"

    def native_need(self, permits: Sequence[int], purchases: Sequence[Purchase]) -> int:
        """Native coins for prices and guarantees."""
        return sum(amount for _, currency, amount in self._charges(permits, purchases) if currency == NATIVE)

    def charge_reasons(self, payers: Payers, permits: Sequence[int], purchases: Sequence[Purchase]) -> Iterator[str]:
        """Everything that a derivative costs can be paid, and credited."""
        needed, credited = Tally(), Tally()
        for work, currency, amount in self._charges(permits, purchases):
            needed[currency] += amount
            credited[work, currency] += amount
        for currency, amount in needed.items():
            yield from self.payment_reasons(payers.coins if currency == NATIVE else payers.tokens, currency, amount)
        for (work, currency), amount in credited.items():
            yield from self.ledger.credit_reasons(work, currency, amount)

    def _charges(self, permits: Sequence[int], purchases: Sequence[Purchase]) -> Iterator[tuple[int, int, int]]:
        """(work, currency, amount) of prices and guarantees."""
        for offer in [self.book.offers[each.offer] for each in purchases if each.offer in self.book.offers]:
            yield offer.work, offer.currency, offer.price
        for edge in self.edges(permits, purchases):
            yield edge.parent, edge.currency, edge.guarantee

    def edges(self, permits: Sequence[int], purchases: Sequence[Purchase]) -> tuple[Edge, ...]:
        """The debts that permits bring, then those of purchases; unknown ones bring none."""
        known: list[Licence | Offer] = [self.licences[permit] for permit in permits if permit in self.licences]
        known += [self.book.offers[purchase.offer] for purchase in purchases if purchase.offer in self.book.offers]
        return tuple(self._edge(each.work, each.terms) for each in known)

    def _edge(self, parent: int, terms: int) -> Edge:
        if terms not in self.book.terms:
            return Edge(parent, 0, 0, 0, 0)
        of = self.book.terms[terms]
        return Edge(parent, of.upstream, of.currency, of.guarantee, of.ceiling)

    # Changes

    def adapt(
        self, now: int, child: int, payers: Payers, permits: Sequence[int], purchases: Sequence[Purchase]
    ) -> None:
        """Use up permits and purchases, pay guarantees; the child inherits debts and limits."""
        edges, limits = self.edges(permits, purchases), Limits()
        for permit in permits:
            licence = self.licences[permit]
            self.licences[permit] = licence._replace(derivatives=licence.derivatives + 1)
            limits = self._inherit(limits, licence.work, licence.terms, licence.expiry)
        for purchase in purchases:
            sale = self.book.take(now, purchase)
            self.charge(payers, sale.work, sale.currency, sale.price)
            limits = self._inherit(limits, sale.work, sale.terms, sale.expiry)
        for edge in edges:
            self.charge(payers, edge.parent, edge.currency, edge.guarantee)
        self.works.change(child, edges=edges)
        self.book.limits[child] = limits

    def _inherit(self, limits: Limits, parent: int, terms: int, expiry: int) -> Limits:
        of, above = self.book.terms[terms], self.book.limits_of(parent)
        own = MAX_TIME if of.lasting else expiry
        return Limits(min(limits.sell_until, own, above.sell_until), limits.scope & of.scope & above.scope)
