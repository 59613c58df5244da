"""Random lives of a deployment: deposits, sales, derivatives, share transfers, pulls and claims."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from offchain.chain import Listing, Pull
from offchain.errors import ColophonError, RefusedError
from tests.offchain.deployed import BUYER, CREATOR, SECOND_BUYER, SECOND_CREATOR, THIRD_CREATOR, World

HOLDERS = [CREATOR, SECOND_CREATOR, THIRD_CREATOR, BUYER, SECOND_BUYER]
CURRENCIES = (0, 1)
UNITS = 1_000_000


@dataclass
class History:
    """A deployment and what has been done in it; every act is drawn from `seed`."""

    world: World
    seed: int
    works: list[int] = field(default_factory=list)
    children: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._count = 0
        for account in HOLDERS:
            self.world.fund(account, 10**15)

    def live(self, acts: int) -> None:
        """Act so many times; what the contracts refuse does not count."""
        self._register()
        chosen = [self._register, self._sell, self._deposit, self._deposit, self._move, self._pull, self._claim]
        chosen += [self._derive, self._hand_over]
        for _ in range(acts):
            try:
                self._random.choice(chosen)()
            except RefusedError:
                continue

    def _send(self, call, account: int) -> None:
        try:
            self.world.client.try_call(call, self.world.accounts[account])
        except ColophonError as error:
            raise RefusedError(error.code, error.message, error.remedy) from error
        self.world.send(call, account)

    def _register(self) -> None:
        self._count += 1
        master = f"{self.seed} {self.world.contracts.ledger.address} {self._count}".encode()
        self.works.append(self.world.register(master, self._random.choice(HOLDERS)))

    def _holder(self, work: int) -> int:
        return self.world.accounts.index(self.world.contracts.registry.title(work).holder)

    def _licence(self, work: int, buyer: int) -> int:
        """Number of a licence that `buyer` bought at a new listing."""
        licensing = self.world.contracts.licensing
        currency, price = self._random.choice(CURRENCIES), self._random.randrange(1, 10**6)
        receipt = self.world.send(
            licensing.list_work(work, Listing(self.world.terms(), currency, price)), self._holder(work)
        )
        (made,) = self.world.contracts.decode(receipt["logs"])
        call = licensing.buy(made.args["offer"], self.world.accounts[buyer], 0 if currency else price)
        events = self.world.contracts.decode(self.world.send(call, buyer)["logs"])
        return next(event.args["licence"] for event in events if event.name == "LicenceSold")

    def _sell(self) -> None:
        buyer = self._random.choice(HOLDERS)
        licence = self._licence(self._random.choice(self.works), buyer)
        if self._random.random() < 0.3:
            accounts = self.world.accounts
            receiver = accounts[self._random.choice(HOLDERS)]
            self._send(self.world.contracts.licensing.transfer(accounts[buyer], receiver, licence), buyer)

    def _derive(self) -> None:
        creator = self._random.choice(HOLDERS)
        parents = self._random.sample(self.works, min(len(self.works), self._random.randrange(1, 3)))
        permits = tuple(self._licence(parent, creator) for parent in parents)
        self._count += 1
        child = self.world.register(f"{self.seed} child {self._count}".encode(), creator, permits)
        self.works.append(child)
        self.children += [(child, index) for index in range(len(parents))]

    def _deposit(self) -> None:
        work, currency = self._random.choice(self.works), self._random.choice(CURRENCIES)
        self._send(
            self.world.contracts.ledger.deposit(work, currency, self._random.randrange(1, 10**7)),
            self._random.choice(HOLDERS),
        )

    def _move(self) -> None:
        ledger, accounts = self.world.contracts.ledger, self.world.accounts
        work = self._random.choice(self.works)
        sender = self._random.choice([each for each in HOLDERS if ledger.units(accounts[each], work)])
        units = self._random.choice([0, 1, UNITS // 3, ledger.units(accounts[sender], work)])
        self._send(ledger.transfer_units(accounts[self._random.choice(HOLDERS)], work, units), sender)

    def _hand_over(self) -> None:
        work = self._random.choice(self.works)
        holder, accounts = self._holder(work), self.world.accounts
        receiver = accounts[self._random.choice(HOLDERS)]
        self._send(self.world.contracts.registry.transfer(accounts[holder], receiver, work), holder)

    def _pull(self) -> None:
        if self.children:
            child, edge = self._random.choice(self.children)
            call = self.world.contracts.ledger.pull(child, edge, self._random.choice(CURRENCIES))
            self._send(call, self._random.choice(HOLDERS))

    def _claim(self) -> None:
        account = self._random.choice(HOLDERS)
        pulls = [Pull(child, edge, 0) for child, edge in self.children]
        call = self.world.contracts.ledger.pull_and_claim(
            pulls, self.works, self._random.choice(CURRENCIES), self.world.accounts[account]
        )
        self._send(call, account)
