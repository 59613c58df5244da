"""The catalogue says which works are taken down, asks for all of a page at once, and sells none of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event

from offchain.chain import work_hex
from offchain.store import Wanted
from offchain.workflows.catalogue import describe, list_works, record_work
from offchain.workflows.services import Services
from offchain.workflows.takedowns import issue, lift
from tests.offchain.site import ADA, ROCKET, Site, Visitor

NOTICE = ("court", "1 O 23/26", "An injunction forbids it.")


@contextmanager
def counted(services: Services) -> Iterator[list[str]]:
    """Statements that this thread sends to the database; the service's own threads send theirs meanwhile."""
    sent: list[str] = []
    mine = threading.get_ident()

    def note(connection, cursor, statement, parameters, context, executemany) -> None:
        if threading.get_ident() == mine:
            sent.append(statement)

    engine = services.store._engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.fixture(scope="module")
def work(ada: Visitor) -> str:
    return ada.register(ROCKET, title="Rocket")["work"]


@pytest.fixture(scope="module")
def shelf(site: Site, services: Services, work: str) -> list[int]:
    """Twenty registered works beside the rocket, oldest first, told of as their titles tell."""
    made = [site.world.register(b"shelf %d" % number, ADA) for number in range(20)]
    told = describe(services, int(work, 16)).metadata
    assert told is not None
    deadline = time.monotonic() + 30
    while True:
        with services.store.snapshot() as tx:
            if len(tx.events.titles(made)) == len(made):
                break
        assert time.monotonic() < deadline
        time.sleep(0.05)
    for number, each in enumerate(made):
        record_work(services, each, replace(told, title=f"Shelf {number}", renditions=()), None)
    return made


def flags(client: TestClient, **asked: object) -> dict[str, bool]:
    answer = client.get("/v1/works", params=asked)
    assert answer.status_code == 200, answer.text
    return {each["work"]: each["taken_down"] for each in answer.json()["items"]}


def test_work__taken_down_and_lifted__both_answers_say_so_at_once(client: TestClient, services: Services, work: str):
    assert client.get(f"/v1/works/{work}").json()["taken_down"] is False
    first = issue(services, int(work, 16), *NOTICE)
    second = issue(services, int(work, 16), "operator", "a second one", "It is still disputed.")
    assert client.get(f"/v1/works/{work}").json()["taken_down"] is True
    assert flags(client)[work] is True
    lift(services, first.record.id, "The injunction was reversed.")
    assert flags(client)[work] is True, "the other notice stands"
    lift(services, second.record.id, "Settled.")
    assert client.get(f"/v1/works/{work}").json()["taken_down"] is False
    assert flags(client)[work] is False


def test_list_works__for_sale__leaves_out_what_is_taken_down(client: TestClient, services: Services, work: str):
    assert work in flags(client, for_sale=True)
    notice = issue(services, int(work, 16), *NOTICE)
    assert work not in flags(client, for_sale=True)
    lift(services, notice.record.id, "Settled.")
    assert work in flags(client, for_sale=True)


def test_list_works__twenty_of_them__takes_as_many_queries_as_one(services: Services, shelf: list[int]):
    down = shelf[::2]
    for each in down:
        issue(services, each, *NOTICE)
    asked = {}
    for limit in (1, 20):
        with counted(services) as sent:
            page = list_works(services, Wanted(), limit)
        assert len(page.works) == limit
        asked[limit] = len(sent)
        assert sum("takedowns" in statement for statement in sent) == 1
    assert asked[20] == asked[1]
    assert {view.work for view in page.works if view.taken_down} == set(down)
    assert {view.work for view in page.works} == set(shelf)


def test_list_works__many_pages__tell_the_same_of_each_work(client: TestClient, shelf: list[int], work: str):
    whole = flags(client, limit=100)
    walked: dict[str, bool] = {}
    url = "/v1/works?limit=3"
    while url:
        page = client.get(url)
        walked |= {each["work"]: each["taken_down"] for each in page.json()["items"]}
        url = page.links.get("next", {}).get("url")
    assert walked == whole
    assert set(whole) == {work_hex(each) for each in shelf} | {work}
