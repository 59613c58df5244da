"""A generation whose process is killed while the model writes goes on by itself: one work, one title."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.offchain.site import Site, make_site

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture
def site(chain_url: str, ipfs_url: str, tmp_path_factory: pytest.TempPathFactory) -> Site:
    return make_site(chain_url, ipfs_url, tmp_path_factory.mktemp("home"))


def process(site: Site, fatal: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.offchain.dying_generation", fatal],
        cwd=ROOT,
        env=os.environ | site.environ,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def masters(site: Site) -> set[str]:
    return {"0x" + path.name for path in (site.settings.home / "masters").glob("*")}


def test_generation__killed_while_the_model_composes__each_work_once_and_one_title(site: Site):
    """First in the first step of a batch, then in its second; the works of the first are not made again."""
    early = process(site, "5")
    assert early.returncode == -signal.SIGKILL, early.stdout + early.stderr
    assert not masters(site)
    late = process(site, "22")  # 17 calls are the first step's: one before it runs, one for each frame
    assert late.returncode == -signal.SIGKILL, late.stdout + late.stderr
    kept = masters(site)
    assert len(kept) == 8
    times = {path: path.stat().st_mtime_ns for path in (site.settings.home / "masters").glob("*")}

    survived = process(site, "-")
    assert survived.returncode == 0, survived.stdout + survived.stderr
    told = json.loads(survived.stdout.splitlines()[-1])
    works = told["generated"]["works"]
    assert [each["provenance"]["seed"] for each in works] == list(range(7, 19))
    assert {each["work"] for each in works} == masters(site)
    assert len({each["provenance"]["created"] for each in works}) == 1
    # Registering the first work hands its master in once more.
    untouched = [path for path in times if "0x" + path.name != works[0]["work"]]
    assert [path.stat().st_mtime_ns for path in untouched] == [times[path] for path in untouched]

    again = process(site, "-")
    assert again.returncode != 0
    assert "work-registered" in again.stderr or "already registered" in again.stderr
    contracts, client = site.world.contracts, site.world.client
    logs = client.logs(contracts.deployment.block, client.head(), [contracts.registry.address])
    assert [event.name for event in contracts.decode(logs)].count("WorkRegistered") == 1
