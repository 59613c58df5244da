"""`colophon storage` over a store and real nodes; no chain runs."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from offchain.cli import main
from offchain.storage import IpfsNode, local_cid
from offchain.storage.unixfs import CHUNK_SIZE
from offchain.store import ContentRecord, WorkRecord, open_store
from offchain.workflows.terms import standard_terms
from scripts.localnet import local_ipfs
from scripts.processes import free_port

Run = Callable[..., tuple[int, Any]]


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    """A command sends this process's logs to a stream that ends with the test."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.fixture(scope="module")
def nodes(ipfs_url: str) -> Iterator[list[IpfsNode]]:
    """Two, which have the standard terms."""
    with local_ipfs() as other:
        both = [IpfsNode(ipfs_url, timeout=30), IpfsNode(other, timeout=30)]
        for node in both:
            for terms in standard_terms():
                node.pin(terms.data)
        yield both


@pytest.fixture
def contents(nodes: list[IpfsNode], tmp_path: Path) -> list[str]:
    """A work with a long and a short file, pinned on both nodes; their CIDs."""
    files = [random.randbytes(2 * CHUNK_SIZE + 1), random.randbytes(100)]
    for node in nodes:
        for file in files:
            node.pin(file)
    store = open_store(f"sqlite:///{tmp_path / 'colophon.db'}")
    with store.transaction() as tx:
        tx.works.add(WorkRecord(id=7, creator="0x" + "11" * 20, title="A title", media_type="text/plain", size=1))
        tx.contents.put(
            7, [ContentRecord(cid=local_cid(file), work=7, role="preview", media_type="text/plain") for file in files]
        )
    store.close()
    return list(map(local_cid, files))


@pytest.fixture
def run(nodes: list[IpfsNode], tmp_path: Path, monkeypatch, capsys) -> Run:
    """Run a command; its exit code and document."""
    monkeypatch.setenv("COLOPHON_HOME", str(tmp_path))
    monkeypatch.setenv("COLOPHON_IPFS_URL", ",".join(node.url for node in nodes))
    monkeypatch.setenv("COLOPHON_RPC_URL", f"http://127.0.0.1:{free_port()}")

    def call(*arguments: object) -> tuple[int, Any]:
        monkeypatch.setattr("sys.argv", ["colophon", "storage", *map(str, arguments), "--json"])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), json.loads(capsys.readouterr().out)

    return call


def test_check__everything_there__exits_0_and_counts_it(run: Run, contents: list[str]):
    status, told = run("check", "--all")
    assert status == 0
    assert told == {
        "nodes": 2,
        "quorum": 2,
        "files": 2 + len(standard_terms()),
        "checked": 2 + len(standard_terms()),
        "below_quorum": [],
        "wrong": [],
    }


def test_check__sample__reads_so_many(run: Run, contents: list[str]):
    status, told = run("check", "--sample", 1)
    assert (status, told["checked"], told["files"]) == (0, 1, 2 + len(standard_terms()))


def test_repair__pin_lost_at_one_node__check_exits_1_until_it_is_repaired(run: Run, nodes, contents: list[str]):
    long, _ = contents
    nodes[1].unpin(long)
    status, told = run("check", "--all")
    (wrong,) = told["wrong"]
    assert status == 1
    assert (wrong["cid"], wrong["node"], wrong["code"], wrong["role"]) == (long, nodes[1].url, "not-pinned", "preview")
    assert wrong["work"] == "0x" + f"{7:064x}"
    assert told["below_quorum"] == [long]
    status, told = run("repair")
    assert (status, told["wrong"]) == (0, [])
    assert nodes[1].is_pinned(long)


def test_check__node_down__is_a_finding_not_an_end(run: Run, nodes, contents: list[str], monkeypatch):
    down = f"http://127.0.0.1:{free_port()}"
    monkeypatch.setenv("COLOPHON_IPFS_URL", f"{nodes[0].url},{down}")
    monkeypatch.setenv("COLOPHON_PIN_QUORUM", "1")
    status, told = run("check", "--all")
    assert status == 1
    assert {(each["node"], each["code"]) for each in told["wrong"]} == {(down, "ipfs-down")}
    assert told["below_quorum"] == []


def test_export_then_import__file_that_one_node_has__is_on_both(run: Run, nodes, tmp_path):
    content = random.randbytes(CHUNK_SIZE + 1)
    cid, car = nodes[0].pin(content), tmp_path / "file.car"
    status, told = run("export", cid, "--out", car)
    assert (status, told) == (0, {"cid": cid, "car": str(car), "bytes": car.stat().st_size})
    assert run("import", car) == (0, {"cid": cid})
    assert [node.is_pinned(cid) for node in nodes] == [True, True]


@pytest.mark.parametrize(("content", "code"), [(b"no CAR file", "car-malformed"), (None, "file-unreadable")])
def test_import__no_car_file__exits_2(run: Run, tmp_path, content, code):
    path = tmp_path / "file.car"
    if content is not None:
        path.write_bytes(content)
    status, told = run("import", path)
    assert (status, told["code"]) == (2, code)
