"""Jobs that wait for a trouble to pass: until the next day, for three days at most, for as long as they are wanted."""

from __future__ import annotations

import time
from dataclasses import replace
from types import SimpleNamespace

import pytest

from offchain.chain.sender import Limits, Sender
from offchain.chain.sender import book as books
from offchain.errors import RefusedError, UnavailableError
from offchain.storage import open_pins
from offchain.workflows import services as all_services
from offchain.workflows.engine import Engine
from offchain.workflows.jobs import PUBLISHING
from offchain.workflows.postponing import Postponements
from offchain.workflows.registration import start_registration, submit_signature
from offchain.workflows.requests import RegistrationRequest
from scripts.processes import free_port
from tests.offchain.site import ADA, RELAYER, Site

DAY = 86_400
LIMIT = 10**18
AWAY = UnavailableError("ipfs-down", "no node", "start it")


def signed(site: Site, engine: Engine, master: bytes) -> str:
    """A registration that its registrant has signed; the job's id."""
    ada = site.signer(ADA)
    job = engine.wait(start_registration(engine, master * 40, RegistrationRequest(ada.address, "Later")).id)
    submit_signature(engine, job.id, ada.sign_typed(job.typed))
    return job.id


def test_take_up__limit_of_the_day_spent__goes_on_the_next_day_and_not_before(
    site: Site, engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    """The day's money was spent on something else; only the clocks of the book and of the engine are moved."""
    services, relayer = engine.services, site.address(RELAYER)
    engine.services = replace(services, sender=Sender(services.client, services.store, Limits(per_day=LIMIT)))
    with services.store.transaction() as tx:
        tx.transactions.spend(1337, relayer, int(time.time()) // DAY, LIMIT)
    job_id = signed(site, engine, b"tomorrow ")
    stopped = engine.wait(job_id)
    assert (stopped.state, stopped.error.code) == ("waiting", "spending-limit")
    midnight = (int(time.time()) // DAY + 1) * DAY
    assert stopped.again_at <= midnight
    engine.take_up()
    assert engine.job(job_id).state == "waiting"
    tomorrow = SimpleNamespace(time=lambda: time.time() + DAY, monotonic=time.monotonic)
    monkeypatch.setattr(all_services, "time", tomorrow)
    engine.take_up()  # the limit's day is still the same
    again = engine.wait(job_id)
    assert (again.state, again.error.code) == ("waiting", "spending-limit")
    assert again.again_at > stopped.again_at
    monkeypatch.setattr(books, "time", tomorrow)
    monkeypatch.setattr(all_services, "time", SimpleNamespace(time=lambda: time.time() + 2 * DAY))
    engine.take_up()
    assert engine.wait(job_id).state == "done"
    engine.take_up()
    with services.store.snapshot() as tx:
        assert tx.postponed.get(job_id + PUBLISHING) is None


def test_cancel__signed_and_waiting_for_a_node__is_given_up_until_it_is_retried(site: Site, engine: Engine):
    there = engine.services
    engine.services = replace(there, ipfs=open_pins(f"http://127.0.0.1:{free_port()}"))
    job_id = signed(site, engine, b"held up by the nodes ")
    assert engine.wait(job_id).state == "waiting"
    assert engine.cancel(job_id).state == "cancelled"
    hasten(engine)
    engine.take_up()
    assert engine.job(job_id).state == "cancelled"
    engine.services = there
    engine.retry(job_id)
    assert engine.wait(job_id).state == "done"


def test_cancel__signed_and_its_transaction_not_mined__is_refused_and_goes_on(site: Site, engine: Engine):
    there, world = engine.services, site.world
    engine.services = replace(there, sender=Sender(there.client, there.store, Limits(wait=0.1)))
    world.rpc("miner_stop")
    try:
        job_id = signed(site, engine, b"under way ")
        stopped = engine.wait(job_id)
        assert (stopped.state, stopped.error.code) == ("waiting", "transaction-pending")
        with pytest.raises(RefusedError) as caught:
            engine.cancel(job_id)
        assert caught.value.code == "not-cancellable"
    finally:
        world.rpc("miner_start")
    engine.services = there
    hasten(engine)
    engine.take_up()
    assert engine.wait(job_id).state == "done"


def hasten(engine: Engine) -> None:
    """Let every time have come."""
    Postponements(engine.services.store).hasten(engine.services.wall())


def test_add__same_step_for_three_days__is_given_up(engine: Engine):
    kept, now = Postponements(engine.services.store), 1_000_000
    for tries, later in enumerate((0, DAY, 3 * DAY - 1), 1):
        kept.add("registration-1.publish", "pin", AWAY, now + later)
        record = kept.get("registration-1.publish")
        assert (record.tries, record.since, record.step) == (tries, now, "pin")
    kept.add("registration-1.publish", "pin", AWAY, now + 3 * DAY)
    assert kept.get("registration-1.publish") is None


def test_add__next_step_or_a_lasting_trouble__begins_anew_or_is_not_waited_for(engine: Engine):
    kept = Postponements(engine.services.store)
    kept.add("registration-1.publish", "pin", AWAY, 100)
    kept.add("registration-1.publish", "register", AWAY, 200)
    record = kept.get("registration-1.publish")
    assert (record.tries, record.since, record.due) == (1, 200, 205)
    kept.add("registration-1.publish", "register", UnavailableError("ipfs-lied", "another CID", "see"), 300)
    assert kept.get("registration-1.publish") is None


def test_add__database_was_busy_for_too_long__is_waited_for(engine: Engine):
    """It works again by then, else nothing could be written down."""
    kept = Postponements(engine.services.store)
    kept.add("registration-1.publish", "pin", UnavailableError("store-unavailable", "locked", "see"), 100)
    assert kept.get("registration-1.publish").due == 105
