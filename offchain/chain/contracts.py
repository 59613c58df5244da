"""The deployed contracts of one chain, opened together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from web3.types import LogReceipt

from offchain.chain.client import Client
from offchain.chain.deployments import Deployment, verify_deployment
from offchain.chain.disputes import Disputes, OwnerArbitrator
from offchain.chain.events import ChainEvent, decode_logs
from offchain.chain.exchange import RightsExchange
from offchain.chain.inboxes import RoyaltyInboxes
from offchain.chain.ledger import RoyaltyLedger
from offchain.chain.licensing import Licensing
from offchain.chain.offers import OfferBook
from offchain.chain.pools import UsagePool
from offchain.chain.registry import WorkRegistry
from offchain.chain.subscriptions import Subscriptions
from offchain.chain.token import Token

__all__ = ["Contracts", "open_contracts"]


@dataclass(frozen=True, slots=True)
class Contracts:
    """One wrapper for each contract; `arbitrator` and the play money `dollar` are those of local chains, else None."""

    client: Client
    deployment: Deployment
    registry: WorkRegistry
    ledger: RoyaltyLedger
    offers: OfferBook
    licensing: Licensing
    inboxes: RoyaltyInboxes
    disputes: Disputes
    exchange: RightsExchange
    pools: UsagePool
    subscriptions: Subscriptions
    arbitrator: OwnerArbitrator | None
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
    known = deployment.contracts
    return Contracts(
        client,
        deployment,
        WorkRegistry(client, deployment.address("WorkRegistry")),
        RoyaltyLedger(client, deployment.address("RoyaltyLedger")),
        OfferBook(client, deployment.address("OfferBook")),
        Licensing(client, deployment.address("Licensing")),
        RoyaltyInboxes(client, deployment.address("RoyaltyInboxes")),
        Disputes(client, deployment.address("Disputes")),
        RightsExchange(client, deployment.address("RightsExchange")),
        UsagePool(client, deployment.address("UsagePool")),
        Subscriptions(client, deployment.address("Subscriptions")),
        OwnerArbitrator(client, known["OwnerArbitrator"].address) if "OwnerArbitrator" in known else None,
        Token(client, known["TestDollar"].address) if "TestDollar" in known else None,
    )
