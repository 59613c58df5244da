"""Sibling addresses are fixed at deployment, before two of the three exist."""

from __future__ import annotations

import pytest

from tests.contracts.world import DOLLAR


def test_deployment__predicted_addresses__siblings_know_each_other(world):
    assert world.registry.LEDGER() == world.ledger
    assert world.registry.LICENSING() == world.licensing
    assert world.ledger.REGISTRY() == world.registry
    assert world.ledger.LICENSING() == world.licensing
    assert world.licensing.REGISTRY() == world.registry
    assert world.licensing.LEDGER() == world.ledger
    assert world.ledger.currencyAt(DOLLAR) == world.dollar


@pytest.mark.parametrize("name", ["WorkRegistry", "RoyaltyLedger", "Licensing"])
def test_deployment__runtime_code__below_twenty_kilobytes(world, name, web3):
    """No contract above 20 kB, so that EIP-170's 24,576 bytes leave room."""
    contracts = {"WorkRegistry": world.registry, "RoyaltyLedger": world.ledger, "Licensing": world.licensing}
    assert len(web3.eth.get_code(contracts[name].address)) < 20_000
