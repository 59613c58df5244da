"""What buyers choose among: licences at ladder prices, each with a weight, beside the weight of buying nothing.

A buyer of a segment takes one of the licences that are offered, or nothing, each with a probability in proportion to
its weight: the multinomial logit (McFadden 1974, Conditional logit analysis of qualitative choice behavior). A licence
is offered at one price of its ladder, or not at all; a broader one never costs less than a narrower one, and is offered
only beside it. A problem that exists is well-formed; weights and buyers are kept to the millionth, as integers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal, NamedTuple, TypeAlias, get_args

from offchain.errors import InputError
from offchain.pricing.demand import MAX_SALES, MICRO
from offchain.pricing.ladder import Ladder
from offchain.pricing.problem import PriceKey, Tier, Work, require_currency, require_known, require_references

__all__ = [
    "ChoiceKind",
    "ChoiceProblem",
    "ChoiceSegment",
    "ChoiceWeights",
    "Edition",
    "LogitWeights",
    "Product",
    "TableWeights",
    "Weights",
]

ChoiceKind: TypeAlias = Literal["logit", "sales-based", "choice-based"]
"""`logit`: each segment gets its own offer. `sales-based`: so too, and editions are limited. `choice-based`: all
segments see one offer, and editions are limited."""

_MAX_WEIGHT: Final = 10**6
"""Above it a solver cannot tell from rounding who buys nothing."""


class Product(NamedTuple):
    """A licence that may be offered: a work and a tier, by name."""

    work: str
    tier: str


@dataclass(frozen=True, slots=True)
class TableWeights:
    """Weights stated for each ladder price.

    Attributes:
        weights: one for each step of the tier's ladder, never rising.

    Raises:
        InputError: `weight-not-a-number`, `weight-negative`, `weight-too-large` or `weights-not-monotone`.
    """

    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        for weight in self.weights:
            _require_number(weight, "weight", _MAX_WEIGHT)
        if any(dear > cheap for cheap, dear in pairwise(self.weights)):
            raise InputError(
                "weights-not-monotone",
                f"a weight rises with the price: {self.weights}",
                "a dearer licence never attracts more; correct the table",
            )

    def at(self, ladder: Ladder) -> tuple[int, ...]:
        """Weight at each price, in millionths.

        Raises:
            InputError: `weights-length`, the table is of another ladder.
        """
        if len(self.weights) != len(ladder):
            raise InputError(
                "weights-length",
                f"{len(self.weights)} weights are stated for a ladder of {len(ladder)} prices",
                "state one weight for each ladder price",
            )
        return tuple(round(weight * MICRO) for weight in self.weights)


@dataclass(frozen=True, slots=True)
class LogitWeights:
    """Weights exp((value − p) / spread): at p = value a licence is chosen as often as a weight of 1.

    Attributes:
        value: minor units.
        spread: scale of the logit in minor units, above 0; one segment should have one.

    Raises:
        InputError: `weight-negative` or `weights-malformed` (spread 0).
    """

    value: int
    spread: int

    def __post_init__(self) -> None:
        if self.value < 0 or self.spread < 0:
            raise _negative("weight", f"value {self.value}, spread {self.spread}")
        if self.spread == 0:
            raise InputError("weights-malformed", "a logit has spread 0", "give a spread above 0")

    def at(self, ladder: Ladder) -> tuple[int, ...]:
        """Weight at each price, in millionths, rounded down.

        Raises:
            InputError: `weight-too-large`.
        """
        exponents = [(self.value - price) / self.spread for price in ladder]
        if max(exponents) > math.log(_MAX_WEIGHT):
            raise _too_large("weight", f"exp({max(exponents):g})", _MAX_WEIGHT)
        return tuple(int(math.exp(exponent) * MICRO) for exponent in exponents)


Weights: TypeAlias = TableWeights | LogitWeights


@dataclass(frozen=True, slots=True)
class ChoiceSegment:
    """A group of buyers.

    Attributes:
        name: e.g. `organisation`.
        buyers: buyers who come in a period, above 0.
        nothing: weight of buying nothing, above 0.

    Raises:
        InputError: `buyers-…` or `nothing-…` with the fault.
    """

    name: str
    buyers: float
    nothing: float = 1.0

    def __post_init__(self) -> None:
        for what, number, most in (("buyers", self.buyers, MAX_SALES), ("nothing", self.nothing, _MAX_WEIGHT)):
            _require_number(number, what, most)
            if round(number * MICRO) == 0:
                raise InputError(
                    f"{what}-not-positive",
                    f"{what} of segment {self.name} is stated as {number}",
                    "give a millionth or more: somebody comes, and whoever comes may buy nothing",
                )


@dataclass(frozen=True, slots=True)
class ChoiceWeights:
    """The weights of one licence for one segment; what a segment never considers is left out."""

    key: PriceKey
    curve: Weights


@dataclass(frozen=True, slots=True)
class Edition:
    """A limited number of copies that sales draw on.

    Attributes:
        name: e.g. `signed prints`.
        copies: licences that may be sold in a period.
        work: work id, or None for all.
        tier: tier name, or None for all.

    Raises:
        InputError: `copies-negative` or `copies-too-large`.
    """

    name: str
    copies: int
    work: str | None = None
    tier: str | None = None

    def __post_init__(self) -> None:
        if self.copies < 0:
            raise _negative("copies", str(self.copies))
        if self.copies > MAX_SALES:
            raise _too_large("copies", str(self.copies), MAX_SALES)

    def matches(self, product: Product) -> bool:
        """Whether a sale of the product takes a copy."""
        return self.work in {None, product.work} and self.tier in {None, product.tier}


@dataclass(frozen=True, slots=True)
class ChoiceProblem:
    """All that the best offers depend on.

    Attributes:
        model: how segments and editions meet.
        currency: CAIP-19 id of the one currency of every price.
        decimals: digits after the point of the currency's display unit; only explanations use it.
        works: works, with the share that each owes upstream.
        tiers: tiers with their ladders.
        segments: groups of buyers.
        weights: what each segment considers.
        editions: limits on sales; none under `logit`.

    Raises:
        InputError: the first thing that is wrong, by code.
    """

    model: ChoiceKind
    currency: str
    decimals: int
    works: tuple[Work, ...]
    tiers: tuple[Tier, ...]
    segments: tuple[ChoiceSegment, ...]
    weights: tuple[ChoiceWeights, ...]
    editions: tuple[Edition, ...] = ()

    def __post_init__(self) -> None:
        if self.model not in get_args(ChoiceKind):
            raise InputError("model-unknown", f"there is no model {self.model}", f"name one of {get_args(ChoiceKind)}")
        require_currency(self.currency, self.decimals)
        require_references([work.id for work in self.works], "work", {work.id: work.not_below for work in self.works})
        tiers = {tier.name: tier.broader_than for tier in self.tiers}
        require_references([tier.name for tier in self.tiers], "tier", tiers)
        require_references([segment.name for segment in self.segments], "segment", {})
        self._require_weights()
        self._require_editions()

    def products(self) -> list[Product]:
        """Every licence that some segment considers, in the order of works and tiers."""
        stated = {(weights.key.work, weights.key.tier) for weights in self.weights}
        pairs = (Product(work.id, tier.name) for work in self.works for tier in self.tiers)
        return [product for product in pairs if product in stated]

    def _require_weights(self) -> None:
        keys = [weights.key for weights in self.weights]
        if len(keys) != len(set(keys)):
            raise InputError("weights-repeated", "the weights of a licence are stated twice", "state them once")
        _require_names(keys, self)
        for segment in self.segments:
            if not any(key.segment == segment.name for key in keys):
                raise InputError(
                    "weights-missing",
                    f"nothing is offered to segment {segment.name}",
                    "state the weights of one licence at least",
                )
        ladders = {tier.name: tier.ladder for tier in self.tiers}
        for weights in self.weights:
            weights.curve.at(ladders[weights.key.tier])

    def _require_editions(self) -> None:
        names = [edition.name for edition in self.editions]
        if len(names) != len(set(names)):
            raise InputError("editions-malformed", "two editions have one name", "give each its own")
        if names and self.model == "logit":
            raise InputError(
                "editions-unexpected",
                "the model logit knows no editions",
                "use sales-based, or choice-based where all segments see one offer",
            )
        for edition in self.editions:
            if not any(map(edition.matches, self.products())):
                raise InputError(
                    "edition-unknown",
                    f"no licence on offer draws on edition {edition.name}",
                    "name a work and tier that have weights",
                )


def _require_names(keys: Iterable[PriceKey], problem: ChoiceProblem) -> None:
    known = {
        "work": {work.id for work in problem.works},
        "tier": {tier.name for tier in problem.tiers},
        "segment": {segment.name for segment in problem.segments},
    }
    for key in keys:
        for kind, name in key._asdict().items():
            require_known(name, kind, known[kind])


def _require_number(number: float, what: str, most: int) -> None:
    if not math.isfinite(number):
        raise InputError(f"{what}-not-a-number", f"{what} is stated as {number}", "state a finite number")
    if number < 0:
        raise _negative(what, str(number))
    if number > most:
        raise _too_large(what, str(number), most)


def _negative(what: str, stated: str) -> InputError:
    return InputError(f"{what}-negative", f"{what} is stated as {stated}", "state 0 or more")


def _too_large(what: str, stated: str, most: int) -> InputError:
    return InputError(f"{what}-too-large", f"{what} is stated as {stated}", f"stay within {most}")
