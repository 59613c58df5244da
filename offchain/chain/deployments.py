"""Where the contracts of a chain stand: `{chainId, block, contracts: {NAME: {address, txHash, block, codeHash}}}`.

Deployments of live chains are committed under offchain/chain/deployments/CHAINID.json. That of a local chain is the
file that `settings.deployment` names: while `make up` runs, $COLOPHON_HOME/run.json names one under
$COLOPHON_HOME/stack. Where the settings name none, it is $COLOPHON_HOME/deployments/CHAINID.json, which
scripts/deploy.py writes.

Code hashes are keccak256 of the runtime code and are checked when the contracts are opened, so that nobody talks to
another program at the same address.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from eth_utils.crypto import keccak

from offchain.chain.address import parse_address
from offchain.chain.client import Client
from offchain.errors import InputError, NotFoundError, RefusedError

__all__ = ["Deployed", "Deployment", "code_hash", "load_deployment", "save_deployment", "verify_deployment"]


@dataclass(frozen=True, slots=True)
class Deployed:
    """One contract: EIP-55 address, hash and block of the transaction that made it, keccak256 of its runtime code."""

    address: str
    tx_hash: str
    block: int
    code_hash: str


@dataclass(frozen=True, slots=True)
class Deployment:
    """All contracts of one chain; `block` is the first that may hold an event."""

    chain_id: int
    block: int
    contracts: Mapping[str, Deployed]

    def address(self, name: str) -> str:
        """Where a contract stands.

        Raises:
            NotFoundError: `no-deployment`, this deployment has no such contract.
        """
        if name not in self.contracts:
            raise NotFoundError(
                "no-deployment", f"chain {self.chain_id} has no {name}", "deploy it, or correct the deployment file"
            )
        return self.contracts[name].address


def load_deployment(chain_id: int, path: Path | None = None, home: Path | None = None) -> Deployment:
    """Read a chain's deployment.

    Args:
        chain_id: chain of the node.
        path: file that the settings name, as they do while `make up` runs; it alone is read when given.
        home: `$COLOPHON_HOME`, whose deployments/CHAINID.json is read where there is one; else the committed ones are.

    Raises:
        NotFoundError: `no-deployment`.
        InputError: `deployment-malformed`.
        RefusedError: `wrong-chain`, a file of another chain.
    """
    committed = files("offchain.chain").joinpath("deployments", f"{chain_id}.json")
    local = home / "deployments" / f"{chain_id}.json" if home else None
    source = path or (local if local and local.exists() else committed)
    try:
        deployment = _from_json(json.loads(source.read_text("utf-8")))
    except FileNotFoundError as error:
        raise NotFoundError(
            "no-deployment",
            f"no contracts are known on chain {chain_id}",
            "deploy them (make up), or set COLOPHON_DEPLOYMENT to the file that names them",
            looked_at=str(source),
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise InputError(
            "deployment-malformed", f"{source} does not describe a deployment", "deploy again, or correct the file"
        ) from error
    if deployment.chain_id != chain_id:
        raise RefusedError(
            "wrong-chain",
            f"{source} describes chain {deployment.chain_id}, the node is on chain {chain_id}",
            "set COLOPHON_RPC_URL and COLOPHON_DEPLOYMENT to the same chain",
            expected=deployment.chain_id,
            found=chain_id,
        )
    return deployment


def save_deployment(deployment: Deployment, path: Path) -> None:
    """Write a deployment file, making its folder."""
    contracts = {
        name: {"address": at.address, "txHash": at.tx_hash, "block": at.block, "codeHash": at.code_hash}
        for name, at in sorted(deployment.contracts.items())
    }
    content = {"chainId": deployment.chain_id, "block": deployment.block, "contracts": contracts}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n", "utf-8")


def code_hash(client: Client, address: str) -> str:
    """keccak256 of the runtime code at an address, as `0x` and hex."""
    return "0x" + keccak(client.code(address)).hex()


def verify_deployment(client: Client, deployment: Deployment) -> None:
    """Compare the code on the chain with what was deployed.

    Raises:
        RefusedError: `code-mismatch`, with the contract's name and both hashes.
    """
    for name, at in deployment.contracts.items():
        found = code_hash(client, at.address)
        if found != at.code_hash:
            raise RefusedError(
                "code-mismatch",
                f"the code at {at.address} is not the {name} that was deployed",
                "the chain was reset or the file is another chain's: deploy again",
                contract=name,
                expected=at.code_hash,
                found=found,
            )


def _from_json(content: dict[str, Any]) -> Deployment:
    contracts = {
        str(name): Deployed(parse_address(at["address"]), str(at["txHash"]), int(at["block"]), str(at["codeHash"]))
        for name, at in content["contracts"].items()
    }
    return Deployment(int(content["chainId"]), int(content["block"]), contracts)
