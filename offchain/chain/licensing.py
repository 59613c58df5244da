"""Licensing: terms, offers, quotes, orders and licences (contracts/interfaces/ILicensing.sol)."""

from __future__ import annotations

from typing import Final

from eth_abi.abi import encode
from eth_utils.abi import collapse_if_tuple
from eth_utils.crypto import keccak

from offchain.chain.abi import entries
from offchain.chain.client import Client
from offchain.chain.contract import BoundContract
from offchain.chain.eip712 import Domain, TypedData, order_typed, quote_typed
from offchain.chain.structs import (
    NO_PERMIT,
    Bounds,
    Call,
    Licence,
    Listing,
    Offer,
    Order,
    Permit,
    Quote,
    Terms,
    to_abi,
)

__all__ = ["Licensing"]

_NAME: Final = "Licensing"


class Licensing:
    """Typed views and unsigned calls of Licensing at `address`."""

    def __init__(self, client: Client, address: str) -> None:
        self.contract = BoundContract(client, _NAME, address)
        self.address = self.contract.address
        self.domain = Domain(_NAME, "1", client.chain_id, self.address)

    def terms(self, number: int) -> Terms:
        """The terms under a number.

        Raises:
            NotFoundError: `unknown-terms`.
        """
        return Terms(*self.contract.read("termsOf", number))

    def terms_number(self, terms: Terms) -> int | None:
        """Number of these very terms; None when nobody registered them."""
        (entry,) = (entry for entry in entries(_NAME, "function") if entry["name"] == "registerTerms")
        digest = keccak(encode([collapse_if_tuple(given) for given in entry["inputs"]], [to_abi(terms)]))
        return int(self.contract.read("termsNumber", digest)) or None

    def offer(self, number: int) -> Offer:
        """What was offered under a number.

        Raises:
            NotFoundError: `unknown-offer`.
        """
        return Offer(*self.contract.read("offerOf", number))

    def licence(self, number: int) -> Licence:
        """A licence as it stands.

        Raises:
            NotFoundError: `unknown-licence`.
        """
        return Licence(*self.contract.read("licenceOf", number))

    def is_live(self, licence: int) -> bool:
        """Whether a licence exists and has not expired."""
        return bool(self.contract.read("isLive", licence))

    def limits(self, child: int) -> tuple[int, int]:
        """Until when (Unix seconds) and for which scope a derivative may be sold."""
        until, scope = self.contract.read("limitsOf", child)
        return int(until), int(scope)

    def epoch(self, account: str) -> int:
        """Epoch that the account's quotes and orders must name."""
        return int(self.contract.read("epochOf", account))

    def is_nonce_used(self, buyer: str, nonce: int) -> bool:
        """Whether the buyer has used or cancelled this order nonce."""
        return bool(self.contract.read("isNonceUsed", buyer, nonce))

    def paused(self) -> bool:
        """Whether sales are stopped."""
        return bool(self.contract.read("paused"))

    def quote_digest(self, quote: Quote) -> bytes:
        """EIP-712 digest as the contract computes it; `quote_typed` gives the same."""
        return bytes(self.contract.read("hashQuote", to_abi(quote)))

    def order_digest(self, order: Order) -> bytes:
        """EIP-712 digest as the contract computes it; `order_typed` gives the same."""
        return bytes(self.contract.read("hashOrder", to_abi(order)))

    def quote_typed(self, quote: Quote) -> TypedData:
        """What the seller signs."""
        return quote_typed(self.domain, quote)

    def order_typed(self, order: Order) -> TypedData:
        """What the buyer's wallet signs."""
        return order_typed(self.domain, order)

    def register_terms(self, terms: Terms) -> Call:
        """Register terms once, for everybody to use."""
        return self.contract.call("registerTerms", to_abi(terms))

    def list_work(self, work: int, listing: Listing) -> Call:
        """Offer the sender's work at a fixed price."""
        return self.contract.call("list", work, to_abi(listing))

    def close(self, offer: int) -> Call:
        """End a listing of the sender."""
        return self.contract.call("close", offer)

    def set_bounds(self, work: int, bounds: Bounds) -> Call:
        """Let a delegate quote for the sender's work."""
        return self.contract.call("setBounds", work, to_abi(bounds))

    def buy(self, offer: int, recipient: str, value: int = 0) -> Call:
        """Buy at the listed price; `value` is the price in wei when the listing is in the native coin."""
        return self.contract.call("buy", offer, recipient, value=value)

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

    def cancel_order(self, nonce: int) -> Call:
        """Void one order of the sender."""
        return self.contract.call("cancelOrder", nonce)

    def advance_epoch(self) -> Call:
        """Void every unused quote and order that the sender signed."""
        return self.contract.call("advanceEpoch")

    def transfer(self, sender: str, receiver: str, licence: int) -> Call:
        """Hand a transferable licence over."""
        return self.contract.call("transferFrom", sender, receiver, licence)
