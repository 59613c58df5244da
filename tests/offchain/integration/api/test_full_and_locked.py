"""A database that another program holds, a disk without room: the request says so, and nothing is lost."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from offchain.api.app import create_app
from offchain.store import store as store_module
from tests.offchain.site import PRIDE, Site, Visitor, make_site


@pytest.fixture(scope="module")
def site(chain_url: str, ipfs_url: str, tmp_path_factory: pytest.TempPathFactory) -> Site:
    return make_site(chain_url, ipfs_url, tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def client(site: Site) -> Iterator[TestClient]:
    """The service, which waits for a locked database for a moment only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store_module, "_BUSY_SECONDS", 0.2)
        with TestClient(create_app(site.settings), raise_server_exceptions=False) as client:
            yield client


@contextmanager
def locked(site: Site) -> Iterator[None]:
    """Another program writes into the database and does not end."""
    other = sqlite3.connect(site.environ["COLOPHON_DATABASE_URL"].removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.rollback()
        other.close()


@contextmanager
def full(largest: int) -> Iterator[None]:
    """No file may grow beyond so many bytes: what a full disk, or a quota, does to whoever writes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_writes__database_locked__unavailable_and_reads_go_on(site: Site, client: TestClient, ada: Visitor):
    with locked(site):
        answer = client.post("/v1/auth/challenge", json={"account": ada.address})
        assert (answer.status_code, answer.json()["code"]) == (503, "store-unavailable")
        assert "locked" in answer.json()["remedy"]
        assert client.get("/v1/works").status_code == 200
    assert client.post("/v1/auth/challenge", json={"account": ada.address}).status_code == 200


def test_register__database_locked_meanwhile__goes_on_afterwards(site: Site, ada: Visitor):
    with locked(site):
        job = ada.submit(PRIDE, title="Pride").json()
        assert ada.wait(job["id"])["state"] in ("awaiting-signature", "waiting", "interrupted")
    assert ada.register(PRIDE, title="Pride")["work"]


def test_register__no_room_for_the_master__unavailable_and_nothing_is_left(site: Site, ada: Visitor):
    home = Path(site.environ["COLOPHON_HOME"])
    master = b"a text that finds no room " * 40_000
    before = {path for path in home.rglob("*") if path.is_file() and "db" not in path.name}
    with full(300_000):
        refused = ada.submit(master, title="Long")
    assert (refused.status_code, refused.json()["code"]) == (503, "disk-failed"), refused.text
    assert {path for path in home.rglob("*") if path.is_file() and "db" not in path.name} == before
