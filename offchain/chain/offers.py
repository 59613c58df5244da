"""OfferBook: terms, listings, quotes, bounds, economics and exclusives (contracts/interfaces/IOfferBook.sol)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from eth_abi.abi import encode
from eth_utils.abi import collapse_if_tuple
from eth_utils.crypto import keccak

from offchain.chain.abi import entries
from offchain.chain.client import Client
from offchain.chain.contract import BoundContract
from offchain.chain.eip712 import Domain, TypedData, consent_typed, quote_typed
from offchain.chain.structs import (
    Agreement,
    Bounds,
    Call,
    Economics,
    Listing,
    Offer,
    Purchase,
    Quote,
    Terms,
    listed,
    to_abi,
)

__all__ = ["Consent", "Exclusivity", "OfferBook", "Permission", "Window", "purchase", "terms_digest"]

_NAME: Final = "OfferBook"


@dataclass(frozen=True, slots=True)
class Consent:
    """A share holder's signature over `OfferBook.consent_typed`, void after `deadline` (Unix seconds)."""

    holder: str
    deadline: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class Exclusivity:
    """Licences and exclusives of a work.

    Attributes:
        scopes: union of the scopes of all windows.
        until: Unix seconds at which the last window ends.
        windows: number of windows, live or over.
        grants: licences sold and renewed since counting began; the quote of an exclusive states them.
        counting: whether exclusives can be sold.
    """

    scopes: int
    until: int
    windows: int
    grants: int
    counting: bool


@dataclass(frozen=True, slots=True)
class Window:
    """An exclusive grant: until `until` (Unix seconds) nothing is sold that overlaps `scope`."""

    scope: int
    until: int
    offer: int


@dataclass(frozen=True, slots=True)
class Permission:
    """What one licence of an offer permits to derivatives, and what they owe.

    `max_derivatives` to `lasting` as in `Terms`; `sell_until` (Unix seconds) is until when the parent itself may be
    sold, `cap_scope` what terms and parent leave to a derivative.
    """

    work: int
    max_derivatives: int
    upstream: int
    currency: int
    guarantee: int
    ceiling: int
    lasting: bool
    sell_until: int
    cap_scope: int


def purchase(offer: int, work: int, terms: Terms, listing: Listing, quantity: int = 1) -> Purchase:
    """What a buyer states who wants `quantity` licences of an offer, believed to be this listing of this work.

    `terms` are those that the buyer read: after a reorganisation their number may mean others.
    """
    told = [work, terms_digest(terms), listing.currency, listing.price]
    return Purchase(offer, keccak(encode(["uint256", "bytes32", "uint256", "uint256"], told)), quantity)


def terms_digest(terms: Terms) -> bytes:
    """keccak256(abi.encode(Terms)), under which the book finds their number."""
    (entry,) = (entry for entry in entries(_NAME, "function") if entry["name"] == "registerTerms")
    return keccak(encode([collapse_if_tuple(given) for given in entry["inputs"]], [to_abi(terms)]))


class OfferBook:
    """Typed views and unsigned calls of the offer book at `address`."""

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
        return int(self.contract.read("termsNumber", terms_digest(terms))) or None

    def offer(self, number: int) -> Offer:
        """What was offered under a number.

        Raises:
            NotFoundError: `unknown-offer`.
        """
        return Offer(*self.contract.read("offerOf", number))

    def content(self, offer: int) -> bytes:
        """What a purchase of this offer states, as the contract computes it; `purchase` gives the same."""
        return bytes(self.contract.read("contentOf", offer))

    def permission(self, offer: int) -> Permission:
        """What a licence of this offer permits to derivatives now.

        Raises:
            RefusedError: `disputed`.
            NotFoundError: `unknown-offer`.
        """
        return Permission(*self.contract.read("permissionOf", offer))

    def renewal(self, offer: int) -> tuple[bool, int]:
        """Whether a live licence of this offer could be extended by a period now, and what a period costs."""
        possible, price = self.contract.read("renewal", offer)
        return bool(possible), int(price)

    def economics(self, work: int) -> tuple[Economics, int]:
        """What the share holders protect, and how often it was set: the nonce of their next consents.

        Raises:
            NotFoundError: `unknown-work`.
        """
        economics, nonce = self.contract.read("economicsOf", work)
        return Economics(*economics), int(nonce)

    def exclusivity(self, work: int) -> Exclusivity:
        """Licences and exclusives of a work."""
        return Exclusivity(*self.contract.read("exclusivityOf", work))

    def windows(self, work: int) -> tuple[Window, ...]:
        """The exclusive grants of a work, live or over."""
        return tuple(
            Window(*self.contract.read("windowAt", work, index)) for index in range(self.exclusivity(work).windows)
        )

    def limits(self, child: int) -> tuple[int, int]:
        """Until when (Unix seconds) and for which scope a derivative may be sold."""
        until, scope = self.contract.read("limitsOf", child)
        return int(until), int(scope)

    def epoch(self, account: str) -> int:
        """Epoch that the account's quotes must name."""
        return int(self.contract.read("epochOf", account))

    def quote_digest(self, quote: Quote) -> bytes:
        """EIP-712 digest as the contract computes it; `quote_typed` gives the same."""
        return bytes(self.contract.read("hashQuote", to_abi(quote)))

    def quote_typed(self, quote: Quote) -> TypedData:
        """What the seller signs."""
        return quote_typed(self.domain, quote)

    def consent_digest(self, agreement: Agreement) -> bytes:
        """EIP-712 digest as the contract computes it; `consent_typed` gives the same."""
        return bytes(self.contract.read("hashConsent", *to_abi(agreement)))

    def consent_typed(self, agreement: Agreement) -> TypedData:
        """What a share holder signs who agrees to new economics."""
        return consent_typed(self.domain, agreement)

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

    def set_economics(self, work: int, economics: Economics, consents: Sequence[Consent] = ()) -> Call:
        """Change the economics of the sender's work; less strict ones need share holders' consents, in any order."""
        ascending = sorted(consents, key=lambda consent: int(consent.holder, 16))
        return self.contract.call("setEconomics", work, to_abi(economics), listed(ascending))

    def count_grants(self, work: int) -> Call:
        """Begin to count the grants of the sender's work, for ever: only then can exclusives be sold.

        Ends its listings, quotes and mandates.
        """
        return self.contract.call("countGrants", work)

    def try_quote(self, quote: Quote, signature: bytes, licensing: str) -> None:
        """Ask whether a sale on this quote would be allowed now, in the name of Licensing, who alone may ask.

        Raises:
            ColophonError: the contract's reason.
        """
        call = self.contract.call("takeQuote", to_abi(quote), signature, quote.buyer)
        self.contract.client.try_call(call, licensing)

    def advance_epoch(self) -> Call:
        """Void every unused quote and consent that the sender signed."""
        return self.contract.call("advanceEpoch")
