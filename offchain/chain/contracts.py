"""The deployed contracts of one chain, opened together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from web3.types import LogReceipt

from offchain.chain.client import Client
from offchain.chain.deployments import Deployment, verify_deployment
from offchain.chain.events import ChainEvent, decode_logs
from offchain.chain.ledger import RoyaltyLedger
from offchain.chain.licensing import Licensing
from offchain.chain.registry import WorkRegistry
from offchain.chain.token import Token

__all__ = ["Contracts", "open_contracts"]


@dataclass(frozen=True, slots=True)
class Contracts:
    """One wrapper for each contract; `dollar` is the play money of local chains, None elsewhere."""

    client: Client
    deployment: Deployment
    registry: WorkRegistry
    ledger: RoyaltyLedger
    licensing: Licensing
    dollar: Token | None

    def decode(self, logs: Iterable[LogReceipt]) -> list[ChainEvent]:
        """The events of these contracts among the logs, in order."""
        return decode_logs(logs, {at.address: name for name, at in self.deployment.contracts.items()})


def open_contracts(client: Client, deployment: Deployment) -> Contracts:
    """Check the code at every address, then wrap it.

    Raises:
        RefusedError: `code-mismatch`.
        NotFoundError: `no-deployment`, a contract is missing from the deployment.
    """
    verify_deployment(client, deployment)
    has_dollar = "TestDollar" in deployment.contracts
    return Contracts(
        client,
        deployment,
        WorkRegistry(client, deployment.address("WorkRegistry")),
        RoyaltyLedger(client, deployment.address("RoyaltyLedger")),
        Licensing(client, deployment.address("Licensing")),
        Token(client, deployment.address("TestDollar")) if has_dollar else None,
    )
