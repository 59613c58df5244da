"""What the author of a history draws: people, works, amounts, terms; mostly sensible, sometimes not."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import Any, Final

from tests.contracts.reference.accounts import GROSS_LIMIT, NATIVE
from tests.contracts.reference.histories import Call, History
from tests.contracts.reference.offers import content
from tests.contracts.reference.rules import DAY, MAX_TIME, UNITS
from tests.contracts.reference.system import PEOPLE
from tests.contracts.reference.tokens import NOBODY
from tests.contracts.reference.trees import Leaves, plant
from tests.contracts.reference.works import EMPTY, GRACE
from tests.contracts.structs import Bounds, Economics, Listing, Purchase, Quote

__all__ = ["MOST_PRICE", "ORDINARY", "Draws"]

ORDINARY: Final = 13
"""Number of the last terms that are not exclusive."""
MOST_PRICE: Final = 2**104 - 1
_WAITS: Final = [0] * 6 + [1] * 3 + [12] * 3 + [60, GRACE, 3_600, 7_200, DAY, 3 * DAY]


class Draws:
    """One `random.Random(seed)` and the history that it writes, so that a seed is a history."""

    def __init__(self, history: History, seed: int) -> None:
        self.history, self.model, self.rng = history, history.model, Random(seed)
        self.currencies = sorted(self.rng.sample(range(len(self.model.ledger.currencies)), 3))
        self.quotes: list[tuple[Quote, bytes]] = []

    def do(
        self, contract: str, method: str, sender: str, *arguments: Any, value: int = 0, wait: int | None = None
    ) -> None:
        """Play one call."""
        wait = self.rng.choice(_WAITS) if wait is None else wait
        self.history.play(Call(contract, method, sender, arguments, value, wait))

    @property
    def works(self) -> list[int]:
        """All works that are registered."""
        return list(self.model.works.titles)

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def person(self) -> str:
        return self.rng.choice(PEOPLE)

    def currency(self) -> int:
        return 99 if self.chance(0.01) else self.rng.choice(self.currencies)

    def recipient(self) -> str:
        return NOBODY if self.chance(0.02) else self.person()

    def target(self, who: str) -> str:
        """Where money should go: mostly to oneself, sometimes to nobody or to whom no coin can be sent."""
        return who if self.chance(0.85) else self.rng.choice([*PEOPLE, NOBODY, self.model.ledger.refuser])

    def work(self) -> int:
        return self.rng.choice(self.works) if self.works and not self.chance(0.01) else self.new_work()

    def new_work(self) -> int:
        return self.rng.choice([0, 2**192 - 1, EMPTY]) if self.chance(0.02) else self.rng.getrandbits(256) | 1 << 255

    def series(self) -> int:
        """Id of shares, old series included."""
        old = [id_ for id_, (_, number) in self.model.ledger.series.items() if number]
        return self.rng.choice(old) if old and self.chance(0.3) else self.work()

    def work_with(self, preferred: Iterable[int]) -> int:
        """One of these, if there are any and mostly."""
        some = [*preferred]
        return self.rng.choice(some) if some and self.chance(0.6) else self.work()

    def holder(self, work: int) -> str:
        """Holder of the title, now and then somebody else."""
        return self.model.works.tokens.owners.get(work, PEOPLE[0]) if not self.chance(0.05) else self.person()

    def finality(self, work: int) -> int:
        """Seconds until a title is final."""
        title = self.model.works.titles.get(work)
        return max(title.final_at - self.history.now, 0) if title else 0

    def terms(self) -> int:
        """Mostly terms that anybody may list."""
        if self.chance(0.01):
            return 99
        return self.rng.randint(1, len(self.model.book.terms) if self.chance(0.1) else ORDINARY)

    def amount(self, room: int = GROSS_LIMIT) -> int:
        """Dust, everyday sums, and what just fits or just does not."""
        kind = self.rng.random()
        if kind < 0.35:
            return self.rng.randint(1, 12)
        if kind < 0.65:
            return self.rng.randint(1, 10**7)
        if kind < 0.93:
            return self.rng.randint(1, 10**18)
        return max(room - 1 + self.rng.choice([-7, -1, 0, 0, 1]), 0)

    def price(self) -> int:
        return 0 if self.chance(0.3) else min(self.amount(), MOST_PRICE)

    def salt(self) -> bytes:
        return self.rng.getrandbits(256).to_bytes(32, "big")

    def value(self, currency: int, amount: int) -> int:
        """Native coins with a call, now and then too many."""
        value = amount if currency == NATIVE else 0
        return value + 1 if self.chance(0.01) else value

    def listing(self, **changes: Any) -> Listing:
        supply = self.rng.choice([0, 0, 0, 1, 3])
        return Listing(self.terms(), self.currency(), self.price(), supply)._replace(**changes)

    def bounds(self, **changes: Any) -> Bounds:
        floor = self.price()
        ceiling = self.rng.choice([floor, floor + 10**6, MOST_PRICE, MOST_PRICE, max(floor - 1, 0)])
        now = self.history.now
        expiry = self.rng.choice([now + 60, now + 3 * DAY, now + 9_000, MAX_TIME])
        per_day = self.rng.choice([0, 1, 2, 100])
        drawn = Bounds(self.person(), self.terms(), self.currency(), floor, min(ceiling, MOST_PRICE), expiry, per_day)
        return drawn._replace(**changes)

    def economics(self) -> Economics:
        least = self.rng.choice([0, 0, 1, 5, 10**6])
        upstream = self.rng.choice([0, 0, 1, 50_000, 100_000])
        quorum = self.rng.choice([0, 1, 400_000, UNITS, UNITS + self.chance(0.1)])
        return Economics(self.currency(), least, upstream, quorum)

    def leaves(self) -> Leaves:
        """A first distribution; now and then its sum is not a million."""
        count = self.rng.choice([1, 2, 3, 5])
        units = [self.rng.randint(1, UNITS // count) for _ in range(count - 1)]
        rest = UNITS - sum(units) + self.rng.choice([0] * 20 + [-1, 1])
        return tuple((self.person(), amount) for amount in [*units, rest])

    def root(self) -> bytes:
        return plant(self.leaves()).root

    def purchase(self, number: int, quantity: int = 1) -> Purchase:
        """What a buyer states of an offer, now and then of another one."""
        offer = self.model.book.offers.get(number)
        stated = content(offer, self.model.book.terms[offer.terms]) if offer else b""
        known = stated if stated and not self.chance(0.01) else self.salt()
        return Purchase(number, known, quantity)
