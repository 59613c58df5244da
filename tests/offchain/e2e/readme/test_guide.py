"""docs/API.md, followed from its first line to its last against a real stack; only addresses and ports differ."""

from __future__ import annotations

import json
import os
import re
import runpy
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from offchain.client import Colophon
from offchain.workflows.webhooks.happenings import _NAMES, TYPES
from scripts.localnet import ROOT
from scripts.processes import free_port, port_is_free
from scripts.stack import Stack
from tests.offchain.serving import serving

PAGE = ROOT / "docs" / "API.md"
LOCAL = "http://127.0.0.1:8000"
FOLDER = ROOT / "build" / "guide"
SAVED = re.compile(r"(?:#|//) (build/guide/\S+)\n")

BEFORE = """\
set -euo pipefail
trap 'kill $(jobs -p)' EXIT
"""
AFTER = """
for _ in $(seq 150); do
  grep -q takedown.lifted build/guide/receiver.log && grep -q takedown.lifted build/guide/other.log && break
  sleep 0.2
done
cat >build/guide/made.json <<END
{"key": "$KEY", "hook": "$HOOK", "work": "$WORK", "licence": "$LICENCE"}
END
"""
SECRET = "whsec_" + "c2VjcmV0IHRoYXQgbm9ib2R5IGtub3dz"


def blocks(*languages: str) -> list[str]:
    return [text for name, text in re.findall(r"```(\w+)\n(.*?)```", PAGE.read_text(), re.DOTALL) if name in languages]


def save_files() -> None:
    """Write what the page tells its reader to write."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    for text in blocks("python", "ts"):
        place = SAVED.match(text)
        assert place is not None, f"a file without a name: {text[:80]}"
        (ROOT / place[1]).write_text(text)


@dataclass(frozen=True)
class Followed:
    """What came of it."""

    status: int
    output: str

    @property
    def made(self) -> dict[str, str]:
        return dict(json.loads((FOLDER / "made.json").read_text()))


@pytest.fixture(scope="module")
def followed(stack: Stack) -> Followed:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    save_files()
    script = "".join(blocks("sh")).replace(LOCAL, stack.api_url)
    for port in ("9000", "9001"):
        script = script.replace(port, str(free_port()))
    with subprocess.Popen(
        ["bash", "-c", BEFORE + script + AFTER],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as shell:
        try:
            output, _ = shell.communicate(timeout=300)
        finally:
            if shell.poll() is None:
                os.killpg(shell.pid, signal.SIGKILL)
    return Followed(shell.returncode, output)


def test_guide__every_command_in_its_order__succeeds(followed: Followed):
    assert followed.status == 0, followed.output[-3000:]


def test_guide__what_it_says_will_be_printed__is_printed(followed: Followed):
    lines = followed.output.splitlines()
    assert "valid" in lines
    assert lines[lines.index("valid") + 1] == "invalid"
    assert lines[lines.index("taken-down") - 1] == "true"
    assert "unknown-licence - check the number" in followed.output
    assert "100% done" in lines
    assert any(line.endswith("% awaiting-signature") for line in lines)
    assert "Pride is registered" in lines
    assert "Alice 0x90F79bf6EB2c4f870365E785982E1f101E93b906 false" in lines
    assert f"{followed.made['work'][:10]} Alice " in lines
    assert (FOLDER / "statement.csv").read_bytes().count(b"\n") >= 2
    assert (FOLDER / "statement.pdf").read_bytes().startswith(b"%PDF")


def test_guide__example_of_a_problem__is_what_the_service_says(followed: Followed):
    example, *_ = map(json.loads, blocks("json"))
    (told,) = [line for line in followed.output.splitlines() if '"urn:colophon:error:unknown-work"' in line]
    assert json.loads(told) == example


@pytest.mark.parametrize("log", ["receiver.log", "other.log"])
def test_guide__receivers__print_each_message_once_in_order(followed: Followed, log: str):
    told = [line.split() for line in (FOLDER / log).read_text().splitlines()]
    about = [kind for kind, work in told if work == followed.made["work"]]
    assert sorted(about[:2]) == ["licence.sold", "royalty.deposited"]
    assert about[2:] == ["takedown.issued", "takedown.answered", "takedown.lifted"]
    assert [kind for kind, _ in told].count("webhook.test") == (log == "receiver.log")


def test_guide__examples_of_messages__have_the_form_of_those_that_came(followed: Followed, stack: Stack):
    _, *examples = map(json.loads, blocks("json"))
    with Colophon(stack.api_url, token=followed.made["key"]) as api:
        came = {each["type"]: json.loads(each["body"]) for each in api.list_deliveries(followed.made["hook"])["items"]}
    assert [each["type"] for each in examples] == ["licence.sold", "takedown.issued"]
    for example in examples:
        assert form(example) == form(came[example["type"]])
    sold = examples[0]["data"]
    assert int(sold["args"]["work"]) == int(sold["work"], 16)
    assert {name: sold[name] for name in ("event", "amount")} == {
        name: came["licence.sold"]["data"][name] for name in ("event", "amount")
    }


def form(told: Any) -> Any:
    """Names and types, in order."""
    return {name: form(each) for name, each in told.items()} if isinstance(told, dict) else type(told).__name__


def test_guide__table_of_events__is_that_of_the_contracts():
    rows = dict(re.findall(r"^\| (`\w+\.\w+`[^|]*) \|[^|]*\| ([^|]*) \|$", PAGE.read_text(), re.MULTILINE))
    told = {kind: names for row, names in rows.items() for kind in re.findall(r"`(\w+\.\w+)`", row)}
    assert set(told) == set(TYPES)
    for (contract, event), kind in _NAMES.items():
        abi = json.loads((ROOT / "offchain" / "chain" / "abi" / f"{contract}.json").read_text())
        (inputs,) = [each["inputs"] for each in abi if each["type"] == "event" and each["name"] == event]
        assert re.findall(r"`(\w+)`", told[kind]) == [each["name"] for each in inputs], kind


def test_guide__scopes__are_those_that_a_key_can_have():
    scopes = json.loads((ROOT / "offchain" / "client" / "openapi.json").read_text())["components"]["schemas"]["Scope"]
    assert set(re.findall(r"^\| `(\w+)` \| [^|]+ \|$", PAGE.read_text(), re.MULTILINE)) == set(scopes["enum"]) - {
        "keys"
    }


def test_guide__relative_links__lead_to_files():
    for place in re.findall(r"\]\((?!https?:)([^)#]+)\)", PAGE.read_text()):
        assert (PAGE.parent / place).exists(), place


def test_patiently__refused_twice__waits_as_long_as_it_is_told_under_one_key(tmp_path: Path):
    keys: list[str] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        keys.append(handler.headers["Idempotency-Key"])
        handler.send_response(429 if len(keys) < 3 else 200)
        handler.send_header("Retry-After", "1")
        handler.end_headers()

    (pages,) = [text for text in blocks("python") if "def patiently" in text]
    (tmp_path / "pages.py").write_text(pages)
    patiently = runpy.run_path(str(tmp_path / "pages.py"))["patiently"]
    with serving(answer) as url, httpx.Client(base_url=url) as http:
        began = time.monotonic()
        assert patiently(http, "GET", "/").status_code == 200
        assert time.monotonic() - began >= 2
    assert len(keys) == 3
    assert len(set(keys)) == 1


@contextmanager
def receiver(command: list[str | Path]) -> Iterator[str]:
    """A receiver of the page's on a port of its own; its address."""
    port = free_port()
    with subprocess.Popen([*command, str(port), SECRET], cwd=ROOT, stdout=subprocess.PIPE) as child:
        try:
            deadline = time.monotonic() + 30
            while port_is_free(port):
                assert child.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}/"
        finally:
            child.kill()


@pytest.mark.parametrize("language", ["Python", "TypeScript"])
def test_receivers__genuine_forged_old_and_twice_signed__only_what_the_secret_signed_now_counts(
    followed: Followed, language: str
):
    node: list[str | Path] = ["node", FOLDER / "out" / "receiver.js"]
    command = node if language == "TypeScript" else [sys.executable, FOLDER / "receiver.py"]
    body = json.dumps({"type": "webhook.test", "timestamp": "2026-11-22T00:00:00Z", "data": {}})

    def headers(secret: str = SECRET, age: int = 0) -> dict[str, str]:
        at = datetime.fromtimestamp(int(time.time()) - age, UTC)
        signature = Webhook(secret).sign("msg_1", at, body)
        return {"webhook-id": "msg_1", "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}

    other = headers("whsec_" + "YW5vdGhlciBzZWNyZXQgdGhhbiB0aGF0")
    both = headers()
    both["webhook-signature"] = f"{other['webhook-signature']} {both['webhook-signature']}"
    with receiver(command) as url:
        asked = [
            (headers(), body, 204),
            (both, body, 204),
            (headers(), body + " ", 401),
            (other, body, 401),
            (headers(age=600), body, 401),
            ({**headers(), "webhook-id": "msg_2"}, body, 401),
            ({**headers(), "webhook-signature": "v1,"}, body, 401),
            ({}, body, 401),
        ]
        for given, sent, status in asked:
            assert httpx.post(url, content=sent, headers=given, timeout=10).status_code == status, given
