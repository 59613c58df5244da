"""Random histories of the whole system against the model: M1, M2's cumulative floors, M5, M6, M7, and M8 at the end.

Longer runs: COLOPHON_STATEFUL_EXAMPLES and COLOPHON_STATEFUL_STEPS.
"""

from __future__ import annotations

import os

from brownie import accounts, chain
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, multiple, rule, run_state_machine_as_test

from tests.contracts.reverts import reverts
from tests.contracts.stateful.model import Model
from tests.contracts.world import DOLLAR, NATIVE, World

EXAMPLES = int(os.environ.get("COLOPHON_STATEFUL_EXAMPLES", "15"))
STEPS = int(os.environ.get("COLOPHON_STATEFUL_STEPS", "25"))
CURRENCIES = (NATIVE, DOLLAR)
MOST_WORKS = 8

people = st.integers(3, 7)
currencies = st.sampled_from(CURRENCIES)
amounts = st.one_of(st.integers(1, 12), st.integers(1, 10**6), st.integers(1, 10**18))
upstreams = st.one_of(st.sampled_from([0, 1, 333_333, 900_000]), st.integers(0, 300_000))


class RoyaltyMachine(RuleBasedStateMachine):
    """Registers, derives, sells, pays, pulls, claims and hands on, in any order."""

    works = Bundle("works")

    def __init__(self, world: World) -> None:
        super().__init__()
        chain.snapshot()
        self.world, self.ledger = world, world.ledger
        self.model = Model()
        self.paused = False
        self.before = {currency: self.balance(currency) for currency in CURRENCIES}

    def balance(self, currency: int) -> int:
        return self.ledger.balance() if currency == NATIVE else self.world.dollar.balanceOf(self.ledger)

    @rule(target=works, who=people)
    def register(self, who):
        return self._register(who, [])

    @rule(
        target=works,
        who=people,
        parents=st.lists(works, min_size=1, max_size=3),
        shares=st.lists(upstreams, min_size=3),
    )
    def derive(self, who, parents, shares):
        return self._register(who, list(zip(parents, shares, strict=False)))

    @rule(work=works, currency=currencies, amount=amounts)
    def deposit(self, work, currency, amount):
        self.world.deposit(work, amount, currency)
        self.model.deposit(work, currency, amount)
        self.agree([work])

    @rule(work=works, currency=currencies, price=amounts)
    def buy(self, work, currency, price):
        offer = self.world.list(work, price, currency)
        if self.paused:
            with reverts("Pausable__Paused"):
                self.world.buy(offer, self.world.buyers[3])
            return
        self.world.buy(offer, self.world.buyers[3])
        self.model.deposit(work, currency, price)
        self.agree([work])

    @rule(child=works, edge=st.integers(0, 2), currency=currencies)
    def pull(self, child, edge, currency):
        if edge >= len(self.model.edges[child]):
            with reverts("RoyaltyLedger__UnknownEdge", child, edge):
                self.ledger.pull(child, edge, currency, {"from": self.world.relayer})
        elif self.model.pullable(child, edge, currency) == 0:
            with reverts("RoyaltyLedger__NothingToPull", child, edge, currency):
                self.ledger.pull(child, edge, currency, {"from": self.world.relayer})
        else:
            done = self.ledger.pull(child, edge, currency, {"from": self.world.relayer})
            assert done.events["Pulled"]["amount"] == self.model.pull(child, edge, currency)
            self.agree([child, self.model.edges[child][edge][0]])

    @rule(who=people, works=st.lists(works, min_size=1, max_size=4), currency=currencies)
    def claim(self, who, works, currency):
        self._claim(accounts[who], works, currency)

    @rule(work=works, sender=people, receiver=people, part=st.integers(0, 4))
    def transfer_shares(self, work, sender, receiver, part):
        """Nothing, a quarter, a half, three quarters or all of what the sender holds, also where that is nothing."""
        sender, receiver = accounts[sender], accounts[receiver]
        units = self.model.units[work][str(sender)] * part // 4
        self.ledger.transfer(receiver, work, units, {"from": sender})
        self.model.transfer(work, str(sender), str(receiver), units)
        self.agree([work])

    @rule(work=works, receiver=people)
    def transfer_title(self, work, receiver):
        registry = self.world.registry
        holder = registry.ownerOf(work)
        registry.transferFrom(holder, accounts[receiver], work, {"from": holder})
        self.agree([work])

    @rule()
    def pause_or_resume(self):
        self.paused = not self.paused
        for contract in (self.world.registry, self.world.licensing):
            contract.setPaused(self.paused, {"from": self.world.admin})

    def agree(self, works) -> None:
        """Contract and model agree on these works to the wei, and the books balance."""
        for work in works:
            for currency in CURRENCIES:
                assert self.ledger.grossOf(work, currency) == self.model.gross[work, currency]
                for holder in self.model.units[work]:
                    assert self.ledger.claimable(work, currency, holder) == self.model.claimable(work, currency, holder)
                for edge in range(len(self.model.edges[work])):
                    assert self.ledger.pullable(work, edge, currency) == self.model.pullable(work, edge, currency)
            for holder, units in self.model.units[work].items():
                assert self.ledger.balanceOf(holder, work) == units
        self.balanced()

    def balanced(self) -> None:
        """M1: deposits − payouts = liabilities, and the ledger has exactly that."""
        for currency in CURRENCIES:
            owed = self.model.deposits[currency] - self.model.payouts[currency]
            assert self.model.liabilities(currency) == owed
            assert self.balance(currency) - self.before[currency] == owed

    def teardown(self) -> None:
        """M8: everything is pulled, leaves first, and everybody leaves with everything; M7: while all is paused."""
        if not self.paused:
            self.pause_or_resume()
        youngest_first = list(reversed(self.model.edges))
        for currency in CURRENCIES:
            pulls = [(w, edge, currency) for w in youngest_first for edge in range(len(self.model.edges[w]))]
            self.ledger.pullMany(pulls, {"from": self.world.relayer})
            for one in pulls:
                self.model.pull(*one)
            for who in range(3, 8):
                self._claim(accounts[who], youngest_first, currency)
            left = self.balance(currency) - self.before[currency]
            assert 0 <= left <= self.model.residue_bound(currency)
        self.agree(youngest_first)
        chain.revert()

    def _register(self, who, edges):
        if len(self.model.edges) == MOST_WORKS or sum(share for _, share in edges) > 900_000:
            return multiple()
        label, creator = f"work {len(self.model.edges)}", accounts[who]
        if self.paused:
            with reverts("Pausable__Paused"):
                self.world.register(label, creator)
            return multiple()
        permits = tuple(self.world.free_licence(parent, creator, upstream=share) for parent, share in edges)
        work = self.world.register(label, creator, permits=permits)
        self.model.register(work, str(creator), edges)
        self.agree([work])
        return work

    def _claim(self, holder, works, currency) -> None:
        due = self.model.claim(works, currency, str(holder))
        if due:
            assert self.world.claimed(works, holder, currency) == due
            self.agree(works)
        elif works:
            with reverts("RoyaltyLedger__NothingToClaim", holder, currency):
                self.ledger.claim(works, currency, holder, {"from": holder})


def test_ledger__any_history__agrees_with_the_model_and_everybody_can_leave(world):
    """M1, M5, M6, M7 after every step, M8 at the end of every history."""
    limits = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        suppress_health_check=HealthCheck.all(),
    )
    run_state_machine_as_test(lambda: RoyaltyMachine(world), settings=limits)
