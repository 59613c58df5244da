"""Registration: who, what, once."""

from __future__ import annotations

from hashlib import sha256

import pytest
from brownie.exceptions import VirtualMachineError

from tests.contracts.reverts import reverts
from tests.contracts.structs import Economics, Listing
from tests.contracts.world import DOLLAR, GRACE, NATIVE, SALT, UNITS, work_id

ISCC = bytes.fromhex("cc" * 40)


def test_register__plain__title_shares_metadata_and_event(world, registry, ledger, creator):
    """R1: the id is the content's sha256; the registrant gets the title and all shares."""
    stated = world.registration("a work", creator, provenance=b"\x07" * 32, iscc=ISCC)
    done = registry.register(stated, {"from": creator})
    title = (creator, done.timestamp, done.timestamp + GRACE, 0, 0, 0, 0, False, False)
    assert tuple(registry.titleOf(stated.work)) == title
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


def test_register__committed_grace_ago__final_at_once(world, registry, chain, creator):
    stated = world.registration("a work", creator, salt=SALT)
    world.commit(stated.work, creator)
    committed_at = chain[-1].timestamp
    chain.sleep(GRACE)
    done = registry.register(stated, {"from": creator})
    title = registry.titleOf(stated.work).dict()
    assert (title["priorityAt"], title["finalAt"]) == (committed_at, committed_at + GRACE)
    assert title["finalAt"] <= done.timestamp
    assert done.events["WorkRegistered"]["finalAt"] == title["finalAt"]


def test_register__committed_a_moment_ago__final_grace_after_the_commitment(world, registry, chain, creator):
    """A commitment brings an earlier priority, not an earlier end of grace for the others."""
    stated = world.registration("a work", creator, salt=SALT)
    world.commit(stated.work, creator)
    committed_at = chain[-1].timestamp
    chain.sleep(GRACE // 2)
    done = registry.register(stated, {"from": creator})
    assert registry.titleOf(stated.work).dict()["finalAt"] == committed_at + GRACE > done.timestamp


EMPTY = int.from_bytes(sha256(b"").digest(), "big")


@pytest.mark.parametrize("work", [0, 1, 2**192 - 1, EMPTY], ids=["zero", "one", "share id", "empty"])
def test_register__no_work__refused(world, registry, creator, work):
    """R1: sha256 of the empty string is nobody's work, and ids below 2^192 name series of shares."""
    stated = world.registration("a work", creator)._replace(work=work)
    with reverts("WorkRegistry__EmptyWork", work):
        registry.register(stated, {"from": creator})


def test_register__least_id__allowed(world, registry, creator):
    stated = world.registration("a work", creator)._replace(work=2**192)
    registry.register(stated, {"from": creator})
    assert registry.ownerOf(2**192) == creator


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


def test_register__with_listings_and_bounds__published_in_one_transaction(
    world, registry, licensing, chain, creator, buyer
):
    """Everything that a sale needs stands after one transaction."""
    listings = (Listing(1, NATIVE, 10**15), Listing(1, DOLLAR, 3_000_000))
    mandate = world.bounds(world.pricing)
    stated = world.registration("a work", creator, listings=listings, bounds=(mandate,), salt=SALT)
    world.commit(stated.work, creator)
    chain.sleep(GRACE)
    done = registry.register(stated, {"from": creator})
    made = [(o["terms"], o["currency"], o["price"], o["supply"]) for o in done.events["OfferMade"]]
    assert made == [tuple(listing) for listing in listings]
    assert done.events["BoundsSet"]["delegate"] == world.pricing
    for offer in done.events["OfferMade"]:
        assert licensing.isLive(world.buy(offer["offer"], buyer))
    quote = world.quote(stated.work, seller=world.pricing)
    world.fund(buyer, quote.price)
    licensing.buyQuote(quote, world.sign(quote, world.pricing), buyer, {"from": buyer})


@pytest.mark.parametrize("economics", [Economics(minPrice=1), Economics(minUpstream=1), Economics(quorum=1)])
def test_register__with_economics_alone__they_stand(world, book, creator, economics):
    """Each of the three numbers alone is something to publish."""
    work = world.register_at_once("a work", creator, economics=economics)
    assert tuple(book.economicsOf(work)[0]) == economics


def test_register__with_bounds_alone__they_stand(world, registry, licensing, chain, creator, buyer):
    work = world.register_at_once("a work", creator, bounds=(world.bounds(world.pricing),))
    chain.sleep(GRACE)
    quote = world.quote(work, seller=world.pricing)
    world.fund(buyer, quote.price)
    sold = licensing.buyQuote(quote, world.sign(quote, world.pricing), buyer, {"from": buyer})
    assert sold.events["LicenceSold"]["work"] == work


def test_register__with_nothing_to_publish__the_offer_book_is_not_asked(world, alone, creator):
    """The sibling is a person here: any call to it would revert."""
    alone.registry.register(world.registration("a work", creator), {"from": creator})
    for changes in ({"listings": (Listing(1, NATIVE, 1),)}, {"economics": Economics(quorum=1)}):
        with pytest.raises(VirtualMachineError):
            alone.registry.register(world.registration("other", creator, **changes), {"from": creator})


def test_register__share_root__nobody_holds_units_until_they_are_activated(
    world, registry, ledger, chain, creator, buyer, distribution
):
    """The registrant's implicit units are gone; each leaf becomes units once, when the title is final."""
    root, leaves = distribution
    stated = world.registration("a work", creator, shareRoot=root)
    done = registry.register(stated, {"from": creator})
    assert dict(done.events["SharesRooted"]) == {"id": stated.work, "root": "0x" + root.hex()}
    assert registry.titleOf(stated.work).dict()["issued"]
    assert [ledger.balanceOf(who, stated.work) for who in (creator, buyer)] == [0, 0]
    chain.sleep(GRACE)
    for leaf in leaves:
        ledger.activate(stated.work, leaf.index, leaf.account, leaf.units, leaf.proof, {"from": world.relayer})
    assert [ledger.balanceOf(who, stated.work) for who in (creator, buyer)] == [leaf.units for leaf in leaves]


def test_register__no_root__shares_stay_implicit(world, registry, creator):
    work = world.register_at_once("a work", creator)
    assert not registry.titleOf(work).dict()["issued"]


def test_register__unknown_currency_in_a_listing__nothing_registered(world, registry, creator):
    stated = world.registration("a work", creator, listings=(Listing(1, 2, 1),))
    with reverts("RoyaltyLedger__UnknownCurrency", 2):
        registry.register(stated, {"from": creator})
    with reverts("WorkRegistry__UnknownWork", stated.work):
        registry.titleOf(stated.work)


def test_views__unknown_work__refused(registry, ledger, creator):
    unknown = work_id("never registered")
    views = (registry.titleOf, registry.packedTitleOf, registry.metadataOf, registry.tokenURI)
    for view in (*views, lambda work: registry.royaltyInfo(work, 1)):
        with reverts("WorkRegistry__UnknownWork", unknown):
            view(unknown)
    with reverts("WorkRegistry__UnknownWork", unknown):
        ledger.balanceOf(creator, unknown)
