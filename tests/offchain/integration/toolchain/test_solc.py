"""The compiler that Brownie is given answers like solc and compiles what the contracts import."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from scripts.localnet import ROOT
from scripts.processes import free_port
from scripts.solc import VERSION, install_native, install_npm, installed, provide


@pytest.fixture(scope="module")
def launcher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("solc")
    install_npm(folder)
    return folder / f"solc-v{VERSION}"


def compile_standard(launcher: Path, source: str, folder: Path) -> dict:
    request = {
        "language": "Solidity",
        "sources": {"Probe.sol": {"content": source}},
        "settings": {
            "evmVersion": "shanghai",
            "remappings": [f"solady={ROOT}/node_modules/solady/src"],
            "outputSelection": {"*": {"*": ["abi", "evm.bytecode.object"]}},
        },
    }
    answer = subprocess.run(
        [launcher, "--standard-json"], input=json.dumps(request), capture_output=True, text=True, check=True, cwd=folder
    )
    return json.loads(answer.stdout)


def test_launcher__version__is_the_pinned_one_with_its_commit(launcher):
    """py-solc-x reads `0.8.28+commit.<8 hex digits>`; 7893614a is the commit of the 0.8.28 release tag."""
    answer = subprocess.run([launcher, "--version"], capture_output=True, text=True, check=True).stdout
    assert "Version: 0.8.28+commit.7893614a" in answer


def test_launcher__contract_with_imports__compiles(launcher, tmp_path):
    (tmp_path / "Local.sol").write_text("pragma solidity 0.8.28; library Local { uint256 constant ONE = 1; }")
    source = """
        pragma solidity 0.8.28;
        import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";
        import {Local} from "./Local.sol";
        contract Probe {
            function f(uint256 x) external pure returns (uint256) { return FixedPointMathLib.sqrt(x) + Local.ONE; }
        }
    """
    output = compile_standard(launcher, source, tmp_path)
    assert [error for error in output.get("errors", []) if error["severity"] == "error"] == []
    assert output["contracts"]["Probe.sol"]["Probe"]["evm"]["bytecode"]["object"]


def test_launcher__missing_import__error_names_it(launcher, tmp_path):
    output = compile_standard(launcher, 'pragma solidity 0.8.28; import "./Absent.sol"; contract Probe {}', tmp_path)
    assert any("Absent.sol" in error["formattedMessage"] for error in output["errors"])


def test_launcher__other_option__refuses(launcher):
    answer = subprocess.run([launcher, "--bin"], capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    assert "--standard-json only" in answer.stderr


def test_provide__compiler_there__is_left_alone(launcher):
    before = launcher.stat().st_mtime_ns
    assert VERSION in provide(launcher.parent)
    assert launcher.stat().st_mtime_ns == before


def test_installed__broken_file__is_not_taken_for_a_compiler(tmp_path):
    broken = tmp_path / f"solc-v{VERSION}"
    broken.write_text("half a download")
    broken.chmod(0o755)
    assert installed(tmp_path) is None


def test_install_native__server_out_of_reach__says_no_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("solcx.install.BINARY_DOWNLOAD_BASE", f"http://127.0.0.1:{free_port()}/{{}}/{{}}")
    assert install_native(tmp_path) is False
    assert list(tmp_path.iterdir()) == []
