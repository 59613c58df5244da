"""What a derivative's permits must be, told before anything is made for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from offchain.chain import Edge, Listing, Terms
from offchain.errors import RefusedError
from offchain.workflows.permits import require_permits
from offchain.workflows.services import Services, open_services
from tests.offchain.deployed import ADAPTATION, ADMIN, BUYER, CREATOR, SECOND_BUYER, SECOND_CREATOR, World
from tests.offchain.site import Site


@pytest.fixture
def services(site: Site) -> Iterator[Services]:
    with open_services(site.settings) as services:
        yield services


def permit(world: World, terms: Terms, buyer: int = BUYER) -> tuple[int, int]:
    """A work, and a free licence of it."""
    work = world.register(b"parent", CREATOR)
    listing = Listing(world.terms(terms), 0, 0)
    return work, world.buy(world.list(work, listing, CREATOR), listing, buyer)


def refused(services: Services, world: World, licence: int, holder: int = BUYER) -> str:
    with pytest.raises(RefusedError) as caught:
        require_permits(services, world.accounts[holder], [licence])
    return caught.value.code


GUARANTEED = replace(ADAPTATION, currency=1, guarantee=500, ceiling=900)


def test_require_permits__guarantee_in_a_token__must_be_there(site: Site, services: Services):
    """The account has nothing else, and allows enough."""
    world, dollar = site.world, site.world.contracts.dollar
    _, licence = permit(world, GUARANTEED, SECOND_BUYER)
    world.send(dollar.approve(world.contracts.ledger.address, 500), SECOND_BUYER)
    world.send(dollar.mint(world.accounts[SECOND_BUYER], 499), ADMIN)
    assert refused(services, world, licence, SECOND_BUYER) == "insufficient-balance"


def test_require_permits__guarantee_in_a_token__must_be_allowed(site: Site, services: Services):
    """The account has enough, and allows a unit too little."""
    world, dollar = site.world, site.world.contracts.dollar
    _, licence = permit(world, GUARANTEED, SECOND_BUYER)
    world.send(dollar.approve(world.contracts.ledger.address, 499), SECOND_BUYER)
    world.send(dollar.mint(world.accounts[SECOND_BUYER], 500), ADMIN)
    assert refused(services, world, licence, SECOND_BUYER) == "insufficient-allowance"


def test_require_permits__guarantee_in_a_token__there_and_allowed_is_enough(site: Site, services: Services):
    world = site.world
    work, licence = permit(world, GUARANTEED)
    world.fund(BUYER, 500)
    edges = require_permits(services, world.accounts[BUYER], [licence])
    assert edges == (Edge(work, ADAPTATION.upstream, 1, 500, 900),)


def test_require_permits__guarantee_in_coins__cannot_be_relayed(site: Site, services: Services):
    _, licence = permit(site.world, replace(ADAPTATION, guarantee=1))
    assert refused(services, site.world, licence) == "native-guarantee"


def test_require_permits__licence_may_be_given_back__permits_nothing_yet(site: Site, services: Services):
    _, licence = permit(site.world, replace(ADAPTATION, refund_days=1))
    assert refused(services, site.world, licence) == "refundable"


def test_require_permits__parent_disputed__waits_for_the_ruling(site: Site, services: Services):
    world = site.world
    work, licence = permit(world, ADAPTATION)
    dispute = world.dispute(work, 1, SECOND_CREATOR)
    assert refused(services, world, licence) == "parent-disputed"
    world.rule(dispute, 1)
    assert require_permits(services, world.accounts[BUYER], [licence]) == (Edge(work, ADAPTATION.upstream),)
