"""What people do with money and shares: deposit, pull, claim, push, release, lend, distribute, transfer."""

from __future__ import annotations

from collections.abc import Sequence

from tests.contracts.reference.accounts import GROSS_LIMIT
from tests.contracts.reference.acts_sales import Sales
from tests.contracts.reference.rules import DAY, UNITS
from tests.contracts.reference.system import PEOPLE
from tests.contracts.reference.tokens import NOBODY
from tests.contracts.reference.trees import leaves_of, plant
from tests.contracts.reference.works import NO_HASH

__all__ = ["Money"]


class Money(Sales):
    """Calls of the ledger."""

    def deposit(self, work: int | None = None) -> None:
        work, currency = self.work() if work is None else work, self.currency()
        books = self.model.ledger
        room = GROSS_LIMIT - books.gross[work, currency] - books.lent[work, currency]
        amount = 0 if self.chance(0.02) else self.amount(room)
        edges = range(len(self.model.works.titles[work].edges)) if work in self.model.works.titles else ()
        value = self.value(currency, amount)
        if edges and self.chance(0.3):
            named = tuple(self.rng.choices([*edges, *edges, 16 if self.chance(0.05) else 0], k=self.rng.randint(0, 3)))
            self.do("ledger", "depositAndPull", self.person(), work, currency, amount, named, value=value)
            return
        self.do("ledger", "deposit", self.person(), work, currency, amount, value=value)
        if edges and self.chance(0.4):
            self.pull(work, currency)

    def pull(self, work: int | None = None, currency: int | None = None) -> None:
        edges = self._edges(work)
        if not edges:
            return
        child, edge = self.rng.choice(edges) if not self.chance(0.02) else (self.work(), 16)
        self.do("ledger", "pull", self.person(), child, edge, self.currency() if currency is None else currency)

    def _edges(self, work: int | None = None) -> list[tuple[int, int]]:
        titles = self.model.works.titles
        works = [work] if work in titles else [*titles]
        return [(child, edge) for child in works for edge in range(len(titles[child].edges))]

    def _pulls(self) -> tuple[tuple[int, int, int], ...]:
        edges = self._edges()
        return tuple((*self.rng.choice(edges), self.currency()) for _ in range(self.rng.randint(0, 4) if edges else 0))

    def pull_many(self) -> None:
        self.do("ledger", "pullMany", self.person(), self._pulls())

    def claim(self, work: int | None = None) -> None:
        ids = tuple(self.series() if work is None else work for _ in range(self.rng.randint(0, 4)))
        currency = self.currency()
        who = self._earner(ids, currency)
        if self.chance(0.3):
            self.do("ledger", "pullAndClaim", who, self._pulls(), ids, currency, self.target(who))
        else:
            self.do("ledger", "claim", who, ids, currency, self.target(who))

    def _earner(self, ids: Sequence[int], currency: int) -> str:
        """Somebody who may have something to claim."""
        owed = self.model.ledger.owed
        earners = [who for who in PEOPLE for id_ in ids if owed[id_, currency, who]]
        return self.rng.choice(earners) if earners and not self.chance(0.15) else self.person()

    def push(self, work: int | None = None) -> None:
        if self.chance(0.4):
            to = self.rng.choice([*PEOPLE, NOBODY, self.model.ledger.address, self.model.ledger.refuser])
            self.do("ledger", "setPayout", self.person(), to)
        holders = tuple(self.rng.choices(PEOPLE, k=33 if self.chance(0.03) else self.rng.randint(0, 8)))
        id_ = self.series() if work is None else work
        self.do("ledger", "push", self.person(), id_, self.currency(), holders)

    def release(self) -> None:
        held = [key for key, amount in self.model.ledger.held.items() if amount]
        today = self.history.now // DAY
        work, currency, day = self.rng.choice(held) if held else (self.work(), self.currency(), today - 1)
        if self.chance(0.6) and day >= today:
            wait = (day + 1) * DAY - self.history.now - self.chance(0.2)
            self.do("ledger", "release", self.person(), work, currency, day, wait=wait)
        else:
            self.do("ledger", "release", self.person(), work, currency, day)

    def advance(self, work: int | None = None) -> None:
        """Ask, mostly get, earn, and take out; then perhaps ask for the next, which needs the last repaid."""
        work = self.work() if work is None else work
        currency = self.currency()
        present = self.model.ledger.advances.get((work, currency))
        if present and self.chance(0.5):
            self._withdraw(work, currency, present.advancer)
            return
        for _ in range(self.rng.choice([1, 1, 2, 3])):
            self._lend(work, currency)

    def _withdraw(self, work: int, currency: int, advancer: str) -> None:
        who = advancer if not self.chance(0.1) else self.person()
        self.do("ledger", "withdrawAdvance", who, work, currency, self.target(who))

    def _lend(self, work: int, currency: int) -> None:
        principal = self.rng.choice([0, 1, 7, 1_000, self.rng.randint(1, 10**6), self.rng.randint(1, 10**15)])
        rate = self.rng.choice([0, 1, 250_000, 333_333, 500_000, 500_000, 500_000, 500_001])
        self.do("ledger", "requestAdvance", self.holder(work), work, currency, principal, rate)
        if self.chance(0.05):
            self.do("registry", "advanceWorkEpoch", self.holder(work), work)
        if self.chance(0.9):
            paid = principal + self.chance(0.03)
            value = self.value(currency, paid)
            self.do("ledger", "payAdvance", self.person(), work, currency, paid, rate, value=value)
        for _ in range(self.rng.choice([0, 1, 1, 2])):
            part = self.rng.choice([1, principal, 5 * principal + 1, 25 * principal + 1])
            self.do("ledger", "deposit", self.person(), work, currency, part, value=self.value(currency, part))

    def distribute(self, work: int | None = None) -> None:
        fresh = [of for of, title in self.model.works.titles.items() if not title.issued]
        work = self.rng.choice(fresh) if work is None and fresh and not self.chance(0.1) else work or self.work()
        self.do("ledger", "distribute", self.holder(work), work, self.root())
        if self.chance(0.5):
            self.deposit(work)
        if self.chance(0.7):
            self.activate()

    def activate(self, some: int = 3) -> None:
        """Leaves of a tree, some twice; now and then with a wrong number in them."""
        roots = self.model.ledger.roots
        if not roots:
            return
        id_ = self.rng.choice(list(roots)) if not self.chance(0.03) else self.work()
        leaves = leaves_of(roots.get(id_, NO_HASH)) or self.leaves()
        for _ in range(self.rng.randint(1, some)):
            index = self.rng.randrange(len(leaves))
            account, units = leaves[index]
            self.do(
                "ledger", "activate", self.person(), id_, index + (len(leaves) if self.chance(0.02) else 0), account,
                units + self.chance(0.02), tuple(plant(leaves).proof(index)),
            )  # fmt: skip

    def share_transfer(self, id_: int | None = None) -> None:
        id_ = self.series() if id_ is None else id_
        holders = [who for who in self.model.ledger.holders(id_) if isinstance(who, str)]
        sender = self.rng.choice(holders) if holders and not self.chance(0.05) else self.person()
        held = self.model.ledger.units[id_, sender]
        units = self.rng.choice(
            [0, 1, held, held + 1, UNITS // 3, self.rng.randint(0, held), self.rng.randint(0, held)]
        )
        nowhere = [NOBODY, self.model.ledger.address]
        receiver = self.rng.choice(nowhere) if self.chance(0.02) else self.person()
        if self.chance(0.8):
            self.do("ledger", "transfer", sender, receiver, id_, units)
        else:
            self._share_transfer_by(self.person(), sender, receiver, id_, units)

    def _share_transfer_by(self, mover: str, sender: str, receiver: str, id_: int, units: int) -> None:
        if self.chance(0.5):
            allowed = self.rng.choice([units, max(units - 1, 0), 2**256 - 1])
            self.do("ledger", "approve", sender, mover, id_, allowed)
        elif self.chance(0.5):
            self.do("ledger", "setOperator", sender, mover, self.chance(0.8))
        for _ in range(self.rng.choice([1, 2])):
            self.do("ledger", "transferFrom", mover, sender, receiver, id_, units)
