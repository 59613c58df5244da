"""Pins that nothing needs are found and given back; those of others, and of what may still be registered, are not."""

from __future__ import annotations

import hashlib
import os
import time
from dataclasses import dataclass, replace

import pytest

from offchain.chain import Call, Registration
from offchain.chain.sender import Limits, Receipt, Relayers, Sender
from offchain.storage import canonical_json
from offchain.storage.unixfs import CHUNK_SIZE
from offchain.workflows.engine import Engine
from offchain.workflows.jobs import Job
from offchain.workflows.metadata import metadata_to_json
from offchain.workflows.registration import start_registration, submit_signature
from offchain.workflows.requests import RegistrationRequest, TierMandate
from offchain.workflows.sealing import sealed_cids
from offchain.workflows.services import Services
from offchain.workflows.sweeping import RESTING, strays, sweep
from tests.offchain.site import ADA, BEN, Site


class Thrifty(Sender):
    """Pays for commitments and not for reveals."""

    def __init__(self, services: Services) -> None:
        super().__init__(services.client, services.store)
        self._poor = Sender(services.client, services.store, Limits(max_fee=1))

    def relay(self, call: Call, relayers: Relayers, key: str, expires_at: int | None = None) -> Receipt:
        if key.startswith("register:"):
            return self._poor.relay(call, relayers, key, expires_at)
        return super().relay(call, relayers, key, expires_at)


@dataclass
class Stopped:
    """A registration for sale whose files are pinned, and whose reveal was not sent."""

    site: Site
    engine: Engine
    master: bytes

    def __post_init__(self) -> None:
        self.job = self.begin()
        draft = self.engine.output(self.job.id)
        self.work = draft["registration"].work
        metadata = draft["metadata"]
        public = [each.cid for each in metadata.renditions]
        self.cids = sorted(filter(None, [*public, metadata.features, draft["metadata_cid"]]))
        services = self.engine.services
        self.engine.services = replace(services, sender=Thrifty(services))
        assert self.sign(self.job).error.code == "fee-above-cap"
        self.engine.services = services

    def begin(self) -> Job:
        request = RegistrationRequest(self.site.address(ADA), "Stopped", tiers=(TierMandate("personal"),))
        return self.engine.wait(start_registration(self.engine, self.master, request).id)

    def sign(self, job: Job) -> Job:
        submit_signature(self.engine, job.id, self.site.signer(ADA).sign_typed(job.typed))
        return self.engine.wait(job.id)


def words(word: str) -> bytes:
    return " ".join(f"{word}{number}" for number in range(200)).encode()


def found(engine: Engine, later: float = RESTING + 60) -> list[str]:
    engine.services.advance()
    return sorted(stray.cid for stray in strays(engine.services, time.time() + later))


def swept(engine: Engine) -> None:
    for stray in list(strays(engine.services, time.time() + RESTING + 60)):
        sweep(engine.services, stray)


def test_sweep__registration_given_up__takes_its_pins_and_nobody_elses(site: Site, engine: Engine):
    stopped, ipfs = Stopped(site, engine, words("given")), engine.services.ipfs
    others = ipfs.pin(b"somebody else's, on the same node")
    assert found(engine, later=0) == []  # it may still go on
    assert found(engine) == stopped.cids
    assert all(map(ipfs.is_pinned, stopped.cids))  # telling changes nothing
    swept(engine)
    assert not any(map(ipfs.is_pinned, stopped.cids))
    assert found(engine) == []
    assert ipfs.is_pinned(others)


def test_sweep__registrant_comes_back_after_days__everything_is_pinned_again(site: Site, engine: Engine):
    """By then the signature is too old, so the registrant signs anew and the files are pinned anew."""
    stopped = Stopped(site, engine, words("back"))
    swept(engine)
    site.world.sleep(RESTING)
    engine.retry(stopped.job.id)
    assert engine.wait(stopped.job.id).error.code == "expired"
    assert stopped.sign(stopped.begin()).state == "done"
    assert all(map(engine.services.ipfs.is_pinned, stopped.cids))


def test_strays__registered_and_not_recorded_yet__are_none(site: Site, engine: Engine):
    """A process may die between the reveal and the record, and nobody start it for days."""
    stopped = Stopped(site, engine, words("registered"))
    engine.retry(stopped.job.id)
    assert engine.wait(stopped.job.id).state == "done"
    with engine.services.store.transaction() as tx:
        for record in tx.contents.of_work(stopped.work):
            tx.contents._session.delete(record)
    assert found(engine) == []


def test_strays__registered_with_another_service_on_the_same_node__leave_what_its_metadata_names(
    site: Site, engine: Engine
):
    """That metadata names the features and the preview, which are the same bytes there, and is not drafted here."""
    stopped, services, registry = (
        Stopped(site, engine, words("elsewhere")),
        engine.services,
        site.world.contracts.registry,
    )
    draft = engine.output(stopped.job.id)
    public = tuple(each for each in draft["metadata"].renditions if each.scheme is None)
    told = replace(draft["metadata"], title="Elsewhere", renditions=public)
    document = canonical_json(metadata_to_json(stopped.work, told))
    ben, salt = site.address(BEN), b"\x01" * 32
    site.world.send(registry.commit(registry.commitment(ben, stopped.work, salt)), BEN)
    site.world.send(
        registry.register(Registration(stopped.work, ben, hashlib.sha256(document).digest(), salt=salt)), BEN
    )
    assert found(engine) == []  # nobody can tell yet what its metadata names
    services.ipfs.pin(document)
    needed = {told.features, *(each.cid for each in public)}
    assert len(needed) == 2
    assert found(engine) == sorted(set(stopped.cids) - needed)


def test_strays__begun_anew_while_looking__are_left(site: Site, engine: Engine):
    stopped, services = Stopped(site, engine, words("meanwhile")), engine.services
    now = time.time() + RESTING + 60
    looking = strays(services, now)
    assert next(looking).work == stopped.work
    os.utime(services.vault.master(stopped.work), (now, now))
    assert list(looking) == []


def test_sweep__parts_that_a_broken_upload_left__go_and_the_whole_stays(
    site: Site, engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("offchain.storage.upload.PART_LEAVES", 2)
    services = engine.services
    stopped = Stopped(site, engine, os.urandom(3 * CHUNK_SIZE).hex().encode())
    engine.retry(stopped.job.id)
    assert engine.wait(stopped.job.id).state == "done"
    *parts, whole = sealed_cids(services, stopped.work)
    assert len(parts) == 4
    # An upload that goes on gives back the parts that it sent, not those that the broken one had sent.
    (node,) = services.ipfs.nodes
    node._client.pin.add(parts[0])
    assert found(engine) == [parts[0]]
    swept(engine)
    assert [node.is_pinned(cid) for cid in (parts[0], whole)] == [False, True]
