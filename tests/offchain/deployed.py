"""A real deployment on a real local chain, for every test that needs contracts.

Transactions go out from the chain's own unlocked accounts here, so that nothing under test is used to test it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from web3 import Web3
from web3.types import TxReceipt

from offchain.chain import Call, Listing, Purchase, Registration, Terms
from offchain.chain.client import Client, connect
from offchain.chain.contracts import Contracts, open_contracts
from offchain.chain.deployments import Deployed, Deployment, code_hash
from offchain.chain.disputes import Remedy, Ruling
from offchain.chain.offers import purchase
from offchain.chain.structs import ZERO_DIGEST

BUILT = Path(__file__).resolve().parents[2] / "build" / "contracts"

ADMIN, RELAYER, PRICING, CREATOR, SECOND_CREATOR, THIRD_CREATOR, BUYER, SECOND_BUYER = range(8)

ADAPTATION = Terms(
    scope=(1 << 48) | (1 << 16) | 1,
    duration=0,
    upstream=100_000,
    max_derivatives=1,
    seats=0,
    refund_days=0,
    transferable=True,
    lasting=True,
    exclusive=False,
    renewable=False,
    currency=0,
    guarantee=0,
    ceiling=0,
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

    def deploy_wallet(self, owner: str) -> str:
        """A contract account (ERC-1271) that signs with its owner's key; its address."""
        w3, built = self.client.w3, json.loads((BUILT / "SmartWallet.json").read_text())
        made = w3.eth.contract(abi=built["abi"], bytecode=built["bytecode"]).constructor(owner)
        address = w3.eth.get_transaction_receipt(made.transact({"from": self.accounts[CREATOR]}))["contractAddress"]
        assert address is not None
        return address

    def register(self, name: bytes, account: int, permits: tuple[int, ...] = (), value: int = 0, **stated: Any) -> int:
        """Register a new work by commitment; its id. It is final at once where there is no grace to wait for."""
        master = name + self.client.head().to_bytes(8, "big")  # never the same work twice on one chain
        registry, registrant = self.contracts.registry, self.accounts[account]
        work = int.from_bytes(hashlib.sha256(master).digest(), "big")
        salt = hashlib.sha256(master + b"salt").digest()
        self.send(registry.commit(registry.commitment(registrant, work, salt)), account)
        metadata = hashlib.sha256(b"metadata").digest()
        registration = Registration(work, registrant, metadata, permits=permits, salt=salt, **stated)
        self.send(registry.register(registration, value), account)
        return work

    def terms(self, content: Terms = ADAPTATION) -> int:
        """Number of the terms, registering them where need be."""
        offers = self.contracts.offers
        number = offers.terms_number(content)
        if number is None:
            self.send(offers.register_terms(content), ADMIN)
            number = offers.terms_number(content)
        assert number is not None
        return number

    def list(self, work: int, listing: Listing, account: int, quantity: int = 1) -> Purchase:
        """List a work as its holder; what a buyer of so many licences states."""
        receipt = self.send(self.contracts.offers.list_work(work, listing), account)
        (made,) = self.contracts.decode(receipt["logs"])
        terms = self.contracts.offers.terms(listing.terms)
        return purchase(made.args["offer"], work, terms, listing, quantity)

    def buy(self, bought: Purchase, listing: Listing, account: int) -> int:
        """Buy a listing for oneself; number of the first licence."""
        value = 0 if listing.currency else listing.price * bought.quantity
        receipt = self.send(self.contracts.licensing.buy(bought, self.accounts[account], value), account)
        events = self.contracts.decode(receipt["logs"])
        return next(int(event.args["licence"]) for event in events if event.name == "LicenceSold")

    def dispute(self, work: int, remedy: int, account: int) -> int:
        """Dispute a title; the arbitrator's number. `remedy` 1 diverts revenue, 2 gives the title."""
        disputes = self.contracts.disputes
        call = disputes.open(work, Remedy(remedy), "ipfs://evidence", sum(disputes.cost(work)))
        receipt = self.send(call, account)
        events = self.contracts.decode(receipt["logs"])
        return next(int(event.args["dispute"]) for event in events if event.name == "DisputeOpened")

    def rule(self, dispute: int, ruling: int) -> None:
        """Let the arbitrator decide: 2 grants what was asked for, 1 rejects."""
        arbitrator = self.contracts.arbitrator
        assert arbitrator is not None
        self.send(arbitrator.rule(dispute, Ruling(ruling)), ADMIN)

    def sleep(self, seconds: int) -> None:
        """Let the chain's clock run ahead, and a block see it."""
        self.rpc("evm_increaseTime", seconds)
        self.rpc("evm_mine")

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


def deploy(rpc_url: str, grace: int = 0) -> World:
    """Deploy everything from account 0, with TestDollar as currency 1; titles are final after `grace` seconds."""
    client = connect(rpc_url, expected_chain_id=1337)
    accounts = [str(account) for account in client.w3.eth.accounts]
    admin = accounts[ADMIN]
    nonce = client.nonce(admin)
    predicted = [_created_by(admin, nonce + offset) for offset in range(9)]
    ledger, registry, book, licensing, inboxes, arbitrator, disputes, _, pools = predicted
    arguments: dict[str, tuple[object, ...]] = {
        "RoyaltyLedger": (admin, registry, licensing, disputes),
        "WorkRegistry": (admin, grace, ledger, book, licensing, inboxes),
        "OfferBook": (registry, ledger, licensing),
        "Licensing": (admin, registry, ledger, book),
        "RoyaltyInboxes": (ledger,),
        "OwnerArbitrator": (admin, 10**16),
        "Disputes": (registry, ledger, arbitrator, 10**17),
        "RightsExchange": (registry, ledger),
        "UsagePool": (ledger,),
        "Subscriptions": (ledger, pools),
        "TestDollar": (),
    }
    deployed = {name: _create(client, name, *each) for name, each in arguments.items()}
    assert [each.address for each in deployed.values()][:9] == predicted
    deployment = Deployment(1337, deployed["RoyaltyLedger"].block, deployed)
    world = World(client, open_contracts(client, deployment), accounts)
    world.send(world.contracts.ledger.add_currency(deployed["TestDollar"].address), ADMIN)
    return world


def _create(client: Client, name: str, *arguments: object) -> Deployed:
    built = json.loads((BUILT / f"{name}.json").read_text())
    w3: Web3 = client.w3
    factory = w3.eth.contract(abi=built["abi"], bytecode=built["bytecode"])
    fees = {"maxFeePerGas": 10**11, "maxPriorityFeePerGas": 10**9}
    hash_ = factory.constructor(*arguments).transact({"from": w3.eth.accounts[ADMIN], "gas": 7_000_000, **fees})
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
