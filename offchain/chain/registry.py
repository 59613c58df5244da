"""WorkRegistry: the titles of all works (contracts/interfaces/IWorkRegistry.sol)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from offchain.chain.client import Client
from offchain.chain.contract import BoundContract
from offchain.chain.eip712 import Domain, TypedData, registration_typed
from offchain.chain.pausable import Pausable
from offchain.chain.structs import Call, Registration, Title, listed, to_abi

__all__ = ["WorkRegistry"]

_NAME: Final = "WorkRegistry"


class WorkRegistry(Pausable):
    """Typed views and unsigned calls of the registry at `address`."""

    def __init__(self, client: Client, address: str) -> None:
        self.contract = BoundContract(client, _NAME, address)
        self.address = self.contract.address
        self.domain = Domain(_NAME, "1", client.chain_id, self.address)

    def title(self, work: int, *, block: int | None = None) -> Title:
        """The state of a title, at a block or now.

        Raises:
            NotFoundError: `unknown-work`.
        """
        return Title(*self.contract.read("titleOf", work, block=block))

    def metadata(self, work: int) -> bytes:
        """sha256 of the work's metadata JSON.

        Raises:
            NotFoundError: `unknown-work`.
        """
        return bytes(self.contract.read("metadataOf", work))

    def token_uri(self, work: int) -> str:
        """`ipfs://` URI of the metadata, as the contract builds it."""
        return str(self.contract.read("tokenURI", work))

    def epoch(self, account: str) -> int:
        """Epoch that the account's registrations must name."""
        return int(self.contract.read("epochOf", account))

    def grace(self) -> int:
        """Seconds from a title's priority until it is final."""
        return int(self.contract.read("GRACE"))

    def royalty(self, work: int, price: int) -> tuple[str, int]:
        """Who receives a resale's royalty (ERC-2981), and how much of `price`."""
        receiver, amount = self.contract.read("royaltyInfo", work, price)
        return str(receiver), int(amount)

    def digest(self, registration: Registration, epoch: int, deadline: int) -> bytes:
        """EIP-712 digest as the contract computes it; `typed` gives the same."""
        return bytes(self.contract.read("hashRegistration", to_abi(registration), epoch, deadline))

    def typed(self, registration: Registration, epoch: int, deadline: int) -> TypedData:
        """What the registrant's wallet signs so that somebody else may register; `deadline` in Unix seconds."""
        return registration_typed(self.domain, registration, epoch, deadline)

    @staticmethod
    def commitment(registrant: str, work: int, salt: bytes) -> bytes:
        """Hash that reserves priority without showing the work: keccak256(abi.encode(registrant, work, salt))."""
        return keccak(encode(["address", "uint256", "bytes32"], [registrant, work, salt]))

    def commit(self, commitment: bytes) -> Call:
        """Reserve the priority of a commitment from now on."""
        return self.contract.call("commit", commitment)

    def register(self, registration: Registration, value: int = 0) -> Call:
        """Register the sender's work; `value` pays in wei, exactly, what its purchases and guarantees cost."""
        return self.contract.call("register", to_abi(registration), value=value)

    def register_batch(self, registrations: Sequence[Registration], value: int = 0) -> Call:
        """Register several works of the sender, oldest first: later ones may derive from earlier; all or none."""
        return self.contract.call("registerBatch", listed(registrations), value=value)

    def register_signed(self, registration: Registration, deadline: int, signature: bytes, value: int = 0) -> Call:
        """Register somebody's work on their signature over `typed`; anybody may send it, with the coins it costs."""
        return self.contract.call("registerBySig", to_abi(registration), deadline, signature, value=value)

    def set_metadata(self, work: int, metadata: bytes) -> Call:
        """Point the work at new metadata; title holder only."""
        return self.contract.call("setMetadata", work, metadata)

    def advance_work_epoch(self, work: int) -> Call:
        """Void every open listing, quote and delegation of the work; title holder only."""
        return self.contract.call("advanceWorkEpoch", work)

    def advance_epoch(self) -> Call:
        """Void every unused registration that the sender signed."""
        return self.contract.call("advanceEpoch")

    def approve(self, account: str, work: int) -> Call:
        """Let an account move the sender's title, for example the rights exchange; zero ends it."""
        return self.contract.call("approve", account, work)

    def transfer(self, sender: str, receiver: str, work: int) -> Call:
        """Hand the title over; the royalty shares stay with `sender`."""
        return self.contract.call("transferFrom", sender, receiver, work)
