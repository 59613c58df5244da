"""Whether a running service can work, as a load balancer asks it."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from offchain.storage import open_pins
from offchain.workflows import readiness
from offchain.workflows.readiness import disk_check, ipfs_check, probes
from offchain.workflows.services import Services
from offchain.workflows.terms import standard_terms
from tests.offchain.site import RELAYER, Site

NOBODY = ("http://127.0.0.1:9", "http://127.0.0.1:10")


def test_ready__all_is_well__tells_what_an_operator_watches(client: TestClient, site: Site):
    told = client.get("/readyz").json()
    assert told["ready"]
    assert set(told["checks"]) == {"chain", "indexer", "ipfs", "store", "relayer", "workers", "disk"}
    assert told["checks"]["relayer"]["balance"] == str(site.world.client.balance(site.address(RELAYER)))
    assert told["checks"]["relayer"]["in_flight"] == 0
    ipfs = told["checks"]["ipfs"]
    assert (ipfs["answering"], ipfs["needed"]) == (1, 1)
    assert told["checks"]["disk"]["free"] > 0


@pytest.mark.parametrize(("quorum", "code"), [(1, None), (2, "ipfs-quorum-missed"), (None, "ipfs-quorum-missed")])
def test_ipfs_check__one_of_three_answers__well_where_one_is_enough(client, ipfs_url: str, quorum: int | None, code):
    pins = open_pins(",".join((ipfs_url, *NOBODY)), quorum)
    found = ipfs_check(pins, standard_terms()[0].cid)
    assert (found.ok, found.code, found.answering, found.needed) == (code is None, code, 1, quorum or 2)


def test_ipfs_check__nodes_answer_but_keep_nothing__terms_not_pinned(client, ipfs_url: str):
    unknown = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"
    assert ipfs_check(open_pins(ipfs_url), unknown).code == "terms-not-pinned"


def test_probes__chain_not_followed__indexer_stopped(services: Services):
    found = probes(services, follows=lambda: False, works=True)["indexer"]()
    assert (found.ok, found.code) == (False, "indexer-stopped")


def test_disk_check__too_little_room__fails_and_tells_how_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(readiness, "_ROOM", 2**62)
    found = disk_check(tmp_path / "not" / "there" / "yet")
    assert (found.ok, found.code) == (False, "disk-full")
    assert found.free
