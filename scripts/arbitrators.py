"""Whether an arbitrator stands where somebody says: Disputes are bound to theirs for ever."""

from __future__ import annotations

from offchain.chain.client import Client
from offchain.chain.contract import BoundContract
from offchain.errors import ColophonError, InputError

__all__ = ["require_arbitrator"]


def require_arbitrator(client: Client, address: str) -> str:
    """The EIP-55 address of a contract that says what arbitration costs (ERC-792, `arbitrationCost`).

    Raises:
        InputError: a malformed address, or `not-an-arbitrator`.
        UnavailableError: `chain-down`.
    """
    contract = BoundContract(client, "OwnerArbitrator", address)
    try:
        contract.read("arbitrationCost", b"")
    except ColophonError as error:
        if error.code == "chain-down":
            raise
        raise InputError(
            "not-an-arbitrator",
            f"{contract.address} on chain {client.chain_id} does not say what arbitration costs",
            "set COLOPHON_ARBITRATOR to an ERC-792 contract of this chain",
            given=contract.address,
        ) from error
    return contract.address
