"""Every test of disputes runs under our own arbitrator and under an independent one."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.contracts.unit.Disputes.courts import BOND, FEE, Court, open_court
from tests.contracts.world import World

DIVERT: Final = 1


@pytest.fixture(scope="module", params=["OwnerArbitrator", "FickleArbitrator"])
def opened(request, module_isolation) -> tuple[World, Court]:
    return open_court(request.param)


@pytest.fixture(scope="module")
def world(opened) -> World:
    return opened[0]


@pytest.fixture
def court(opened) -> Court:
    return opened[1]


@pytest.fixture
def claimant(world) -> Any:
    """Somebody who says that the work is theirs."""
    return world.buyers[1]


@pytest.fixture
def open_dispute(disputes, claimant):
    """Opens a dispute for the exact cost; the arbitrator's number."""

    def open_(work: int, remedy: int = DIVERT, by: Any = None, value: int = BOND + FEE) -> int:
        done = disputes.open(work, remedy, "ipfs://evidence", {"from": by or claimant, "value": value})
        return done.events["DisputeOpened"]["dispute"]

    return open_
