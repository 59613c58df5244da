"""The engine over real nodes: one process a name, drafts that are renewed, works that somebody else registered."""

from __future__ import annotations

import hashlib
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from offchain.chain.sender import Relayers
from offchain.chain.signer import development_signer
from offchain.errors import InputError, NotFoundError, RefusedError, UnavailableError
from offchain.identity import examine
from offchain.identity.matching.filing import features_to_bytes
from offchain.storage import raw_cid
from offchain.store.works import Works
from offchain.workflows.catalogue import describe, record_work
from offchain.workflows.engine import Engine
from offchain.workflows.jobs import PUBLISHING
from offchain.workflows.metadata import Metadata, metadata_to_json
from offchain.workflows.opening import open_engine
from offchain.workflows.publishing import publish
from offchain.workflows.quoting import QuoteRequest, _distinct, make_quote
from offchain.workflows.recognition import recognise
from offchain.workflows.registration import start_registration, submit_signature
from offchain.workflows.requests import RegistrationRequest, TierListing, TierMandate
from offchain.workflows.services import open_services, service_signers
from offchain.workflows.similarity import CLAIMED_KIND, FEATURES_KIND, CatalogueIndex
from tests.offchain.integration.workflows.elsewhere import register_elsewhere
from tests.offchain.site import ADA, ALICE, BEN, DORA, PRIDE, RELAYER, Site


def test_open_engine__second_of_the_same_name__refused(engine: Engine):
    """Two engines over one journal would each continue what the other is doing."""
    with pytest.raises(UnavailableError) as caught, open_engine(engine.services):
        pass
    assert caught.value.code == "workflows-busy"


def test_start__left_unfinished_by_older_code__begins_anew(site: Site, monkeypatch: pytest.MonkeyPatch):
    """A process is killed in a job, and the next one has another version of the steps."""
    relayer, pricing = service_signers(site.settings)
    request = RegistrationRequest(site.address(ADA), "Begun by older code")
    with open_services(site.settings, relayer=relayer, pricing=pricing) as services:
        with monkeypatch.context() as older:
            older.setattr("offchain.workflows.journal.VERSION", "0")
            with open_engine(services) as engine:
                job = engine.wait(start_registration(engine, b"begun by older code " * 50, request).id)
        with sqlite3.connect(site.settings.home / "workflows-service.db") as journal:
            journal.execute("UPDATE workflow_status SET status = 'PENDING'")
            journal.execute("DELETE FROM workflow_output")
        with open_engine(services) as engine:
            assert engine.wait(job.id, timeout=20).state == "awaiting-signature"
            assert engine.output(job.id)["registration"].salt != bytes(32)


def test_start_registration__drafted_by_older_code_and_stale__is_drafted_anew(
    site: Site, monkeypatch: pytest.MonkeyPatch
):
    relayer, pricing = service_signers(site.settings)
    request = RegistrationRequest(site.address(ADA), "Drafted by older code")
    with open_services(site.settings, relayer=relayer, pricing=pricing) as services:
        with monkeypatch.context() as older:
            older.setattr("offchain.workflows.journal.VERSION", "0")
            with open_engine(services) as engine:
                start_registration(engine, b"drafted by older code " * 50, request)
                job = engine.wait(start_registration(engine, b"drafted by older code " * 50, request).id)
        site.world.send(site.world.contracts.registry.advance_epoch(), ADA)
        with open_engine(services) as engine:
            again = engine.wait(start_registration(engine, b"drafted by older code " * 50, request).id, timeout=20)
            assert int(again.typed["message"]["epoch"]) == int(job.typed["message"]["epoch"]) + 1


def test_start_registration__user_is_own_relayer__needs_no_service(site: Site):
    """As the command line does it: one key signs and pays, and a fixed price needs no pricing key."""
    signer = development_signer(BEN, 1337)
    listing = TierListing("personal", 5_000_000, supply=7)
    request = RegistrationRequest(signer.address, "Alice", listings=(listing,))
    with (
        open_services(site.settings, relayer=Relayers([signer])) as services,
        open_engine(services, name="cli") as engine,
    ):
        job = engine.wait(start_registration(engine, ALICE, request).id)
        submit_signature(engine, job.id, signer.sign_typed(job.typed))
        result = engine.wait(job.id).result
        view = describe(services, int(result["work"], 16))
    assert view.title.holder == signer.address
    assert [(each.tier, each.price, each.supply) for each in view.listings] == [("personal", 5_000_000, 7)]


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
    """E.g. after the registry was paused: the old signature is given up, the salt and its priority are not."""
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
    assert again.typed["message"]["salt"] == job.typed["message"]["salt"]
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
    features = examine(PRIDE, title="Found", limit=services.settings.max_upload, wanted=("features",)).features
    told = replace(_told(identity), features=services.ipfs.pin(features_to_bytes(features)))
    register_elsewhere(site, services, identity.work_id, metadata_to_json(identity.work_id, told))
    with pytest.raises(NotFoundError):
        describe(services, identity.work_id)
    services.advance()
    assert describe(services, identity.work_id).metadata.title == "Found"
    recognised = recognise(services, PRIDE.read_bytes() + b" One word more.")
    (match,) = recognised.matches
    assert (match.work_id, match.decision, match.claimed) == (identity.work_id, "same", True)
    assert recognised.sentence.endswith("(by features that its registrant states)")


def test_start_registration__features_copied_to_another_id__lock_nobody_out(site: Site, engine: Engine):
    """Mallory registers a random id under Alice's public features: its holder may still register a new version."""
    services, ada = engine.services, site.signer(ADA)
    limit = services.settings.max_upload
    features = examine(ALICE, title="x", limit=limit, wanted=("features",)).features
    decoy = int.from_bytes(hashlib.sha256(b"decoy").digest(), "big")
    told = replace(_told(recognise(services, ALICE).identity), features=services.ipfs.pin(features_to_bytes(features)))
    register_elsewhere(site, services, decoy, metadata_to_json(decoy, told))
    services.advance()
    describe(services, decoy)
    version = ALICE.read_bytes() + b"P.P.S."
    with pytest.raises(RefusedError) as caught:
        start_registration(engine, version, RegistrationRequest(ada.address, "Alice"))
    assert caught.value.code == "work-derived"
    request = RegistrationRequest(ada.address, "Alice", acknowledge_similar=True)
    assert engine.wait(start_registration(engine, version, request).id).state == "awaiting-signature"


def test_describe__hostile_metadata_of_somebody_else__is_not_kept(site: Site, engine: Engine):
    """Nothing that is no Content-Code is shown as one."""
    services, identity = engine.services, recognise(engine.services, PRIDE).identity
    document = metadata_to_json(identity.work_id, _told(identity)) | {"contentCode": "ISCC:AAAA"}
    register_elsewhere(site, services, identity.work_id, document)
    services.advance()
    assert describe(services, identity.work_id).metadata is None
    assert recognise(services, ALICE).decision == "new"


def test_describe__hostile_features_of_somebody_else__are_not_kept(site: Site, engine: Engine):
    """The work is shown; kept, its features would be read at every later search."""
    services, identity = engine.services, recognise(engine.services, PRIDE).identity
    told = replace(_told(identity), features=services.ipfs.pin(b"CLPF" + b"\xff" * 99))
    register_elsewhere(site, services, identity.work_id, metadata_to_json(identity.work_id, told))
    services.advance()
    assert describe(services, identity.work_id).metadata.title == "Found"
    with services.store.snapshot() as tx:
        assert tx.codes.find(identity.work_id, CLAIMED_KIND) is None


def test_describe__features_that_nobody_has__are_asked_for_again(site: Site, engine: Engine):
    """Adopted without them, the work would never be found by its likeness."""
    services, identity = engine.services, recognise(engine.services, PRIDE).identity
    told = replace(_told(identity), features=raw_cid(b"\x07" * 32))
    register_elsewhere(site, services, identity.work_id, metadata_to_json(identity.work_id, told))
    services.advance()
    assert describe(services, identity.work_id).unreachable
    with services.store.snapshot() as tx:
        assert tx.works.find(identity.work_id) is None


def test_search__bad_features_in_the_store__are_passed_over(site: Site, engine: Engine, tmp_path: Path):
    """As an earlier version may have left them."""
    services = engine.services
    job = engine.wait(start_registration(engine, PRIDE, RegistrationRequest(site.address(ADA), "Pride")).id)
    submit_signature(engine, job.id, site.signer(ADA).sign_typed(job.typed))
    work = int(engine.wait(job.id).result["work"], 16)
    with services.store.transaction() as tx:
        tx.codes.put(work, FEATURES_KIND, b"ISCC:AAAA")
    probe = examine(PRIDE, title="Pride", limit=services.settings.max_upload, wanted=("probe",)).probe
    assert CatalogueIndex(services.store, tmp_path).search(probe) == ()


def test_record_work__another_process_adds_it_between_look_and_write__is_there_already(
    site: Site, engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    """PostgreSQL lets both look before either writes; here the look is made to see nothing."""
    services, identity = engine.services, recognise(engine.services, PRIDE).identity
    told = _told(identity)
    register_elsewhere(site, services, identity.work_id, metadata_to_json(identity.work_id, told))
    services.advance()
    record_work(services, identity.work_id, told, None)
    with monkeypatch.context() as patch:
        patch.setattr(Works, "find", lambda *_: None)
        record_work(services, identity.work_id, replace(told, title="Another"), b"features")
    assert describe(services, identity.work_id).metadata == told
    with services.store.snapshot() as tx:
        assert tx.codes.find(identity.work_id, FEATURES_KIND) is None


def test_start_registration__interrupted_on_a_damaged_master__heals(site: Site, engine: Engine):
    services, master = engine.services, b"damaged on disk " * 40
    request = RegistrationRequest(site.address(ADA), "Damaged", tiers=(TierMandate("personal"),))
    job = engine.wait(start_registration(engine, master, request).id)
    services.vault.master(int.from_bytes(hashlib.sha256(master).digest(), "big")).write_bytes(b"")
    submit_signature(engine, job.id, site.signer(ADA).sign_typed(job.typed))
    stopped = engine.wait(job.id)
    assert (stopped.state, stopped.error.code) == ("interrupted", "master-damaged")
    assert engine.wait(start_registration(engine, master, request).id).state == "done"


def test_make_quote__several_at_once_for_one_buyer__differ_in_number(site: Site, engine: Engine):
    """A number is the order's nonce: of two orders under one nonce the second fails."""
    services, ada = engine.services, site.signer(ADA)
    request = RegistrationRequest(ada.address, "Sold", tiers=(TierMandate("personal"),))
    job = engine.wait(start_registration(engine, b"sold at once " * 60, request).id)
    submit_signature(engine, job.id, ada.sign_typed(job.typed))
    work = int(engine.wait(job.id).result["work"], 16)
    asked = QuoteRequest(work, "personal", site.address(DORA))
    with ThreadPoolExecutor(8) as pool:
        quotes = list(pool.map(lambda _: make_quote(services, asked), range(8)))
    assert sorted(quote.number for quote in quotes) == list(range(8))
    assert len({quote.digest for quote in quotes}) == 8
    # As if the mandate ended with the last of them: no year passes in a test.
    last = max((quote.quote for quote in quotes), key=lambda quote: quote.expiry)
    with services.store.snapshot() as tx:
        other, *_ = _distinct(services, tx, last, (services.now(), last.expiry))
    assert services.now() < other.expiry < last.expiry


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


def test_start_registration__record_of_another_file__refused(site: Site, engine: Engine):
    """What goes on chain as a work's provenance is about that work."""
    record = {"output": {"sha256": "0x" + hashlib.sha256(b"another file").hexdigest()}}
    request = RegistrationRequest(site.address(ADA), "Borrowed", provenance=record)
    with pytest.raises(InputError) as refused:
        start_registration(engine, b"Words that nobody generated. " * 40, request)
    assert refused.value.code == "provenance-foreign"
