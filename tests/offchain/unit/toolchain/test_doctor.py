"""The doctor names what is missing and the line that mends it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys

import pytest

from offchain.config import home_path
from offchain.identity.sandbox import confinement
from offchain.storage.master_key import keep_master_key
from scripts import doctor
from scripts.doctor import MISSING, OK, ROOT, examine


def by_name(findings):
    return {finding.name: finding for finding in findings}


def install(root, *packages):
    """An environment whose interpreter lists these packages, as `_VERSIONS` makes the real one do."""
    python = root / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\n" + "".join(f"echo '{package}'\n" for package in packages))
    python.chmod(0o755)


def test_examine__empty_folder__names_everything_that_setup_provides(tmp_path, monkeypatch):
    monkeypatch.delenv("SOLCX_BINARY_PATH", raising=False)
    monkeypatch.delenv("COLOPHON_MODEL_PATH", raising=False)
    findings = by_name(examine(tmp_path))
    for name in (".venv", "node_modules", "solc 0.8.28", "Ganache 7.9.2", "language model", "contracts"):
        assert findings[name].state == MISSING
        assert findings[name].remedy.startswith("make ")


def test_examine__every_missing_thing__has_a_remedy(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    missing = [finding for finding in examine(tmp_path) if finding.state == MISSING]
    assert {"npm", "make", "git"} <= {finding.name for finding in missing}
    assert all(finding.remedy for finding in missing)


def test_examine__package_other_than_locked__is_named(tmp_path):
    (tmp_path / "requirements.txt").write_text("# renewed by sed 's/a==b/c/'\nPackage_One==1.0\ntwo==2.0\n")
    install(tmp_path, "package-one 1.0", "two 2.1+local")
    finding = by_name(examine(tmp_path))[".venv"]
    assert finding.state == MISSING
    assert "1 of 2" in finding.found
    assert "two" in finding.found
    assert "package-one" not in finding.found


def test_examine__local_label__is_the_locked_version(tmp_path):
    """torch's CPU build calls itself 2.13.0+cpu; the lock says 2.13.0 (PEP 440, local version identifiers)."""
    (tmp_path / "requirements.txt").write_text("torch==2.13.0\n")
    install(tmp_path, "torch 2.13.0+cpu")
    assert by_name(examine(tmp_path))[".venv"].state == OK


def test_examine__node_package_other_than_locked__is_named(tmp_path):
    (tmp_path / "node_modules").mkdir()
    lock = {"packages": {"": {}, "node_modules/ganache": {"version": "7.9.2"}}}
    (tmp_path / "package-lock.json").write_text(json.dumps(lock))
    lock["packages"]["node_modules/ganache"]["version"] = "7.9.1"
    (tmp_path / "node_modules" / ".package-lock.json").write_text(json.dumps(lock))
    finding = by_name(examine(tmp_path))["node_modules"]
    assert finding.state == MISSING
    assert "ganache" in finding.found


def test_examine__port_taken__says_so_and_is_not_missing(monkeypatch):
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", 0))
        squatter.listen()
        finding = doctor._port("probe", squatter.getsockname()[1])
    assert finding.state not in {OK, MISSING}
    assert "make down" in finding.remedy


def test_examine__kernel_without_landlock__says_what_is_left(monkeypatch):
    monkeypatch.setattr(doctor, "_landlock_version", lambda: -1)
    finding = by_name(examine(ROOT))["Landlock"]
    assert finding.state not in {OK, MISSING}
    assert "limits and a separate process only" in finding.found
    assert finding.remedy


def test_landlock__this_machine__agrees_with_the_sandbox():
    """The sandbox asks the kernel by itself, since the doctor runs before anything is installed."""
    version = confinement._LIBC.syscall(confinement._CREATE_RULESET, None, 0, confinement._VERSION_QUERY)
    assert doctor._landlock_version() == version
    assert (doctor._landlock().state == OK) == (version > 0)


def test_content_key__wherever_it_lies__the_place_is_told_and_never_the_key(tmp_path):
    secret, other = "5e" * 32, tmp_path / "kept"
    other.write_text(secret)
    home = {"COLOPHON_HOME": str(tmp_path)}
    assert str(tmp_path / "content.key") in doctor._content_key(home).found
    assert "none yet" in doctor._content_key(home).found
    keep_master_key(tmp_path / "content.key")
    made = (tmp_path / "content.key").read_text().strip()
    for environ, place in (
        (home, str(tmp_path / "content.key")),
        (home | {"COLOPHON_CONTENT_KEY": secret}, "in COLOPHON_CONTENT_KEY"),
        (home | {"COLOPHON_CONTENT_KEY_FILE": str(other)}, str(other)),
        (home | {"COLOPHON_CONTENT_KEY_FILE": str(tmp_path / "gone")}, f"{tmp_path / 'gone'}, which cannot be read"),
    ):
        finding = doctor._content_key(environ)
        assert finding.found == place
        assert finding.remedy
        assert not any(key in str(finding) for key in (secret, made))


@pytest.mark.parametrize("environ", [{"XDG_DATA_HOME": "/data"}, {"COLOPHON_HOME": "~/h"}, {}])
def test_content_key__no_key__is_looked_for_in_the_services_own_home(environ, monkeypatch):
    for name in ("XDG_DATA_HOME", "COLOPHON_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert str(home_path() / "content.key") in doctor._content_key(environ).found


@pytest.mark.parametrize(("state", "status"), [(MISSING, 1), ("note", 0), (OK, 0)])
def test_main__state__decides_the_exit_status(state, status, monkeypatch, capsys):
    monkeypatch.setattr(doctor, "examine", lambda _root: [doctor.Finding("thing", state, "found", "do this")])
    assert doctor.main([]) == status
    shown = capsys.readouterr().out
    assert "thing" in shown
    assert "do this" in shown


def test_main__json__is_a_list_of_findings(monkeypatch, capsys):
    monkeypatch.setattr(doctor, "examine", lambda _root: [doctor.Finding("thing", OK, "found")])
    assert doctor.main(["--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [{"name": "thing", "state": OK, "found": "found", "remedy": ""}]


def test_doctor__bare_interpreter__runs():
    """`-S -I` leaves the standard library alone on the path: no site-packages, no user's folder."""
    script = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from scripts.doctor import examine, ROOT; examine(ROOT)"
    subprocess.run([sys.executable, "-I", "-S", "-c", script], check=True, timeout=120)
