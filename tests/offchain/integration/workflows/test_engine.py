"""The engine over real nodes: one process a name, drafts that are renewed, works that somebody else registered."""

from __future__ import annotations

import hashlib

import pytest

from offchain.chain import Registration
from offchain.chain.signer import development_signer
from offchain.errors import NotFoundError, UnavailableError
from offchain.storage import canonical_json
from offchain.workflows.catalogue import describe
from offchain.workflows.engine import Engine
from offchain.workflows.jobs import PUBLISHING
from offchain.workflows.metadata import Metadata, metadata_to_json
from offchain.workflows.opening import open_engine
from offchain.workflows.publishing import publish
from offchain.workflows.recognition import recognise
from offchain.workflows.registration import start_registration, submit_signature
from offchain.workflows.requests import RegistrationRequest, TierListing
from offchain.workflows.services import open_services, service_signers
from tests.offchain.site import ADA, ALICE, BEN, PRIDE, RELAYER, Site


@pytest.fixture
def engine(site: Site):
    relayer, pricing = service_signers(site.settings)
    with open_services(site.settings, relayer=relayer, pricing=pricing) as services, open_engine(services) as engine:
        yield engine


def test_open_engine__second_of_the_same_name__refused(engine: Engine):
    """Two engines over one journal would each continue what the other is doing."""
    with pytest.raises(UnavailableError) as caught, open_engine(engine.services):
        pass
    assert caught.value.code == "workflows-busy"


def test_start_registration__user_is_own_relayer__needs_no_service(site: Site):
    """As the command line does it: one key signs and pays, and a fixed price needs no pricing key."""
    signer = development_signer(BEN, 1337)
    listing = TierListing("personal", 5_000_000)
    request = RegistrationRequest(signer.address, "Alice", listings=(listing,))
    with open_services(site.settings, relayer=signer) as services, open_engine(services, name="cli") as engine:
        job = engine.wait(start_registration(engine, ALICE, request).id)
        submit_signature(engine, job.id, signer.sign_typed(job.typed))
        result = engine.wait(job.id).result
        view = describe(services, int(result["work"], 16))
    assert view.title.holder == signer.address
    assert [(each.tier, each.price) for each in view.listings] == [("personal", 5_000_000)]


def test_start_registration__registrant_revoked_meanwhile__is_drafted_anew(site: Site, engine: Engine):
    """A signature over the old draft would be refused: its epoch is over."""
    ada = site.signer(ADA)
    request = RegistrationRequest(ada.address, "Pride")
    job = engine.wait(start_registration(engine, PRIDE, request).id)
    registry = site.world.contracts.registry
    site.world.send(registry.advance_epoch(), ADA)
    again = engine.wait(start_registration(engine, PRIDE, request).id)
    assert again.id == job.id
    assert int(again.typed["message"]["epoch"]) == int(job.typed["message"]["epoch"]) + 1
    submit_signature(engine, again.id, ada.sign_typed(again.typed))
    assert engine.wait(job.id).state == "done"


def test_start_registration__publication_failed__signs_anew_and_registers(site: Site, engine: Engine):
    """E.g. after the registry was paused: the old signature is given up, and a new salt commits again."""
    ada = site.signer(ADA)
    request = RegistrationRequest(ada.address, "Alice again", acknowledge_similar=True)
    master = ALICE.read_bytes() + b"P.S."
    job = engine.wait(start_registration(engine, master, request).id)
    # Around submit_signature, which would have refused this one.
    engine.begin(publish, job.id + PUBLISHING, engine.output(job.id), b"\x00" * 65)
    failed = engine.wait(job.id)
    assert (failed.state, failed.error.code) == ("failed", "bad-signature")
    again = engine.wait(start_registration(engine, master, request).id)
    assert (again.id, again.state) == (job.id, "awaiting-signature")
    submit_signature(engine, again.id, ada.sign_typed(again.typed))
    assert engine.wait(job.id).state == "done"


def test_submit_signature__handed_in_twice__registers_once(site: Site, engine: Engine):
    ada = site.signer(ADA)
    job = engine.wait(start_registration(engine, b"signed twice " * 50, RegistrationRequest(ada.address, "D")).id)
    before = site.world.client.nonce(site.address(RELAYER))
    for _ in range(2):
        submit_signature(engine, job.id, ada.sign_typed(job.typed))
    assert engine.wait(job.id).state == "done"
    assert submit_signature(engine, job.id, ada.sign_typed(job.typed)).state == "done"
    assert site.world.client.nonce(site.address(RELAYER)) - before == 2


def test_describe__registered_by_somebody_else__is_adopted_from_ipfs(site: Site, engine: Engine):
    """The catalogue can be rebuilt from chain and IPFS alone, the similarity index included."""
    services, found = engine.services, recognise(engine.services, PRIDE)
    identity = found.identity
    assert found.decision == "new"
    metadata = metadata_to_json(identity.work_id, _told(identity))
    data = canonical_json(metadata)
    services.ipfs.pin(data)
    ben, registry = site.address(BEN), site.world.contracts.registry
    salt = b"\x01" * 32
    registration = Registration(identity.work_id, ben, hashlib.sha256(data).digest(), salt=salt)
    site.world.send(registry.commit(registry.commitment(ben, identity.work_id, salt)), BEN)
    site.world.send(registry.register(registration), BEN)
    with pytest.raises(NotFoundError):
        describe(services, identity.work_id)
    services.advance()
    assert describe(services, identity.work_id).metadata.title == "Found"
    assert recognise(services, PRIDE.read_bytes() + b" One word more.").decision == "near"


def _told(identity):
    return Metadata(
        title="Found",
        description="",
        creator="",
        media_type=identity.media_type,
        size=identity.size,
        iscc=identity.iscc,
        units=identity.units,
        content_code=identity.content_code,
        renditions=(),
        provenance=None,
    )
