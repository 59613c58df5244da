"""The program: what it imports, how it fails on usage."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from offchain.cli import main
from offchain.cli.application import app
from scripts.localnet import ROOT

HEAVY = ("web3", "torch", "transformers", "sqlalchemy", "dbos", "scipy", "PIL", "iscc_lib", "rich", "eth_account")


def called(monkeypatch, capsys, *arguments: str) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["colophon", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


def test_main__native_library_prints__standard_output_holds_the_document_alone():
    script = (
        "import ctypes, sys; from offchain.cli import application; from offchain.cli.output import show\n"
        "def app(standalone_mode): ctypes.CDLL(None).puts(b'tmpSolver.run();'); show({'ok': 1}, [], as_json=True)\n"
        "application.app = app; application.main()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert json.loads(ended.stdout) == {"ok": 1}
    assert ended.stderr == "tmpSolver.run();\n"


def test_help__imports__nothing_heavy():
    """`colophon --help` answers within half a second only because of this."""
    script = (
        "import sys; sys.argv = ['colophon', '--help']\n"
        "from offchain.cli import main\n"
        "try: main()\n"
        f"except SystemExit: print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert "Commands:" in ended.stdout
    assert ended.stderr == "[]\n"


def test_help__every_command__has_one_whole_sentence(monkeypatch, capsys):
    status, out, _ = called(monkeypatch, capsys, "--help")
    commands = out.partition("Commands:")[2].strip().splitlines()
    assert status == 0
    assert len(commands) == len(app.registered_commands) + len(app.registered_groups) == 34
    assert all(line.endswith(".") and not line.endswith("...") for line in commands)


@pytest.mark.parametrize(
    "arguments", [("publish",), ("register",), ("fingerprint", "a", "b"), ("claim", "--as", "20"), ("buy", "--what")]
)
def test_usage__wrong__exits_2_and_points_at_help(monkeypatch, capsys, arguments):
    status, out, err = called(monkeypatch, capsys, *arguments)
    assert (status, out) == (2, "")
    assert err.startswith("error: ")
    assert "colophon COMMAND --help" in err


def test_usage__wrong_with_json__is_a_problem(monkeypatch, capsys):
    status, out, err = called(monkeypatch, capsys, "publish", "--json")
    assert (status, json.loads(out)["code"], err) == (2, "usage", "")


def test_program__without_command__shows_help_and_exits_2(monkeypatch, capsys):
    status, out, _ = called(monkeypatch, capsys)
    assert status == 2
    assert "Commands:" in out


def test_fingerprint__text__names_its_sha256(monkeypatch, capsys, tmp_path):
    # sha256("abc"), FIPS 180-2 appendix B.1
    (tmp_path / "abc.txt").write_bytes(b"abc")
    status, out, _ = called(monkeypatch, capsys, "fingerprint", str(tmp_path / "abc.txt"), "--json")
    document = json.loads(out)
    assert status == 0
    assert document["work"] == "0xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert (document["size"], document["featureless"]) == (3, True)


def test_fingerprint__missing_file__exits_2_and_says_so(monkeypatch, capsys, tmp_path):
    status, _, err = called(monkeypatch, capsys, "fingerprint", str(tmp_path / "nothing"))
    assert status == 2
    assert "(file-unreadable)" in err
