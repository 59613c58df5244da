"""A registry and a ledger whose Licensing and Disputes do what they are told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest
from brownie import accounts, project

from tests.contracts.structs import NOBODY
from tests.contracts.world import DOLLAR, GRACE, NATIVE, World


class Edge(NamedTuple):
    """A debt as the ledger takes it; `upstream` in ppm, guarantee and ceiling in minor units of `currency`."""

    parent: int
    upstream: int
    currency: int = NATIVE
    guarantee: int = 0
    ceiling: int = 0


class Bench(World):
    """A world in which the ledger's siblings are played by the test."""

    Edge = Edge

    def child(self, label: str, registrant: Any, edges: Sequence[Edge]) -> int:
        """Register a derivative with these debts, final at once; its id."""
        self.licensing.setEdges(edges, {"from": self.relayer})
        return self.register(label, registrant, permits=(1,) * len(edges))

    def pay_from(
        self, payer: Any, work: int, currency: int, amount: int, held: int = 0, proof: bytes = b"", value: int = 0
    ) -> Any:
        """Deposit a payer's money as Licensing does; the transaction."""
        call = self.ledger.depositFrom.encode_input(payer, work, currency, amount, held, proof)
        return self._tell(self.licensing, call, value or (amount if currency == NATIVE else 0))

    def pay_many(self, payer: Any, payments: Sequence[tuple[int, int, int, int]], value: int = 0) -> Any:
        """Make payments, of (work, currency, amount, held for), as Licensing does; the transaction."""
        return self._tell(self.licensing, self.ledger.depositMany.encode_input(payer, payments), value)

    def refund(self, work: int, currency: int, day: int, amount: int, to: Any) -> Any:
        """Pay a buyer back as Licensing does; the transaction."""
        call = self.ledger.refund.encode_input(work, currency, day, amount, to)
        return self._tell(self.licensing, call)

    def freeze(self, work: int) -> Any:
        """Open a dispute as Disputes does; the transaction."""
        return self._tell(self.disputes, self.ledger.freeze.encode_input(work))

    def resolve(self, work: int, outcome: int, winner: Any = NOBODY) -> Any:
        """Rule as Disputes does; the transaction."""
        return self._tell(self.disputes, self.ledger.resolve.encode_input(work, outcome, winner))

    def add_token(self, name: str, *arguments: object) -> tuple[Any, int]:
        """A token of the given kind as a new currency, with a million units for the first buyer; token and number."""
        token = self.contract(name, *arguments)
        token.mint(self.buyers[0], 10**6, {"from": self.admin})
        token.approve(self.ledger, 2**255, {"from": self.buyers[0]})
        return token, self.add_currency(token)

    def balance(self, currency: int) -> int:
        """What the ledger really has of native coins or dollars."""
        return self.ledger.balance() if currency == NATIVE else self.dollar.balanceOf(self.ledger)

    def _tell(self, sibling: Any, call: str, value: int = 0) -> Any:
        return sibling.execute(self.ledger, call, {"from": self.relayer, "value": value})


def deploy() -> Bench:
    """Deploy registry and ledger beside scripted siblings."""
    admin, known = accounts[0], project.get_loaded_projects()[0]
    predicted = admin.get_deployment_address(admin.nonce + 3)
    licensing, disputes = (known["ScriptedSibling"].deploy({"from": admin}) for _ in range(2))
    ledger = known["RoyaltyLedger"].deploy(admin, predicted, licensing, disputes, {"from": admin})
    registry = known["WorkRegistry"].deploy(admin, GRACE, ledger, licensing, licensing, NOBODY, {"from": admin})
    dollar = known["TestDollar"].deploy({"from": admin})
    parts = {"registry": registry, "ledger": ledger, "licensing": licensing, "disputes": disputes, "dollar": dollar}
    bench = Bench(**dict.fromkeys(World.__dataclass_fields__, None) | parts)
    assert bench.add_currency(bench.dollar) == DOLLAR
    return bench


@pytest.fixture(scope="module")
def bench(module_isolation) -> Bench:
    return deploy()
