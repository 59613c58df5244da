"""Deploys Colophon: `brownie run deploy --network ganache-cli`.

The contracts are immutable and know each other, so each is told the addresses that the deployer's next nonces will
give. A local chain also gets an arbitrator of its own, and TestDollar as currency 1, of which every creator and buyer
among the development accounts gets a purse; on a live chain `$COLOPHON_ARBITRATOR` names the ERC-792 arbitrator.
Titles are final `$COLOPHON_GRACE_SECONDS` after their priority: by default at once on a local chain, where nobody
watches the mempool, and after five minutes on a live one. The standard terms are registered. The deployment file goes
to `$COLOPHON_DEPLOYMENT`, else to `$COLOPHON_HOME` for a local chain, else among the committed ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import brownie
from brownie import accounts, chain, web3

from offchain.chain.client import Client
from offchain.chain.deployments import Deployed, Deployment, save_deployment
from offchain.chain.structs import to_abi
from offchain.config import Settings, load_settings
from offchain.errors import InputError
from offchain.workflows.terms import standard_terms
from scripts.arbitrators import require_arbitrator

__all__ = ["deploy", "main"]

LOCAL_CHAINS: Final = (1337, 31337)
_GRACE: Final = 300
"""Seconds that a live chain's registrants have to reveal before somebody else's copy is final."""

_BOND: Final = 10**17
_FEE: Final = 10**16
"""Wei that a claimant risks, and that the arbitrator of a local chain takes."""

_PEOPLE: Final = range(3, 10)
_PURSE: Final = 10_000 * 10**6
_COMMITTED: Final = Path(__file__).parents[1] / "offchain" / "chain" / "deployments"


def main() -> None:
    """Deploy from the first account of the network and say where everything stands."""
    path = deploy(accounts[0])
    print(f"deployment written to {path}")


def deploy(admin: Any) -> Path:  # noqa: ANN401 - Brownie's accounts have no types
    """Deploy with `admin` as deployer and first admin; returns the path of the deployment file."""
    contracts = _contracts(admin, load_settings())
    if chain.id in LOCAL_CHAINS:
        contracts["TestDollar"] = _play_money(admin, contracts["RoyaltyLedger"])
    for standard in standard_terms():
        contracts["OfferBook"].registerTerms(to_abi(standard.terms), {"from": admin})
    deployment = _described(contracts)
    path = _path(deployment.chain_id)
    save_deployment(deployment, path)
    return path


def _contracts(admin: Any, settings: Settings) -> dict[str, Any]:  # noqa: ANN401 - as above
    """Deploy everything, in the order of the names below, from consecutive nonces."""
    local = chain.id in LOCAL_CHAINS
    grace = settings.grace_seconds if settings.grace_seconds is not None else (0 if local else _GRACE)
    names = ["RoyaltyLedger", "WorkRegistry", "OfferBook", "Licensing", "RoyaltyInboxes"]
    names += [*(["OwnerArbitrator"] if local else []), "Disputes", "RightsExchange", "UsagePool", "Subscriptions"]
    at = {name: admin.get_deployment_address(admin.nonce + offset) for offset, name in enumerate(names)}
    registry, ledger, book, licensing = (
        at[name] for name in ("WorkRegistry", "RoyaltyLedger", "OfferBook", "Licensing")
    )
    arguments: dict[str, tuple[object, ...]] = {
        "RoyaltyLedger": (admin, registry, licensing, at["Disputes"]),
        "WorkRegistry": (admin, grace, ledger, book, licensing, at["RoyaltyInboxes"]),
        "OfferBook": (registry, ledger, licensing),
        "Licensing": (admin, registry, ledger, book),
        "RoyaltyInboxes": (ledger,),
        "OwnerArbitrator": (admin, _FEE),
        "Disputes": (registry, ledger, at["OwnerArbitrator"] if local else _arbitrator(settings), _BOND),
        "RightsExchange": (registry, ledger),
        "UsagePool": (ledger,),
        "Subscriptions": (ledger, at["UsagePool"]),
    }
    return {name: admin.deploy(getattr(brownie, name), *arguments[name]) for name in names}


def _arbitrator(settings: Settings) -> str:
    if settings.arbitrator is None:
        raise InputError(
            "no-arbitrator", f"chain {chain.id} needs an arbitrator", "set COLOPHON_ARBITRATOR to its ERC-792 contract"
        )
    url = getattr(web3.provider, "endpoint_uri", "")  # a node behind a socket file has none
    return require_arbitrator(Client(web3, url, chain.id), settings.arbitrator)


def _play_money(admin: Any, ledger: Any) -> Any:  # noqa: ANN401 - Brownie's contracts have no types
    dollar = admin.deploy(brownie.TestDollar)
    ledger.addCurrency(dollar, {"from": admin})
    for index in _PEOPLE:
        dollar.mint(accounts[index], _PURSE, {"from": admin})
    return dollar


def _described(contracts: Mapping[str, Any]) -> Deployment:
    deployed = {
        name: Deployed(
            contract.address,
            contract.tx.txid,
            contract.tx.block_number,
            web3.to_hex(web3.keccak(web3.eth.get_code(contract.address))),
        )
        for name, contract in contracts.items()
    }
    return Deployment(chain.id, min(each.block for each in deployed.values()), deployed)


def _path(chain_id: int) -> Path:
    settings = load_settings()
    local = settings.home / "deployments" / f"{chain_id}.json"
    return settings.deployment or (local if chain_id in LOCAL_CHAINS else _COMMITTED / f"{chain_id}.json")
