"""The best offers with their proof and their reasons.

A `ChoiceSolution` is made by `assemble` alone, and only after its certificate holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from offchain.pricing.choice.choice_based import solve_choice_based
from offchain.pricing.choice.explain import edition_sentence, offer_sentence
from offchain.pricing.choice.market import Market, compile_market
from offchain.pricing.choice.problem import ChoiceProblem, Product
from offchain.pricing.choice.problem_json import choice_hash
from offchain.pricing.choice.proof import ChoiceCertificate, certify_own, certify_shared, require_proven
from offchain.pricing.choice.sales_based import solve_sales_based
from offchain.pricing.choice.timetable import WHOLE, TimedOffer, audiences_of, mixture, rounded, sold, within_copies
from offchain.pricing.demand import MICRO
from offchain.pricing.model import SCALE

__all__ = ["ChoiceSolution", "EditionValue", "Offered", "OfferedPrice", "assemble", "solve_choice"]


@dataclass(frozen=True, slots=True)
class OfferedPrice:
    """A licence in an offer.

    Attributes:
        product: its work and tier.
        amount: price in minor units.
        sales: expected sales while the offer is shown, millionths of a licence a period, rounded.
        revenue: of these sales, net of what is owed upstream, minor units a period, rounded.
    """

    product: Product
    amount: int
    sales: int
    revenue: int


@dataclass(frozen=True, slots=True)
class Offered:
    """An offer, and when it is shown.

    Attributes:
        segment: who sees it, or None where everybody does.
        share: of the period, in `WHOLE`-ths; nothing is offered in what remains.
        prices: of all that is offered, also of what nobody who sees it considers.
        sentence: why it is this one.
    """

    segment: str | None
    share: int
    prices: tuple[OfferedPrice, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class EditionValue:
    """What the copies of an edition do.

    Attributes:
        name: of the edition.
        copies: that it has.
        sold: expected sales, millionths of a copy a period, rounded.
        worth: the most that one more copy would add to net revenue, minor units, rounded up.
        sentence: this for a reader.
    """

    name: str
    copies: int
    sold: int
    worth: int
    sentence: str


@dataclass(frozen=True, slots=True)
class ChoiceSolution:
    """The offers that earn most.

    Attributes:
        model_hash: `0x` and the sha256 of the problem's canonical JSON.
        problem: what was solved.
        offers: of each segment, the one that is shown longest first.
        editions: in the problem's order.
        expected_revenue: net revenue a period, minor units, rounded.
        timetable: the offers by ladder step, as the certificate speaks of them.
        certificate: the proof, checked.
    """

    model_hash: str
    problem: ChoiceProblem
    offers: tuple[Offered, ...]
    editions: tuple[EditionValue, ...]
    expected_revenue: int
    timetable: tuple[TimedOffer, ...]
    certificate: ChoiceCertificate


def solve_choice(problem: ChoiceProblem) -> ChoiceSolution:
    """The offers that earn most, net of what is owed upstream.

    Expected sales keep within the copies; chance may still ask for more copies than there are, so with editions the
    revenue is a bound that is reached as buyers and copies grow together.

    Raises:
        InputError: the amounts pass the ledger's limit.
        RefusedError: `price-uncertified`, the solver failed or its answer is not proven best.
    """
    market = compile_market(problem)
    timetable, certificate = _shared(market) if market.shared else _own(market)
    return assemble(problem, market, timetable, certificate)


def _shared(market: Market) -> tuple[tuple[TimedOffer, ...], ChoiceCertificate]:
    found = solve_choice_based(market)
    timetable = within_copies(market, rounded(None, found.offers, found.shares))
    return timetable, certify_shared(market, timetable, found.worths, found.period)


def _own(market: Market) -> tuple[tuple[TimedOffer, ...], ChoiceCertificate]:
    # Only editions tie segments together; apart, a small segment is solved as exactly as a large one.
    apart = [replace(market, audiences=(audience,)) for audience in market.audiences]
    vertices = [solve_sales_based(part) for part in ([market] if market.copies else apart)]
    levels = [rows for vertex in vertices for rows in vertex.levels]
    pairs = zip(market.audiences, levels, strict=True)
    timetable = within_copies(market, [entry for audience, rows in pairs for entry in mixture(market, audience, rows)])
    guesses = [value for vertex in vertices for value in vertex.values]
    rows = [row for vertex in vertices for row in vertex.rows]
    return timetable, certify_own(market, timetable, vertices[0].worths, guesses, rows)


def assemble(
    problem: ChoiceProblem, market: Market, timetable: Sequence[TimedOffer], certificate: ChoiceCertificate
) -> ChoiceSolution:
    """Check the certificate of a timetable, and put the solution together.

    Args:
        problem: what was solved.
        market: the problem, compiled.
        timetable: offers and the shares of the period that they are shown.
        certificate: the proof that no offers earn more.

    Raises:
        RefusedError: `price-uncertified`.
    """
    require_proven(market, timetable, certificate)
    offers = tuple(
        Offered(
            entry.segment,
            entry.share,
            tuple(_prices(market, entry)),
            offer_sentence(market, entry, certificate.worths, problem.decimals),
        )
        for entry in timetable
    )
    editions = tuple(_editions(problem, market, timetable, certificate))
    revenue = round(Fraction(certificate.primal, SCALE))
    return ChoiceSolution(choice_hash(problem), problem, offers, editions, revenue, tuple(timetable), certificate)


def _prices(market: Market, entry: TimedOffer) -> list[OfferedPrice]:
    amounts = [Fraction(0)] * len(market.licences)
    for audience in audiences_of(market, entry):
        for place, amount in enumerate(market.sold(audience, entry.offer)):
            amounts[place] += amount * entry.share / WHOLE
    return [
        OfferedPrice(
            licence.product,
            licence.ladder[step],
            round(amount * MICRO),
            round(amount * licence.margin[step] / SCALE),
        )
        for licence, step, amount in zip(market.licences, entry.offer, amounts, strict=True)
        if step != licence.closed
    ]


def _editions(
    problem: ChoiceProblem, market: Market, timetable: Sequence[TimedOffer], certificate: ChoiceCertificate
) -> list[EditionValue]:
    values = []
    for edition, used, worth in zip(problem.editions, sold(market, timetable), certificate.worths, strict=True):
        # The solver's rounding, a billionth at most, is no reason to round up to another minor unit.
        amount, most = round(used * MICRO), -((worth // 10**9 - worth) // SCALE)
        sentence = edition_sentence(edition, amount, most, problem.decimals)
        values.append(EditionValue(edition.name, edition.copies, amount, most, sentence))
    return values
