"""Registrations whose transactions come from the registrants' own wallets: the chain alone decides."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from offchain.chain import Call, Listing, Registration
from offchain.errors import DeniedError, RefusedError
from offchain.storage import open_pins
from offchain.workflows.engine import Engine
from offchain.workflows.holdings import find_content
from offchain.workflows.jobs import Job, Waiting
from offchain.workflows.opening import open_engine
from offchain.workflows.preparing import SIGNATURE_SECONDS
from offchain.workflows.registration import start_registration, submit_signature
from offchain.workflows.requests import RegistrationRequest, TierMandate
from offchain.workflows.services import Services, open_services, service_signers
from offchain.workflows.takedowns import issue
from offchain.workflows.unrelayed import follow
from scripts.processes import free_port
from tests.offchain.databases import POSTGRES, fresh_database
from tests.offchain.deployed import ADAPTATION
from tests.offchain.integration.workflows.elsewhere import register_elsewhere
from tests.offchain.site import ADA, BEN, Site, make_site

GRACE = 300


@pytest.fixture
def alone(fresh_chain_url: str, ipfs_url: str, tmp_path: Path) -> Site:
    """A site whose chain's clock may run ahead, and go back; titles are not final at once."""
    return make_site(fresh_chain_url, ipfs_url, tmp_path, GRACE)


@pytest.fixture
def lone_engine(alone: Site) -> Iterator[Engine]:
    relayer, pricing = service_signers(alone.settings)
    with open_services(alone.settings, relayer=relayer, pricing=pricing) as services, open_engine(services) as engine:
        yield engine


def asked(site: Site, title: str = "Mine", account: int = ADA, **changed: Any) -> RegistrationRequest:
    return RegistrationRequest(site.address(account), title, relay=False, **changed)


def drafted(engine: Engine, master: bytes, request: RegistrationRequest) -> Job:
    job = engine.wait(start_registration(engine, master, request).id)
    assert (job.state, job.typed, [each.step for each in job.calls]) == (
        "awaiting-signature",
        None,
        ["commit", "register"],
    )
    return job


def send(site: Site, job: Job, step: str, account: int = ADA) -> str:
    """Send the transaction of a step; its hash."""
    (asked_for,) = (each for each in job.calls if each.step == step)
    return "0x" + bytes(site.world.send(asked_for.call, account)["transactionHash"]).hex()


def looked(engine: Engine, job: Job) -> Job:
    """The job once the chain was looked at, and what followed from that has ended."""
    engine.services.advance()
    follow(engine)
    for _ in range(400):
        output = engine.output(job.id + ".publish")
        now = engine.find(job.id)
        assert now is not None
        if now.state != "running" or isinstance(output, Waiting):
            return now
        time.sleep(0.05)
    raise AssertionError(now)


def named(engine: Engine, job: Job) -> list[str]:
    """Every CID that the title of a draft would lead to."""
    draft = engine.output(job.id)
    found = [each.cid for each in draft["metadata"].renditions]
    return [cid for cid in (*found, draft["metadata"].features, draft["metadata_cid"]) if cid is not None]


def pinned(engine: Engine, job: Job) -> int:
    return sum(map(engine.services.ipfs.is_pinned, named(engine, job)))


def awaited(services: Services) -> list[str]:
    with services.store.snapshot() as tx:
        return [each.job for each in tx.unrelayed.all()]


def test_follow__wallet_sends_both__is_done_without_a_relayer(site: Site, engine: Engine):
    """Pins lie between commitment and title, as ever."""
    engine.services = replace(engine.services, relayer=None)
    job = drafted(engine, b"sent by its own wallet " * 40, asked(site, tiers=(TierMandate("personal"),)))
    assert len(set(named(engine, job))) == 4
    assert (looked(engine, job).state, pinned(engine, job)) == ("awaiting-signature", 0)
    commitment = send(site, job, "commit")
    assert pinned(engine, job) == 0
    waiting = looked(engine, job)
    assert (waiting.state, waiting.error, waiting.result, waiting.calls) == ("running", None, None, job.calls)
    assert {step.name: step.state for step in waiting.steps[-4:]} == {
        "commit": "done",
        "pin": "done",
        "register": "running",
        "index": "pending",
    }
    assert pinned(engine, job) == len(named(engine, job))
    assert looked(engine, job).state == "running"
    transaction = send(site, job, "register")
    done = looked(engine, job)
    assert (done.state, done.error, done.calls) == ("done", None, ())
    assert done.result is not None
    assert (done.result["commitment"], done.result["transaction"]) == (commitment, transaction)
    assert (done.result["holder"], done.progress) == (site.address(ADA), 1.0)
    work = int(done.result["work"], 16)
    assert {find_content(engine.services.store, cid).work for cid in named(engine, job)} == {work}  # type: ignore[union-attr]
    assert looked(engine, job).state == "done"
    assert awaited(engine.services) == []


def test_follow__both_sent_before_anybody_looked__is_done(site: Site, engine: Engine):
    job = drafted(engine, b"sent at one go " * 40, asked(site))
    send(site, job, "commit", BEN)  # whoever sends it: it names its registrant
    send(site, job, "register")
    assert looked(engine, job).state == "done"
    assert pinned(engine, job) == len(named(engine, job))


def test_follow__service_opened_anew_while_it_waits__goes_on(site: Site):
    relayer, pricing = service_signers(site.settings)

    def opened() -> Any:
        return open_services(site.settings, relayer=relayer, pricing=pricing)

    with opened() as services, open_engine(services) as engine:
        job = drafted(engine, b"outlives its service " * 40, asked(site))
    send(site, job, "commit")
    with opened() as services, open_engine(services) as engine:
        assert looked(engine, job).state == "running"
    send(site, job, "register")
    with opened() as services, open_engine(services) as engine:
        assert looked(engine, job).state == "done"


@pytest.mark.skipif(not POSTGRES, reason="COLOPHON_TEST_POSTGRES_URL is not set")
def test_follow__many_look_at_once_over_one_database__each_step_is_taken_once(
    chain_url: str, ipfs_url: str, tmp_path: Path
):
    with fresh_database("postgresql", tmp_path) as url:
        made = make_site(chain_url, ipfs_url, tmp_path)
        site = replace(made, environ=made.environ | {"COLOPHON_DATABASE_URL": url})
        relayer, pricing = service_signers(site.settings)
        with (
            open_services(site.settings, relayer=relayer, pricing=pricing) as services,
            open_engine(services) as engine,
            ThreadPoolExecutor(4) as others,
        ):
            job = drafted(engine, b"looked at by many " * 40, asked(site))
            for step, state in (("commit", "running"), ("register", "done")):
                send(site, job, step)
                services.advance()
                for each in [others.submit(follow, engine) for _ in range(4)]:
                    each.result()
                assert looked(engine, job).state == state


def test_follow__nodes_away_after_the_commitment__waits_and_goes_on(site: Site, engine: Engine):
    job = drafted(engine, b"cannot be pinned for now " * 40, asked(site))
    send(site, job, "commit")
    there = engine.services
    engine.services = replace(there, ipfs=open_pins(f"http://127.0.0.1:{free_port()}"))
    stopped = looked(engine, job)
    assert (stopped.state, stopped.calls) == ("waiting", ())
    engine.services = there
    send(site, job, "register")
    assert looked(engine, job).state == "waiting"
    engine.retry(job.id)
    assert engine.wait(job.id).state == "done"
    looked(engine, job)
    assert awaited(engine.services) == []


def test_start_registration__both_sent_and_nobody_looked__is_not_told_that_the_work_is_somebodys(
    site: Site, engine: Engine
):
    master, request = b"asked for again " * 40, asked(site)
    job = drafted(engine, master, request)
    send(site, job, "commit")
    send(site, job, "register")
    assert engine.wait(start_registration(engine, master, request).id).state == "done"


def test_follow__time_is_over__says_what_is_missing_and_begins_anew_with_the_same_commitment(
    alone: Site, lone_engine: Engine
):
    engine, master, request = lone_engine, b"commits, and then nothing " * 40, asked(alone)
    job = drafted(engine, master, request)
    nothing = drafted(engine, b"nothing at all " * 40, request)
    send(alone, job, "commit")
    assert looked(engine, job).state == "running"
    alone.world.sleep(SIGNATURE_SECONDS + 60)
    ended, idle = looked(engine, job), looked(engine, nothing)
    for each, missing in ((ended, "registration"), (idle, "commitment")):
        assert (each.state, each.error.code, each.calls) == ("failed", "registration-not-sent", ())
        assert (each.error.facts["missing"], each.error.facts["account"]) == (missing, alone.address(ADA))
    looked(engine, job)
    assert awaited(engine.services) == []
    alone.world.rpc("evm_mine", {"blocks": 300})
    again = engine.wait(start_registration(engine, master, request).id)
    assert again.calls[0] == job.calls[0]
    assert looked(engine, job).state == "running"  # the commitment is there, and its priority
    send(alone, again, "register")
    result = looked(engine, again).result
    assert result is not None
    assert result["final_at"] - result["priority_at"] == GRACE
    assert alone.world.now() - result["priority_at"] > SIGNATURE_SECONDS


def test_follow__registration_sent_after_the_time__is_found_when_the_file_comes_again(alone: Site, lone_engine: Engine):
    engine, master, request = lone_engine, b"sent too late " * 40, asked(alone)
    job = drafted(engine, master, request)
    send(alone, job, "commit")
    alone.world.sleep(SIGNATURE_SECONDS + 60)
    assert looked(engine, job).state == "failed"
    send(alone, job, "register")
    assert engine.wait(start_registration(engine, master, request).id).state == "done"


def test_follow__another_account_sends_the_registration__chain_refuses_it_and_the_job_waits(site: Site, engine: Engine):
    job = drafted(engine, b"from a wrong account " * 40, asked(site))
    send(site, job, "commit")
    assert looked(engine, job).state == "running"
    with pytest.raises(DeniedError) as refused:
        engine.services.client.try_call(job.calls[1].call, site.address(BEN))
    assert refused.value.code == "not-registrant"
    hash_ = site.world.client.w3.eth.send_transaction(
        {"from": site.address(BEN), "to": job.calls[1].call.to, "data": job.calls[1].call.data, "gas": 2_000_000}
    )
    assert site.world.client.w3.eth.get_transaction_receipt(hash_)["status"] == 0
    assert looked(engine, job).state == "running"
    send(site, job, "register")
    assert looked(engine, job).state == "done"


@pytest.mark.parametrize("committed", [False, True])
def test_follow__somebody_else_has_the_final_title__is_refused(site: Site, engine: Engine, committed: bool):
    """He knew the file, or read the metadata; where titles are final at once, the first one stands."""
    job = drafted(engine, b"taken by another %d " % committed * 40, asked(site))
    draft = engine.output(job.id)
    if committed:
        send(site, job, "commit")
    register_elsewhere(site, engine.services, draft["registration"].work, {"title": "Not hers"})
    ended = looked(engine, job)
    assert (ended.state, ended.error.code) == ("failed", "work-registered")
    assert ended.error.facts["holder"] == site.address(BEN)
    assert pinned(engine, job) == 0


def test_follow__copier_of_the_reveal_is_mined_first__earlier_commitment_takes_the_title_over(
    alone: Site, lone_engine: Engine
):
    """He read the registration before it was mined, and registered at once; the job waits until hers takes over."""
    engine, registry = lone_engine, alone.world.contracts.registry
    job = drafted(engine, b"copied on its way " * 40, asked(alone))
    stated = engine.output(job.id)["registration"]
    send(alone, job, "commit")
    assert looked(engine, job).state == "running"
    alone.world.sleep(2)
    copied = Registration(stated.work, alone.address(BEN), stated.metadata)
    alone.world.send(registry.register(copied), BEN)
    for _ in range(2):
        assert looked(engine, job).state == "running"
    send(alone, job, "register")
    done = looked(engine, job)
    assert (done.state, done.result["holder"]) == ("done", alone.address(ADA))


def test_follow__copiers_title_becomes_final_first__is_refused(alone: Site, lone_engine: Engine):
    engine, registry = lone_engine, alone.world.contracts.registry
    job = drafted(engine, b"copied, and final " * 40, asked(alone))
    stated = engine.output(job.id)["registration"]
    send(alone, job, "commit")
    alone.world.sleep(2)
    alone.world.send(registry.register(Registration(stated.work, alone.address(BEN), stated.metadata)), BEN)
    assert looked(engine, job).state == "running"
    alone.world.sleep(GRACE)
    ended = looked(engine, job)
    assert (ended.state, ended.error.code) == ("failed", "work-registered")


def test_follow__somebody_committed_earlier__is_refused_at_once(alone: Site, lone_engine: Engine):
    engine, registry, salt = lone_engine, alone.world.contracts.registry, b"\x07" * 32
    job = drafted(engine, b"known to another before " * 40, asked(alone))
    stated = engine.output(job.id)["registration"]
    alone.world.send(registry.commit(registry.commitment(alone.address(BEN), stated.work, salt)), BEN)
    alone.world.sleep(2)
    send(alone, job, "commit")
    alone.world.send(registry.register(Registration(stated.work, alone.address(BEN), b"\x01" * 32, salt=salt)), BEN)
    assert looked(engine, job).error.code == "work-registered"


def sends(site: Site, stated: Registration, account: int = ADA) -> None:
    """A wallet that registers something else than what it was asked to."""
    registry = site.world.contracts.registry
    site.world.send(registry.commit(registry.commitment(stated.registrant, stated.work, stated.salt)), account)
    site.world.send(registry.register(stated), account)


@pytest.mark.parametrize(
    ("changed", "differing"),
    [
        ({"metadata": b"\x01" * 32}, ["metadata"]),
        ({"provenance": b"\x02" * 32}, ["provenance"]),
        ({"iscc": b""}, ["iscc"]),
        ({"share_root": b"\x03" * 32}, ["shares"]),
        ({"metadata": b"\x01" * 32, "share_root": b"\x03" * 32}, ["metadata", "shares"]),
    ],
)
def test_follow__wallet_registers_it_otherwise__is_refused(
    site: Site, engine: Engine, changed: dict[str, Any], differing: list[str]
):
    job = drafted(engine, repr(changed).encode() * 40, asked(site))
    sends(site, replace(engine.output(job.id)["registration"], **changed))
    ended = looked(engine, job)
    assert (ended.state, ended.error.code) == ("failed", "registered-otherwise")
    assert ended.error.facts["differing"] == differing
    assert pinned(engine, job) == 0


def permit(site: Site, terms: Any, buyer: int) -> int:
    """A free licence of a work of Ada's."""
    listing = Listing(site.world.terms(terms), 0, 0)
    parent = site.world.register(b"parent", ADA)
    return site.world.buy(site.world.list(parent, listing, ADA), listing, buyer)


def test_follow__wallet_leaves_the_parent_out__is_refused(site: Site, engine: Engine):
    """Else the service would publish, as an original, what its own draft calls a derivative."""
    licence = permit(site, ADAPTATION, BEN)
    job = drafted(engine, b"derived, not told " * 40, asked(site, account=BEN, permits=(licence,)))
    sends(site, replace(engine.output(job.id)["registration"], permits=()), BEN)
    assert looked(engine, job).error.facts["differing"] == ["parents"]


def test_follow__derivative_that_owes_coins_in_advance__wallet_sends_them_along(site: Site, engine: Engine):
    """What no relayer can do."""
    licence = permit(site, replace(ADAPTATION, guarantee=7, text=b"\x07" * 32), BEN)
    with pytest.raises(RefusedError) as refused:
        start_registration(
            engine, b"owes coins " * 40, RegistrationRequest(site.address(BEN), "Owes", permits=(licence,))
        )
    assert refused.value.code == "native-guarantee"
    job = drafted(engine, b"owes coins " * 40, asked(site, account=BEN, permits=(licence,)))
    assert [each.call.value for each in job.calls] == [0, 7]
    send(site, job, "commit", BEN)
    send(site, job, "register", BEN)
    assert looked(engine, job).state == "done"


def test_follow__two_drafts_of_one_file__one_title_and_a_clear_end_of_the_other(site: Site, engine: Engine):
    master = b"drafted twice " * 40
    first, second = drafted(engine, master, asked(site, "First")), drafted(engine, master, asked(site, "Second"))
    assert first.id != second.id
    send(site, first, "commit")
    send(site, second, "commit")
    assert (looked(engine, first).state, looked(engine, second).state) == ("running", "running")
    send(site, second, "register")
    ended, done = looked(engine, first), looked(engine, second)
    assert (done.state, ended.state, ended.error.code) == ("done", "failed", "registered-otherwise")
    with pytest.raises(RefusedError) as refused:
        engine.services.client.try_call(first.calls[1].call, site.address(ADA))
    assert refused.value.code == "already-registered"


def test_follow__same_work_registered_by_the_relayed_draft__both_are_done(site: Site, engine: Engine):
    master, request = b"drafted both ways " * 40, asked(site)
    own = drafted(engine, master, request)
    relayed = engine.wait(start_registration(engine, master, replace(request, relay=True)).id)
    assert own.id != relayed.id
    submit_signature(engine, relayed.id, site.signer(ADA).sign_typed(relayed.typed))
    assert engine.wait(relayed.id).state == "done"
    assert looked(engine, own).result["transaction"] == engine.job(relayed.id).result["transaction"]


def test_follow__commitment_undone_by_a_reorganisation__is_awaited_again(alone: Site, lone_engine: Engine):
    engine, world = lone_engine, alone.world
    job = drafted(engine, b"its commitment goes away " * 40, asked(alone))
    before = world.rpc("evm_snapshot")
    send(alone, job, "commit")
    assert looked(engine, job).state == "running"
    world.rpc("evm_revert", before)
    for _ in range(3):
        world.rpc("evm_mine")
    gone = looked(engine, job)
    assert (gone.state, gone.calls) == ("awaiting-signature", job.calls)
    send(alone, job, "commit")
    assert looked(engine, job).state == "running"
    send(alone, job, "register")
    assert looked(engine, job).state == "done"


class _Reorganised(Services):
    """Services below which the chain undoes a title right after it was indexed."""

    def advance(self) -> None:
        super().advance()
        undo = getattr(self, "undo", None)
        with self.store.snapshot() as tx:
            found = undo is not None and tx.events.title(undo[0]) is not None
        if found:
            object.__setattr__(self, "undo", None)
            undo[1]()


def test_follow__title_undone_while_it_is_read__is_awaited_again(alone: Site, lone_engine: Engine):
    engine, world = lone_engine, alone.world
    job = drafted(engine, b"its title goes away " * 40, asked(alone))
    send(alone, job, "commit")
    assert looked(engine, job).state == "running"
    plain = engine.services
    reorganised = _Reorganised(**{each.name: getattr(plain, each.name) for each in fields(plain)})
    before = world.rpc("evm_snapshot")

    def undo() -> None:
        world.rpc("evm_revert", before)
        for _ in range(3):
            world.rpc("evm_mine")

    send(alone, job, "register")
    plain.advance()
    object.__setattr__(reorganised, "undo", (engine.output(job.id)["registration"].work, undo))
    engine.services = reorganised
    follow(engine)
    for _ in range(200):
        if reorganised.undo is None and isinstance(engine.output(job.id + ".publish"), Waiting):  # type: ignore[attr-defined]
            break
        time.sleep(0.05)
    lost = looked(engine, job)
    assert (lost.state, lost.error) == ("running", None)
    send(alone, job, "register")
    assert looked(engine, job).state == "done"


def test_cancel__before_the_commitment__ends_it_until_it_is_retried(site: Site, engine: Engine):
    job = drafted(engine, b"cancelled by its owner " * 40, asked(site))
    assert engine.cancel(job.id).state == "cancelled"
    send(site, job, "commit")
    assert (looked(engine, job).state, pinned(engine, job)) == ("cancelled", 0)
    assert engine.retry(job.id).state == "awaiting-signature"
    assert looked(engine, job).state == "running"
    with pytest.raises(RefusedError) as refused:
        engine.cancel(job.id)
    assert refused.value.code == "not-cancellable"


def test_submit_signature__wallet_sends_by_itself__is_not_awaited(site: Site, engine: Engine):
    job = drafted(engine, b"no signature is wanted " * 40, asked(site))
    with pytest.raises(RefusedError) as refused:
        submit_signature(engine, job.id, b"\x01" * 65)
    assert refused.value.code == "not-awaiting-signature"


def test_follow__notice_about_the_work__is_not_published(site: Site, engine: Engine):
    job = drafted(engine, b"taken down meanwhile " * 40, asked(site))
    issue(engine.services, engine.output(job.id)["registration"].work, "operator", "N-1", "unlawful")
    send(site, job, "commit")
    ended = looked(engine, job)
    assert (ended.state, ended.error.code, pinned(engine, job)) == ("failed", "taken-down", 0)


def test_job_id__relayed__is_what_it_was_before_wallets_could_send(site: Site, engine: Engine):
    """Of chain, registry, work and everything asked, as canonical JSON; only what was left out says nothing."""
    master = b"keeps its id " * 40
    job = start_registration(engine, master, RegistrationRequest(site.address(ADA), "Kept"))
    registry, ada, work = site.world.contracts.registry.address, site.address(ADA), hashlib.sha256(master).hexdigest()
    told = (
        f'["1337","{registry}","{work}",{{"acknowledge_similar":false,"creator":"","currency":null,"delegate":null,'
        f'"description":"","listings":[],"permits":[],"provenance":null,"registrant":"{ada}",'
        f'"source_type":"digitalCreation","tiers":[],"title":"Kept"}}]'
    )
    assert job.id == "registration-" + hashlib.sha256(told.encode()).hexdigest()[:40]


def test_wallet_calls__draft__are_those_of_the_registry(site: Site, engine: Engine):
    job = drafted(engine, b"to the registry " * 40, asked(site))
    registry, stated = site.world.contracts.registry, engine.output(job.id)["registration"]
    commitment = registry.commitment(site.address(ADA), stated.work, stated.salt)
    assert [each.call for each in job.calls] == [registry.commit(commitment), registry.register(stated)]
    assert {(each.chain_id, each.sender, type(each.call)) for each in job.calls} == {(1337, site.address(ADA), Call)}
