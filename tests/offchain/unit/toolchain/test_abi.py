"""The committed ABIs follow the contracts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from offchain.chain.abi import CONTRACTS
from offchain.errors import NotFoundError
from scripts import abi
from scripts.abi import BUILT, COMMITTED, canonical, main, stale, write

FUNCTION = {"type": "function", "name": "pull", "inputs": [{"type": "uint256", "name": "child"}]}
EVENT = {"name": "Pulled", "type": "event", "inputs": []}


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "built"
    folder.mkdir()
    for name in CONTRACTS:
        (folder / f"{name}.json").write_text(json.dumps({"abi": [FUNCTION, EVENT], "bytecode": "0x"}))
    return folder


def test_canonical__entries_and_keys_in_another_order__same_text():
    turned = [dict(reversed(list(entry.items()))) for entry in (EVENT, FUNCTION)]
    assert canonical([FUNCTION, EVENT]) == canonical(turned)


def test_canonical__overloads__both_stay():
    other = {**FUNCTION, "inputs": []}
    assert json.loads(canonical([FUNCTION, other])) == [other, FUNCTION]


def test_write__then_stale__names_nothing(built, tmp_path):
    write(built, tmp_path / "committed")
    assert stale(built, tmp_path / "committed") == []


def test_stale__contract_changed__names_it(built, tmp_path):
    write(built, tmp_path / "committed")
    (built / "Licensing.json").write_text(json.dumps({"abi": [FUNCTION]}))
    assert stale(built, tmp_path / "committed") == ["Licensing"]


def test_stale__committed_file_missing__names_it(built, tmp_path):
    write(built, tmp_path / "committed")
    (tmp_path / "committed" / "TestDollar.json").unlink()
    assert stale(built, tmp_path / "committed") == ["TestDollar"]


def test_write__contract_not_compiled__writes_nothing(built, tmp_path):
    (built / "WorkRegistry.json").unlink()
    with pytest.raises(NotFoundError) as caught:
        write(built, tmp_path / "committed")
    assert caught.value.code == "contract-not-compiled"
    assert not (tmp_path / "committed").exists()


def test_main__check_on_stale_file__exits_1_and_names_the_remedy(built, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(abi, "BUILT", built)
    monkeypatch.setattr(abi, "COMMITTED", tmp_path / "committed")
    assert main([]) == 0
    assert main(["--check"]) == 0
    (tmp_path / "committed" / "Licensing.json").write_text("[]\n")
    assert main(["--check"]) == 1
    assert "Licensing" in (shown := capsys.readouterr().err)
    assert "make build" in shown


def test_committed_abis__this_tree__match_the_build():
    assert stale(BUILT, COMMITTED) == []
