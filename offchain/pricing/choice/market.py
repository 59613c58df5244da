"""A choice problem as exact numbers: licences with margins, segments with weights, orders and copies.

An offer says at which ladder step each licence is sold; the step after the last means "not offered". To the orders
that step is a price above all others, so the offers are the price lists of a separable model with one more step.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final, TypeAlias

from offchain.errors import InputError
from offchain.money import MAX_AMOUNT, PPM
from offchain.pricing.choice.problem import ChoiceProblem, Product
from offchain.pricing.demand import MICRO
from offchain.pricing.ladder import Ladder
from offchain.pricing.model import Cell, Model, Order
from offchain.pricing.problem import PriceKey

__all__ = ["NOT_OFFERED", "Audience", "Licence", "Market", "Offer", "compile_market"]

NOT_OFFERED: Final = MAX_AMOUNT + 1
"""The price, to orders, of what is not offered."""

Offer: TypeAlias = tuple[int, ...]
"""The ladder step of each licence, in the market's order."""


@dataclass(frozen=True, slots=True)
class Licence:
    """A product that may be offered.

    Attributes:
        product: its work and tier.
        ladder: prices in minor units, then `NOT_OFFERED`.
        margin: net revenue of one sale at each step, `SCALE`-ths of a minor unit; 0 at the last.
        editions: indices of the editions that a sale draws on.
    """

    product: Product
    ladder: Ladder
    margin: tuple[int, ...]
    editions: tuple[int, ...]

    @property
    def closed(self) -> int:
        """The step that means "not offered"."""
        return len(self.ladder) - 1


@dataclass(frozen=True, slots=True)
class Audience:
    """A segment of buyers.

    Attributes:
        name: of the segment.
        buyers: millionths of a buyer a period.
        nothing: weight of buying nothing, millionths.
        weights: weight of each licence at each step, millionths; 0 at the last.
        lowest: first step at which each licence may be offered: where an edition has no copies, nobody may want one.
    """

    name: str
    buyers: int
    nothing: int
    weights: tuple[tuple[int, ...], ...]
    lowest: tuple[int, ...]

    def opened(self, place: int) -> range:
        """The steps at which a licence may be offered."""
        return range(self.lowest[place], len(self.weights[place]))


@dataclass(frozen=True, slots=True)
class Market:
    """What is sold to whom.

    Attributes:
        licences: all that may be offered.
        audiences: all who may buy.
        orders: among the licences, by index.
        copies: of each edition.
        shared: whether all audiences see one offer.
    """

    licences: tuple[Licence, ...]
    audiences: tuple[Audience, ...]
    orders: tuple[Order, ...]
    copies: tuple[int, ...]
    shared: bool

    @property
    def empty(self) -> Offer:
        """The offer of nothing."""
        return tuple(licence.closed for licence in self.licences)

    def allows(self, audience: Audience, offer: Sequence[int]) -> bool:
        """Whether every step is open to an audience and every order holds."""
        opened = all(step in audience.opened(place) for place, step in enumerate(offer))
        return opened and all(self.keeps(order, offer) for order in self.orders)

    def keeps(self, order: Order, offer: Sequence[int]) -> bool:
        """Whether an offer keeps one order."""
        cheaper, dearer = self.licences[order.cheaper], self.licences[order.dearer]
        return order.holds(cheaper.ladder[offer[order.cheaper]], dearer.ladder[offer[order.dearer]])

    def thresholds(self) -> Iterator[tuple[Order, int, int]]:
        """Orders with a step of the cheaper licence and the least step of the dearer one that keeps the order.

        Without steps that the one before implies.
        """
        for order in self.orders:
            cheaper, dearer = self.licences[order.cheaper].ladder, self.licences[order.dearer].ladder
            before = 0
            for step, price in enumerate(cheaper):
                threshold = bisect_left(dearer, price)
                if threshold > before:
                    yield order, step, threshold
                before = threshold

    def moves(self, audience: Audience, offer: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Every (licence, step) that alone may change, is open to an audience and keeps the orders."""
        touching: list[list[Order]] = [[] for _ in self.licences]
        for order in self.orders:
            touching[order.cheaper].append(order)
            touching[order.dearer].append(order)
        changed = list(offer)
        for place in range(len(self.licences)):
            for step in audience.opened(place):
                changed[place] = step
                if step != offer[place] and all(self.keeps(order, changed) for order in touching[place]):
                    yield place, step
            changed[place] = offer[place]

    def charges(self, worths: Sequence[int]) -> list[int]:
        """What a sale of each licence takes from its editions, where a copy is worth `worths` (`SCALE`-ths)."""
        return [sum(worths[edition] for edition in licence.editions) for licence in self.licences]

    def attraction(self, audience: Audience, offer: Offer, charges: Sequence[int]) -> tuple[int, int]:
        """Numerator and denominator of the net revenue per buyer less charges, in `SCALE`-ths of a minor unit."""
        top, bottom = 0, audience.nothing
        for licence, weights, step, charge in zip(self.licences, audience.weights, offer, charges, strict=True):
            top += weights[step] * (licence.margin[step] - charge)
            bottom += weights[step]
        return top, bottom

    def moved(
        self, audience: Audience, sums: tuple[int, int], charge: int, place: int, steps: tuple[int, int]
    ) -> tuple[int, int]:
        """The `attraction` after one licence goes from the first to the second of two steps.

        Args:
            audience: who sees the offer.
            sums: the attraction before.
            charge: taken from each sale of the licence.
            place: index of the licence.
            steps: before and after.
        """
        weights, margin = audience.weights[place], self.licences[place].margin
        before, after = steps
        gain = weights[after] * (margin[after] - charge) - weights[before] * (margin[before] - charge)
        return sums[0] + gain, sums[1] + weights[after] - weights[before]

    def earned(self, audience: Audience, offer: Offer, charges: Sequence[int]) -> Fraction:
        """Net revenue a period less charges, `SCALE`-ths of a minor unit, where the audience sees one offer."""
        top, bottom = self.attraction(audience, offer, charges)
        return Fraction(audience.buyers * top, MICRO * bottom)

    def sold(self, audience: Audience, offer: Offer) -> list[Fraction]:
        """Expected licences a period, where the audience sees one offer."""
        weights = [row[step] for row, step in zip(audience.weights, offer, strict=True)]
        total = MICRO * (audience.nothing + sum(weights))
        return [Fraction(audience.buyers * weight, total) for weight in weights]

    def separable(self, audience: Audience, charges: Sequence[int], value: int) -> Model:
        """The price lists of an audience, each licence worth weight · (margin − charge − value) at each step.

        By Dinkelbach (1967, On nonlinear fractional programming) no offer earns more than `value` a buyer, less
        charges, where no price list is worth more than nothing · value.
        """
        cells = []
        rows = zip(self.licences, audience.weights, charges, audience.lowest, strict=True)
        for licence, weights, charge, lowest in rows:
            key = PriceKey(*licence.product, audience.name)
            net = (w * (margin - charge - value) for w, margin in zip(weights, licence.margin, strict=True))
            cells.append(Cell(key, licence.ladder, weights, tuple(net), lowest, licence.closed))
        return Model(tuple(cells), self.orders)


def compile_market(problem: ChoiceProblem) -> Market:
    """Turn a problem into exact numbers.

    Raises:
        InputError: `revenue-too-large`, more than the ledger keeps could be earned in a period.
    """
    products = problem.products()
    licences = tuple(_licence(problem, product) for product in products)
    audiences = tuple(_audiences(problem, licences))
    if problem.model == "choice-based":
        lowest = tuple(map(max, zip(*(audience.lowest for audience in audiences), strict=True)))
        audiences = tuple(replace(audience, lowest=lowest) for audience in audiences)
    dearest = max(licence.ladder[-2] for licence in licences)
    most = dearest * sum(audience.buyers for audience in audiences) // MICRO
    if most > MAX_AMOUNT:
        raise InputError(
            "revenue-too-large",
            f"the buyers could pay {most} minor units a period, above the ledger's limit {MAX_AMOUNT}",
            "check the number of buyers and the currency's decimals",
        )
    copies = tuple(edition.copies for edition in problem.editions)
    return Market(licences, audiences, tuple(_orders(problem, products)), copies, problem.model == "choice-based")


def _licence(problem: ChoiceProblem, product: Product) -> Licence:
    (ladder,) = (tier.ladder for tier in problem.tiers if tier.name == product.tier)
    (kept,) = (PPM - work.upstream_ppm for work in problem.works if work.id == product.work)
    editions = tuple(place for place, edition in enumerate(problem.editions) if edition.matches(product))
    margin = (*(price * kept * MICRO for price in ladder), 0)
    return Licence(product, (*ladder, NOT_OFFERED), margin, editions)


def _audiences(problem: ChoiceProblem, licences: Sequence[Licence]) -> Iterable[Audience]:
    stated = {weights.key: weights.curve for weights in problem.weights}
    gone = [any(problem.editions[place].copies == 0 for place in licence.editions) for licence in licences]
    for segment in problem.segments:
        rows = []
        for licence in licences:
            curve = stated.get(PriceKey(*licence.product, segment.name))
            rows.append((0,) * len(licence.ladder) if curve is None else (*curve.at(licence.ladder[:-1]), 0))
        lowest = tuple(row.index(0) if none else 0 for row, none in zip(rows, gone, strict=True))
        yield Audience(segment.name, round(segment.buyers * MICRO), round(segment.nothing * MICRO), tuple(rows), lowest)


def _orders(problem: ChoiceProblem, products: Sequence[Product]) -> Iterable[Order]:
    index = {product: place for place, product in enumerate(products)}
    broader = {tier.name: tier.broader_than for tier in problem.tiers}
    above = {work.id: work.not_below for work in problem.works}
    for product, here in index.items():
        cheaper = [Product(product.work, tier) for tier in broader[product.tier]]
        cheaper += [Product(work, product.tier) for work in above[product.work]]
        for other in cheaper:
            if other in index:
                names = (other.tier, product.tier) if other.work == product.work else (other.work, product.work)
                yield Order(index[other], here, PPM, f"{names[1]} never costs less than {names[0]}")
