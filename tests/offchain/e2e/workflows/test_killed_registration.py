"""A registration whose process is killed after every step, one after the other, is there exactly once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from offchain.chain import work_hex
from offchain.identity import work_id
from offchain.storage import IpfsNode
from offchain.workflows.jobs import PUBLISHING, STEPS
from tests.offchain.site import ADA, PRIDE, RELAYER, Site, make_site

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture
def site(chain_url: str, ipfs_url: str, tmp_path_factory: pytest.TempPathFactory) -> Site:
    return make_site(chain_url, ipfs_url, tmp_path_factory.mktemp("home"))


def process(site: Site, fatal: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.offchain.dying", fatal, str(PRIDE)],
        cwd=ROOT,
        env=os.environ | site.environ,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def test_registration__killed_after_each_step__one_title_one_commitment_two_transactions(site: Site):
    """Every step is idempotent, and a transaction that was sent is known again by its key."""
    client = site.world.client
    before = client.nonce(site.address(RELAYER))
    node = IpfsNode(site.environ["COLOPHON_IPFS_URL"])
    for step in (*STEPS["registration"], *STEPS["registration" + PUBLISHING]):
        killed = process(site, step)
        assert killed.returncode == -signal.SIGKILL, f"{step}: {killed.stdout}{killed.stderr}"
        if step == "commit":
            drafted = list((site.settings.home / "files").glob("*/*"))
            # What names the sealed content of this run is in no other's metadata.
            (metadata,) = (path.name for path in drafted if b"colophon-sealed-1" in path.read_bytes())
            assert not node.is_pinned(metadata)
    survived = process(site, "-")
    assert survived.returncode == 0, survived.stdout + survived.stderr
    result = json.loads(survived.stdout.splitlines()[-1])

    work = work_id(PRIDE.read_bytes())
    assert result["work"] == work_hex(work)
    assert site.world.contracts.registry.title(work).holder == site.address(ADA)
    deployment = site.world.contracts.deployment
    logs = client.logs(deployment.block, client.head(), [deployment.address("WorkRegistry")])
    names = [event.name for event in site.world.contracts.decode(logs)]
    assert (names.count("Committed"), names.count("WorkRegistered")) == (1, 1)
    # The relayer sent the commitment and the registration, each once.
    assert client.nonce(site.address(RELAYER)) - before == 2
    cids = [result["metadata"], result["provenance"], *(each["cid"] for each in result["renditions"])]
    assert len(cids) == 4
    assert all(node.is_pinned(cid) for cid in cids)
