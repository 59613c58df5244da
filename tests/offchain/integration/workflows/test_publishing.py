"""Publication over real nodes: what leaves when, who else may send the reveal, and what a thief gains by it."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from offchain.chain import Call
from offchain.chain.sender import Limits, Receipt, Relayers, Sender
from offchain.errors import NotFoundError
from offchain.storage.age import new_identity, recipient_of
from offchain.workflows.catalogue import describe
from offchain.workflows.engine import Engine
from offchain.workflows.holdings import Holding, find_content, holdings
from offchain.workflows.jobs import PUBLISHING
from offchain.workflows.metadata import metadata_to_json
from offchain.workflows.publishing import publish
from offchain.workflows.registration import start_registration, submit_signature
from offchain.workflows.releasing import draft_key_request, release_key, request_typed
from offchain.workflows.requests import RegistrationRequest, TierMandate
from tests.offchain.integration.workflows.elsewhere import register_elsewhere, reveal_elsewhere
from tests.offchain.site import ADA, BEN, PRIDE, Site


def test_publish__relayer_cannot_send__waits_and_goes_on_when_it_is_asked_to(site: Site, engine: Engine):
    """The registrant signs once; what the relayer lacks does not cost the commitment's priority."""
    services, ada = engine.services, site.signer(ADA)
    job = engine.wait(start_registration(engine, b"too dear " * 60, RegistrationRequest(ada.address, "Dear")).id)
    engine.services = replace(services, sender=Sender(services.client, services.store, Limits(max_fee=1)))
    submit_signature(engine, job.id, ada.sign_typed(job.typed))
    stopped = engine.wait(job.id)
    assert (stopped.state, stopped.error.code) == ("waiting", "fee-above-cap")
    engine.services = services
    engine.retry(job.id)
    assert engine.wait(job.id).state == "done"


class _Overtaken(Sender):
    """A sender whose signed reveals Ben sees on their way, and sends before they are mined."""

    def __init__(self, site: Site, engine: Engine) -> None:
        super().__init__(engine.services.client, engine.services.store)
        self._site, self.transactions = site, list[bytes]()

    def relay(self, call: Call, relayers: Relayers, key: str, expires_at: int | None = None) -> Receipt:
        if key.startswith("register:"):
            self.transactions.append(bytes(self._site.world.send(call, BEN)["transactionHash"]))
        return super().relay(call, relayers, key, expires_at)


def test_publish__somebody_else_sends_the_same_reveal_first__is_done(site: Site, engine: Engine):
    """The commitment is used up, so ours is refused; the title is the registrant's all the same."""
    services, ada = engine.services, site.signer(ADA)
    request = RegistrationRequest(ada.address, "Overtaken", tiers=(TierMandate("personal"),))
    job = engine.wait(start_registration(engine, b"overtaken on its way " * 40, request).id)
    overtaken = _Overtaken(site, engine)
    engine.services = replace(services, sender=overtaken)
    submit_signature(engine, job.id, ada.sign_typed(job.typed))
    ended = engine.wait(job.id)
    assert (ended.state, ended.error) == ("done", None)
    assert [ended.result["transaction"]] == ["0x" + sent.hex() for sent in overtaken.transactions]
    assert ended.result["holder"] == ada.address
    work = int(ended.result["work"], 16)
    assert [find_content(services.store, each["cid"]).work for each in ended.result["renditions"]] == [work, work]
    assert _ask(services, work, ada).rendition.cid in [each["cid"] for each in ended.result["renditions"]]


def test_publish__same_reveal_registered_before_the_job_begins__is_done(site: Site, engine: Engine):
    """As when a process comes back after days: a new commitment does not help, for the work is registered."""
    ada, world = site.signer(ADA), site.world
    job = engine.wait(
        start_registration(engine, b"registered meanwhile " * 40, RegistrationRequest(ada.address, "M")).id
    )
    draft, registry, signature = engine.output(job.id), world.contracts.registry, ada.sign_typed(job.typed)
    stated = draft["registration"]
    world.send(registry.commit(registry.commitment(ada.address, stated.work, stated.salt)), BEN)
    world.send(registry.register_signed(stated, draft["deadline"], signature), BEN)
    engine.begin(publish, job.id + PUBLISHING, draft, signature)
    assert engine.wait(job.id).state == "done"
    assert find_content(engine.services.store, draft["metadata_cid"]).work == stated.work


def test_submit_signature__somebody_else_sent_the_reveal_before__is_done(site: Site, engine: Engine):
    ada = site.signer(ADA)
    request = RegistrationRequest(ada.address, "Before")
    job = engine.wait(start_registration(engine, b"revealed before it is handed in " * 40, request).id)
    signature = ada.sign_typed(job.typed)
    reveal_elsewhere(site, engine.output(job.id), signature)
    submit_signature(engine, job.id, signature)
    assert engine.wait(job.id).state == "done"


def test_start_registration__failed_while_somebody_else_sent_the_reveal__goes_on(site: Site, engine: Engine):
    """The work is registered, yet by this very job: it must not be told that its work is somebody's already."""
    ada, master = site.signer(ADA), b"failed and revealed " * 40
    request = RegistrationRequest(ada.address, "Failed")
    job = engine.wait(start_registration(engine, master, request).id)
    draft = engine.output(job.id)
    engine.begin(publish, job.id + PUBLISHING, draft, b"\x00" * 65)
    assert engine.wait(job.id).state == "failed"
    reveal_elsewhere(site, draft, ada.sign_typed(job.typed))
    assert engine.wait(start_registration(engine, master, request).id).state == "done"
    assert find_content(engine.services.store, draft["metadata_cid"]).work == draft["registration"].work


def test_publish__thief_registers_first_with_the_copied_metadata__gets_no_key(site: Site, engine: Engine):
    """What the metadata names is sealed here, under a key that is kept here; the title is the thief's, and final."""
    services, ada, ben = engine.services, site.signer(ADA), site.signer(BEN)
    request = RegistrationRequest(ada.address, "Stolen", tiers=(TierMandate("personal"),))
    job = engine.wait(start_registration(engine, b"stolen with its metadata " * 40, request).id)
    draft = engine.output(job.id)
    work = draft["registration"].work
    register_elsewhere(site, services, work, metadata_to_json(work, draft["metadata"]))
    engine.begin(publish, job.id + PUBLISHING, draft, ada.sign_typed(job.typed))
    ended = engine.wait(job.id)
    assert (ended.state, ended.error.code) == ("failed", "already-registered")
    assert services.contracts.registry.title(work).holder == ben.address
    assert describe(services, work).metadata == draft["metadata"]
    with pytest.raises(NotFoundError) as caught:
        _ask(services, work, ben)
    assert caught.value.code == "content-not-sealed"


def _ask(services, work: int, signer):
    """Ask for a work's key by its title."""
    asked = draft_key_request(services, signer.address, recipient_of(new_identity()), work=work)
    return release_key(services, asked, signer.sign_typed(request_typed(services, asked)))


def test_publish__features__are_among_what_is_kept_checked_and_served(site: Site, engine: Engine):
    """Whoever meets the work elsewhere finds its likeness by them alone."""
    job = engine.wait(start_registration(engine, PRIDE, RegistrationRequest(site.address(ADA), "Pride")).id)
    features = engine.output(job.id)["metadata"].features
    submit_signature(engine, job.id, site.signer(ADA).sign_typed(job.typed))
    work = int(engine.wait(job.id).result["work"], 16)
    assert Holding(features, "features", work) in list(holdings(engine.services.store))
    assert find_content(engine.services.store, features).media_type == "application/octet-stream"


def _named(draft) -> list[str]:
    """Every CID that the title of a draft would lead to."""
    metadata = draft["metadata"]
    found = [each.cid for each in metadata.renditions]
    return [*found, metadata.features, draft["provenance_cid"], draft["metadata_cid"]]


class _Watched(Sender):
    """A sender that notes, when a transaction is about to leave, how many of the files are pinned."""

    def __init__(self, engine: Engine, cids: list[str]) -> None:
        super().__init__(engine.services.client, engine.services.store)
        self._ipfs, self._cids, self.pinned = engine.services.ipfs, cids, list[tuple[str, int]]()

    def relay(self, call: Call, relayers: Relayers, key: str, expires_at: int | None = None) -> Receipt:
        count = sum(map(self._ipfs.is_pinned, self._cids))
        self.pinned.append((key.partition(":")[0], count))
        return super().relay(call, relayers, key, expires_at)


def _walked(site: Site, word: str) -> tuple[bytes, RegistrationRequest]:
    """A work with everything that can be pinned for one."""
    master = " ".join(f"{word}{number}" for number in range(200)).encode()
    told = {"made": "by hand", "output": {"sha256": "0x" + hashlib.sha256(master).hexdigest()}}
    request = RegistrationRequest(site.address(ADA), "Walk", tiers=(TierMandate("personal"),), provenance=told)
    return master, request


def test_publish__what_metadata_names__is_pinned_after_the_commitment_and_before_the_reveal(site: Site, engine: Engine):
    """Metadata on a public node tells the work's id; whoever read it before the commitment could commit first."""
    services, (master, request) = engine.services, _walked(site, "step")
    job = engine.wait(start_registration(engine, master, request).id)
    cids = _named(engine.output(job.id))
    assert len(set(cids)) == 5
    assert not any(map(services.ipfs.is_pinned, cids))
    watched = _Watched(engine, cids)
    engine.services = replace(services, sender=watched)
    submit_signature(engine, job.id, site.signer(ADA).sign_typed(job.typed))
    assert engine.wait(job.id).state == "done"
    assert watched.pinned == [("commit", 0), ("register", len(cids))]


def test_publish__drafted_file_lost_meanwhile__fails_before_the_reveal_and_is_made_again(site: Site, engine: Engine):
    """No title leads to what nobody has; the salt, and with it the priority, is kept."""
    master, request = _walked(site, "lost")
    job = engine.wait(start_registration(engine, master, request).id)
    draft = engine.output(job.id)
    folder = engine.services.settings.home / "files" / f"{draft['registration'].work:064x}"
    preview = folder / draft["metadata"].renditions[0].cid
    preview.write_bytes(preview.read_bytes()[:-1])
    submit_signature(engine, job.id, site.signer(ADA).sign_typed(job.typed))
    stopped = engine.wait(job.id)
    assert (stopped.state, stopped.error.code) == ("failed", "rendition-missing")
    again = engine.wait(start_registration(engine, master, request).id)
    assert again.typed["message"]["salt"] == job.typed["message"]["salt"]
    assert again.typed["message"]["metadata"] == job.typed["message"]["metadata"]
    submit_signature(engine, again.id, site.signer(ADA).sign_typed(again.typed))
    assert engine.wait(job.id).state == "done"
    assert all(map(engine.services.ipfs.is_pinned, _named(draft)))
