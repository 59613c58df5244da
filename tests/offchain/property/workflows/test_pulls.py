"""The pulls of a claim bring every share of every sale up to the claimant, in one pass."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from offchain.chain import Edge
from offchain.money import share_of
from offchain.workflows.claiming import Account, pulls_towards

CURRENCY = 1


class Books:
    """The ledger's pulls (docs/SPECIFICATION.md §2), by the rules and nothing else."""

    def __init__(self, debts: dict[int, list[Edge]], gross: dict[int, int]) -> None:
        self.debts = debts
        self.gross = dict(gross)
        self.kept = dict.fromkeys(gross, 0)
        self.counted = {(child, index): 0 for child, edges in debts.items() for index in range(len(edges))}

    def share(self, child: int, index: int) -> int:
        return share_of(self.gross[child], self.debts[child][index].upstream)

    def owed(self, child: int, index: int, share: int) -> int:
        """E(x) = min(max(x, M), C), in the edge's own currency."""
        edge = self.debts[child][index]
        if edge.currency != CURRENCY:
            return share
        return min(max(share, edge.guarantee), edge.ceiling or 2**256)

    def pullable(self, child: int, index: int) -> int:
        now, before = self.share(child, index), self.counted[child, index]
        return self.owed(child, index, now) - self.owed(child, index, before)

    def pull(self, child: int, index: int) -> bool:
        """Whether there was anything to pull."""
        moved, share = self.pullable(child, index), self.share(child, index)
        kept = share - self.counted[child, index] - moved
        self.counted[child, index] = share
        self.gross[self.debts[child][index].parent] += moved
        self.kept[child] += kept
        return bool(moved or kept)

    def accounts(self, children: dict[int, list[Edge]]) -> dict[int, Account]:
        return {
            child: Account(
                self.gross[child],
                tuple(self.pullable(child, index) for index in range(len(edges))),
                tuple(self.counted[child, index] for index in range(len(edges))),
            )
            for child, edges in children.items()
        }


@st.composite
def edges(draw: st.DrawFn, parent: int) -> Edge:
    ceiling = draw(st.sampled_from([0, draw(st.integers(1, 10**8))]))
    guarantee = draw(st.integers(0, ceiling or 10**8))
    return Edge(parent, draw(st.integers(0, 300_000)), draw(st.sampled_from([0, CURRENCY])), guarantee, ceiling)


@st.composite
def histories(draw: st.DrawFn) -> tuple[Books, int]:
    """Works 0 … n − 1; each derives from some before it, so the graph has no cycle."""
    count = draw(st.integers(2, 7))
    debts: dict[int, list[Edge]] = {0: []}
    for child in range(1, count):
        parents = draw(st.lists(st.integers(0, child - 1), max_size=3))
        debts[child] = [draw(edges(parent)) for parent in parents]
    books = Books(debts, {work: draw(st.integers(0, 10**9)) for work in range(count)})
    for _ in range(draw(st.integers(0, 5))):  # somebody pulled some edges before
        if books.counted:
            books.pull(*draw(st.sampled_from(list(books.counted))))
    return books, draw(st.integers(0, count - 1))


def around(books: Books, owned: int) -> dict[int, list[Edge]]:
    """The claimant's work and those that derive from it at any depth, as `plan` finds them."""
    found = {owned}
    for child in sorted(books.debts):
        if any(edge.parent in found for edge in books.debts[child]):
            found.add(child)
    return {child: books.debts[child] for child in found}


@settings(max_examples=300, deadline=None)
@given(histories())
def test_pulls_towards__any_history__nothing_is_left_to_pull_and_gains_are_exact(history: tuple[Books, int]):
    books, owned = history
    debts = around(books, owned)
    pulls, gained = pulls_towards({owned}, CURRENCY, debts, books.accounts(debts))

    before = books.gross[owned] + books.kept[owned]
    pulled = [books.pull(*each) for each in pulls]
    assert all(pulled), "a pull that does nothing only costs gas"
    assert books.gross[owned] + books.kept[owned] - before == gained.get(owned, 0)
    towards = [
        (child, index)
        for child, owing in debts.items()
        for index, edge in enumerate(owing)
        if child != owned and edge.parent in debts
    ]
    assert [each for each in towards if books.pullable(*each)] == []
    own = [(owned, index) for index in range(len(debts[owned]))]
    left = [books.share(*each) - books.counted[each] - books.pullable(*each) for each in own]
    assert left == [0] * len(own), "what guarantees and ceilings leave with the work is the claimant's"


@settings(max_examples=100, deadline=None)
@given(histories())
def test_pulls_towards__edges_that_bring_the_claimant_nothing__are_left_to_others(history: tuple[Books, int]):
    books, owned = history
    debts = around(books, owned)
    pulls, _ = pulls_towards({owned}, CURRENCY, debts, books.accounts(debts))
    for child, index in pulls:
        bounded = debts[child][index].guarantee or debts[child][index].ceiling
        assert debts[child][index].parent in debts or (child == owned and bounded)
