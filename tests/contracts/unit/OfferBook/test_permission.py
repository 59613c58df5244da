"""What a licence permits to derivatives: its terms, inside the limits of a parent that is a derivative itself."""

from __future__ import annotations

import pytest

from tests.contracts.reverts import reverts
from tests.contracts.world import ALL_SCOPES, DAY, DOLLAR, FOREVER, NATIVE

DIVERT = 1
NARROW = 0x0011_00000001_0003
OTHER = 0x0010_00000003_0001
OWED = {"maxDerivatives": 3, "upstream": 200_000, "currency": DOLLAR, "guarantee": 5, "ceiling": 6}


@pytest.fixture
def disputed(disputes, stranger):
    """Open a dispute over a work."""

    def run(work):
        cost = sum(disputes.costOf(work))
        disputes.open(work, DIVERT, "ipfs://evidence", {"from": stranger, "value": cost})

    return run


def test_permission_of__original__its_terms(world, book, work):
    offer = world.list(work, 0, terms=world.terms(scope=NARROW, **OWED))
    assert tuple(book.permissionOf(offer)) == (work, *OWED.values(), True, FOREVER, NARROW)


def test_permission_of__derivative__inside_its_own_limits(world, book, rival, work):
    """Threat: a grandchild that is sold for longer, or for more, than its parent may be."""
    child = world.derive("a derivative", rival, [work], scope=NARROW, duration=DAY, lasting=False)
    offer = world.list(child, 0, terms=world.terms(scope=OTHER, lasting=False))
    until = book.limitsOf(child)["sellUntil"]
    permission = (child, 1, 100_000, NATIVE, 0, 0, False, until, NARROW & OTHER)
    assert tuple(book.permissionOf(offer)) == permission


def test_permission_of__derivative_without_limits__its_terms(world, book, rival, work):
    child = world.derive("a derivative", rival, [work])
    offer = world.list(child, 0)
    assert tuple(book.permissionOf(offer))[-2:] == (FOREVER, ALL_SCOPES)


def test_permission_of__unknown_offer__refused(book):
    with reverts("OfferBook__UnknownOffer", 7):
        book.permissionOf(7)


def test_permission_of__disputed_parent__refused(world, book, work, disputed):
    """Nobody derives from a parent that may be lost."""
    offer = world.list(work, 0)
    disputed(work)
    with reverts("OfferBook__Disputed", work):
        book.permissionOf(offer)


def test_take_fee__listing__sale_and_permission(world, book, licensing, work):
    offer = world.list(work, 9, DOLLAR, world.terms(**OWED))
    sale, permission = book.takeFee.call(world.purchase(offer), {"from": licensing})
    assert tuple(sale) == tuple(book.take.call(world.purchase(offer), {"from": licensing}))
    assert tuple(permission) == tuple(book.permissionOf(offer))


def test_take_fee__edition__counts_as_a_sale(world, book, rival, work):
    offer = world.list(work, 0, supply=1)
    world.register("a derivative", rival, purchases=(world.purchase(offer),))
    assert book.offerOf(offer)["sold"] == 1
    with reverts("OfferBook__SoldOut", offer, 1):
        world.register("another derivative", rival, purchases=(world.purchase(offer),))


def test_take_fee__disputed_parent_or_not_licensing__refused(world, book, licensing, stranger, work, disputed):
    purchase = world.purchase(world.list(work, 0))
    with reverts("OfferBook__NotLicensing", stranger):
        book.takeFee(purchase, {"from": stranger})
    disputed(work)
    with reverts("OfferBook__Disputed", work):
        book.takeFee.call(purchase, {"from": licensing})
    book.take.call(purchase, {"from": licensing})
