"""The contracts compute the formulas that were proved: both on the same corner points."""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple

import pytest

from tests.contracts.reference.model import commitment
from tests.contracts.reference.offers import Offer as Listed
from tests.contracts.reference.offers import content
from tests.contracts.reference.system import ADMIN, PEOPLE, START, TERMS, System
from tests.contracts.reference.works import GRACE
from tests.contracts.structs import Listing, Purchase, Registration
from tests.contracts.symbolic.formulas import PPM, due, net, repaid, settled

GROSS_LIMIT = 2**108
UNBOUNDED = 2**256 - 1
CORNERS = [1, 2, 9, 10, PPM - 1, PPM, PPM + 1, 2**64, GROSS_LIMIT // PPM, GROSS_LIMIT - PPM, GROSS_LIMIT - 1]
CREATOR, PAYER = PEOPLE[0], PEOPLE[1]


class Debt(NamedTuple):
    """An edge: parts per million, guarantee and ceiling in wei."""

    share: int
    guarantee: int = 0
    ceiling: int = 0

    def settled(self, owed: int) -> int:
        """E(x)."""
        return settled(owed, self.guarantee, self.ceiling or UNBOUNDED)


SPLITS = [
    *[tuple(map(Debt, shares)) for shares in [(), (0,), (1,), (333_333,), (900_000,), (400_000, 100_000)]],
    tuple(map(Debt, (333_333, 333_333, 233_334))),
    (Debt(56_250),) * 16,
    (Debt(333_333, guarantee=7),),
    (Debt(333_333, ceiling=7), Debt(500_000, guarantee=2**64, ceiling=2**64)),
    (Debt(900_000, guarantee=1, ceiling=2**103),),
]


class Corners:
    """Works whose edges are given debts."""

    def __init__(self) -> None:
        self.system, self.now, self.works, self.offers = System(), START, 0, 0

    def derivative(self, debts: tuple[Debt, ...]) -> int:
        purchases = tuple(self._purchase(debt) for debt in debts)
        return self._register(purchases, sum(debt.guarantee for debt in debts))

    def _purchase(self, debt: Debt) -> Purchase:
        """A free offer of a new work whose derivatives owe so much."""
        terms = TERMS[0]._replace(
            upstream=debt.share, guarantee=debt.guarantee, ceiling=debt.ceiling,
            text=sha256(self.works.to_bytes(2, "big")).digest(),
        )  # fmt: skip
        number = self.system.book.send(ADMIN, "registerTerms", (terms,))
        parent = self._register((), 0)
        offer = self.system.book.send(CREATOR, "list", (parent, Listing(number, 0, 0)))
        return Purchase(offer, content(Listed(parent, number, 0, 0, 0), terms))

    def _register(self, purchases: tuple[Purchase, ...], value: int) -> int:
        self.works += 1
        work, salt = int.from_bytes(sha256(b"%d" % self.works).digest(), "big"), b"\1" * 32
        self.system.registry.send(CREATOR, "commit", (commitment(CREATOR, work, salt),))
        self.now += GRACE
        self.system.machine.set_time(self.now)
        stated = Registration(work, CREATOR, salt, purchases=purchases, salt=salt)
        self.system.registry.send(CREATOR, "register", (stated,), value)
        return work


@pytest.fixture(scope="module")
def corners() -> Corners:
    return Corners()


@pytest.fixture(scope="module", params=SPLITS, ids=lambda debts: " ".join(map(str, map(tuple, debts))) or "none")
def split(request, corners):
    """Debts, and a work that has them."""
    return request.param, corners.derivative(request.param)


@pytest.fixture
def paid(split, corners):
    """Debts, their work, and the chain, which is put back afterwards."""
    before = corners.system.machine.snapshot()
    yield *split, corners.system
    corners.system.machine.revert(before)


@pytest.mark.parametrize("gross", CORNERS)
def test_ledger__corner_amounts_and_debts__are_what_was_proved(paid, gross):
    """E(⌊G·s/1e6⌋) at every edge, N before and after the pulls, and the whole net to the one who has all shares."""
    debts, work, system = paid
    system.ledger.send(PAYER, "deposit", (work, 0, gross), gross)
    shares, owed = [debt.share for debt in debts], [due(gross, debt.share) for debt in debts]
    moved = [debt.settled(x) - debt.settled(0) for debt, x in zip(debts, owed, strict=True)]
    assert system.ledger.read("netOf", work, 0) == net(gross, shares)
    assert [system.ledger.read("pullable", work, i, 0) for i in range(len(debts))] == moved
    system.ledger.send(PAYER, "pullMany", (tuple((work, i, 0) for i in range(len(debts))),))
    kept = net(gross, shares, sum(owed) - sum(moved))
    assert system.ledger.read("netOf", work, 0) == kept
    assert system.ledger.read("claimable", work, 0, CREATOR) == system.ledger.read("indexOf", work, 0) == kept


@pytest.mark.parametrize("rate", [1, 333_333, 500_000])
@pytest.mark.parametrize("principal", [1, 9, PPM + 1, 2**64])
@pytest.mark.parametrize("gross", [1, 10, PPM, 2**65 + 1, GROSS_LIMIT - 2**65])
def test_ledger__advance_in_the_corners__is_repaid_as_proved(corners, gross, principal, rate):
    """R = min(A, ⌊(N − N₀)·ρ/1e6⌋), and H + R = N + A."""
    system, work = corners.system, corners.derivative((Debt(333_333),))
    before = system.machine.snapshot()
    system.ledger.send(PAYER, "deposit", (work, 0, 10), 10)
    system.ledger.send(CREATOR, "requestAdvance", (work, 0, principal, rate))
    system.ledger.send(PAYER, "payAdvance", (work, 0, principal, rate), principal)
    system.ledger.send(PAYER, "deposit", (work, 0, gross), gross)
    base, now = net(10, [333_333]), net(10 + gross, [333_333])
    back = repaid(now - base, principal, rate)
    assert system.ledger.read("advanceOf", work, 0) == (PAYER, principal, rate, base, back, 0)
    assert system.ledger.read("indexOf", work, 0) == now - back + principal
    system.machine.revert(before)
