"""RightsExchange: signed sales and auctions of titles and shares (contracts/interfaces/IRightsExchange.sol)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

from offchain.chain.client import Client
from offchain.chain.contract import BoundContract
from offchain.chain.eip712 import Domain, TypedData, struct_typed
from offchain.chain.structs import ZERO_DIGEST, Call, Economics, Pull, listed, to_abi

__all__ = ["Asset", "Auction", "Lot", "RightsExchange", "Sale"]

_NAME: Final = "RightsExchange"


class Asset(IntEnum):
    """What is sold."""

    TITLE = 0
    SHARES = 1


@dataclass(frozen=True, slots=True)
class Sale:
    """A seller-signed sale; whoever pays the price gets the asset, once.

    Attributes:
        seller: who signs, and is paid.
        asset: title or shares.
        work: whose.
        series: current series of the work's shares.
        units: shares sold, all or none; zero for a title.
        currency: index into the ledger's list.
        price: minor units.
        buyer: the only account that may buy, zero for anybody.
        expiry: Unix seconds from which it is void.
        work_epoch: `Title.epoch` for a title; zero for shares.
        signer_epoch: `RightsExchange.epoch` of the seller.
        nonce: any number that the seller has not used.
        advances: `RightsExchange.advances` of the work for shares; zeros for a title.
        pulls: edges that are pulled first, leaf before root.
    """

    seller: str
    asset: Asset
    work: int
    series: int
    units: int
    currency: int
    price: int
    buyer: str
    expiry: int
    work_epoch: int
    signer_epoch: int
    nonce: int
    advances: bytes = ZERO_DIGEST
    pulls: tuple[Pull, ...] = ()


@dataclass(frozen=True, slots=True)
class Lot:
    """What a seller puts up for auction.

    Attributes:
        asset: title, or shares of the current series.
        work: whose.
        units: shares sold, all or none; zero for a title.
        currency: index into the ledger's list.
        reserve: lowest bid, minor units, from 1.
        starts_at: Unix seconds from which bids are taken.
        ends_at: Unix seconds from which no bid is taken; moves when one comes in the last ten minutes.
        pulls: edges that are pulled before shares change hands, leaf before root.
    """

    asset: Asset
    work: int
    units: int
    currency: int
    reserve: int
    starts_at: int
    ends_at: int
    pulls: tuple[Pull, ...] = ()


@dataclass(frozen=True, slots=True)
class Auction:
    """An auction as it stands; fields as in `Lot`.

    Attributes:
        bidder: who bid most, zero before the first bid.
        series: series of the work's shares when it began.
        open: whether it is neither settled nor cancelled.
        bid: highest bid, minor units that arrived.
        advances: `RightsExchange.advances` of the work when it began, for shares.
        pulls: keccak256(abi.encode(lot.pulls)).
    """

    seller: str
    starts_at: int
    ends_at: int
    asset: Asset
    currency: int
    bidder: str
    units: int
    series: int
    open: bool
    work: int
    reserve: int
    bid: int
    advances: bytes
    pulls: bytes


class RightsExchange:
    """Typed views and unsigned calls of the rights exchange at `address`; amounts are minor units.

    A seller lets it move what it sells: `WorkRegistry.approve`, or `RoyaltyLedger.approve_units`. A buyer who pays in a
    token allows it the price.
    """

    def __init__(self, client: Client, address: str) -> None:
        self.contract = BoundContract(client, _NAME, address)
        self.address = self.contract.address
        self.domain = Domain(_NAME, "1", client.chain_id, self.address)

    def advances(self, work: int) -> bytes:
        """Digest of the advances that a work's revenue is repaying now; zeros when there are none."""
        return bytes(self.contract.read("advancesOf", work))

    def auction(self, number: int) -> Auction:
        """An auction as it stands; the seller of an unknown one is zero."""
        found = Auction(*self.contract.read("auctionOf", number))
        return replace(found, asset=Asset(found.asset))

    def least_bid(self, auction: int) -> int:
        """Least that the next bid must be.

        Raises:
            NotFoundError: `no-auction`, unknown or over.
        """
        return int(self.contract.read("leastBid", auction))

    def escrow(self, auction: int) -> str:
        """In whose name an auction's asset is until it is over."""
        return str(self.contract.read("escrowOf", auction))

    def credit(self, account: str, currency: int) -> int:
        """What waits for an account."""
        return int(self.contract.read("creditOf", account, currency))

    def epoch(self, account: str) -> int:
        """Epoch that the account's sales must name."""
        return int(self.contract.read("epochOf", account))

    def is_nonce_used(self, seller: str, nonce: int) -> bool:
        """Whether the seller has used or cancelled this nonce."""
        return bool(self.contract.read("isNonceUsed", seller, nonce))

    def sale_digest(self, sale: Sale) -> bytes:
        """EIP-712 digest as the contract computes it; `sale_typed` gives the same."""
        return bytes(self.contract.read("hashSale", to_abi(sale)))

    def sale_typed(self, sale: Sale) -> TypedData:
        """What the seller signs."""
        return struct_typed(self.domain, "hashSale", sale)

    def buy(self, sale: Sale, signature: bytes, economics: Economics) -> Call:
        """Buy what a seller signed, with the sender's money, while the work's economics are these."""
        value = 0 if sale.currency else sale.price
        return self.contract.call("buy", to_abi(sale), signature, to_abi(economics), value=value)

    def cancel_sale(self, nonce: int) -> Call:
        """Void one signed sale of the sender."""
        return self.contract.call("cancelSale", nonce)

    def advance_epoch(self) -> Call:
        """Void every unused sale that the sender signed."""
        return self.contract.call("advanceEpoch")

    def open_auction(self, lot: Lot) -> Call:
        """Put a title or shares of the sender into escrow and up for auction."""
        return self.contract.call("openAuction", to_abi(lot))

    def bid(self, auction: int, amount: int, value: int = 0) -> Call:
        """Bid; `value` is the amount where the auction's currency is native."""
        return self.contract.call("bid", auction, amount, value=value)

    def settle(self, auction: int, pulls: Sequence[Pull] = ()) -> Call:
        """End an auction whose time is over, with the pulls of its lot; anybody may."""
        return self.contract.call("settle", auction, listed(pulls))

    def rescind(self, auction: int) -> Call:
        """Take back the sender's winning bid when the auction is not settled seven days after its end."""
        return self.contract.call("rescind", auction)

    def cancel_auction(self, auction: int) -> Call:
        """End an auction of the sender without bids and return the asset."""
        return self.contract.call("cancelAuction", auction)

    def collect(self, auction: int, currency: int, to: str) -> Call:
        """Pay `to` what shares in escrow earned for the seller, who alone may name another account than itself."""
        return self.contract.call("collect", auction, currency, to)

    def withdraw(self, account: str, currency: int, to: str) -> Call:
        """Pay `to` what waits for `account`, who alone may name another account than itself."""
        return self.contract.call("withdraw", account, currency, to)
