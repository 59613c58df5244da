"""What the coverage run leaves out."""

from __future__ import annotations

import configparser

from scripts.coverage import OPTIMIZED_ONLY
from scripts.localnet import ROOT

TESTS = ROOT / "tests" / "contracts"


def test_optimized_only__the_mark_that_is_left_out__is_registered():
    options = configparser.ConfigParser()
    options.read(TESTS / "pytest.ini")
    assert OPTIMIZED_ONLY in [each.split(":")[0] for each in options["pytest"]["markers"].split("\n")]


def test_optimized_only__gas_against_the_snapshot_and_size_of_the_code__bear_the_mark():
    marked = [path.name for path in TESTS.rglob("test_*.py") if f"pytest.mark.{OPTIMIZED_ONLY}" in path.read_text()]
    assert {"test_gas_snapshot.py", "test_deployment.py"} <= set(marked)
