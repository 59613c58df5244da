"""The pulls of a claim bring every share of every sale up to the claimant, in one pass."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from offchain.chain import Edge
from offchain.money import share_of
from offchain.workflows.claiming import Account, pulls_towards


class Books:
    """The ledger's pulls (docs/SPECIFICATION.md §2), by the rules and nothing else."""

    def __init__(self, debts: dict[int, list[Edge]], gross: dict[int, int]) -> None:
        self.debts = debts
        self.gross = dict(gross)
        self.pulled = {(child, index): 0 for child, edges in debts.items() for index in range(len(edges))}

    def pullable(self, child: int, index: int) -> int:
        return share_of(self.gross[child], self.debts[child][index].upstream) - self.pulled[child, index]

    def pull(self, child: int, index: int) -> int:
        moved = self.pullable(child, index)
        self.pulled[child, index] += moved
        self.gross[self.debts[child][index].parent] += moved
        return moved

    def accounts(self) -> dict[int, Account]:
        return {
            child: Account(self.gross[child], tuple(self.pullable(child, index) for index in range(len(edges))))
            for child, edges in self.debts.items()
        }


@st.composite
def histories(draw: st.DrawFn) -> tuple[Books, int]:
    """Works 0 … n − 1; each derives from some before it, so the graph has no cycle. The claimant has work 0."""
    count = draw(st.integers(2, 7))
    debts: dict[int, list[Edge]] = {}
    for child in range(1, count):
        parents = draw(st.lists(st.integers(0, child - 1), unique=True, max_size=3))
        debts[child] = [Edge(parent, draw(st.integers(1, 300_000))) for parent in parents]
    gross = {work: draw(st.integers(0, 10**9)) for work in range(count)}
    books = Books(debts, gross)
    for _ in range(draw(st.integers(0, 5))):  # somebody pulled some edges before
        edges = list(books.pulled)
        if edges:
            books.pull(*draw(st.sampled_from(edges)))
    return books, count


def below(books: Books, count: int) -> dict[int, list[Edge]]:
    """The works that derive from work 0 at any depth, as `plan` finds them."""
    found = {0}
    for child in range(1, count):
        if any(edge.parent in found for edge in books.debts[child]):
            found.add(child)
    return {child: books.debts[child] for child in found - {0}}


@settings(max_examples=300, deadline=None)
@given(histories())
def test_pulls_towards__any_history__nothing_is_left_to_pull_and_gains_are_exact(history: tuple[Books, int]):
    books, count = history
    debts = below(books, count)
    accounts = {child: account for child, account in books.accounts().items() if child in debts}
    pulls, gained = pulls_towards({0}, debts, accounts)

    before = dict(books.gross)
    moved = [books.pull(*each) for each in pulls]
    assert all(moved), "a pull that moves nothing only costs gas"
    assert books.gross[0] - before[0] == gained.get(0, 0)
    towards = [
        (child, index)
        for child, edges in debts.items()
        for index, edge in enumerate(edges)
        if edge.parent == 0 or edge.parent in debts
    ]
    assert [each for each in towards if books.pullable(*each)] == []


@settings(max_examples=100, deadline=None)
@given(histories())
def test_pulls_towards__edges_to_other_peoples_works__are_left_to_them(history: tuple[Books, int]):
    books, count = history
    debts = below(books, count)
    accounts = {child: account for child, account in books.accounts().items() if child in debts}
    pulls, _ = pulls_towards({0}, debts, accounts)
    assert all(debts[child][index].parent in {0, *debts} for child, index in pulls)
