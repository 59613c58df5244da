"""A seller whose title and shares the exchange may move, and what it signs or puts up for auction."""

from __future__ import annotations

from typing import Any

import pytest
from brownie import Contract, chain, project

from tests.contracts.structs import Economics
from tests.contracts.unit.RightsExchange.sales import NO_ECONOMICS, NOBODY, TITLE, Lot, Sale, sign_sale
from tests.contracts.world import DAY, DOLLAR, NATIVE, now


@pytest.fixture
def seller(registry, ledger, exchange, creator) -> Any:
    """Holder of the title and of all shares of `work`, who lets the exchange move both."""
    registry.setApprovalForAll(exchange, True, {"from": creator})
    ledger.setOperator(exchange, True, {"from": creator})
    return creator


@pytest.fixture
def bidder(world) -> Any:
    return world.buyers[1]


@pytest.fixture
def sale(exchange, registry, seller, work):
    """The seller's price of 1,000 wei to anybody, for an hour: of the title, or of 250,000 shares."""

    def sale_(asset: int, **changes: Any) -> Sale:
        standard = Sale(
            seller=str(seller),
            asset=asset,
            work=work,
            series=0,
            units=0 if asset == TITLE else 250_000,
            currency=NATIVE,
            price=1000,
            buyer=NOBODY,
            expiry=now() + 3600,
            workEpoch=registry.titleOf(work)["epoch"] if asset == TITLE else 0,
            signerEpoch=exchange.epochOf(seller),
            nonce=0,
        )
        return standard._replace(**changes)

    return sale_


@pytest.fixture
def buy(exchange, buyer):
    """Buys on a sale signed by its seller, of a work that nothing protects; the transaction."""

    def buy_(
        sale: Sale, by: Any = None, signer: Any = None, value: int | None = None, economics: Economics = NO_ECONOMICS
    ) -> Any:
        due = sale.price if sale.currency == NATIVE else 0
        signature = sign_sale(sale, signer or sale.seller, exchange)
        return exchange.buy(sale, signature, economics, {"from": by or buyer, "value": due if value is None else value})

    return buy_


@pytest.fixture
def lot(work, seller):
    """The title, or 250,000 shares, from now on for a day, at a reserve of 1,000 wei."""

    def lot_(asset: int, **changes: Any) -> Lot:
        units = 0 if asset == TITLE else 250_000
        return Lot(asset, work, units, NATIVE, 1000, now(), now() + DAY)._replace(**changes)

    return lot_


@pytest.fixture
def auction(exchange, seller):
    """Opens an auction of the seller's; its number."""

    def auction_(lot: Lot, by: Any = None) -> int:
        return exchange.openAuction(lot, {"from": by or seller}).events["AuctionOpened"]["auction"]

    return auction_


@pytest.fixture
def bid(world, exchange):
    """Bids in whatever currency; the transaction."""

    def bid_(auction: int, who: Any, amount: int) -> Any:
        currency = exchange.auctionOf(auction)["currency"]
        if currency == DOLLAR:
            world.dollar.mint(who, amount, {"from": world.admin})
            world.dollar.approve(exchange, amount, {"from": who})
        return exchange.bid(auction, amount, {"from": who, "value": amount if currency == NATIVE else 0})

    return bid_


@pytest.fixture
def end(exchange):
    """Lets the time of an auction run out."""

    def end_(auction: int, later: int = 0) -> None:
        chain.mine(timestamp=exchange.auctionOf(auction)["endsAt"] + later)

    return end_


@pytest.fixture
def escrow_of(exchange):
    """The escrow of an auction, as a contract that anybody may try to call."""
    abi = project.get_loaded_projects()[0]["RightsEscrow"].abi
    return lambda auction: Contract.from_abi("RightsEscrow", exchange.escrowOf(auction), abi)


@pytest.fixture
def dispute(world):
    """Opens a dispute over a work; its number."""

    def dispute_(work: int, remedy: int, by: Any) -> int:
        bond, fee = world.disputes.costOf(work)
        done = world.disputes.open(work, remedy, "", {"from": by, "value": bond + fee})
        return done.events["DisputeOpened"]["dispute"]

    return dispute_


@pytest.fixture
def rule(world):
    """Rules a dispute: 1 rejects, 2 grants."""

    def rule_(dispute: int, ruling: int) -> None:
        world.arbitrator.giveRuling(dispute, ruling, {"from": world.admin})

    return rule_


@pytest.fixture
def child(world, rival, work) -> int:
    """A derivative of `work` by somebody else, which owes it 40 %."""
    return world.derive("a derivative", rival, [work], upstream=400_000)
