"""No error is declared in vain: each custom error of the interfaces is expected somewhere in these tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
DECLARED = sorted(
    name
    for source in (ROOT / "contracts" / "interfaces").glob("*.sol")
    for name in re.findall(r"^\s*error (\w+)\(", source.read_text(), re.MULTILINE)
)
EXPECTED = {
    name
    for source in Path(__file__).resolve().parents[1].rglob("test_*.py")
    for name in re.findall(r'"(\w+__\w+)"', source.read_text())
}


@pytest.mark.parametrize("error", DECLARED)
def test_error__declared_in_an_interface__provoked_by_a_test(error):
    assert error in EXPECTED
