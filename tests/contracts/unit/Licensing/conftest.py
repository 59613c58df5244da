"""What the tests of Licensing share."""

from __future__ import annotations

import pytest

from tests.contracts.world import DAY, DOLLAR, NATIVE, now


@pytest.fixture
def midday(chain):
    """An hour in the middle of a UTC day, so that no test run crosses midnight by chance."""
    chain.sleep(DAY + DAY // 2 - now() % DAY)


@pytest.fixture(params=[NATIVE, DOLLAR], ids=["native", "token"])
def currency(request) -> int:
    """Once for coins, once for dollars."""
    return request.param


@pytest.fixture
def balance(ledger, dollar):
    """What an account has of a currency."""

    def run(account, currency):
        return account.balance() if currency == NATIVE else dollar.balanceOf(account)

    return run


@pytest.fixture
def disputed(world, disputes):
    """Opens a dispute over a work."""

    def run(work):
        claimant = world.buyers[2]
        disputes.open(work, 1, "", {"from": claimant, "value": sum(disputes.costOf(work))})

    return run
