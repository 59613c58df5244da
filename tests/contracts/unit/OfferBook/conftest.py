"""What the tests of the offer book share."""

from __future__ import annotations

import pytest

from tests.contracts.world import DAY, DOLLAR, NATIVE, now


@pytest.fixture
def accept(world, licensing, buyer):
    """Buy on a quote signed by its seller, or by somebody else."""

    def run(quote, signer=None, by=buyer, signature=None, **domain):
        if quote.currency == DOLLAR:
            world.fund(by, quote.price)
        value = quote.price if quote.currency == NATIVE else 0
        if signature is None:
            signature = world.sign(quote, signer or quote.seller, **domain)
        return licensing.buyQuote(quote, signature, by, {"from": by, "value": value})

    return run


@pytest.fixture
def midday(chain):
    """An hour in the middle of a UTC day, so that no test run crosses midnight by chance."""
    chain.sleep(DAY + DAY // 2 - now() % DAY)
