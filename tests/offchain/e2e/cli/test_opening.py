"""`colophon open` and `keys`: from a licence to the master, on a real chain and IPFS node."""

from __future__ import annotations

import hashlib
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.processes import free_port, running
from tests.offchain.e2e.cli.conftest import DATA, Cli

BUYER, STRANGER = 6, 7
CHELSEA = DATA / "chelsea.png"


@pytest.fixture(scope="module")
def licence(cli: Cli, photograph: str, buyers: None) -> str:
    return str(cli.json("buy", photograph, "--tier", "personal", "--as", BUYER)["licence"])


@pytest.fixture(scope="module")
def service(cli: Cli) -> Iterator[str]:
    """The service that sealed the work, over HTTP."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "offchain.api.app:create_app", "--factory", "--port", str(port)]
    with running(command, "Uvicorn running", environ=cli.environ):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def elsewhere(tmp_path: Path) -> dict[str, str]:
    """A buyer's own machine: another home and another store, without any key."""
    home = tmp_path / "home"
    return {"COLOPHON_HOME": str(home), "COLOPHON_DATABASE_URL": f"sqlite:///{home / 'colophon.db'}"}


def test_open__holder_of_a_live_licence__has_the_master(cli: Cli, licence: str, photograph: str, tmp_path: Path):
    out = tmp_path / "bought.png"
    told = cli.json("open", licence, "--out", out, "--as", BUYER)
    assert out.read_bytes() == CHELSEA.read_bytes()
    assert (told["work"], told["media_type"], told["size"]) == (photograph, "image/png", CHELSEA.stat().st_size)
    identity = Path(cli.environ["COLOPHON_HOME"]) / "age-identity.txt"
    assert stat.S_IMODE(identity.stat().st_mode) == stat.S_IMODE(out.stat().st_mode) == 0o600


def test_open__holder_of_the_title__names_the_work(cli: Cli, photograph: str, tmp_path: Path):
    out = tmp_path / "mine.png"
    cli.json("open", photograph, "--out", out, "--as", 3)
    assert hashlib.sha256(out.read_bytes()).hexdigest() == photograph.removeprefix("0x")


@pytest.mark.parametrize(
    ("who", "what", "code"), [(STRANGER, "licence", "not-licence-holder"), (STRANGER, "work", "not-title-holder")]
)
def test_open__anybody_else__is_denied_and_gets_no_file(cli, licence, photograph, tmp_path, who, what, code):
    out = tmp_path / "stolen.png"
    ended = cli("open", licence if what == "licence" else photograph, "--out", out, "--as", who, "--json")
    assert (ended.status, ended.json["code"]) == (5, code)
    assert list(tmp_path.iterdir()) == []


def test_open__from_another_machine__asks_the_service(cli: Cli, service: str, licence: str, elsewhere, tmp_path: Path):
    out = tmp_path / "bought.png"
    ended = cli("open", licence, "--out", out, "--service", service, "--as", BUYER, **elsewhere)
    assert ended.status == 0, ended
    assert out.read_bytes() == CHELSEA.read_bytes()


def test_open__from_another_machine_by_a_stranger__is_denied_as_the_service_says(
    cli: Cli, service: str, licence: str, elsewhere, tmp_path: Path
):
    out = tmp_path / "stolen.png"
    ended = cli("open", licence, "--out", out, "--service", service, "--as", STRANGER, "--json", **elsewhere)
    assert (ended.status, ended.json["code"], out.exists()) == (5, "not-licence-holder", False)


def test_open__key_is_on_another_machine__says_where_to_ask(cli: Cli, licence: str, elsewhere, tmp_path: Path):
    ended = cli("open", licence, "--out", tmp_path / "x", "--as", BUYER, "--json", **elsewhere)
    assert (ended.status, ended.json["code"]) == (3, "content-not-sealed")
    assert "--service" in ended.json["remedy"]


def test_keys_log__work_that_was_opened__tells_by_whom(cli: Cli, licence: str, photograph: str, tmp_path: Path):
    cli.json("open", licence, "--out", tmp_path / "again.png", "--as", BUYER)
    newest = cli.json("keys", "log", photograph)["releases"][0]
    assert (newest["account"], newest["licence"]) == (cli.world.accounts[BUYER], licence)
    assert newest["recipient"].startswith("age1")
    assert f"licence {licence}  {cli.world.accounts[BUYER]}" in cli("keys", "log", photograph).out


def test_keys_rewrap__new_key_file__opens_what_the_old_one_did(cli: Cli, licence: str, tmp_path: Path):
    new, old = tmp_path / "new.key", Path(cli.environ["COLOPHON_HOME"]) / "content.key"
    told = cli.json("keys", "rewrap", new)
    assert (told["rewrapped"] > 0, stat.S_IMODE(new.stat().st_mode)) == (True, 0o600)
    try:
        left = cli("open", licence, "--out", tmp_path / "x", "--as", BUYER, "--json")
        assert (left.status, left.json["code"]) == (6, "content-key-foreign")
        opened = cli("open", licence, "--out", tmp_path / "y", "--as", BUYER, COLOPHON_CONTENT_KEY_FILE=str(new))
        assert opened.status == 0, opened
    finally:
        back = cli("keys", "rewrap", old, COLOPHON_CONTENT_KEY_FILE=str(new))
    assert back.status == 0, back


def test_seal__registered_without_an_offer__opens_from_then_on(cli: Cli, tmp_path: Path):
    """Its holder may offer it on chain later; until it is sealed nobody has anything to open."""
    master, out = tmp_path / "later.txt", tmp_path / "opened.txt"
    master.write_text(" ".join(f"later{number}" for number in range(100)))
    (item,) = cli.json("register", master, "--as", 3)["items"]
    ended = cli("open", item["work"], "--out", out, "--as", 3, "--json")
    assert (ended.status, ended.json["code"]) == (3, "content-not-sealed")
    assert "colophon seal" in ended.json["remedy"]
    told = cli.json("seal", master)
    assert cli.json("seal", item["work"]) == told
    cli.json("open", item["work"], "--out", out, "--as", 3)
    assert out.read_bytes() == master.read_bytes()


def test_seal__work_that_nobody_registered__not_found(cli: Cli):
    ended = cli("seal", "0x" + "17" * 32, "--json")
    assert (ended.status, ended.json["code"]) == (3, "unknown-work")


def test_index_and_sweep__nothing_wrong__say_so(cli: Cli, photograph: str):
    checked = cli.json("index", "check")
    assert checked["damage"] == []
    assert photograph not in checked["featureless"]
    assert cli.json("index", "rebuild")["unread"] == []
    assert cli.json("storage", "sweep") == {"removed": False, "pins": []}
