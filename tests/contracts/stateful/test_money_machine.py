"""Random histories of money: M1–M7 and R7 of docs/SPECIFICATION.md after every step, M8 at the end."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

import pytest
from brownie import accounts, chain, web3
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from tests.contracts.shares import Tree, tree
from tests.contracts.stateful.asking import ask, history, refused
from tests.contracts.stateful.model import WHOLE, Edge, Model
from tests.contracts.structs import Listing, Purchase
from tests.contracts.world import DAY, DOLLAR, GRACE, NATIVE, SALT, UNITS, World, now, work_id

TRICK: Final = 2
"""A token that calls back in the middle of every transfer."""
FEE: Final = 3
"""A token that keeps a part of every transfer."""
CURRENCIES: Final = (NATIVE, DOLLAR, TRICK, FEE)
MOST_WORKS: Final = 8
REFUND_DAYS: Final = 2
REENTRANCY: Final = bytes(web3.keccak(text="Reentrancy()"))[:4]
STEADY: Final = 15_000
"""Gas that adjustments, a dispute and an ended series may add to a deposit: seven cold slots of 2,100 (EIP-2929)."""

numbers = st.integers(0, 999)
people = st.integers(0, 4)
currencies = st.sampled_from(CURRENCIES)
amounts = st.one_of(st.integers(1, 12), st.integers(1, 10**6), st.integers(1, 10**18))
units = st.sampled_from([0, 1, 333_333, 500_000, WHOLE])
KINDS: Final = (
    {"upstream": 0},
    {"upstream": 1},
    {"upstream": 333_333},
    {"upstream": 100_000, "currency": NATIVE, "guarantee": 1_000},
    {"upstream": 250_000, "currency": DOLLAR, "guarantee": 7, "ceiling": 500_000},
    {"upstream": 450_000, "currency": NATIVE, "ceiling": 10_000},
    {"upstream": 900_000},
)


@dataclass(frozen=True)
class Stage:
    """What every history begins with.

    Attributes:
        wallet: a holder of shares that refuses coins. trap: one that calls back when it is paid.
        tokens: contracts of the currencies from 1 on.
        kinds: numbers of the terms in KINDS. refundable: number of terms.
        model: two works, the second derived from the first.
        deposit_gas: what the first deposit into a work costs, by currency: the dearest there is without a history.
    """

    world: World
    wallet: Any
    trap: Any
    tokens: tuple[Any, ...]
    kinds: tuple[int, ...]
    refundable: int
    model: Model
    deposit_gas: dict[int, int]
    reader: Any


class MoneyMachine(RuleBasedStateMachine):
    """Registers, derives, sells, pays, pulls, claims, lends, judges and hands on, in any order."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        chain.snapshot()
        self.stage, self.world, self.ledger = stage, stage.world, stage.world.ledger
        self.model = deepcopy(stage.model)
        self.holders = [*accounts[3:8], stage.wallet, stage.trap]
        self.offers: dict[tuple[int, ...], int] = {}
        self.licences: list[tuple[int, int, int, int, int]] = []
        self.trees: dict[int, tuple[list[tuple[str, int]], Tree]] = {}
        self.paused = False
        self.sold_while_paused = 0
        self.gas: list[tuple[int, int]] = []
        self.ambushes: list[bytes] = []
        self.frozen_at: dict[tuple[int, int], int] = {}
        self.highest: Counter[tuple[int, int]] = Counter()
        self.touched: set[tuple[int, int]] = set()
        self.flow: Counter[int] = Counter()
        self.refusing = True
        self._seen: dict[tuple[Any, ...], Any] = {}
        self._there: dict[int, int] = {}
        self.balances = {currency: self.balance(currency) for currency in CURRENCIES}

    # Rules: works

    @rule(who=people, leaves=st.booleans(), first=numbers, part=units)
    def register(self, who, leaves, first, part):
        self.begin()
        if self.paused:
            refused("Pausable__Paused", self.world.registry.register, self._stated(who), by=accounts[3 + who])
        elif len(self.model.works) < MOST_WORKS:
            self._register(who, [], distribution=self._leaves(first, part) if leaves else None)

    @precondition(lambda self: not self.paused and len(self.model.works) < MOST_WORKS)
    @rule(
        who=people, parents=st.lists(numbers, min_size=1, max_size=3), kinds=st.lists(numbers, min_size=3), fee=amounts
    )
    def derive(self, who, parents, kinds, fee):
        """The first parent is paid for by a fee, the others by licences at hand."""
        self.begin()
        free = [work for work, title in self.model.works.items() if title.dispute is None]
        if not free:
            return
        chosen: list[tuple[int, int]] = []
        for parent, drawn in zip(parents, kinds, strict=False):
            kind = drawn % len(KINDS)
            if sum(KINDS[k]["upstream"] for _, k in chosen) + KINDS[kind]["upstream"] <= 900_000:
                chosen.append((free[parent % len(free)], kind))
        self._derive(who, chosen[1:], chosen[:1], fee)

    # Rules: money comes in

    @rule(work=numbers, currency=currencies, amount=amounts)
    def deposit(self, work, currency, amount):
        self.begin()
        work = self.pick(work)
        done = self.ledger.deposit(work, currency, amount, self._paying(currency, amount))
        self.gas.append((currency, done.gas_used))
        self.model.deposit(work, currency, self._arriving(currency, amount))
        self.did(done, (work, currency))

    @rule(work=numbers, currency=currencies, amount=amounts)
    def deposit_and_pull(self, work, currency, amount):
        self.begin()
        work = self.pick(work, lambda title: title.edges)
        edges = list(range(len(self.model.works[work].edges)))
        done = self.ledger.depositAndPull(work, currency, amount, edges, self._paying(currency, amount))
        self.model.deposit(work, currency, self._arriving(currency, amount))
        for edge in edges:
            self.model.pull(work, edge, currency)
        parents = {edge.parent for edge in self.model.works[work].edges}
        self.did(done, *((each, currency) for each in {work, *parents}))

    @rule(work=numbers, currency=st.sampled_from([NATIVE, DOLLAR, FEE]), price=amounts, count=st.integers(1, 3))
    def buy(self, work, currency, price, count):
        self._buy(self.pick(work), currency, price, count, self.stage.kinds[0])

    @rule(work=numbers, currency=st.sampled_from([NATIVE, DOLLAR]), price=amounts, count=st.integers(1, 2))
    def buy_refundable(self, work, currency, price, count):
        self._buy(self.pick(work), currency, price, count, self.stage.refundable)

    @precondition(lambda self: self.licences)
    @rule(which=numbers)
    def refund(self, which):
        self.begin()
        licence, work, currency, day, price = self.licences[which % len(self.licences)]
        if self.today() > day + 300:
            self.licences.remove((licence, work, currency, day, price))
        elif self.today() > day:
            refused("Licensing__NotRefundable", self.world.licensing.refund, licence, by=accounts[9])
        else:
            done = self.world.licensing.refund(licence, {"from": accounts[9]})
            self.licences.remove((licence, work, currency, day, price))
            self.model.refund(work, currency, day, price)
            self.did(done, (work, currency))

    @precondition(lambda self: any(self.model.held.values()))
    @rule(which=numbers)
    def release(self, which):
        self.begin()
        waiting = [key for key, amount in self.model.held.items() if amount]
        key = waiting[which % len(waiting)]
        if self.today() <= key[2]:
            refused("RoyaltyLedger__StillHeld", self.ledger.release, *key, by=self.world.relayer)
            return
        done = self.ledger.release(*key, {"from": self.world.relayer})
        assert done.events["Released"]["amount"] == self.model.release(*key)
        self.did(done, key[:2])

    @rule(child=numbers, edge=st.integers(0, 2), currency=currencies)
    def pull(self, child, edge, currency):
        self.begin()
        child = self.pick(child, lambda title: title.edges)
        edges = self.model.works[child].edges
        if edge >= len(edges):
            refused("RoyaltyLedger__UnknownEdge", self.ledger.pull, child, edge, currency, by=self.world.relayer)
        elif self.model.due(child, edge, currency) == self.model.moved[child, edge, currency]:
            refused("RoyaltyLedger__NothingToPull", self.ledger.pull, child, edge, currency, by=self.world.relayer)
        else:
            done = self.ledger.pull(child, edge, currency, {"from": self.world.relayer})
            said = done.events["Pulled"]
            assert (said["amount"], said["kept"]) == self.model.pull(child, edge, currency)
            self.did(done, (child, currency), (edges[edge].parent, currency))

    # Rules: money goes out

    @rule(who=numbers, works=st.lists(numbers, min_size=1, max_size=4), currency=currencies)
    def claim(self, who, works, currency):
        self.begin()
        ids = [id_ for work in {self.pick(work) for work in works} for id_ in self.model.ids(work)]
        self._claim(self.holders[who % len(self.holders)], ids, currency)

    @rule(work=numbers, currency=currencies, whom=st.lists(numbers, max_size=5))
    def push(self, work, currency, whom):
        """M3: whoever refuses keeps the claim, and the others are paid."""
        self.begin()
        work = self.pick(work)
        id_ = self.model.current(work)
        holders = [self.holders[who % len(self.holders)] for who in whom]
        done = self.ledger.push(id_, currency, holders, {"from": self.world.relayer})
        for holder in holders:
            if holder != self.stage.wallet or currency != NATIVE:
                self.model.claim([id_], currency, str(holder))
        self.did(done, (work, currency))

    # Rules: shares and titles

    @rule(work=numbers, sender=numbers, receiver=numbers, part=st.integers(0, 4))
    def transfer_shares(self, work, sender, receiver, part):
        """Nothing, a quarter, a half, three quarters or all of what the sender holds, also where that is nothing."""
        self.begin()
        work = self.pick(work)
        ids = self.model.ids(work)
        sender, receiver = (self.holders[who % len(self.holders)] for who in (sender, receiver))
        self._transfer(work, ids[part % len(ids)], sender, receiver, part)

    @rule(work=numbers, receiver=people)
    def transfer_title(self, work, receiver):
        self.begin()
        work = self.pick(work)
        title, receiver = self.model.works[work], accounts[3 + receiver]
        if title.dispute is not None:
            refused(
                "WorkRegistry__Disputed",
                self.world.registry.transferFrom,
                title.holder,
                receiver,
                work,
                by=title.holder,
            )
            return
        done = self.world.registry.transferFrom(title.holder, receiver, work, {"from": title.holder})
        self.model.transfer_title(work, str(receiver))
        self.did(done, (work, NATIVE), (work, DOLLAR))

    @rule(work=numbers, first=numbers, part=units)
    def distribute(self, work, first, part):
        self.begin()
        work = self.pick(work)
        title, leaves = self.model.works[work], self._leaves(first, part)
        root = tree(leaves).root
        if title.issued:
            refused("RoyaltyLedger__AlreadyIssued", self.ledger.distribute, work, root, by=title.holder)
            return
        done = self.ledger.distribute(work, root, {"from": title.holder})
        self._planted(work, leaves)
        self.did(done, (work, NATIVE), (work, DOLLAR))

    @precondition(lambda self: self._dormant())
    @rule(which=numbers)
    def activate(self, which):
        self.begin()
        self._activate(*self._dormant()[which % len(self._dormant())])

    # Rules: advances

    @rule(work=numbers, currency=currencies, principal=amounts, rate=st.sampled_from([1, 70_000, 500_000]))
    def request_advance(self, work, currency, principal, rate):
        self.begin()
        work = self.pick(work)
        title = self.model.works[work]
        terms = work, currency, principal, rate
        if title.dispute is not None:
            refused("RoyaltyLedger__Disputed", self.ledger.requestAdvance, *terms, by=title.holder)
        elif not self.model.repaid(work, currency):
            refused("RoyaltyLedger__AdvanceOpen", self.ledger.requestAdvance, *terms, by=title.holder)
        else:
            done = self.ledger.requestAdvance(*terms, {"from": title.holder})
            self.model.requests[work, currency] = principal, rate, title.epoch
            self.did(done, (work, currency))

    @precondition(lambda self: self.model.requests)
    @rule(which=numbers, who=people)
    def pay_advance(self, which, who):
        self.begin()
        key = list(self.model.requests)[which % len(self.model.requests)]
        (work, currency), (principal, rate, epoch) = key, self.model.requests[key]
        title, payer = self.model.works[work], accounts[3 + who]
        value = principal if currency == NATIVE else 0
        terms = work, currency, principal, rate
        error = None
        if self._arriving(currency, principal) < principal:
            error = "RoyaltyLedger__WrongValue"
        elif title.dispute is not None:
            error = "RoyaltyLedger__Disputed"
        elif epoch != title.epoch:
            error = "RoyaltyLedger__NoAdvance"
        if error:
            refused(error, self.ledger.payAdvance, *terms, by=payer, value=value)
            return
        done = self.ledger.payAdvance(*terms, {"from": payer, "value": value})
        self.model.pay_advance(work, currency, str(payer))
        self.did(done, (work, currency))

    @precondition(lambda self: self.model.advances)
    @rule(which=numbers)
    def withdraw_advance(self, which):
        self.begin()
        self._withdraw_advance(list(self.model.advances)[which % len(self.model.advances)])

    # Rules: disputes, pauses, time

    @rule(work=numbers, who=people, retitle=st.booleans())
    def open_dispute(self, work, who, retitle):
        self.begin()
        work = self.pick(work)
        title, claimant = self.model.works[work], accounts[3 + who]
        remedy = 2 if retitle else 1
        if title.dispute is not None:
            refused("Disputes__AlreadyOpen", self.world.disputes.open, work, remedy, "", by=claimant)
            return
        keys = [(id_, currency) for id_ in self.model.ids(work) for currency in CURRENCIES]
        standing = ask(self.stage.reader, [(self.ledger.indexOf, key) for key in keys])
        cost = sum(self.world.disputes.costOf(work))
        done = self.world.disputes.open(work, remedy, "", {"from": claimant, "value": cost})
        self.model.freeze(work, done.events["DisputeOpened"]["dispute"], CURRENCIES)
        self.frozen_at.update(zip(keys, standing, strict=True))
        self.did(done, *((work, currency) for currency in CURRENCIES))

    @precondition(lambda self: self._disputed())
    @rule(which=numbers, ruling=st.sampled_from([0, 1, 2, 2]))
    def rule_dispute(self, which, ruling):
        self.begin()
        self._rule(self._disputed()[which % len(self._disputed())], ruling)

    @precondition(lambda self: self._disputed())
    @rule(which=numbers)
    def let_dispute_expire(self, which):
        self.begin()
        work = self._disputed()[which % len(self._disputed())]
        opened = self.world.disputes.caseOf(self.model.works[work].dispute)["bond"]
        chain.sleep(180 * DAY)
        done = self.world.disputes.expire(work, {"from": self.world.relayer})
        self._rejected(done, work, opened)

    @rule()
    def pause_or_resume(self):
        self.begin()
        self.paused = not self.paused
        for contract in (self.world.registry, self.world.licensing):
            contract.setPaused(self.paused, {"from": self.world.admin})

    @rule(days=st.integers(1, 3))
    def wait(self, days):
        self.begin()
        self._sleep(days * DAY)

    # Rules: reentrancy

    @rule(work=numbers, amount=amounts, part=st.integers(0, 2))
    def ambush_claim(self, work, amount, part):
        """R7, M6: a receiver that is being paid claims, pushes, pulls and deposits again, and hands on its shares."""
        self.begin()
        work, trap = self.pick(work), self.stage.trap
        id_, friend = self.model.current(work), accounts[7]
        if not self.model.units[id_][str(trap)]:
            richest = max(self.holders, key=lambda holder: self.model.units[id_][str(holder)])
            if richest != self.stage.wallet:
                self._transfer(work, id_, richest, trap, 2)
        self.did(self.ledger.deposit(work, NATIVE, amount, self._paying(NATIVE, amount)), (work, NATIVE))
        self.model.deposit(work, NATIVE, amount)
        if not self.model.claimable(id_, NATIVE, str(trap)):
            return
        handed = self.model.units[id_][str(trap)] * part // 2
        locked = [
            self.ledger.claim.encode_input([id_], NATIVE, trap),
            self.ledger.push.encode_input(id_, NATIVE, [trap, friend]),
            self.ledger.pull.encode_input(work, 0, NATIVE),
            self.ledger.withdrawAdvance.encode_input(work, NATIVE, trap),
        ]
        for move in [*locked, self.ledger.transfer.encode_input(friend, id_, handed)]:
            trap.lay(self.ledger, move, {"from": self.world.relayer})
        first = trap.sprung()
        self._claim(trap, [id_], NATIVE)
        ends = ask(self.stage.reader, [(trap.outcome, (first + i,)) for i in range(len(locked) + 1)])
        self.ambushes += [bytes(answer)[:4] for success, answer in ends[:-1] if not success]
        assert len([success for success, _ in ends if success]) == 1
        assert ends[-1][0]
        self.model.transfer(id_, str(trap), str(friend), handed)
        self.model.works[work].issued |= handed > 0

    @rule(work=numbers, amount=amounts, whom=numbers)
    def ambush_deposit(self, work, amount, whom):
        """R7: a token that is being taken in deposits, pushes and releases meanwhile."""
        self.begin()
        work, token = self.pick(work), self.stage.tokens[TRICK - 1]
        moves = [
            self.ledger.deposit.encode_input(work, TRICK, amount),
            self.ledger.push.encode_input(work, TRICK, [self.holders[whom % len(self.holders)]]),
            self.ledger.release.encode_input(work, TRICK, 1),
        ]
        for move in moves:
            token.lay(self.ledger, move, {"from": self.world.relayer})
        first = token.sprung()
        done = self.ledger.deposit(work, TRICK, amount, self._paying(TRICK, amount))
        self.model.deposit(work, TRICK, amount)
        self.did(done, (work, TRICK))
        for success, answer in ask(self.stage.reader, [(token.outcome, (first + i,)) for i in range(len(moves))]):
            assert not success
            self.ambushes.append(bytes(answer)[:4])

    # Invariants: each looks at what the last step touched

    @invariant()
    def m1_books_balance(self):
        """Deposits + advances + held − payouts is what is owed, and what the ledger has."""
        for currency in self._currencies():
            there = self.model.income[currency] - self.model.payouts[currency]
            assert self.model.liabilities(currency) == there * WHOLE
            assert self.balance(currency) == there

    @invariant()
    def m1_gross_and_net_agree(self):
        for key in self.touched:
            assert self.saw("gross", *key) == self.model.gross[key]
            assert self.saw("net", *key) == self.model.net(*key)

    @invariant()
    def m1_what_is_held_agrees(self):
        for key, amount in self.saw("held", default={}).items():
            assert amount == self.model.held[key]

    @invariant()
    def m1_edges_agree(self):
        for work, currency in self.touched:
            expected = [self.model.pullable(work, i, currency) for i in range(len(self.model.works[work].edges))]
            assert self.saw("pullable", work, currency) == expected

    @invariant()
    def m1_index_never_falls(self):
        for work, currency in self.touched:
            for id_, index in zip(self.model.ids(work), self.saw("index", work, currency), strict=True):
                assert index >= self.highest[id_, currency]
                self.highest[id_, currency] = index

    @invariant()
    def m2_deposit_never_grows_dearer(self):
        """Whatever number of holders, series and ancestors there is."""
        for currency, gas in self.gas:
            assert gas <= self.stage.deposit_gas[currency] + STEADY
        self.gas.clear()

    @invariant()
    def m3_who_refuses_money_keeps_the_claim(self):
        wallet = str(self.stage.wallet)
        for work, currency in self.touched:
            for id_ in self.model.ids(work):
                assert self.saw("claimable", id_, currency)[wallet] == self.model.claimable(id_, currency, wallet)

    @invariant()
    def m4_events_say_exactly_what_arrived_and_left(self):
        """The ledger's balance moved by what its events say, in any currency."""
        for currency in self._currencies() | set(self.flow):
            balance = self.balance(currency)
            assert balance - self.balances[currency] == self.flow[currency]
            self.balances[currency] = balance
        self.flow.clear()

    @invariant()
    def m5_residue_is_bounded(self):
        for currency in self._currencies():
            left = self.balance(currency) - self._owed_in_whole(currency)
            assert 0 <= left <= self.model.residue_bound(currency)

    @invariant()
    def m6_everybody_has_what_their_units_earned(self):
        for work, currency in self.touched:
            for id_ in self.model.ids(work):
                for holder, amount in self.saw("claimable", id_, currency).items():
                    assert amount == self.model.claimable(id_, currency, holder)

    @invariant()
    def m6_units_are_only_moved(self):
        for work in {work for work, _ in self.touched}:
            for id_ in self.model.ids(work):
                held = self.saw("units", id_)
                assert {who: held[who] for who in held if held[who]} == self._held(id_)
                assert sum(self.model.units[id_].values()) == UNITS

    @invariant()
    def m6_advances_agree(self):
        """Recouped at the agreed rate and no more than the principal."""
        for work, currency in self.touched:
            advance = self.saw("advance", work, currency)
            request, paid = self.model.requests.get((work, currency)), self.model.advances.get((work, currency))
            if request and request[2] == self.model.works[work].epoch:
                assert (advance[1], advance[2]) == request[:2]
            elif paid:
                recouped = self.model.recouped(work, currency)
                assert advance == (*paid[:4], recouped, paid.withdrawn)
                assert recouped <= paid.principal

    @invariant()
    def m7_pause_stops_sales_and_registrations(self):
        assert self.sold_while_paused == 0

    @invariant()
    def m7_judgements_reach_only_later_revenue(self):
        """While a dispute is open, every series stands where it stood when it was opened."""
        for work, currency in self.touched:
            if self.model.works[work].dispute is not None:
                standing = [self.frozen_at[id_, currency] for id_ in self.model.ids(work)]
                assert self.saw("index", work, currency) == standing

    @invariant()
    def r7_reentrancy_gains_nothing(self):
        assert set(self.ambushes) <= {REENTRANCY}
        self.ambushes.clear()

    def teardown(self) -> None:
        """M8, M7: once disputes are ruled and windows over, everybody leaves with everything, while all is paused."""
        if not self.paused:
            self.pause_or_resume()
        for work in self._disputed():
            self._rule(work, 1)
        chain.sleep((REFUND_DAYS + 1) * DAY)
        for key in [key for key, amount in self.model.held.items() if amount]:
            self.ledger.release(*key, {"from": self.world.relayer})
            self.model.release(*key)
        for leaf in self._dormant():
            self._activate(*leaf)
        self.stage.wallet.setRefusing(False, {"from": self.world.relayer})
        self.refusing = False
        youngest_first = list(reversed(self.model.works))
        for currency in CURRENCIES:
            self._leave(youngest_first, currency)
        self.touched = {(work, currency) for work in self.model.works for currency in CURRENCIES}
        self._seen.clear()
        self.m1_gross_and_net_agree()
        self.m6_everybody_has_what_their_units_earned()
        chain.revert()

    def _leave(self, youngest_first, currency) -> None:
        pulls = [(w, edge, currency) for w in youngest_first for edge in range(len(self.model.works[w].edges))]
        self.ledger.pullMany(pulls, {"from": self.world.relayer})
        for one in pulls:
            self.model.pull(*one)
        ids = [id_ for work in youngest_first for id_ in self.model.ids(work)]
        for holder in self.holders:
            if any(self.model.claimable(id_, currency, str(holder)) for id_ in ids):
                self._claim(holder, ids, currency)
        for key in self.model.advances:
            if key[1] == currency and self.model.withdrawable(*key):
                self._withdraw_advance(key)
        left = self.balance(currency)
        assert 0 <= left <= self.model.residue_bound(currency)

    # What a step did

    def begin(self) -> None:
        """A new step: nothing is touched."""
        self.touched = set()
        self._seen.clear()
        self._there.clear()

    def did(self, done: Any, *touched: tuple[int, int]) -> None:
        """Take note of what a transaction touched, and of what its events say of money."""
        self.touched |= set(touched)
        self._seen.clear()
        self._there.clear()
        for event in done.events:
            if event.address != self.ledger.address:
                self.sold_while_paused += self.paused and event.name in {"LicenceSold", "WorkRegistered"}
                continue
            if event.name in {"Deposited", "Held"}:
                self.flow[event["currency"]] += event["amount"]
            elif event.name == "AdvancePaid":
                self.flow[event["currency"]] += event["principal"]
            elif event.name in {"Claimed", "Refunded"} or self._is_withdrawal(event):
                self.flow[event["currency"]] -= event["amount"]

    def _is_withdrawal(self, event: Any) -> bool:
        return event.name == "AdvanceWithdrawn" and event["to"] != self.ledger.address

    # What the contracts say

    def balance(self, currency: int) -> int:
        """What the ledger has."""
        if currency not in self._there:
            token = self.stage.tokens[currency - 1]
            self._there[currency] = self.ledger.balance() if currency == NATIVE else token.balanceOf(self.ledger)
        return self._there[currency]

    def saw(self, what: str, *key: int, default: Any = None) -> Any:
        """The contracts' word on something touched, asked for once a step."""
        if not self._seen and self.touched:
            self._look()
        return self._seen.get((what, *key), default) if default is not None else self._seen[(what, *key)]

    def _look(self) -> None:
        names = [str(holder) for holder in self.holders]
        wanted: list[tuple[tuple[Any, ...], Any, tuple[Any, ...]]] = []
        for work, currency in sorted(self.touched):
            ids, edges = self.model.ids(work), range(len(self.model.works[work].edges))
            wanted += [(("gross", work, currency), self.ledger.grossOf, (work, currency))]
            wanted += [(("net", work, currency), self.ledger.netOf, (work, currency))]
            wanted += [(("advance", work, currency), self.ledger.advanceOf, (work, currency))]
            wanted += [(("index", work, currency, id_), self.ledger.indexOf, (id_, currency)) for id_ in ids]
            wanted += [(("pullable", work, currency, i), self.ledger.pullable, (work, i, currency)) for i in edges]
            for id_ in ids:
                wanted += [(("claimable", id_, currency, n), self.ledger.claimable, (id_, currency, n)) for n in names]
        for id_ in {id_ for work, _ in self.touched for id_ in self.model.ids(work)}:
            wanted += [(("units", id_, n), self.ledger.balanceOf, (n, id_)) for n in names]
        wanted += [(("held", *key), self.ledger.heldOf, key) for key in self.model.held if key[:2] in self.touched]
        answers = ask(self.stage.reader, [(view, arguments) for _, view, arguments in wanted])
        self._file({name: answer for (name, _, _), answer in zip(wanted, answers, strict=True)})

    def _file(self, answers: dict[tuple[Any, ...], Any]) -> None:
        """Lists by work and edge or series, tables by holder and by day."""
        for work, currency in self.touched:
            self._seen["pullable", work, currency] = []
            self._seen["index", work, currency] = []
        for (what, *key), answer in answers.items():
            if what in {"pullable", "index"}:
                self._seen[what, key[0], key[1]].append(answer)
            elif what in {"claimable", "units"}:
                self._seen.setdefault((what, *key[:-1]), {})[key[-1]] = answer
            elif what == "held":
                self._seen.setdefault(("held",), {})[tuple(key)] = answer
            else:
                self._seen[what, *key] = tuple(answer) if what == "advance" else answer

    # What the model says

    def pick(self, number: int, wanted: Any = None) -> int:
        """A work, with `wanted` if there is one."""
        works = [work for work, title in self.model.works.items() if wanted is None or wanted(title)]
        works = works or list(self.model.works)
        return works[number % len(works)]

    def today(self) -> int:
        """UTC day of the next block; never so late that the day could end meanwhile."""
        if now() % DAY > DAY - 600:
            self._sleep(600)
        elif chain[-1].timestamp // DAY < now() // DAY:
            chain.mine()
        return now() // DAY

    def _sleep(self, seconds: int) -> None:
        """Calls see the time of the latest block."""
        chain.sleep(seconds)
        chain.mine()

    def _currencies(self) -> set[int]:
        return {currency for _, currency in self.touched}

    def _disputed(self) -> list[int]:
        return [work for work, title in self.model.works.items() if title.dispute is not None]

    def _dormant(self) -> list[tuple[int, int]]:
        return [
            (id_, index)
            for id_, (leaves, _) in self.trees.items()
            for index in range(len(leaves))
            if f"leaf {index}" in self.model.units[id_]
        ]

    def _held(self, id_: int) -> dict[str, int]:
        return {who: units for who, units in self.model.units[id_].items() if units and not who.startswith("leaf")}

    def _owed_in_whole(self, currency: int) -> int:
        """What the ledger owes in whole minor units."""
        model = self.model
        claims = sum(model.claimable(*key) for key in list(model.earned) if key[1] == currency)
        edges = [(w, i, currency) for w, title in model.works.items() for i in range(len(title.edges))]
        unpulled = sum(model.due(*edge) - model.moved[edge] for edge in edges)
        frozen = sum(amount for key, amount in model.frozen.items() if key[1] == currency)
        held = sum(amount for key, amount in model.held.items() if key[1] == currency)
        recouped = sum(model.withdrawable(*key) for key in model.advances if key[1] == currency)
        return claims + unpulled + frozen + held + recouped

    # Steps that several rules share

    def _act(self, who: Any, view: Any, *arguments: object) -> Any:
        """Call as a person or as one of the two contracts."""
        data = view.encode_input(*arguments)
        if who == self.stage.wallet:
            return who.execute([(view._address, 0, data)], {"from": accounts[8]})
        if who == self.stage.trap:
            return who.execute(view._address, 0, data, {"from": self.world.relayer})
        return view(*arguments, {"from": who})

    def _refused(self, error: str, who: Any, view: Any, *arguments: object) -> None:
        """As `_act`, when it must fail."""
        data = view.encode_input(*arguments)
        if who == self.stage.wallet:
            refused(error, who.execute, [(view._address, 0, data)], by=accounts[8])
        elif who == self.stage.trap:
            refused(error, who.execute, view._address, 0, data, by=self.world.relayer)
        else:
            refused(error, view, *arguments, by=who)

    def _paying(self, currency: int, amount: int) -> dict[str, Any]:
        return {"from": accounts[9], "value": amount if currency == NATIVE else 0}

    def _arriving(self, currency: int, amount: int) -> int:
        return amount - amount // 100 if currency == FEE else amount

    def _stated(self, who: int, **changes: Any) -> Any:
        return self.world.registration(f"work {len(self.model.works)}", accounts[3 + who], salt=SALT, **changes)

    def _leaves(self, first: int, part: int) -> list[tuple[str, int]]:
        """A leaf of `part` units for one holder, two for the next."""
        one, two = (str(self.holders[(first + i) % len(self.holders)]) for i in range(2))
        return [(one, part), (two, (WHOLE - part) // 2), (two, WHOLE - part - (WHOLE - part) // 2)]

    def _planted(self, work: int, leaves: list[tuple[str, int]]) -> None:
        self.model.plant(work, leaves)
        self.trees[self.model.current(work)] = leaves, tree(leaves)

    def _register(self, who, edges, *, distribution=None, value=0, **changes) -> None:
        root = {"shareRoot": tree(distribution).root} if distribution else {}
        stated = self._stated(who, **root, **changes)
        done = self.world.registry.register(stated, {"from": accounts[3 + who], "value": value})
        self.model.register(stated.work, stated.registrant, edges)
        if distribution:
            self._planted(stated.work, distribution)
        parents = {(edge.parent, currency) for edge in edges for currency in (NATIVE, edge.currency)}
        self.did(done, (stated.work, NATIVE), *parents)

    def _derive(self, who, at_hand, bought, fee) -> None:
        permits, purchases, edges, value = [], [], [], 0
        for parent, kind in at_hand:
            offer = self._offer(parent, self.stage.kinds[kind], NATIVE, 0)
            done = self.world.licensing.buy(offer, accounts[3 + who], {"from": accounts[3 + who]})
            permits.append(done.events["LicenceSold"]["licence"])
        for parent, kind in bought:
            purchases.append(self._offer(parent, self.stage.kinds[kind], NATIVE, fee))
            value += fee
        for parent, kind in [*at_hand, *bought]:
            bounds = {"currency": NATIVE, "guarantee": 0, "ceiling": 0} | KINDS[kind]
            edge = Edge(parent, bounds["upstream"], bounds["currency"], bounds["guarantee"], bounds["ceiling"])
            edges.append(edge)
            value += edge.guarantee if edge.currency == NATIVE else 0
        self._register(who, edges, permits=tuple(permits), purchases=tuple(purchases), value=value)
        for parent, _ in bought:
            self.model.deposit(parent, NATIVE, fee)
        for edge in edges:
            if edge.guarantee:
                self.model.deposit(edge.parent, edge.currency, edge.guarantee)

    def _offer(self, work: int, terms: int, currency: int, price: int) -> Purchase:
        title = self.model.works[work]
        key = work, title.epoch, terms, currency, price
        if key not in self.offers:
            done = self.world.book.list(work, Listing(terms, currency, price), {"from": title.holder})
            self.offers[key] = done.events["OfferMade"]["offer"]
        return self.world.purchase(self.offers[key])

    def _buy(self, work, currency, price, count, terms) -> None:
        self.begin()
        purchase = self._offer(work, terms, currency, price)._replace(quantity=count)
        today = self.today()
        value = price * count if currency == NATIVE else 0
        sale = self.world.licensing.buy, purchase, accounts[9]
        if self.paused:
            refused("Pausable__Paused", *sale, by=accounts[9], value=value)
            return
        if self._arriving(currency, price * count) < price * count:
            refused("Licensing__Underpaid", *sale, by=accounts[9], value=value)
            return
        done = self.world.licensing.buy(purchase, accounts[9], {"from": accounts[9], "value": value})
        if terms == self.stage.refundable:
            day, first = today + REFUND_DAYS, done.events["LicenceSold"]["licence"]
            self.licences += [(first + i, work, currency, day, price) for i in range(count)]
            self.model.hold(work, currency, day, price * count)
        else:
            self.model.deposit(work, currency, price * count)
        self.did(done, (work, currency))

    def _claim(self, holder, ids, currency) -> None:
        due = sum(self.model.claimable(id_, currency, str(holder)) for id_ in ids)
        works = {work for work in self.model.works if set(self.model.ids(work)) & set(ids)}
        if not due:
            self._refused("RoyaltyLedger__NothingToClaim", holder, self.ledger.claim, ids, currency, holder)
        elif holder == self.stage.wallet and currency == NATIVE and self.refusing:
            self._refused("RoyaltyLedger__PaymentFailed", holder, self.ledger.claim, ids, currency, holder)
        else:
            done = self._act(holder, self.ledger.claim, ids, currency, holder)
            paid = [event for event in done.events if event.name == "Claimed" and event.address == self.ledger.address]
            assert sum(event["amount"] for event in paid) == self.model.claim(ids, currency, str(holder)) == due
            self.did(done, *((work, currency) for work in works))

    def _transfer(self, work, id_, sender, receiver, quarters) -> None:
        held = self.model.units[id_][str(sender)]
        done = self._act(sender, self.ledger.transfer, receiver, id_, held * quarters // 4)
        if id_ == self.model.current(work) and held * quarters:
            self.model.works[work].issued = True
        self.model.transfer(id_, str(sender), str(receiver), held * quarters // 4)
        self.did(done, (work, NATIVE), (work, DOLLAR))

    def _activate(self, id_, index) -> None:
        leaves, planted = self.trees[id_]
        account, units = leaves[index]
        done = self.ledger.activate(id_, index, account, units, planted.proof(index), {"from": self.world.relayer})
        self.model.activate(id_, index, account, CURRENCIES)
        work = next(work for work in self.model.works if id_ in self.model.ids(work))
        self.did(done, (work, NATIVE), (work, DOLLAR))

    def _withdraw_advance(self, key) -> None:
        advancer = self.model.advances[key].advancer
        if not self.model.withdrawable(*key):
            refused("RoyaltyLedger__NothingToClaim", self.ledger.withdrawAdvance, *key, advancer, by=advancer)
            return
        done = self.ledger.withdrawAdvance(*key, advancer, {"from": advancer})
        assert done.events["AdvanceWithdrawn"]["amount"] == self.model.withdraw_advance(*key)
        self.did(done, key)

    def _rule(self, work, ruling) -> None:
        number = self.model.works[work].dispute
        case = self.world.disputes.caseOf(number)
        done = self.world.arbitrator.giveRuling(number, ruling, {"from": self.world.admin})
        if ruling != 2:
            self._rejected(done, work, case["bond"])
            return
        (self.model.retitle if case["remedy"] == 2 else self.model.divert)(work, case["claimant"], CURRENCIES)
        self.did(done, *((work, currency) for currency in CURRENCIES))

    def _rejected(self, done, work, bond) -> None:
        """The bond belongs to the work."""
        self.model.reject(work, CURRENCIES)
        self.model.deposit(work, NATIVE, bond)
        self.did(done, *((work, currency) for currency in CURRENCIES))


@pytest.fixture(scope="module")
def stage(world) -> Stage:
    """Two works, all currencies, commitments of everybody for every work, and allowances."""
    admin = {"from": world.admin}
    tokens = world.dollar, world.contract("ReentrantToken"), world.contract("FeeToken")
    for token in tokens[1:]:
        world.add_currency(token)
    for payer in [*accounts[3:8], accounts[9]]:
        for token in tokens:
            token.mint(payer, 10**24, admin)
            token.approve(world.ledger, 2**256 - 1, {"from": payer})
    wallet, trap = world.contract("SmartWallet", accounts[8]), world.contract("ReentrantReceiver")
    wallet.setRefusing(True, admin)
    for number in range(MOST_WORKS):
        for person in accounts[3:8]:
            world.commit(work_id(f"work {number}"), person)
    chain.sleep(GRACE)
    kinds = tuple(world.terms(maxDerivatives=9, **kind) for kind in KINDS)
    refundable = world.terms(refundDays=REFUND_DAYS)
    works = []
    for number in range(2):
        permits = (world.free_licence(works[0], accounts[4], maxDerivatives=9, **KINDS[2]),) if works else ()
        stated = world.registration(f"work {number}", accounts[3 + number], permits=permits, salt=SALT)
        world.registry.register(stated, {"from": accounts[3 + number]})
        works.append(stated.work)
    model = Model()
    model.register(works[0], str(accounts[3]), [])
    model.register(works[1], str(accounts[4]), [Edge(works[0], KINDS[2]["upstream"])])
    gas = {}
    for currency in CURRENCIES:
        value = 1_000 if currency == NATIVE else 0
        gas[currency] = world.ledger.deposit(works[0], currency, 1_000, {"from": accounts[9], "value": value}).gas_used
        model.deposit(works[0], currency, 990 if currency == FEE else 1_000)
    return Stage(world, wallet, trap, tokens, kinds, refundable, model, gas, world.contract("Multicall"))


def test_money__any_history__keeps_the_rules_and_everybody_can_leave(stage):
    """M1–M7 and R7 after every step, M8 at the end of every history."""
    run_state_machine_as_test(lambda: MoneyMachine(stage), settings=history())
