"""Licensing: sales, orders and licences (contracts/interfaces/ILicensing.sol)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from offchain.chain.client import Client
from offchain.chain.contract import BoundContract
from offchain.chain.eip712 import Domain, TypedData, order_typed
from offchain.chain.pausable import Pausable
from offchain.chain.structs import (
    NO_PERMIT,
    Authorization,
    Call,
    Licence,
    Order,
    Permit,
    Purchase,
    Quote,
    listed,
    to_abi,
)

__all__ = ["Licensing"]

_NAME: Final = "Licensing"


class Licensing(Pausable):
    """Typed views and unsigned calls of Licensing at `address`."""

    def __init__(self, client: Client, address: str) -> None:
        self.contract = BoundContract(client, _NAME, address)
        self.address = self.contract.address
        self.domain = Domain(_NAME, "1", client.chain_id, self.address)

    def licence(self, number: int) -> Licence:
        """A licence as it stands.

        Raises:
            NotFoundError: `unknown-licence`.
        """
        return Licence(*self.contract.read("licenceOf", number))

    def is_live(self, licence: int) -> bool:
        """Whether a licence exists and has not expired."""
        return bool(self.contract.read("isLive", licence))

    def allows(self, licence: int, scope: int) -> bool:
        """Whether a licence is live and covers every use in `scope` (`offchain.workflows.terms.scope`)."""
        return bool(self.contract.read("allows", licence, scope))

    def may_use(self, licence: int, account: str, scope: int, *, block: int | None = None) -> bool:
        """Whether `account` holds the licence or has a seat, and it allows every use in `scope`; at a block or now."""
        return bool(self.contract.read("mayUse", licence, account, scope, block=block))

    def seats_taken(self, licence: int) -> int:
        """Accounts beside the holder that may use a licence now."""
        return int(self.contract.read("seatsTaken", licence))

    def expires_at(self, licence: int) -> int:
        """Unix seconds from which a licence proves nothing, 2^40 - 1 for never (ERC-5643).

        Raises:
            NotFoundError: `unknown-licence`.
        """
        return int(self.contract.read("expiresAt", licence))

    def is_renewable(self, licence: int) -> bool:
        """Whether one more period of a licence can be bought now (ERC-5643)."""
        return bool(self.contract.read("isRenewable", licence))

    def epoch(self, account: str) -> int:
        """Epoch that the account's orders must name."""
        return int(self.contract.read("epochOf", account))

    def is_nonce_used(self, buyer: str, nonce: int) -> bool:
        """Whether the buyer has used or cancelled this order nonce."""
        return bool(self.contract.read("isNonceUsed", buyer, nonce))

    def order_digest(self, order: Order) -> bytes:
        """EIP-712 digest as the contract computes it; `order_typed` gives the same."""
        return bytes(self.contract.read("hashOrder", to_abi(order)))

    def order_typed(self, order: Order) -> TypedData:
        """What the buyer's wallet signs."""
        return order_typed(self.domain, order)

    def buy(self, purchase: Purchase, recipient: str, value: int = 0) -> Call:
        """Buy at the listed price; `value` is what all licences cost in wei when the listing is in the native coin."""
        return self.contract.call("buy", to_abi(purchase), recipient, value=value)

    def buy_many(self, purchases: Sequence[Purchase], recipient: str, value: int = 0) -> Call:
        """Buy from several listings, of any works and currencies, all or none; `value` is what the native ones cost."""
        return self.contract.call("buyMany", listed(purchases), recipient, value=value)

    def buy_quote(self, quote: Quote, signature: bytes, recipient: str) -> Call:
        """Buy on a seller's quote with the sender's money."""
        value = 0 if quote.currency else quote.price
        return self.contract.call("buyQuote", to_abi(quote), signature, recipient, value=value)

    def fulfil(
        self, quote: Quote, quote_signature: bytes, order: Order, order_signature: bytes, permit: Permit = NO_PERMIT
    ) -> Call:
        """Execute a buyer's order on a seller's quote; anybody may send it."""
        return self.contract.call(
            "fulfil", to_abi(quote), quote_signature, to_abi(order), order_signature, to_abi(permit)
        )

    def fulfil_authorized(
        self, quote: Quote, quote_signature: bytes, order: Order, authorization: Authorization
    ) -> Call:
        """As `fulfil`, on one signature: an ERC-3009 authorization of exactly the price, to the ledger.

        Its nonce is the order's digest: see `Token.authorization_typed`.
        """
        return self.contract.call(
            "fulfilAuthorized", to_abi(quote), quote_signature, to_abi(order), to_abi(authorization)
        )

    def cancel_order(self, nonce: int) -> Call:
        """Void one order of the sender."""
        return self.contract.call("cancelOrder", nonce)

    def advance_epoch(self) -> Call:
        """Void every unused order that the sender signed."""
        return self.contract.call("advanceEpoch")

    def refund(self, licence: int) -> Call:
        """Give a licence of the sender back, before the end of its last refundable day."""
        return self.contract.call("refund", licence)

    def renew(self, licence: int, duration: int, value: int = 0) -> Call:
        """Extend a licence of the sender by `duration` seconds, whole periods of its terms; `value` as in `buy`."""
        return self.contract.call("renewSubscription", licence, duration, value=value)

    def cancel(self, licence: int) -> Call:
        """End a licence of the sender now; nothing is paid back."""
        return self.contract.call("cancelSubscription", licence)

    def set_seat(self, licence: int, account: str, taken: bool) -> Call:
        """Let an account use the sender's licence, or no longer; a transfer of the licence ends all seats."""
        return self.contract.call("setSeat", licence, account, taken)

    def transfer(self, sender: str, receiver: str, licence: int) -> Call:
        """Hand a transferable licence over."""
        return self.contract.call("transferFrom", sender, receiver, licence)
