"""Limits: a derivative is sold while its permits last, and within what they cover."""

from __future__ import annotations

import pytest

from tests.contracts.reverts import reverts
from tests.contracts.world import ALL_SCOPES, DAY, FOREVER, GRACE, NATIVE, SALT, now

NARROW = 0x0010_00000001_0003
WIDE = 0x0011_00000001_0003


@pytest.fixture
def child(world, work, rival) -> int:
    """A derivative whose permit ends after thirty days, and covers NARROW."""
    return world.derive("a derivative", rival, [work], scope=NARROW, duration=30 * DAY, lasting=False)


def test_limits_of__original__none(book, work):
    assert tuple(book.limitsOf(work)) == (FOREVER, ALL_SCOPES)


def test_limits_of__derivative__those_of_its_permit(book, licensing, child):
    assert tuple(book.limitsOf(child)) == (licensing.expiresAt(1), NARROW)


def test_limit__not_licensing__refused(book, rival, child):
    """Threat: the holder of a derivative, who widens what its parents permitted."""
    with reverts("OfferBook__NotLicensing", rival):
        book.limit(child, FOREVER, ALL_SCOPES, {"from": rival})


def test_unlimit__not_the_registry__refused(book, rival, child):
    with reverts("OfferBook__NotRegistry", rival):
        book.unlimit(child, {"from": rival})


@pytest.mark.parametrize("how", ["listing", "quote"])
def test_take__derivative_beyond_its_scope__refused(world, buyer, child, accept, how):
    terms = world.terms(scope=WIDE)
    with reverts("OfferBook__ScopeTooWide", child, WIDE, NARROW):
        if how == "listing":
            world.buy(world.list(child, 0, terms=terms), buyer)
        else:
            accept(world.quote(child, price=0, terms=terms))


def test_take__derivative_inside_its_limits__sold_for_longer_than_them(world, book, licensing, buyer, child):
    """A licence of a derivative may outlive the permit."""
    licence = world.buy(world.list(child, 0, terms=world.terms(scope=NARROW)), buyer)
    assert licensing.expiresAt(licence) > book.limitsOf(child)["sellUntil"]


@pytest.mark.parametrize("how", ["listing", "quote"])
def test_take__derivative_whose_permit_ended__refused(world, book, chain, buyer, child, accept, how):
    terms = world.terms(scope=NARROW)
    offer = world.list(child, 0, terms=terms)
    until = book.limitsOf(child)["sellUntil"]
    chain.sleep(until - now() - 60)
    world.buy(offer, buyer)
    chain.sleep(60)
    with reverts("OfferBook__PermitExpired", child, until):
        if how == "listing":
            world.buy(offer, buyer)
        else:
            accept(world.quote(child, price=0, terms=terms, currency=NATIVE))


def test_take__original_after_a_derivative_gave_way__no_limits(
    world, registry, book, chain, creator, rival, buyer, work
):
    """Threat: a copier who registers somebody's original as a derivative, whose limits would stay behind."""
    stated = world.registration("an original", creator)
    world.commit(stated.work, creator)
    chain.sleep(60)
    permit = world.free_licence(work, rival, scope=NARROW, duration=DAY, lasting=False)
    registry.register(stated._replace(registrant=str(rival), permits=(permit,)), {"from": rival})
    assert book.limitsOf(stated.work)["capScope"] == NARROW
    registry.register(stated._replace(salt=SALT), {"from": creator})
    assert tuple(book.limitsOf(stated.work)) == (FOREVER, ALL_SCOPES)
    chain.sleep(DAY + GRACE)
    world.buy(world.list(stated.work, 0, terms=world.terms(scope=WIDE)), buyer)
