"""What an account earned, told by series of a work's shares."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from offchain.chain import work_hex
from tests.offchain.site import Site, Visitor

RETITLE, GRANT = 2, 2


@pytest.fixture
def contested(site: Site, ben: Visitor, cleo: Visitor) -> int:
    """A work of which Cleo had a quarter of the shares when she won its title, and with it all of the next series."""
    world, ledger = site.world, site.world.contracts.ledger
    work = world.register(b"contested", ben.account)
    world.send(ledger.transfer_units(cleo.address, work, 250_000), ben.account)
    world.send(ledger.deposit(work, 0, 1000), ben.account)
    world.rule(world.dispute(work, RETITLE, cleo.account), GRANT)
    world.send(ledger.deposit(work, 0, 100), ben.account)
    return work


def test_statement__account_in_two_series__tells_them_apart(client: TestClient, cleo: Visitor, contested: int):
    lines = client.get(f"/v1/statements/{cleo.address}").json()["lines"]
    earned = [(line["series"], line["earned"]) for line in lines if line["work"] == work_hex(contested)]
    assert earned == [(0, "250"), (1, "100")]
