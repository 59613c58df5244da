"""Writes histories: what people might do next, mostly allowed, sometimes not, and often where rules meet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from tests.contracts.reference.acts_titles import WORKS, Titles
from tests.contracts.reference.rules import DAY
from tests.contracts.reference.series import REJECT
from tests.contracts.reference.system import JUDGE, PEOPLE, STRANGER
from tests.contracts.reference.trees import leaves_of, plant

__all__ = ["Author"]

STEPS: Final = (30, 50)


class Author(Titles):
    """The author of one history."""

    def write(self) -> None:
        """Play the whole of it, to the point at which everybody has left; raises MismatchError."""
        for _ in range(WORKS):
            self.register()
        actions, weights = zip(*_WEIGHTS.items(), strict=True)
        for action in self.rng.choices(actions, weights, k=self.rng.randint(*STEPS)):
            action(self)
            if self.chance(0.15):
                self.share_transfer()
        self._leave()

    def _leave(self) -> None:
        """M8: disputes are ruled, refund days over, leaves active; then everything flows up, and everybody takes."""
        self.history.audit()
        self.history.close()
        for work in [of for of, title in self.model.works.titles.items() if title.disputed]:
            self.do("ledger", "resolve", JUDGE, work, self.rng.choice([REJECT, 1, 2]), self.person(), wait=0)
        self._release_all()
        self._activate_all()
        for pulls in self._everything_owed():
            self.do("ledger", "pullMany", STRANGER, pulls, wait=0)
        for (work, currency), advance in list(self.model.ledger.advances.items()):
            if self.model.ledger.withdrawable(work, currency):
                self.do("ledger", "withdrawAdvance", advance.advancer, work, currency, advance.advancer, wait=0)
        self._claim_all()
        self.history.audit()
        self.history.close()

    def _release_all(self) -> None:
        held = [key for key, amount in self.model.ledger.held.items() if amount]
        wait = max([(day + 1) * DAY - self.history.now for _, _, day in held], default=0)
        for key in held:
            self.do("ledger", "release", STRANGER, *key, wait=max(wait, 0))
            wait = 0

    def _activate_all(self) -> None:
        for id_, root in list(self.model.ledger.roots.items()):
            leaves = leaves_of(root) or ()
            for index, (account, units) in enumerate(leaves):
                if (id_, index) in self.model.ledger.units:
                    proof = tuple(plant(leaves).proof(index))
                    wait = self.finality(self.model.ledger.series[id_][0])
                    self.do("ledger", "activate", STRANGER, id_, index, account, units, proof, wait=wait)

    def _claim_all(self) -> None:
        books = self.model.ledger
        for currency in self.currencies:
            for who in self.rng.sample(PEOPLE, len(PEOPLE)):
                ids = tuple(id_ for id_ in books.series if books.claimable(id_, currency, who))
                if ids:
                    self.do("ledger", "claim", who, ids, currency, who, wait=0)

    def _everything_owed(self) -> Iterator[tuple[tuple[int, int, int], ...]]:
        children = sorted(self.works, key=lambda work: -self._generation(work))
        for child in children:
            edges = range(len(self.model.works.titles[child].edges))
            for pull in [(child, edge, currency) for edge in edges for currency in self.currencies]:
                if self.model.ledger.unpulled(*pull):
                    yield (pull,)

    def _generation(self, work: int) -> int:
        edges = self.model.works.titles[work].edges
        return 1 + max((self._generation(edge.parent) for edge in edges), default=0)


_WEIGHTS: Final[dict[Callable[[Author], None], float]] = {
    Author.deposit: 20,
    Author.pull: 8,
    Author.pull_many: 5,
    Author.claim: 10,
    Author.push: 3,
    Author.share_transfer: 5,
    Author.release: 2,
    Author.advance: 6,
    Author.distribute: 2,
    Author.activate: 2,
    Author.dispute: 4,
    Author.judge: 1,
    Author.transfer_title: 4,
    Author.title_matters: 1,
    Author.register: 3,
    Author.register_batch: 1,
    Author.list: 2,
    Author.sale: 5,
    Author.close: 1,
    Author.refundable_sale: 3,
    Author.refund: 2,
    Author.renew: 3,
    Author.cancel: 1,
    Author.seat: 2,
    Author.transfer_licence: 3,
    Author.register_terms: 1,
    Author.set_bounds: 1,
    Author.delegate: 2,
    Author.set_economics: 4,
    Author.quote: 4,
    Author.exclusive: 3,
    Author.all_exclusives: 0.3,
    Author.void: 1,
    Author.pause: 1,
    Author.intrude: 1,
}
