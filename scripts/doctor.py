"""What this machine has, what it lacks, and the one line that mends each: `make doctor`, or with `--json` for programs.

Uses the standard library alone, so that it runs before anything is installed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Mapping, NamedTuple, Sequence  # noqa: UP035 - Python 3.8 must get as far as naming itself

__all__ = ["Finding", "examine", "main"]

ROOT = Path(__file__).resolve().parent.parent
OK, MISSING, NOTE = "ok", "missing", "note"
_MARK = {OK: "✓", MISSING: "✗", NOTE: "·"}
_NODE_MAJOR = 20
_DISK_GIB = {"before set-up": 8, "after": 1}
_CREATE_RULESET, _VERSION_QUERY = 444, 1  # <asm-generic/unistd.h>, <linux/landlock.h>
_VERSIONS = "import importlib.metadata as m; [print(d.name, d.version) for d in m.distributions()]"


class Finding(NamedTuple):
    """One line of the examination.

    Attributes:
        name: what was looked for.
        state: `ok`; `missing`, which `remedy` mends; or `note`, which stops nothing.
        found: what is there.
        remedy: one line to run or do; empty when all is well.
    """

    name: str
    state: str
    found: str
    remedy: str = ""


def examine(root: Path) -> list[Finding]:
    """Look at everything that the make targets need, in the order in which set-up provides it."""
    return [
        _python(),
        _node(),
        _program("npm", "comes with Node; install Node 20 again"),
        _program("make", "install it with the system's package manager"),
        _program("git", "install it with the system's package manager"),
        _disk(root),
        _python_packages(root),
        _node_packages(root),
        _solc(root),
        _ganache(root),
        _ipfs(root),
        _contracts(root),
        _model(root),
        *(_port(name, port) for name, port in (("chain", 8545), ("IPFS", 5001), ("API", 8000))),
        _landlock(),
        _content_key(os.environ),
        _gpu(),
        _postgres(),
        _curl(),
        _redis(),
        _tool(root, "Anvil", ".colophon/tools/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil", "make coverage"),
        _tool(root, "Slither", ".venv-tools/bin/slither", "make slither"),
    ]


def main(arguments: Sequence[str]) -> int:
    """Print the findings; 1 when something is missing, else 0."""
    findings = examine(ROOT)
    missing = [finding for finding in findings if finding.state == MISSING]
    if "--json" in arguments:
        print(json.dumps([finding._asdict() for finding in findings], indent=2, ensure_ascii=False))
        return 1 if missing else 0
    for finding in findings:
        print(f"{_MARK[finding.state]} {finding.name:<16} {finding.found}")
        if finding.remedy:
            print(f"  {'':<16} → {finding.remedy}")
    print(f"\n{len(missing)} missing" if missing else "\nnothing is missing")
    return 1 if missing else 0


def _python() -> Finding:
    remedy = "install Python 3.11 with its venv module, so that `python3.11` is on the PATH"
    for name in (str(ROOT / ".venv" / "bin" / "python"), "python3.11", "python3", "python"):
        version = _output(name, "-c", "import sys; print('%d.%d.%d' % sys.version_info[:3])")
        if version.startswith("3.11."):
            return Finding("Python 3.11", OK, f"{version} ({name.replace(str(ROOT) + os.sep, '')})")
    return Finding("Python 3.11", MISSING, f"only Python {sys.version.split()[0]}", remedy)


def _node() -> Finding:
    version, remedy = (
        _output("node", "--version"),
        f"install Node {_NODE_MAJOR} or later, so that `node` is on the PATH",
    )
    match = re.match(r"v(\d+)", version)
    good = match is not None and int(match.group(1)) >= _NODE_MAJOR
    name = f"Node ≥ {_NODE_MAJOR}"
    return Finding(name, OK, version) if good else Finding(name, MISSING, version or "not on the PATH", remedy)


def _program(name: str, remedy: str) -> Finding:
    version = (_output(name, "--version").splitlines() or [""])[0]
    return Finding(name, OK, version) if version else Finding(name, MISSING, "not on the PATH", remedy)


def _disk(root: Path) -> Finding:
    free = shutil.disk_usage(root).free / 2**30
    need = _DISK_GIB["after" if (root / ".venv").exists() else "before set-up"]
    found = f"{free:.0f} GiB free, {need} needed"
    return Finding("disk", OK, found) if free >= need else Finding("disk", MISSING, found, "free some space")


def _python_packages(root: Path) -> Finding:
    locked = _locked(root / "requirements.txt")
    installed = {
        _normal(line.split()[0]): line.split()[1].split("+")[0]
        for line in _output(str(root / ".venv" / "bin" / "python"), "-c", _VERSIONS).splitlines()
    }
    wrong = [name for name, version in locked.items() if installed.get(name) != version]
    return _compared(".venv", len(locked), wrong, present=bool(installed and locked))


def _locked(path: Path) -> dict[str, str]:
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")] if path.exists() else []
    return {_normal(name): version for name, _, version in (line.partition("==") for line in lines) if version}


def _normal(name: str) -> str:
    """A package's name in PEP 503's normal form."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _node_packages(root: Path) -> Finding:
    locked, installed = (
        _npm_versions(path) for path in (root / "package-lock.json", root / "node_modules" / ".package-lock.json")
    )
    wrong = [name for name, version in installed.items() if locked.get(name) != version]
    return _compared("node_modules", len(installed), wrong, present=bool(installed))


def _npm_versions(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    packages = json.loads(path.read_text())["packages"]
    return {name: entry.get("version", "") for name, entry in packages.items() if name}


def _compared(name: str, total: int, wrong: Sequence[str], *, present: bool) -> Finding:
    if not present:
        return Finding(name, MISSING, "not installed", "make setup")
    if wrong:
        names = ", ".join(wrong[:3]) + (" …" if len(wrong) > len(wrong[:3]) else "")
        return Finding(
            name,
            MISSING,
            f"{len(wrong)} of {total} packages differ from the lock: {names}",
            f"rm -rf {name} && make setup",
        )
    return Finding(name, OK, f"{total} packages as locked")


def _solc(root: Path) -> Finding:
    folder = Path(os.environ.get("SOLCX_BINARY_PATH") or root / ".colophon" / "solc")
    version = (_output(str(folder / "solc-v0.8.28"), "--version").splitlines() or [""])[-1]
    kind = "npm's, behind a launcher" if "Emscripten" in version else "native"
    if "0.8.28" in version:
        return Finding("solc 0.8.28", OK, kind)
    return Finding("solc 0.8.28", MISSING, f"not in {folder}", "make setup")


def _ganache(root: Path) -> Finding:
    version = _npm_package(root, "ganache")
    good = version == "7.9.2"
    return Finding("Ganache 7.9.2", OK, version) if good else Finding("Ganache 7.9.2", MISSING, version, "make setup")


def _ipfs(root: Path) -> Finding:
    kubo = _output("ipfs", "--version")
    if kubo:
        return Finding("IPFS node", OK, f"Kubo: {kubo}")
    version = _npm_package(root, "ipfs")
    good = version != "not installed"
    return (
        Finding("IPFS node", OK, f"js-ipfs {version}") if good else Finding("IPFS node", MISSING, version, "make setup")
    )


def _npm_package(root: Path, name: str) -> str:
    path = root / "node_modules" / name / "package.json"
    return str(json.loads(path.read_text())["version"]) if path.exists() else "not installed"


def _contracts(root: Path) -> Finding:
    good = (root / "build" / "contracts" / "WorkRegistry.json").exists()
    return Finding("contracts", OK, "compiled") if good else Finding("contracts", MISSING, "not compiled", "make build")


def _model(root: Path) -> Finding:
    folder = Path(os.environ.get("COLOPHON_MODEL_PATH") or root / "build" / "models" / "smollm2-135m-instruct")
    good = (folder / "model.safetensors").exists()
    return (
        Finding("language model", OK, "prepared")
        if good
        else Finding("language model", MISSING, f"not in {folder}", "make setup")
    )


def _port(name: str, port: int) -> Finding:
    import socket  # noqa: PLC0415 - used here alone

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            remedy = f"only make up needs it: make down ends our own; ss -ltnp 'sport = :{port}' names another"
            return Finding(f"port {port}", NOTE, f"taken ({name})", remedy)
    return Finding(f"port {port}", OK, f"free ({name})")


def _landlock() -> Finding:
    """Whether decoders of foreign files can be kept from all other files (`landlock(7)`)."""
    version = _landlock_version()
    if version > 0:
        return Finding("Landlock", OK, f"version {version}: decoders reach the program and their one file only")
    return Finding(
        "Landlock",
        NOTE,
        "not in this kernel: decoders are confined by limits and a separate process only",
        "to serve the public, boot Linux 5.13 or later with landlock among the modules that lsm= names",
    )


def _landlock_version() -> int:
    """The version of the kernel's Landlock; below 1 where it has none."""
    if sys.platform != "linux":
        return 0
    import ctypes  # noqa: PLC0415 - used here alone

    return int(ctypes.CDLL(None).syscall(_CREATE_RULESET, None, 0, _VERSION_QUERY))


def _content_key(environ: Mapping[str, str]) -> Finding:
    """Where the key lies without which no sealed work opens; never what it is."""
    home = environ.get("COLOPHON_HOME")
    data = Path(environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    own = (Path(home).expanduser() if home else data / "colophon") / "content.key"
    named, back_up = environ.get("COLOPHON_CONTENT_KEY_FILE"), "back it up apart from the database"
    if named is not None:
        readable = os.access(named, os.R_OK)
        remedy = back_up if readable else "correct COLOPHON_CONTENT_KEY_FILE"
        return Finding("content key", NOTE, f"{named}{'' if readable else ', which cannot be read'}", remedy)
    if environ.get("COLOPHON_CONTENT_KEY") is not None:
        return Finding("content key", NOTE, "in COLOPHON_CONTENT_KEY", back_up)
    if own.exists():
        return Finding("content key", NOTE, str(own), back_up)
    return Finding("content key", NOTE, f"none yet; a local chain's is made at {own}, a live chain needs one set")


def _gpu() -> Finding:
    name = (_output("nvidia-smi", "--query-gpu=name", "--format=csv,noheader").splitlines() or [""])[0]
    return Finding("GPU", NOTE, name or "none; everything runs on the CPU")


def _postgres() -> Finding:
    url = os.environ.get("COLOPHON_TEST_POSTGRES_URL")
    return Finding(
        "PostgreSQL", NOTE, "tests use it" if url else "COLOPHON_TEST_POSTGRES_URL is not set; tests use SQLite"
    )


def _redis() -> Finding:
    version = _output("redis-server", "--version").partition(" sha")[0]
    return Finding("Redis", NOTE, version or "not installed; a test of shared rate limits needs it")


def _curl() -> Finding:
    version = (_output("curl", "--version").splitlines() or [""])[0].partition(" (")[0]
    return Finding("curl", NOTE, version or "not installed; the commands of docs/API.md need it, and their test")


def _tool(root: Path, name: str, program: str, target: str) -> Finding:
    version = (_output(str(root / program), "--version").splitlines() or [""])[0]
    return Finding(name, NOTE, version or f"not installed; {target} installs it")


def _output(*command: str) -> str:
    """What a command prints, or nothing where it is absent or fails."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
