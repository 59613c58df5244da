"""A process is killed at every boundary of every step of every kind of job: nothing is lost, nothing is there twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from offchain.workflows.jobs import PUBLISHING, STEPS
from tests.offchain.kill_matrix import CELLS, walked
from tests.offchain.site import Site, make_site


@pytest.fixture
def site(chain_url: str, ipfs_url: str, tmp_path: Path) -> Site:
    return make_site(chain_url, ipfs_url, tmp_path)


def test_cells__each_step__killed_before_and_after_its_effect():
    steps = [*STEPS["registration"], *STEPS["registration" + PUBLISHING], *STEPS["purchase"]]
    told = [life.fate for life in CELLS if life.kind != "generation"]
    assert told == [fate for step in steps for fate in (f"before:{step}", step)]


def test_jobs__killed_at_every_boundary__exactly_once_and_every_pin(site: Site, tmp_path: Path):
    """Every step is idempotent, and a transaction that was sent is known again by its key."""
    matrix = walked(site, "sqlite", tmp_path / "lanes")
    assert [cell for cell in matrix.cells if not cell.right] == []
    assert (matrix.orphans, matrix.lost, matrix.unsettled) == (frozenset(), frozenset(), 0)
