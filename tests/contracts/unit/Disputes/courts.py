"""How a ruling reaches a disputed contract, for each arbitrator that the tests know."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from brownie import accounts, chain

from tests.contracts.world import GRACE, World, deploy

__all__ = ["BOND", "FEE", "GRANT", "REJECT", "Court", "open_court"]

REJECT: Final = 1
GRANT: Final = 2
FEE: Final = 3 * 10**15
BOND: Final = 10**17
APPEAL_TIME: Final = 3 * 86_400


@dataclass(frozen=True)
class Court:
    """An arbitrator and the contract that obeys it."""

    arbitrator: Any
    disputes: Any

    def rule(self, dispute: int, ruling: int) -> Any:
        """Rule, wait until nobody can appeal, and carry the ruling out; the last transaction."""
        done = self.arbitrator.giveRuling(dispute, ruling, {"from": accounts[0]})
        if "AppealPossible" not in done.events:
            return done
        chain.sleep(APPEAL_TIME)
        return self.arbitrator.executeRuling(dispute, {"from": accounts[1]})


def open_court(name: str) -> tuple[World, Court]:
    """A world whose disputes an arbitrator of this name decides.

    The arbitrator of a ledger is fixed at deployment, so another one needs another ledger and registry.
    """
    world = deploy()
    arbitrator = world.contract(name, *((world.admin, FEE) if name == "OwnerArbitrator" else (FEE,)))
    admin = world.admin
    ledger, registry, disputes = (admin.get_deployment_address(admin.nonce + i) for i in range(3))
    made = {
        "ledger": world.contract("RoyaltyLedger", admin, registry, world.licensing, disputes),
        "registry": world.contract("WorkRegistry", admin, GRACE, ledger, world.book, world.licensing, world.inboxes),
        "disputes": world.contract("Disputes", registry, ledger, arbitrator, BOND),
    }
    world = replace(world, arbitrator=arbitrator, **made)
    world.add_currency(world.dollar)
    return world, Court(arbitrator, world.disputes)
