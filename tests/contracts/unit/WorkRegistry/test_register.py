"""Registration: who, what, once."""

from __future__ import annotations

from hashlib import sha256

import pytest

from tests.contracts.reverts import reverts
from tests.contracts.structs import Listing
from tests.contracts.world import DOLLAR, GRACE, NATIVE, SALT, UNITS, work_id

ISCC = bytes.fromhex("cc" * 40)


def test_register__plain__title_shares_metadata_and_event(world, registry, ledger, creator):
    """R1: the id is the content's sha256; the registrant gets the title and all shares."""
    stated = world.registration("a work", creator, provenance=b"\x07" * 32, iscc=ISCC)
    done = registry.register(stated, {"from": creator})
    assert tuple(registry.titleOf(stated.work)) == (creator, done.timestamp, done.timestamp + GRACE, 0, 0, 0, False)
    assert registry.ownerOf(stated.work) == creator
    assert registry.metadataOf(stated.work) == "0x" + stated.metadata.hex()
    assert ledger.balanceOf(creator, stated.work) == UNITS
    event = done.events["WorkRegistered"]
    assert dict(event) == {
        "work": stated.work,
        "registrant": creator,
        "metadata": "0x" + stated.metadata.hex(),
        "provenance": "0x" + "07" * 32,
        "iscc": "0x" + ISCC.hex(),
        "upstream": 0,
        "finalAt": done.timestamp + GRACE,
    }


def test_register__with_commitment__final_at_once(world, registry, work):
    title = registry.titleOf(work).dict()
    assert title["finalAt"] == title["registeredAt"]


@pytest.mark.parametrize("work", [0, int.from_bytes(sha256(b"").digest(), "big")], ids=["zero", "empty"])
def test_register__nothing__refused(world, registry, creator, work):
    """R1: 0 and sha256 of the empty string are nobody's works."""
    stated = world.registration("a work", creator)._replace(work=work)
    with reverts("WorkRegistry__EmptyWork", work):
        registry.register(stated, {"from": creator})


def test_register__content_registered_before__refused(world, registry, creator, rival, work):
    """R1: a content hash registers once; a later commitment changes nothing."""
    copy = world.registration("a work", rival)
    assert copy.work == work
    with reverts("WorkRegistry__AlreadyRegistered", work, creator):
        registry.register(copy, {"from": rival})
    world.commit(work, rival)
    with reverts("WorkRegistry__AlreadyRegistered", work, creator):
        registry.register(copy._replace(salt=SALT), {"from": rival})
    with reverts("WorkRegistry__AlreadyRegistered", work, creator):
        registry.register(world.registration("a work", creator), {"from": creator})


def test_register__for_somebody_else__refused(world, registry, creator, rival):
    with reverts("WorkRegistry__NotRegistrant", creator, rival):
        registry.register(world.registration("a work", creator), {"from": rival})


def test_register__with_listings_and_bounds__published_in_one_transaction(world, registry, licensing, creator, buyer):
    """Everything that a sale needs stands after one transaction."""
    listings = (Listing(1, NATIVE, 10**15), Listing(1, DOLLAR, 3_000_000))
    mandate = world.bounds(world.pricing)
    stated = world.registration("a work", creator, listings=listings, bounds=(mandate,))
    world.commit(stated.work, creator)
    done = registry.register(stated._replace(salt=SALT), {"from": creator})
    assert [(o["terms"], o["currency"], o["price"]) for o in done.events["OfferMade"]] == [tuple(li) for li in listings]
    assert done.events["BoundsSet"]["delegate"] == world.pricing
    for offer in done.events["OfferMade"]:
        assert licensing.isLive(world.buy(offer["offer"], buyer))
    quote = world.quote(stated.work, seller=world.pricing)
    world.fund(buyer, quote.price)
    licensing.buyQuote(quote, world.sign(quote, world.pricing), buyer, {"from": buyer})


def test_register__unknown_currency_in_a_listing__nothing_registered(world, registry, creator):
    stated = world.registration("a work", creator, listings=(Listing(1, 2, 1),))
    with reverts("RoyaltyLedger__UnknownCurrency", 2):
        registry.register(stated, {"from": creator})
    with reverts("WorkRegistry__UnknownWork", stated.work):
        registry.titleOf(stated.work)


def test_views__unknown_work__refused(registry, ledger, creator):
    unknown = work_id("never registered")
    for view in (registry.titleOf, registry.metadataOf, registry.tokenURI):
        with reverts("WorkRegistry__UnknownWork", unknown):
            view(unknown)
    with reverts("WorkRegistry__UnknownWork", unknown):
        ledger.balanceOf(creator, unknown)


def test_register__paused__refused_until_resumed(world, registry, admin, creator):
    """M7: pausing stops registrations."""
    registry.setPaused(True, {"from": admin})
    assert registry.paused()
    with reverts("Pausable__Paused"):
        world.register_at_once("a work", creator)
    stated = world.registration("a work", creator)
    signature = world.sign_registration(stated, creator, deadline=2**40)
    with reverts("Pausable__Paused"):
        registry.registerBySig(stated, 2**40, signature, {"from": world.relayer})
    registry.setPaused(False, {"from": admin})
    world.register_at_once("a work", creator)


def test_pause__not_the_admin__refused(registry, licensing, creator):
    for contract in (registry, licensing):
        with reverts("OwnableUnauthorizedAccount", creator):
            contract.setPaused(True, {"from": creator})


def test_admin__handed_over_in_two_steps__old_one_is_out(registry, admin, rival):
    """M7: a mistyped new admin never gets the key, since it must accept."""
    registry.transferOwnership(rival, {"from": admin})
    assert registry.owner() == admin
    registry.acceptOwnership({"from": rival})
    with reverts("OwnableUnauthorizedAccount", admin):
        registry.setPaused(True, {"from": admin})
    registry.setPaused(True, {"from": rival})
