"""Whom a live deployment accepts as arbitrator."""

from __future__ import annotations

import pytest

from offchain.errors import InputError
from scripts.arbitrators import require_arbitrator
from tests.offchain.deployed import CREATOR, World, deploy


@pytest.fixture(scope="module")
def world(chain_url: str) -> World:
    return deploy(chain_url)


def refused(world: World, address: str) -> str:
    with pytest.raises(InputError) as caught:
        require_arbitrator(world.client, address)
    return caught.value.code


def test_require_arbitrator__contract_that_names_its_fee__is_given_back_with_its_checksum(world: World):
    arbitrator = world.contracts.deployment.address("OwnerArbitrator")
    assert require_arbitrator(world.client, arbitrator.lower()) == arbitrator


def test_require_arbitrator__no_address__refused(world: World):
    assert refused(world, "0x12") == "address-malformed"


def test_require_arbitrator__plain_account__refused(world: World):
    assert refused(world, world.accounts[CREATOR]) == "not-an-arbitrator"


def test_require_arbitrator__another_contract__refused(world: World):
    assert refused(world, world.contracts.ledger.address) == "not-an-arbitrator"
