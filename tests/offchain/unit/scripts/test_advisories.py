"""An audit that could not ask is no clean bill, and one that found something says what."""

from __future__ import annotations

import json

import pytest

from scripts.advisories import main

WELL = {"name": "httpx", "version": "0.28.1", "vulns": []}
HOLE = {"id": "PYSEC-2026-1", "fix_versions": ["0.28.2"]}
NPM = {"vulnerabilities": {}, "metadata": {"dependencies": {"total": 505}}}


def answering(pip: object, npm: object):
    return lambda command: json.dumps(npm if command[0] == "npm" else pip)


def test_audit__nothing_known_against_anything__well():
    assert main(answering({"dependencies": [WELL]}, NPM)) == 0


def test_audit__package_that_nobody_knows__is_not_called_well(capsys: pytest.CaptureFixture[str]):
    """pip-audit itself exits with 0 here, behind a mirror for every package."""
    skipped = {"name": "httpx", "skip_reason": "Dependency not found on PyPI and could not be audited"}
    assert main(answering({"dependencies": [WELL, skipped]}, NPM)) == 6
    assert "advisories-unreachable" in capsys.readouterr().err


@pytest.mark.parametrize("npm", [{"message": "405 Method Not Allowed", "error": {}}, "nonsense"])
def test_audit__npm_is_refused__is_not_called_well(npm: object):
    assert main(answering({"dependencies": [WELL]}, npm)) == 6


def test_audit__tool_is_missing__is_not_called_well():
    assert main(lambda _: "") == 6


def test_audit__advisory__named_with_its_remedy_even_where_another_did_not_answer(capsys: pytest.CaptureFixture[str]):
    assert main(answering({"dependencies": [WELL | {"vulns": [HOLE]}]}, {})) == 1
    assert "httpx 0.28.1: PYSEC-2026-1, mended in 0.28.2" in capsys.readouterr().out


def test_audit__npm_advisory__named():
    hole = {"range": "<1.2", "severity": "high", "fixAvailable": True}
    assert main(answering({"dependencies": [WELL]}, NPM | {"vulnerabilities": {"left-pad": hole}})) == 1
