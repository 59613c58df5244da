"""Random lives of a deployment: sales, derivatives, royalties, advances, disputes, and everything that follows."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from offchain.chain import Call, Listing, Pull
from offchain.chain.ledger import share_id
from offchain.errors import ColophonError, RefusedError
from tests.offchain.deployed import ADAPTATION, BUYER, CREATOR, SECOND_BUYER, SECOND_CREATOR, THIRD_CREATOR, World

HOLDERS = [CREATOR, SECOND_CREATOR, THIRD_CREATOR, BUYER, SECOND_BUYER]
CURRENCIES = (0, 1)
UNITS = 1_000_000
DAY = 86_400
REJECT, GRANT = 1, 2
DIVERT, RETITLE = 1, 2

TERMS = [
    ADAPTATION,
    replace(ADAPTATION, guarantee=300_000),
    replace(ADAPTATION, currency=1, guarantee=1_000, ceiling=400_000),
    replace(ADAPTATION, ceiling=200_000),
]
REFUNDABLE = replace(ADAPTATION, refund_days=1, max_derivatives=0)


@dataclass
class History:
    """A deployment and what has been done in it; every act is drawn from `seed`."""

    world: World
    seed: int
    works: list[int] = field(default_factory=list)
    children: list[tuple[int, int]] = field(default_factory=list)
    licences: list[tuple[int, int]] = field(default_factory=list)
    held: list[tuple[int, int, int]] = field(default_factory=list)
    trees: list[tuple[int, Tree]] = field(default_factory=list)
    advances: list[tuple[int, int, int]] = field(default_factory=list)
    disputes: list[tuple[int, int, int]] = field(default_factory=list)
    series: Counter[int] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._count = 0
        for account in HOLDERS:
            self.world.fund(account, 10**15)

    def live(self, acts: int) -> None:
        """Act so many times; what the contracts refuse does not count."""
        self._register()
        often = [
            self._sell,
            self._deposit,
            self._deposit,
            self._move,
            self._pull,
            self._pull,
            self._claim,
            self._derive,
        ]
        seldom = [self._register, self._register_distributed, self._hand_over, self._distribute, self._activate]
        seldom += [self._lend, self._withdraw, self._dispute, self._rule, self._refund, self._release, self._push]
        for _ in range(acts):
            try:
                self._random.choice(often + seldom)()
            except RefusedError:
                continue

    def shares(self) -> list[tuple[int, int]]:
        """(work, id of a series) of every series that there ever was."""
        return [(work, share_id(work, each)) for work in self.works for each in range(self.series[work] + 1)]

    def _send(self, call: Call, account: int) -> list:
        try:
            self.world.client.try_call(call, self.world.accounts[account])
        except ColophonError as error:
            raise RefusedError(error.code, error.message, error.remedy) from error
        return self.world.contracts.decode(self.world.send(call, account)["logs"])

    def _name(self, kind: str) -> bytes:
        self._count += 1
        return f"{self.seed} {self.world.contracts.ledger.address} {kind} {self._count}".encode()

    def _register(self) -> None:
        self.works.append(self.world.register(self._name("work"), self._random.choice(HOLDERS)))

    def _register_distributed(self) -> None:
        tree = self._tree()
        work = self.world.register(self._name("tree"), self._random.choice(HOLDERS), share_root=tree.root)
        self.works.append(work)
        self.trees.append((work, tree))

    def _tree(self) -> Tree:
        units = self._random.randrange(1, UNITS)
        first, second = (self.world.accounts[each] for each in self._random.sample(HOLDERS, 2))
        return Tree((first, units), (second, UNITS - units))

    def _work(self) -> int:
        """Any work, but often one of the first three, so that much happens to few."""
        return self._random.choice(self.works[:3] if self._random.random() < 0.6 else self.works)

    def _holder(self, work: int) -> int:
        return self.world.accounts.index(self.world.contracts.registry.title(work).holder)

    def _current(self, work: int) -> int:
        return share_id(work, self.series[work])

    def _licence(self, work: int, buyer: int, content=ADAPTATION, quantity: int = 1) -> int:
        """Number of the first of some licences that `buyer` bought at a new listing."""
        currency, price = self._random.choice(CURRENCIES), self._random.randrange(1, 10**6)
        listing = Listing(self.world.terms(content), currency, price)
        bought = self.world.list(work, listing, self._holder(work), quantity)
        value = 0 if currency else price * quantity
        events = self._send(self.world.contracts.licensing.buy(bought, self.world.accounts[buyer], value), buyer)
        self.held += [(work, currency, each.args["day"]) for each in events if each.name == "Held"]
        return next(event.args["licence"] for event in events if event.name == "LicenceSold")

    def _sell(self) -> None:
        buyer, content = self._random.choice(HOLDERS), self._random.choice([ADAPTATION, REFUNDABLE])
        quantity = self._random.randrange(1, 4)
        first = self._licence(self._work(), buyer, content, quantity)
        self.licences += [(first + each, buyer) for each in range(quantity)]
        if self._random.random() < 0.3:
            accounts, licence = self.world.accounts, first + self._random.randrange(quantity)
            receiver = accounts[self._random.choice(HOLDERS)]
            self._send(self.world.contracts.licensing.transfer(accounts[buyer], receiver, licence), buyer)

    def _refund(self) -> None:
        licence, holder = self._random.choice(self.licences or [(1, BUYER)])
        self._send(self.world.contracts.licensing.refund(licence), holder)

    def _release(self) -> None:
        if self._random.random() < 0.5:
            self.world.sleep(DAY)
        if self.held:
            self._send(self.world.contracts.ledger.release(*self._random.choice(self.held)), BUYER)

    def _derive(self) -> None:
        creator = self._random.choice(HOLDERS)
        parents = [self._work() for _ in range(self._random.randrange(1, 3))]
        if any(self.world.contracts.registry.title(parent).disputed for parent in parents):
            return
        terms = [self._random.choice(TERMS) for _ in parents]
        permits = tuple(self._licence(parent, creator, each) for parent, each in zip(parents, terms, strict=True))
        due = sum(each.guarantee for each in terms if each.currency == 0)
        child = self.world.register(self._name("child"), creator, permits, value=due)
        self.works.append(child)
        self.children += [(child, index) for index in range(len(parents))]

    def _deposit(self) -> None:
        work, currency = self._work(), self._random.choice(CURRENCIES)
        if self.children and self._random.random() < 0.5:
            work = self._random.choice(self.children)[0]
        self._send(
            self.world.contracts.ledger.deposit(work, currency, self._random.randrange(1, 10**7)),
            self._random.choice(HOLDERS),
        )

    def _move(self) -> None:
        ledger, accounts = self.world.contracts.ledger, self.world.accounts
        share = self._random.choice(self.shares())[1]
        senders = [each for each in HOLDERS if ledger.units(accounts[each], share)]
        if not senders:
            return
        sender = self._random.choice(senders)
        units = self._random.choice([0, 1, UNITS // 3, ledger.units(accounts[sender], share)])
        self._send(ledger.transfer_units(accounts[self._random.choice(HOLDERS)], share, units), sender)

    def _hand_over(self) -> None:
        work = self._work()
        holder, accounts = self._holder(work), self.world.accounts
        receiver = accounts[self._random.choice(HOLDERS)]
        self._send(self.world.contracts.registry.transfer(accounts[holder], receiver, work), holder)

    def _distribute(self) -> None:
        work, tree = self._work(), self._tree()
        share = self._current(work)
        self._send(self.world.contracts.ledger.distribute(work, tree.root), self._holder(work))
        self.trees.append((share, tree))

    def _activate(self) -> None:
        if self.trees:
            share, tree = self._random.choice(self.trees)
            index = self._random.randrange(2)
            self._send(
                self.world.contracts.ledger.activate(share, index, *tree.leaves[index], tree.proof(index)), BUYER
            )

    def _pull(self) -> None:
        if self.children:
            child, edge = self._random.choice(self.children)
            call = self.world.contracts.ledger.pull(child, edge, self._random.choice(CURRENCIES))
            self._send(call, self._random.choice(HOLDERS))

    def _claim(self) -> None:
        account = self._random.choice(HOLDERS)
        pulls = [Pull(child, edge, 0) for child, edge in self.children[-5:]]
        shares = [share for _, share in self.shares()[:8]]
        call = self.world.contracts.ledger.pull_and_claim(
            pulls, shares, self._random.choice(CURRENCIES), self.world.accounts[account]
        )
        self._send(call, account)

    def _push(self) -> None:
        share, holders = self._random.choice(self.shares())[1], [self.world.accounts[each] for each in HOLDERS]
        self._send(self.world.contracts.ledger.push(share, self._random.choice(CURRENCIES), holders), BUYER)

    def _lend(self) -> None:
        work, currency = self._work(), self._random.choice(CURRENCIES)
        asked = work, currency, self._random.randrange(1, 10**6), self._random.randrange(1, 500_001)
        self._earn(work, currency)
        ledger, advancer = self.world.contracts.ledger, self._random.choice(HOLDERS)
        self._send(ledger.request_advance(*asked), self._holder(work))
        self._send(ledger.pay_advance(*asked), advancer)
        self.advances.append((work, currency, advancer))

    def _earn(self, work: int, currency: int) -> None:
        """Enough for most advances to be recouped."""
        self._send(self.world.contracts.ledger.deposit(work, currency, 4 * 10**6), self._random.choice(HOLDERS))

    def _withdraw(self) -> None:
        if self.advances:
            work, currency, advancer = self._random.choice(self.advances[-3:])
            self._earn(work, currency)
            to = self.world.accounts[advancer]
            self._send(self.world.contracts.ledger.withdraw_advance(work, currency, to), advancer)

    def _dispute(self) -> None:
        work, remedy = self._work(), self._random.choice([DIVERT, RETITLE])
        if not self.world.contracts.registry.title(work).disputed:
            dispute = self.world.dispute(work, remedy, self._random.choice(HOLDERS))
            self.disputes.append((dispute, work, remedy))

    def _rule(self) -> None:
        if self.disputes:
            dispute, work, remedy = self.disputes.pop(0)
            ruling = self._random.choice([REJECT, GRANT, GRANT])
            self.world.rule(dispute, ruling)
            self.series[work] += (ruling, remedy) == (GRANT, RETITLE)


class Tree:
    """A Merkle-sum tree of two leaves (contracts/libraries/MerkleSum.sol)."""

    def __init__(self, *leaves: tuple[str, int]) -> None:
        self.leaves = leaves
        self._hashes = [
            keccak(keccak(encode(["uint256", "address", "uint256"], [index, account, units])))
            for index, (account, units) in enumerate(leaves)
        ]

    @property
    def root(self) -> bytes:
        (_, first), (_, second) = self.leaves
        values: Sequence[object] = [self._hashes[0], first, self._hashes[1], second]
        return keccak(encode(["bytes32", "uint256", "bytes32", "uint256"], values))

    def proof(self, index: int) -> list[tuple[bytes, int]]:
        """The sibling of a leaf."""
        return [(self._hashes[1 - index], self.leaves[1 - index][1])]
