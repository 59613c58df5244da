"""Deploys Colophon: `brownie run deploy --network ganache-cli`.

The three core contracts are immutable and know each other, so each is told the addresses that the deployer's next
nonces will give. A local chain also gets TestDollar, as currency 1, and every creator and buyer among the development
accounts gets a purse of it. The standard terms are registered. The deployment file goes to `$COLOPHON_DEPLOYMENT`,
else to `$COLOPHON_HOME` for a local chain, else among the committed ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from brownie import Licensing, RoyaltyLedger, TestDollar, WorkRegistry, accounts, chain, web3

from offchain.chain.deployments import Deployed, Deployment, save_deployment
from offchain.chain.structs import to_abi
from offchain.config import load_settings
from offchain.workflows.terms import standard_terms

__all__ = ["deploy", "main"]

LOCAL_CHAINS: Final = (1337, 31337)
_PEOPLE: Final = range(3, 10)
_PURSE: Final = 10_000 * 10**6
_COMMITTED: Final = Path(__file__).parents[1] / "offchain" / "chain" / "deployments"


def main() -> None:
    """Deploy from the first account of the network and say where everything stands."""
    path = deploy(accounts[0])
    print(f"deployment written to {path}")


def deploy(admin: Any) -> Path:  # noqa: ANN401 - Brownie's accounts have no types
    """Deploy with `admin` as deployer and first admin; returns the path of the deployment file."""
    registry, ledger, licensing = (admin.get_deployment_address(admin.nonce + offset) for offset in range(3))
    contracts = {
        "WorkRegistry": admin.deploy(WorkRegistry, admin, ledger, licensing),
        "RoyaltyLedger": admin.deploy(RoyaltyLedger, admin, registry, licensing),
        "Licensing": admin.deploy(Licensing, admin, registry, ledger),
    }
    if chain.id in LOCAL_CHAINS:
        contracts["TestDollar"] = _play_money(admin, contracts["RoyaltyLedger"])
    for standard in standard_terms():
        contracts["Licensing"].registerTerms(to_abi(standard.terms), {"from": admin})
    deployment = _described(contracts)
    path = _path(deployment.chain_id)
    save_deployment(deployment, path)
    return path


def _play_money(admin: Any, ledger: Any) -> Any:  # noqa: ANN401 - Brownie's contracts have no types
    dollar = admin.deploy(TestDollar)
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
