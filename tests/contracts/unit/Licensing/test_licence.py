"""Licences: ERC-721 tokens that expire."""

from __future__ import annotations

from hashlib import sha256

import pytest
from multiformats import CID

from tests.contracts.reverts import reverts
from tests.contracts.world import DAY


@pytest.fixture
def licence(world, work, buyer) -> int:
    """A transferable licence for a year."""
    return world.free_licence(work, buyer)


def test_is_live__last_second_and_expiry__true_then_false(licensing, chain, buyer, licence):
    """R3: from its expiry on, a licence proves nothing, though the token still has an owner."""
    expiry = licensing.expiresAt(licence)
    chain.mine(timestamp=expiry - 1)
    assert licensing.isLive(licence)
    chain.mine(timestamp=expiry)
    assert not licensing.isLive(licence)
    assert licensing.ownerOf(licence) == buyer


def test_expired__as_a_permit__permits_nothing(world, registry, licensing, chain, buyer, licence):
    """R3 and R5."""
    chain.sleep(365 * DAY + 1)
    stated = world.registration("derivative", buyer, permits=(licence,))
    with reverts("Licensing__NotLive", licence):
        registry.register(stated, {"from": buyer})


def test_views__unknown_licence__refused_and_not_live(licensing):
    for unknown in (0, 1, 2**255):
        assert not licensing.isLive(unknown)
        assert not licensing.allows(unknown, 0)
        for view in (licensing.licenceOf, licensing.expiresAt, licensing.tokenURI):
            with reverts("Licensing__UnknownLicence", unknown):
                view(unknown)
        for view in (licensing.ownerOf, licensing.getApproved):
            with reverts("TokenDoesNotExist"):
                view(unknown)


def test_transfer__transferable__new_holder_has_it(licensing, buyer, stranger, licence):
    licensing.transferFrom(buyer, stranger, licence, {"from": buyer})
    assert licensing.licenceOf(licence)["holder"] == stranger
    assert licensing.isLive(licence)


@pytest.mark.parametrize("how", ["owner", "approved", "operator"])
def test_transfer__not_transferable__refused_for_everybody(world, licensing, buyer, stranger, work, how):
    licence = world.free_licence(work, buyer, transferable=False)
    licensing.approve(stranger, licence, {"from": buyer})
    licensing.setApprovalForAll(stranger, how == "operator", {"from": buyer})
    mover = buyer if how == "owner" else stranger
    with reverts("Licensing__NotTransferable", licence):
        licensing.transferFrom(buyer, stranger, licence, {"from": mover})
    with reverts("Licensing__NotTransferable", licence):
        licensing.safeTransferFrom(buyer, stranger, licence, {"from": mover})
    assert licensing.ownerOf(licence) == buyer


def test_transfer__expiry_and_offer__travel_with_the_token(licensing, buyer, stranger, licence):
    before = licensing.licenceOf(licence).dict()
    licensing.transferFrom(buyer, stranger, licence, {"from": buyer})
    assert licensing.licenceOf(licence).dict() == before | {"holder": str(stranger)}


def test_constants__deployment__siblings_as_given(world, licensing):
    siblings = (licensing.REGISTRY(), licensing.LEDGER(), licensing.BOOK())
    assert siblings == (world.registry, world.ledger, world.book)


def test_token_uri__licence__is_the_cid_of_its_terms(world, licensing, work, buyer):
    text = sha256(b"other terms").digest()
    licence = world.free_licence(work, buyer, text=text)
    assert licensing.tokenURI(licence) == f"ipfs://{CID('base32', 1, 'raw', ('sha2-256', text)).encode()}"


def test_title_transfer__licences_sold_before__stay_live(world, registry, licensing, creator, rival, work, licence):
    """Existing licences run out on their own, whoever holds the title."""
    registry.transferFrom(creator, rival, work, {"from": creator})
    assert licensing.isLive(licence)
    assert licensing.licenceOf(licence)["work"] == work


def test_transfer__not_transferable_in_the_middle_of_a_batch__refused(world, licensing, buyer, stranger, work):
    world.buy(world.list(work, 0, terms=world.terms(transferable=False)), buyer, quantity=3)
    with reverts("Licensing__NotTransferable", 2):
        licensing.transferFrom(buyer, stranger, 2, {"from": buyer})


def test_transfer__coins__refused(licensing, buyer, stranger, licence):
    """They would stay here for ever."""
    with reverts("ConsecutiveERC721__CoinsRefused", 1):
        licensing.transferFrom(buyer, stranger, licence, {"from": buyer, "value": 1})
    with reverts("ConsecutiveERC721__CoinsRefused", 1):
        licensing.approve(stranger, licence, {"from": buyer, "value": 1})


def test_adapt__not_the_registry__refused(licensing, buyer, licence, work):
    with reverts("Licensing__NotRegistry", buyer):
        licensing.adapt(work, buyer, [licence], [], {"from": buyer})


def test_name__erc721__says_what_it_is(licensing):
    assert (licensing.name(), licensing.symbol()) == ("Colophon Licences", "LICENCE")
    assert licensing.supportsInterface("0x80ac58cd")
