"""Random histories of auctions: the exchange has exactly what it owes, and at the end everybody leaves with it.

Longer runs: COLOPHON_STATEFUL_EXAMPLES and COLOPHON_STATEFUL_STEPS.
"""

from __future__ import annotations

import os
from collections import Counter

from brownie import chain
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.contracts.reverts import reverts
from tests.contracts.unit.RightsExchange.sales import SHARES, Lot
from tests.contracts.world import DAY, DOLLAR, NATIVE, UNITS, World, now

EXAMPLES = int(os.environ.get("COLOPHON_STATEFUL_EXAMPLES", "6"))
STEPS = int(os.environ.get("COLOPHON_STATEFUL_STEPS", "15"))
CURRENCIES = (NATIVE, DOLLAR)
UNITS_EACH = 50_000
WEEK = 7 * DAY

bidders = st.integers(0, 3)
percentages = st.sampled_from([100, 105, 200])


class ExchangeMachine(RuleBasedStateMachine):
    """Auctions of one work's shares, bid on, overtaken by time, settled, rescinded and cancelled, in any order.

    `bids` are the highest bids of open auctions, `credits` what waits for accounts, `earned` what escrows earned.
    """

    auctions = Bundle("auctions")

    def __init__(self, world: World) -> None:
        super().__init__()
        chain.snapshot()
        self.world, self.exchange, self.ledger = world, world.exchange, world.ledger
        self.seller = world.creators[0]
        self.bids: dict[int, tuple[int, int]] = {}
        self.credits: Counter[tuple[int, int]] = Counter()
        self.earned: Counter[int] = Counter()
        self.in_escrow: set[int] = set()

    @initialize()
    def begin(self):
        self.work = self.world.register("a work", self.seller)
        self.ledger.setOperator(self.exchange, True, {"from": self.seller})

    @rule(target=auctions, currency=st.sampled_from(CURRENCIES), reserve=st.integers(1, 10**6))
    def open(self, currency, reserve):
        lot = Lot(SHARES, self.work, UNITS_EACH, currency, reserve, now(), now() + DAY)
        auction = self.exchange.openAuction(lot, {"from": self.seller}).events["AuctionOpened"]["auction"]
        self.in_escrow.add(auction)
        return auction

    @rule(auction=auctions, who=bidders, percent=percentages)
    def bid(self, auction, who, percent):
        kept = self.exchange.auctionOf(auction).dict()
        if not kept["open"] or now() + 5 >= kept["endsAt"]:
            return
        amount = self.exchange.leastBid(auction) * percent // 100
        if auction in self.bids:
            former, returned = self.bids[auction]
            self.credits[former, kept["currency"]] += returned
        self.pay(auction, who, kept["currency"], amount)
        self.bids[auction] = (who, amount)
        self.solvent()

    def pay(self, auction, who, currency, amount):
        bidder = self.world.buyers[who]
        if currency == DOLLAR:
            self.world.dollar.mint(bidder, amount, {"from": self.world.admin})
            self.world.dollar.approve(self.exchange, amount, {"from": bidder})
        value = amount if currency == NATIVE else 0
        self.exchange.bid(auction, amount, {"from": bidder, "value": value})

    @rule(amount=st.integers(1, 10**6))
    def deposit(self, amount):
        """A multiple of what divides by every part in escrow, so that no unit keeps a fraction."""
        self.world.deposit(self.work, amount * (UNITS // UNITS_EACH))
        for auction in self.in_escrow:
            self.earned[auction] += amount

    @rule(seconds=st.sampled_from([DAY // 2, DAY, WEEK]))
    def wait(self, seconds):
        chain.mine(timedelta=seconds)

    @rule(auction=auctions)
    def settle(self, auction):
        kept = self.exchange.auctionOf(auction).dict()
        if not kept["open"]:
            with reverts("RightsExchange__NoAuction", auction):
                self.exchange.settle(auction, [], {"from": self.world.relayer})
        elif chain[-1].timestamp + 5 < kept["endsAt"] and now() + 5 < kept["endsAt"]:
            with reverts("RightsExchange__StillRunning", auction, kept["endsAt"]):
                self.exchange.settle(auction, [], {"from": self.world.relayer})
        elif now() >= kept["endsAt"]:
            winner = self.bids.pop(auction, None)
            owner = self.seller if winner is None else self.world.buyers[winner[0]]
            before = self.ledger.balanceOf(owner, self.work)
            self.exchange.settle(auction, [], {"from": self.world.relayer})
            self.in_escrow.discard(auction)
            assert self.ledger.balanceOf(owner, self.work) - before == UNITS_EACH
        self.solvent()

    @rule(auction=auctions)
    def rescind(self, auction):
        kept = self.exchange.auctionOf(auction).dict()
        if auction not in self.bids or now() < kept["endsAt"] + WEEK:
            return
        who, amount = self.bids.pop(auction)
        self.exchange.rescind(auction, {"from": self.world.buyers[who]})
        self.credits[who, kept["currency"]] += amount
        self.solvent()

    @rule(auction=auctions)
    def cancel(self, auction):
        kept = self.exchange.auctionOf(auction).dict()
        if kept["open"] and auction not in self.bids:
            self.exchange.cancelAuction(auction, {"from": self.seller})
            self.in_escrow.discard(auction)
        self.solvent()

    @rule(who=bidders, currency=st.sampled_from(CURRENCIES))
    def withdraw(self, who, currency):
        bidder, due = self.world.buyers[who], self.credits.pop((who, currency), 0)
        if due:
            done = self.exchange.withdraw(bidder, currency, bidder, {"from": self.world.relayer})
            assert done.events["Withdrawn"]["amount"] == due
        else:
            with reverts("RightsExchange__NothingToWithdraw", bidder, currency):
                self.exchange.withdraw(bidder, currency, bidder, {"from": self.world.relayer})
        self.solvent()

    def solvent(self) -> None:
        for currency in CURRENCIES:
            owed = sum(amount for (_, held), amount in self.credits.items() if held == currency)
            for auction, (_, amount) in self.bids.items():
                owed += amount if self.exchange.auctionOf(auction)["currency"] == currency else 0
            assert self.balance(currency) == owed

    def balance(self, currency: int) -> int:
        return self.exchange.balance() if currency == NATIVE else self.world.dollar.balanceOf(self.exchange)

    def teardown(self) -> None:
        """Time ends every auction; whoever bid has the shares or the money, and the seller what was earned."""
        chain.mine(timedelta=100 * DAY)
        for auction in sorted(self.in_escrow):
            self.settle(auction)
        for who, currency in sorted(self.credits):
            self.withdraw(who, currency)
        for auction, amount in self.earned.items():
            assert self.ledger.claimable(self.work, NATIVE, self.exchange.escrowOf(auction)) == amount
        for currency in CURRENCIES:
            assert self.balance(currency) == 0
        chain.revert()


def test_exchange__any_history__solvent_and_everybody_can_leave(world):
    limits = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        suppress_health_check=HealthCheck.all(),
    )
    run_state_machine_as_test(lambda: ExchangeMachine(world), settings=limits)
