"""A real deployment on a real local chain, for every test that needs contracts.

Transactions go out from the chain's own unlocked accounts here, so that nothing under test is used to test it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from web3 import Web3
from web3.types import TxReceipt

from offchain.chain import Call, Registration, Terms
from offchain.chain.client import Client, connect
from offchain.chain.contracts import Contracts, open_contracts
from offchain.chain.deployments import Deployed, Deployment, code_hash
from offchain.chain.structs import ZERO_DIGEST

BUILT = Path(__file__).resolve().parents[2] / "build" / "contracts"

ADMIN, RELAYER, PRICING, CREATOR, SECOND_CREATOR, THIRD_CREATOR, BUYER, SECOND_BUYER = range(8)

ADAPTATION = Terms(
    scope=(1 << 48) | (1 << 16) | 1,
    duration=0,
    upstream=100_000,
    max_derivatives=1,
    transferable=True,
    lasting=True,
    text=hashlib.sha256(b"adaptation").digest(),
)


@dataclass(frozen=True)
class World:
    """Contracts on a chain, its unlocked accounts, and short ways to act."""

    client: Client
    contracts: Contracts
    accounts: list[str]

    def send(self, call: Call, account: int) -> TxReceipt:
        """Mine a call as one of the accounts; it must succeed."""
        w3 = self.client.w3
        hash_ = w3.eth.send_transaction(
            {
                "from": self.accounts[account],
                "to": call.to,
                "data": "0x" + call.data.hex(),
                "value": call.value,
                "gas": 3_000_000,
                "maxFeePerGas": 10**11,
                "maxPriorityFeePerGas": 10**9,
            }
        )
        receipt = w3.eth.get_transaction_receipt(hash_)
        assert receipt["status"] == 1
        return receipt

    def register(self, name: bytes, account: int, permits: tuple[int, ...] = ()) -> int:
        """Register a new work by commitment, so that it is final at once; its id."""
        master = name + self.client.head().to_bytes(8, "big")  # never the same work twice on one chain
        registry, registrant = self.contracts.registry, self.accounts[account]
        work = int.from_bytes(hashlib.sha256(master).digest(), "big")
        salt = hashlib.sha256(master + b"salt").digest()
        self.send(registry.commit(registry.commitment(registrant, work, salt)), account)
        metadata = hashlib.sha256(b"metadata").digest()
        self.send(registry.register(Registration(work, registrant, metadata, permits=permits, salt=salt)), account)
        return work

    def terms(self, content: Terms = ADAPTATION) -> int:
        """Number of the terms, registering them where need be."""
        licensing = self.contracts.licensing
        number = licensing.terms_number(content)
        if number is None:
            self.send(licensing.register_terms(content), ADMIN)
            number = licensing.terms_number(content)
        assert number is not None
        return number

    def fund(self, account: int, amount: int) -> None:
        """Give play money, and let the ledger take it."""
        dollar = self.contracts.dollar
        assert dollar is not None
        self.send(dollar.mint(self.accounts[account], amount), ADMIN)
        self.send(dollar.approve(self.contracts.ledger.address, amount), account)

    def rpc(self, method: str, *parameters: object) -> object:
        """Ask the node something that only test chains know."""
        answer = self.client.w3.provider.make_request(method, list(parameters))
        assert "error" not in answer, answer
        return answer["result"]

    def now(self) -> int:
        """Time of the newest block."""
        return self.client.w3.eth.get_block("latest")["timestamp"]


def deploy(rpc_url: str) -> World:
    """Deploy everything from account 0, with TestDollar as currency 1."""
    client = connect(rpc_url, expected_chain_id=1337)
    accounts = [str(account) for account in client.w3.eth.accounts]
    admin = accounts[ADMIN]
    nonce = client.nonce(admin)
    registry, ledger, licensing = (_created_by(admin, nonce + offset) for offset in range(3))
    deployed = {
        "WorkRegistry": _create(client, "WorkRegistry", admin, ledger, licensing),
        "RoyaltyLedger": _create(client, "RoyaltyLedger", admin, registry, licensing),
        "Licensing": _create(client, "Licensing", admin, registry, ledger),
        "TestDollar": _create(client, "TestDollar"),
    }
    assert [each.address for each in deployed.values()][:3] == [registry, ledger, licensing]
    deployment = Deployment(1337, deployed["WorkRegistry"].block, deployed)
    world = World(client, open_contracts(client, deployment), accounts)
    world.send(world.contracts.ledger.add_currency(deployed["TestDollar"].address), ADMIN)
    return world


def _create(client: Client, name: str, *arguments: str) -> Deployed:
    built = json.loads((BUILT / f"{name}.json").read_text())
    w3: Web3 = client.w3
    factory = w3.eth.contract(abi=built["abi"], bytecode=built["bytecode"])
    fees = {"maxFeePerGas": 10**11, "maxPriorityFeePerGas": 10**9}
    hash_ = factory.constructor(*arguments).transact({"from": w3.eth.accounts[ADMIN], "gas": 6_000_000, **fees})
    receipt = w3.eth.get_transaction_receipt(hash_)
    address = receipt["contractAddress"]
    assert address is not None
    return Deployed(address, "0x" + bytes(hash_).hex(), receipt["blockNumber"], code_hash(client, address))


def _created_by(account: str, nonce: int) -> str:
    """Address of the contract that the account's transaction `nonce` creates (yellow paper §7, with RLP by hand)."""
    if nonce == 0:
        encoded = b"\x80"
    else:
        digits = nonce.to_bytes((nonce.bit_length() + 7) // 8, "big")
        encoded = digits if nonce < 0x80 else bytes([0x80 + len(digits)]) + digits
    body = b"\x94" + bytes.fromhex(account[2:]) + encoded
    return to_checksum_address(keccak(bytes([0xC0 + len(body)]) + body)[12:])


__all__ = ["ADAPTATION", "ADMIN", "BUYER", "CREATOR", "PRICING", "RELAYER", "SECOND_BUYER", "SECOND_CREATOR"]
__all__ += ["THIRD_CREATOR", "ZERO_DIGEST", "World", "deploy"]
