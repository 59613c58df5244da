"""Registration on a signature: the registrant decides, somebody else pays the gas."""

from __future__ import annotations

import pytest

from tests.contracts.reverts import reverts
from tests.contracts.signing import compact, digest, high_s, sign
from tests.contracts.structs import Economics, Listing, Purchase
from tests.contracts.world import GRACE, NATIVE, SALT, now, work_id

NOBODY = "0x" + "0" * 40


@pytest.fixture
def deadline() -> int:
    return now() + 3600


@pytest.fixture
def stated(world, creator):
    """A registration with something in every field but parents and salt, nested arrays included."""

    def mandate(delegate, **changes):
        return world.bounds(delegate, currency=NATIVE, **changes)

    return world.registration(
        "a work",
        creator,
        provenance=b"\x07" * 32,
        iscc=b"\xcc" * 40,
        listings=(Listing(1, NATIVE, 7, supply=3), Listing(1, NATIVE, 9)),
        bounds=(mandate(world.pricing), mandate(world.relayer, perDay=1)),
        economics=Economics(NATIVE, 5, 50_000, 600_000),
        shareRoot=b"\x0a" * 32,
    )


def test_register_by_sig__account__title_goes_to_the_signer(world, registry, creator, stated, deadline):
    signature = world.sign_registration(stated, creator, deadline=deadline)
    registry.registerBySig(stated, deadline, signature, {"from": world.relayer})
    assert registry.ownerOf(stated.work) == creator


def test_register_by_sig__contract_wallet__erc1271_decides(world, registry, creator, rival, deadline):
    wallet = world.contract("SmartWallet", creator)
    stated = world.registration("a work", wallet)
    forged = world.sign_registration(stated, rival, deadline=deadline)
    with reverts("WorkRegistry__BadSignature"):
        registry.registerBySig(stated, deadline, forged, {"from": world.relayer})
    signature = world.sign_registration(stated, creator, deadline=deadline)
    registry.registerBySig(stated, deadline, signature, {"from": world.relayer})
    assert registry.ownerOf(stated.work) == wallet


def test_register_by_sig__with_commitment__priority_of_the_commitment(
    world, registry, creator, stated, deadline, chain
):
    stated = stated._replace(salt=SALT)
    signature = world.sign_registration(stated, creator, deadline=deadline)
    world.commit(stated.work, creator, by=world.relayer)
    committed_at = chain[-1].timestamp
    chain.sleep(10)
    registry.registerBySig(stated, deadline, signature, {"from": world.relayer})
    assert registry.titleOf(stated.work).dict()["priorityAt"] == committed_at


def test_register_by_sig__carrier_drops_the_salt__refused(world, registry, creator, stranger, stated, deadline):
    """R6: an at-once registration would delay the title, and use up a derivative's permit."""
    signature = world.sign_registration(stated._replace(salt=SALT), creator, deadline=deadline)
    world.commit(stated.work, creator, by=world.relayer)
    with reverts("WorkRegistry__BadSignature"):
        registry.registerBySig(stated, deadline, signature, {"from": stranger})


def test_register_by_sig__carrier_commits_under_a_salt_of_its_own__signature_works_once(
    world, registry, creator, stranger, stated, deadline, chain
):
    """R6: an at-once registration must not be replayed over what its registrant changed since."""
    signature = world.sign_registration(stated, creator, deadline=deadline)
    world.commit(stated.work, creator, by=stranger)
    chain.sleep(1)
    registry.registerBySig(stated, deadline, signature, {"from": world.relayer})
    registry.setMetadata(stated.work, b"\1" * 32, {"from": creator})
    with reverts("WorkRegistry__BadSignature"):
        registry.registerBySig(stated._replace(salt=SALT), deadline, signature, {"from": stranger})
    with reverts("WorkRegistry__AlreadyRegistered", stated.work, creator):
        registry.registerBySig(stated, deadline, signature, {"from": stranger})


def test_register_by_sig__commitment_made_again_after_the_reveal__signature_works_once(
    world, registry, creator, stranger, stated, deadline
):
    """R6: a reveal deletes its commitment, and anybody may make it again."""
    stated = stated._replace(salt=SALT)
    signature = world.sign_registration(stated, creator, deadline=deadline)
    world.commit(stated.work, creator)
    registry.registerBySig(stated, deadline, signature, {"from": world.relayer})
    world.commit(stated.work, creator, by=stranger)
    with reverts("WorkRegistry__AlreadyRegistered", stated.work, creator):
        registry.registerBySig(stated, deadline, signature, {"from": stranger})


def test_hash_registration__every_field__equals_eth_account(world, registry, creator, stated, deadline):
    """EIP-712: nested structs and arrays of structs included."""
    purchases = (Purchase(2**255, b"\x0c" * 32, 2**32 - 1), Purchase(1, b"\x0d" * 32))
    stated = stated._replace(permits=(5, 2**200), purchases=purchases, salt=SALT)
    for epoch in (0, 3):
        expected = digest(world.typed_registration(stated, epoch=epoch, deadline=deadline))
        assert registry.hashRegistration(stated, epoch, deadline) == "0x" + expected.hex()
    bare = world.registration("bare", creator, permits=(5, 2**200))
    expected = digest(world.typed_registration(bare, epoch=0, deadline=0))
    assert registry.hashRegistration(bare, 0, 0) == "0x" + expected.hex()


def test_domain__eip5267__names_version_chain_and_contract(registry):
    """EIP-5267: 0x0f means name, version, chain id and contract."""
    empty = "0x" + "00" * 32
    assert tuple(registry.eip712Domain()) == ("0x0f", "WorkRegistry", "1", 1337, registry.address, empty, ())


@pytest.mark.parametrize(
    "wrong",
    [{"chain_id": 1}, {"contract": "0x" + "11" * 20}, {"name": "Licensing"}, {"version": "2"}, {"epoch": 1}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_register_by_sig__signed_for_another_domain_or_epoch__refused(
    world, registry, creator, stated, deadline, wrong
):
    """R6: a signature binds chain, contract and epoch."""
    signature = world.sign_registration(stated, creator, deadline=deadline, **wrong)
    right = digest(world.typed_registration(stated, epoch=0, deadline=deadline))
    with reverts("WorkRegistry__BadSignature", creator, right):
        registry.registerBySig(stated, deadline, signature, {"from": world.relayer})


def test_register_by_sig__after_the_epoch_advanced__refused(world, registry, creator, stated, deadline):
    """R6: unused registrations are cancelled in bulk."""
    signature = world.sign_registration(stated, creator, deadline=deadline)
    assert registry.advanceEpoch({"from": creator}).events["EpochAdvanced"]["epoch"] == 1
    assert registry.epochOf(creator) == 1
    with reverts("WorkRegistry__BadSignature"):
        registry.registerBySig(stated, deadline, signature, {"from": world.relayer})
    signature = world.sign_registration(stated, creator, epoch=1, deadline=deadline)
    registry.registerBySig(stated, deadline, signature, {"from": world.relayer})


def test_register_by_sig__past_the_deadline__refused(world, registry, creator, stated, deadline, chain):
    signature = world.sign_registration(stated, creator, deadline=deadline)
    with reverts("WorkRegistry__BadSignature"):
        registry.registerBySig(stated, deadline + 1, signature, {"from": world.relayer})
    chain.sleep(3601)
    with reverts("WorkRegistry__Expired", deadline):
        registry.registerBySig(stated, deadline, signature, {"from": world.relayer})


@pytest.mark.parametrize(("late", "status"), [(0, 1), (1, 0)])
def test_register_by_sig__second_by_second__void_after_the_deadline(
    world, registry, creator, stated, deadline, mine_at, late, status
):
    signature = world.sign_registration(stated, creator, deadline=deadline)

    def carry(transaction):
        return registry.registerBySig(stated, deadline, signature, {**transaction, "allow_revert": True})

    assert mine_at(deadline + late, carry, world.relayer).status == status


@pytest.mark.parametrize(
    "change",
    [
        {"work": work_id("another work")},
        {"metadata": b"\1" * 32},
        {"provenance": b"\1" * 32},
        {"iscc": b"\xcc" * 39},
        {"permits": (1,)},
        {"purchases": (Purchase(1, b"\1" * 32),)},
        {"listings": (Listing(1, NATIVE, 7, supply=3), Listing(1, NATIVE, 8))},
        {"listings": (Listing(1, NATIVE, 9), Listing(1, NATIVE, 7, supply=3))},
        {"listings": (Listing(1, NATIVE, 7, supply=4), Listing(1, NATIVE, 9))},
        {"bounds": ()},
        {"economics": Economics(NATIVE, 5, 50_000, 600_001)},
        {"economics": Economics()},
        {"shareRoot": b"\0" * 32},
        {"salt": SALT},
    ],
    ids=lambda change: next(iter(change)),
)
def test_register_by_sig__one_field_changed__refused(world, registry, creator, stated, deadline, change):
    """R6: the submitter can change nothing that was signed."""
    signature = world.sign_registration(stated, creator, deadline=deadline)
    with reverts("WorkRegistry__BadSignature"):
        registry.registerBySig(stated._replace(**change), deadline, signature, {"from": world.relayer})


def test_register_by_sig__registrant_is_not_the_signer__refused(world, registry, creator, rival, stated, deadline):
    signature = world.sign_registration(stated, rival, deadline=deadline)
    for registrant in (str(creator), NOBODY):
        with reverts("WorkRegistry__BadSignature"):
            registry.registerBySig(stated._replace(registrant=registrant), deadline, signature, {"from": world.relayer})


@pytest.mark.parametrize("signature", [b"", b"\0" * 65, b"\xff" * 64, b"\1" * 66], ids=len)
def test_register_by_sig__no_signature__refused(world, registry, stated, deadline, signature):
    """A failed recovery yields the zero address, for which nobody may speak."""
    for each in (stated, stated._replace(registrant=NOBODY)):
        with reverts("WorkRegistry__BadSignature"):
            registry.registerBySig(each, deadline, signature, {"from": world.relayer})


@pytest.mark.parametrize("form", [high_s, compact], ids=["high-s", "compact"])
def test_register_by_sig__other_form_of_a_used_signature__still_used(
    world, registry, creator, stated, deadline, chain, form
):
    """R6: what is single-use is the work, not the bytes of a signature, so that malleability gains nothing."""
    message = world.typed_registration(stated, epoch=0, deadline=deadline)
    signature = sign(creator, message)
    registry.registerBySig(stated, deadline, signature, {"from": world.relayer})
    chain.sleep(GRACE)
    for again in (signature, form(signature)):
        with reverts("WorkRegistry__AlreadyRegistered", stated.work, creator):
            registry.registerBySig(stated, deadline, again, {"from": world.relayer})


@pytest.mark.parametrize("form", [high_s, compact], ids=["high-s", "compact"])
def test_register_by_sig__other_form_of_an_unused_signature__same_statement(
    world, registry, creator, stated, deadline, form
):
    signature = form(world.sign_registration(stated, creator, deadline=deadline))
    registry.registerBySig(stated, deadline, signature, {"from": world.relayer})
    assert registry.ownerOf(stated.work) == creator
