"""The deployment guide, the compose file and the service's lock say what the program does."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from offchain.cli.application import app
from scripts import service_lock

ROOT = Path(__file__).resolve().parents[4]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
KEYS = {
    "build", "cap_drop", "command", "configs", "depends_on", "deploy", "entrypoint", "environment", "healthcheck",
    "image", "networks", "ports", "profiles", "read_only", "restart", "secrets", "security_opt", "stop_grace_period",
    "tmpfs", "user", "volumes",
}  # fmt: skip


def settings() -> set[str]:
    """Every setting that the program reads."""
    source = (ROOT / "offchain" / "config.py").read_text()
    named = re.findall(r'\b(?:text|_value)\((?:environ, )?"([A-Z0-9_]+)"', source)
    return {f"COLOPHON_{name}" for name in named} | set(
        re.findall(r'environ(?:\.get\(|\[)"(COLOPHON_[A-Z0-9_]+)"', source)
    )


def test_operations__table_of_settings__has_each_that_the_program_reads_and_no_other():
    table = (ROOT / "docs" / "OPERATIONS.md").read_text().partition("## Settings")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert {name for row in rows for name in re.findall(r"`(COLOPHON_\w+)`", row)} == settings()


def test_operations__commands__are_the_programs():
    known = set(get_command(app).commands)  # type: ignore[attr-defined]
    for page in ("docs/OPERATIONS.md", "docs/SCALE.md"):
        told = set(re.findall(r"`colophon ([a-z-]+)", (ROOT / page).read_text()))
        assert told <= known, page


def test_compose__keys_and_references__are_known():
    for name, service in SERVICES.items():
        assert set(service) <= KEYS, name
        assert set(service.get("depends_on", {})) <= set(SERVICES), name
        named = [volume.partition(":")[0] for volume in service.get("volumes", [])]
        assert {each for each in named if "/" not in each} <= set(COMPOSE["volumes"]), name
        assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"]), name
        assert {each["source"] for each in service.get("configs", [])} <= set(COMPOSE.get("configs", {})), name


def test_compose__environment__names_settings_only_and_no_secret():
    for service in SERVICES.values():
        given: dict[str, str] = service.get("environment", {})
        ours = {name for name in given if name.startswith("COLOPHON_")}
        assert {name.removesuffix("_FILE") for name in ours} <= {name.removesuffix("_FILE") for name in settings()}
        secret = {name for name in given if re.search(r"KEY|PASSWORD|TOKEN|DATABASE_URL", name)}
        assert all(name.endswith(("_FILE", "_KEYSTORE", "CONFIRMATIONS")) for name in secret), secret


def test_compose__published_ports__are_the_proxys_or_on_loopback():
    """The IPFS node's and the chain node's RPC have no password."""
    for name, service in SERVICES.items():
        for port in service.get("ports", []):
            assert name == "proxy" or str(port).startswith("127.0.0.1:"), name


def test_compose__images__are_pinned_to_a_version():
    for service in SERVICES.values():
        if "image" in service and "build" not in service:
            assert re.search(r":v?\d+\.\d+", service["image"]), service["image"]


def test_compose__commands__are_accepted_by_the_program():
    for service in SERVICES.values():
        if "build" in service:
            command, *options = service["command"]
            get_command(app).commands[command].make_context(command, options)  # type: ignore[attr-defined]


def test_service_lock__file__is_what_the_sources_import():
    assert service_lock.main(["--check"]) == 0


def test_service_lock__pins__are_the_whole_locks_own():
    def pins(path: Path) -> set[str]:
        return {line for line in path.read_text().splitlines() if line and not line.startswith("#")}

    ours = pins(service_lock.FILE)
    assert ours < pins(ROOT / "requirements.txt")
    names = {pin.partition("==")[0] for pin in ours}
    assert not names & {"eth-brownie", "hypothesis", "mypy", "py-solc-x", "pytest", "ruff", "vyper"}


_WITHOUT = """
import sys
from importlib.metadata import packages_distributions
from scripts.service_lock import FILE, _normal
kept = {_normal(line.partition("==")[0]) for line in FILE.read_text().splitlines() if "==" in line}
gone = {module for module, names in packages_distributions().items() if not {_normal(name) for name in names} & kept}
gone -= {"offchain", "scripts", "tests", "pip", "wheel"}
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in gone:
            raise ModuleNotFoundError(f"no {name} where only the service is installed", name=name)
sys.meta_path.insert(0, Absent())
import offchain.api.app, offchain.cli.application, offchain.workflows.opening, offchain.workflows.backups
import offchain.workflows.examining, offchain.cli.working
assert "brownie" in gone and "pytest" in gone
assert "opentelemetry.sdk" not in sys.modules, "traces cost something while they are off"
"""


def test_service_lock__everything_else_is_absent__service_and_program_can_be_imported():
    command = [sys.executable, "-c", _WITHOUT]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr[-2000:]


@pytest.mark.parametrize("line", ["USER colophon", 'ENTRYPOINT ["colophon"]'])
def test_dockerfile__runs_the_program_as_nobody_of_importance(line: str):
    assert line in (ROOT / "Dockerfile").read_text().splitlines()
