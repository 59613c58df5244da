"""Sibling addresses are fixed at deployment, before most of them exist."""

from __future__ import annotations

import pytest

from tests.contracts.world import GRACE, deploy


def test_deployment__predicted_addresses__the_registry_knows_its_siblings(world, registry):
    assert registry.LEDGER() == world.ledger
    assert registry.BOOK() == world.book
    assert registry.LICENSING() == world.licensing
    assert registry.INBOXES() == world.inboxes
    assert world.inboxes.LEDGER() == world.ledger
    for sibling in (world.ledger, world.book, world.licensing):
        assert sibling.REGISTRY() == registry


@pytest.mark.optimized_only
def test_deployment__runtime_code__below_twenty_kilobytes(world, web3):
    """No contract above 20 kB, so that EIP-170's 24,576 bytes leave room."""
    sizes = {str(contract): len(web3.eth.get_code(contract.address)) for contract in world.contracts}
    assert max(sizes.values()) < 20_000, sizes


@pytest.mark.parametrize("grace", [0, 60])
def test_deployment__another_grace__titles_are_final_after_it(creator, grace):
    """The time to take a work back is a choice of the deployment, not of its admin."""
    world = deploy(grace)
    assert world.registry.GRACE() == grace != GRACE
    work = world.register_at_once("a work", creator)
    title = world.registry.titleOf(work).dict()
    assert title["finalAt"] - title["priorityAt"] == grace
