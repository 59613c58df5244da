"""Choice problems: one tier with a table, and the reference instances of the literature."""

import pytest

from offchain.pricing import PriceKey, Tier, Work
from offchain.pricing.choice import ChoiceProblem, ChoiceSegment, ChoiceWeights, Edition, TableWeights

CURRENCY = "eip155:1337/slip44:60"
WORKS = tuple("0x" + f"{number:02x}" * 32 for number in (1, 2, 3))


def _weights(work, tier, segment, *table):
    return ChoiceWeights(PriceKey(work, tier, segment), TableWeights(tuple(map(float, table))))


@pytest.fixture
def two_tiers():
    """Nine buyers, nothing weighs 1; personal at 10 or 20 weighs 2 or 1, commercial at 10 or 30 weighs 3 or 1.

    Revenue a buyer: personal alone 20/3 at 10, 20/2 = 10 at 20; commercial alone 30/4 at 10, 30/2 = 15 at 30. Both at
    (10, 30): 50/4 = 12.5; (20, 30): 50/3 = 16 2/3, the best; (10, 10): 50/6; (20, 10): not in order.
    """

    def build(model="logit", editions=(), upstream_ppm=0):
        return ChoiceProblem(
            model,
            CURRENCY,
            0,
            (Work(WORKS[0], upstream_ppm),),
            (Tier("personal", (10, 20)), Tier("commercial", (10, 30), ("personal",))),
            (ChoiceSegment("all", 9.0),),
            (_weights(WORKS[0], "personal", "all", 2, 1), _weights(WORKS[0], "commercial", "all", 3, 1)),
            tuple(editions),
        )

    return build


@pytest.fixture
def single_leg():
    """Four fares on one leg: `single_leg(model, copies)`; λ T = 0.5 · 400 = 200 buyers."""

    def build(model, copies):
        fares = {1000: 0.4, 800: 0.8, 600: 1.2, 400: 1.6}
        return ChoiceProblem(
            model,
            CURRENCY,
            0,
            (Work(WORKS[0]),),
            tuple(Tier(f"fare {price}", (price,)) for price in fares),
            (ChoiceSegment("all", 200.0),),
            tuple(_weights(WORKS[0], f"fare {price}", "all", weight) for price, weight in fares.items()),
            (Edition("leg", copies),),
        )

    return build


@pytest.fixture
def parallel_flights():
    """Bront, Méndez-Díaz and Vulcano (2009): `parallel_flights(model, percent)` of 30, 50 and 40 seats.

    Products 1–2, 3–4 and 5–6 are on legs 1 to 3; λ = (.1, .15, .2, .05) and T = 300.
    """

    def build(model, percent):
        fares = (400, 800, 500, 1000, 300, 600)
        preferences = ((0, 5, 0, 10, 0, 1), (5, 0, 1, 0, 10, 0), (10, 8, 6, 4, 3, 1), (8, 10, 4, 6, 1, 3))
        segments = zip((30.0, 45.0, 60.0, 15.0), (1.0, 5.0, 5.0, 1.0), strict=True)
        return ChoiceProblem(
            model,
            CURRENCY,
            0,
            tuple(map(Work, WORKS)),
            tuple(Tier(f"product {place + 1}", (fare,)) for place, fare in enumerate(fares)),
            tuple(ChoiceSegment(f"segment {place}", *numbers) for place, numbers in enumerate(segments)),
            tuple(
                _weights(WORKS[place // 2], f"product {place + 1}", f"segment {number}", weight)
                for number, row in enumerate(preferences)
                for place, weight in enumerate(row)
                if weight
            ),
            tuple(
                Edition(f"leg {leg + 1}", seats * percent // 100, WORKS[leg]) for leg, seats in enumerate((30, 50, 40))
            ),
        )

    return build
