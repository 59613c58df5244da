"""The title: metadata, tokenURI, epochs, transfers, interfaces."""

from __future__ import annotations

from hashlib import sha256

import pytest
from multiformats import CID

from tests.contracts.reverts import reverts
from tests.contracts.structs import Listing
from tests.contracts.unit.WorkRegistry.titles import LAST_EPOCH, MAX_SERIES, set_epoch, set_series
from tests.contracts.world import NATIVE, UNITS, work_id


def cid_uri(digest: bytes) -> str:
    """`ipfs://` and the CIDv1 of the raw block with this sha256, by an independent implementation."""
    return f"ipfs://{CID('base32', 1, 'raw', ('sha2-256', digest)).encode()}"


@pytest.mark.parametrize("content", [b"", b"metadata of a work", b'{"name":"Colophon"}'])
def test_token_uri__any_digest__is_the_cid_of_the_metadata(registry, creator, work, content):
    digest = sha256(content).digest()
    registry.setMetadata(work, digest, {"from": creator})
    assert registry.tokenURI(work) == cid_uri(digest)


@pytest.mark.parametrize("digest", [b"\0" * 32, b"\xff" * 32, b"\0" * 31 + b"\1", b"\x80" + b"\0" * 31])
def test_token_uri__extreme_bits__equal_base32(registry, creator, work, digest):
    registry.setMetadata(work, digest, {"from": creator})
    assert registry.tokenURI(work) == cid_uri(digest)


def test_set_metadata__holder__updated_with_erc4906_event(registry, creator, work):
    done = registry.setMetadata(work, b"\1" * 32, {"from": creator})
    assert done.events["MetadataUpdate"]["_tokenId"] == work
    assert registry.metadataOf(work) == "0x" + "01" * 32


def test_holder_functions__anybody_else__refused(registry, rival, work):
    with reverts("WorkRegistry__NotHolder", work, rival):
        registry.setMetadata(work, b"\1" * 32, {"from": rival})
    with reverts("WorkRegistry__NotHolder", work, rival):
        registry.advanceWorkEpoch(work, {"from": rival})
    with reverts("WorkRegistry__NotHolder", work_id("never registered"), rival):
        registry.advanceWorkEpoch(work_id("never registered"), {"from": rival})


def test_packed_title_of__every_field__same_as_the_title(world, registry, creator, rival, distribution):
    """SPECIFICATION, section 1: epoch 24 | parents 5 | upstream 20 | series 5 | disputed 1 | issued 1 | priority 40."""
    parents = [world.register(f"parent {i}", rival) for i in range(2)]
    permits = tuple(world.free_licence(parent, creator, upstream=450_000) for parent in parents)
    work = world.register("a child", creator, permits=permits, shareRoot=distribution[0])
    set_series(registry, work, MAX_SERIES)
    set_epoch(registry, work, LAST_EPOCH)
    title = registry.titleOf(work).dict()
    state = title["priorityAt"] | 1 << 40 | MAX_SERIES << 42 | 900_000 << 47 | 2 << 67 | LAST_EPOCH << 72
    assert title["issued"]
    assert (title["parents"], title["upstream"]) == (2, 900_000)
    assert tuple(registry.packedTitleOf(work)) == (state << 160 | int(str(creator), 16), title["finalAt"])


def test_advance_work_epoch__twice__rises_by_one_each_and_changes_nothing_else(world, registry, creator, work):
    before = registry.titleOf(work).dict()
    for epoch in (1, 2):
        done = registry.advanceWorkEpoch(work, {"from": creator})
        assert done.events["WorkEpochAdvanced"]["epoch"] == epoch
    assert registry.titleOf(work).dict() == before | {"epoch": 2}


def test_transfer__title__epoch_rises_and_shares_stay(registry, ledger, creator, buyer, work):
    """M6: the title changes hands, the shares do not."""
    before = registry.titleOf(work).dict()
    done = registry.transferFrom(creator, buyer, work, {"from": creator})
    assert registry.titleOf(work).dict() == before | {"holder": str(buyer), "epoch": 1, "issued": True}
    assert [e["amount"] for e in done.events["Transfer"] if "amount" in e] == [UNITS]
    assert (ledger.balanceOf(creator, work), ledger.balanceOf(buyer, work)) == (UNITS, 0)


def test_transfer__second_time__shares_are_not_issued_again(registry, ledger, creator, buyer, rival, work):
    registry.transferFrom(creator, buyer, work, {"from": creator})
    done = registry.transferFrom(buyer, rival, work, {"from": buyer})
    assert [e for e in done.events["Transfer"] if "amount" in e] == []
    assert [ledger.balanceOf(who, work) for who in (creator, buyer, rival)] == [UNITS, 0, 0]
    assert registry.titleOf(work).dict()["epoch"] == 2


def test_transfer__not_owner_nor_approved__refused_and_nothing_issued(registry, ledger, creator, rival, work):
    with reverts("NotOwnerNorApproved"):
        registry.transferFrom(creator, rival, work, {"from": rival})
    with reverts("TransferFromIncorrectOwner"):
        registry.transferFrom(rival, rival, work, {"from": rival})
    with reverts("TransferToZeroAddress"):
        registry.transferFrom(creator, "0x" + "0" * 40, work, {"from": creator})
    assert not registry.titleOf(work).dict()["issued"]


def test_transfer__approved_operator__allowed_once(registry, creator, rival, buyer, work):
    registry.approve(rival, work, {"from": creator})
    registry.safeTransferFrom(creator, buyer, work, {"from": rival})
    assert registry.ownerOf(work) == buyer
    with reverts("NotOwnerNorApproved"):
        registry.transferFrom(buyer, rival, work, {"from": rival})


def test_transfer__former_holder__keeps_revenue_but_no_control(world, registry, ledger, book, creator, buyer, work):
    """M6: money goes by shares, licensing by title."""
    world.deposit(work, 1000)
    registry.transferFrom(creator, buyer, work, {"from": creator})
    world.deposit(work, 10)
    assert ledger.claimable(work, NATIVE, creator) == 1010
    assert ledger.claimable(work, NATIVE, buyer) == 0
    with reverts("OfferBook__NotHolder", work, creator):
        book.list(work, Listing(1, NATIVE, 1), {"from": creator})


def test_advance_work_epoch__last_epoch__refused_instead_of_beginning_anew(registry, creator, rival, work):
    """R6: a holder who spins the epoch until it wraps would revive the listings of epoch 0 for the next holder."""
    set_epoch(registry, work, LAST_EPOCH - 1)
    registry.advanceWorkEpoch(work, {"from": creator})
    with reverts("WorkRegistry__EpochsUsedUp", work):
        registry.advanceWorkEpoch(work, {"from": creator})
    with reverts("WorkRegistry__EpochsUsedUp", work):
        registry.transferFrom(creator, rival, work, {"from": creator})


def test_transfer__with_coins__refused(registry, creator, buyer, work):
    """ERC-721 allows these functions to be payable; the coins would be nobody's."""
    sent = {"from": creator, "value": 1}
    with reverts("WorkRegistry__WrongValue", 1, 0):
        registry.approve(buyer, work, sent)
    with reverts("WorkRegistry__WrongValue", 1, 0):
        registry.transferFrom(creator, buyer, work, sent)
    with reverts("WorkRegistry__WrongValue", 1, 0):
        registry.safeTransferFrom(creator, buyer, work, sent)
    with reverts("WorkRegistry__WrongValue", 1, 0):
        registry.safeTransferFrom(creator, buyer, work, b"data", sent)


def test_transfer__distributed_shares__are_not_issued_to_the_holder(
    world, registry, ledger, chain, creator, buyer, distribution
):
    """The units belong to the leaves of the tree; a transfer of the title must not make a million more."""
    work = world.register("a work", creator, shareRoot=distribution[0])
    done = registry.transferFrom(creator, buyer, work, {"from": creator})
    assert [e for e in done.events["Transfer"] if "amount" in e] == []
    assert ledger.balanceOf(creator, work) == 0


def test_safe_transfer__receiver_reenters__title_has_changed_hands_before(
    world, registry, ledger, creator, rival, work
):
    """R7: shares were issued and the epoch rose before the receiver is called."""
    receiver = world.contract("ReentrantReceiver")
    receiver.lay(registry, registry.transferFrom.encode_input(receiver, rival, work))
    registry.safeTransferFrom(creator, receiver, work, {"from": creator})
    assert receiver.outcome(0)[0]
    title = registry.titleOf(work).dict()
    assert (title["holder"], title["epoch"], title["issued"]) == (rival, 2, True)
    assert (ledger.balanceOf(creator, work), registry.balanceOf(receiver)) == (UNITS, 0)


@pytest.mark.parametrize("price", [0, 19, 20, 10**18 + 7, 2**256 - 1])
def test_royalty_info__any_price__a_twentieth_to_the_inbox(registry, inboxes, work, price):
    """ERC-2981: 5 %, rounded down, without overflow."""
    assert tuple(registry.royaltyInfo(work, price)) == (inboxes.inboxOf(work), price * 5 // 100)


def test_supports_interface__erc165_721_metadata_2981_4906__yes(registry):
    for identifier in ("0x01ffc9a7", "0x80ac58cd", "0x5b5e139f", "0x2a55205a", "0x49064906"):
        assert registry.supportsInterface(identifier)
    assert not registry.supportsInterface("0xffffffff")
    assert (registry.name(), registry.symbol()) == ("Colophon Works", "WORK")
