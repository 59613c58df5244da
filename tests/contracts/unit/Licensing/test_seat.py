"""Seats: accounts beside the holder that may use a licence, for as long as it has that holder."""

from __future__ import annotations

import pytest

from tests.contracts.reverts import reverts
from tests.contracts.world import DAY

ALL = 2**64 - 1
NOBODY = "0x" + "0" * 40


@pytest.fixture
def licence(world, work, buyer) -> int:
    """With two seats."""
    return world.free_licence(work, buyer, seats=2)


@pytest.fixture
def guests(world) -> list:
    return world.creators


def test_set_seat__holder__guest_may_use_it(licensing, buyer, guests, licence):
    assert not licensing.mayUse(licence, guests[0], ALL)
    done = licensing.setSeat(licence, guests[0], True, {"from": buyer})
    assert dict(done.events["SeatSet"]) == {"licence": licence, "holder": buyer, "account": guests[0], "taken": True}
    assert licensing.mayUse(licence, guests[0], ALL)
    assert licensing.mayUse(licence, buyer, ALL)
    assert not licensing.mayUse(licence, guests[1], ALL)
    assert licensing.seatsTaken(licence) == 1


def test_set_seat__more_than_the_terms_allow__refused_until_one_leaves(licensing, buyer, guests, licence):
    for guest in guests[:2]:
        licensing.setSeat(licence, guest, True, {"from": buyer})
    with reverts("Licensing__NoSeatLeft", licence, 2):
        licensing.setSeat(licence, guests[2], True, {"from": buyer})
    left = licensing.setSeat(licence, guests[0], False, {"from": buyer})
    assert not left.events["SeatSet"]["taken"]
    licensing.setSeat(licence, guests[2], True, {"from": buyer})
    assert [licensing.mayUse(licence, guest, ALL) for guest in guests] == [False, True, True]
    assert licensing.seatsTaken(licence) == 2


def test_set_seat__terms_without_seats__refused(world, licensing, buyer, guests, work):
    licence = world.free_licence(work, buyer)
    with reverts("Licensing__NoSeatLeft", licence, 0):
        licensing.setSeat(licence, guests[0], True, {"from": buyer})


def test_set_seat__as_it_is__refused(licensing, buyer, guests, licence):
    """Threat: a seat that is taken twice and left twice, until the count is wrong."""
    with reverts("Licensing__SeatUnchanged", licence, guests[0]):
        licensing.setSeat(licence, guests[0], False, {"from": buyer})
    licensing.setSeat(licence, guests[0], True, {"from": buyer})
    with reverts("Licensing__SeatUnchanged", licence, guests[0]):
        licensing.setSeat(licence, guests[0], True, {"from": buyer})
    assert licensing.seatsTaken(licence) == 1


def test_set_seat__approved_account_or_operator__refused(licensing, buyer, stranger, guests, licence):
    """A marketplace that may move the licence may not let others use it."""
    licensing.approve(stranger, licence, {"from": buyer})
    licensing.setApprovalForAll(stranger, True, {"from": buyer})
    for nobody in (stranger, guests[0]):
        with reverts("Licensing__NotLicenceHolder", licence, nobody):
            licensing.setSeat(licence, guests[0], True, {"from": nobody})


def test_set_seat__zero_address__refused(licensing, buyer, licence):
    """Threat: a gate that takes a failed signature recovery for an account."""
    with reverts("Licensing__ZeroAddress"):
        licensing.setSeat(licence, NOBODY, True, {"from": buyer})
    assert not licensing.mayUse(licence, NOBODY, ALL)
    assert not licensing.mayUse(99, NOBODY, ALL)


def test_set_seat__unknown_licence__refused(licensing, buyer, guests):
    with reverts("Licensing__UnknownLicence", 99):
        licensing.setSeat(99, guests[0], True, {"from": buyer})


def test_transfer__seats__end_for_ever(licensing, buyer, stranger, guests, licence):
    """Threat: guests of a former holder, also when the licence comes back to it."""
    for guest in guests[:2]:
        licensing.setSeat(licence, guest, True, {"from": buyer})
    licensing.transferFrom(buyer, stranger, licence, {"from": buyer})
    assert not licensing.mayUse(licence, guests[0], ALL)
    assert not licensing.mayUse(licence, buyer, ALL)
    assert licensing.mayUse(licence, stranger, ALL)
    assert licensing.seatsTaken(licence) == 0
    licensing.transferFrom(stranger, buyer, licence, {"from": stranger})
    assert not licensing.mayUse(licence, guests[0], ALL)
    licensing.setSeat(licence, guests[0], True, {"from": buyer})
    assert licensing.seatsTaken(licence) == 1


def test_transfer__to_oneself__ends_all_seats_at_once(licensing, buyer, guests, licence):
    licensing.setSeat(licence, guests[0], True, {"from": buyer})
    licensing.transferFrom(buyer, buyer, licence, {"from": buyer})
    assert not licensing.mayUse(licence, guests[0], ALL)
    assert (licensing.seatsTaken(licence), licensing.ownerOf(licence)) == (0, buyer)


def test_may_use__expired__nobody_any_more(licensing, chain, buyer, guests, licence):
    """R3."""
    licensing.setSeat(licence, guests[0], True, {"from": buyer})
    chain.mine(timestamp=licensing.expiresAt(licence))
    assert not licensing.mayUse(licence, guests[0], ALL)
    assert not licensing.mayUse(licence, buyer, ALL)


def test_may_use__scope__every_use_or_nothing(world, licensing, buyer, guests, work):
    scope = 0x0003_00000001_0010
    licence = world.free_licence(work, buyer, seats=1, scope=scope, duration=DAY)
    licensing.setSeat(licence, guests[0], True, {"from": buyer})
    for inside in (scope, 0x0001_00000001_0010):
        assert licensing.allows(licence, inside)
        assert licensing.mayUse(licence, guests[0], inside)
    for outside in (0x0004_00000001_0010, 0x0001_00000003_0010, 0x0001_00000001_0011, ALL):
        assert not licensing.allows(licence, outside)
        assert not licensing.mayUse(licence, guests[0], outside)
    assert not licensing.allows(99, scope)


def test_seats__of_several_licences__each_its_own(world, licensing, buyer, guests, work):
    offer = world.list(work, 0, terms=world.terms(seats=1))
    first = world.buy(offer, buyer, quantity=3)
    licensing.setSeat(first + 1, guests[0], True, {"from": buyer})
    assert [licensing.mayUse(first + i, guests[0], ALL) for i in range(3)] == [False, True, False]


def test_seats__burnt_licence__nobody(world, licensing, buyer, guests, work):
    licence = world.free_licence(work, buyer, seats=1, refundDays=1)
    licensing.setSeat(licence, guests[0], True, {"from": buyer})
    licensing.refund(licence, {"from": buyer})
    assert not licensing.mayUse(licence, guests[0], ALL)
    with reverts("Licensing__UnknownLicence", licence):
        licensing.setSeat(licence, guests[1], True, {"from": buyer})
