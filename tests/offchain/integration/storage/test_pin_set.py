"""Several real nodes as one, and what happens when some are away or wrong."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from offchain.errors import InputError, NotFoundError, UnavailableError
from offchain.storage import IpfsNode, PinSet, local_cid, open_pins
from offchain.storage.archive import export_car, import_car
from offchain.storage.car import write_car
from offchain.storage.check import check, repair
from offchain.storage.cid import parse_cid
from offchain.storage.unixfs import CHUNK_SIZE
from scripts.localnet import local_ipfs
from scripts.processes import free_port


@pytest.fixture(scope="module")
def urls(ipfs_url: str) -> Iterator[list[str]]:
    """The run's node and two more."""
    with ExitStack() as stack:
        yield [ipfs_url, *(stack.enter_context(local_ipfs()) for _ in range(2))]


@pytest.fixture
def pins(urls: list[str]) -> PinSet:
    return open_pins(",".join(urls), timeout=30)


@pytest.fixture
def content() -> bytes:
    """Three leaves, other bytes each time."""
    return random.randbytes(2 * CHUNK_SIZE + 1_000)


def absent() -> IpfsNode:
    return IpfsNode(f"http://127.0.0.1:{free_port()}")


def codes(findings) -> list[str | None]:
    return [finding.error and finding.error.code for finding in findings]


def test_pin__three_nodes__each_has_it(pins, content):
    cid = pins.pin(content)
    assert cid == local_cid(content)
    assert [node.is_pinned(cid) for node in pins.nodes] == [True] * 3
    assert codes(check(pins, cid)) == [None] * 3
    pins.unpin(cid)
    assert not pins.is_pinned(cid)


def test_pin__one_of_three_down__quorum_of_two_is_enough(pins, content):
    some = PinSet([*pins.nodes[:2], absent()])
    cid = some.pin(content)
    assert some.is_pinned(cid)
    assert some.fetch(cid, len(content)) == content


def test_pin__two_of_three_down__is_refused_and_names_them(pins, content):
    down = [absent(), absent()]
    with pytest.raises(UnavailableError) as caught:
        PinSet([pins.nodes[0], *down]).pin(content)
    assert caught.value.code == "pin-quorum-missed"
    assert caught.value.http_status == 503
    named = [(each["node"], each["code"]) for each in caught.value.facts["nodes"]]
    assert named == [(node.url, "ipfs-down") for node in down]


def test_is_pinned__nodes_away__is_not_guessed(pins, content):
    cid = pins.nodes[0].pin(content)
    assert PinSet([pins.nodes[0], absent()], 1).is_pinned(cid)
    assert not PinSet([pins.nodes[0], pins.nodes[1], absent()], 3).is_pinned(cid)
    with pytest.raises(UnavailableError) as caught:
        PinSet([pins.nodes[0], absent()], 2).is_pinned(cid)
    assert caught.value.code == "pin-quorum-unknown"


def test_unpin__node_away__is_told(pins, content):
    some = PinSet([pins.nodes[0], absent()], 1)
    cid = some.pin(content)
    with pytest.raises(UnavailableError) as caught:
        some.unpin(cid)
    assert caught.value.code == "unpin-incomplete"
    assert not pins.nodes[0].is_pinned(cid)


@pytest.mark.parametrize("size", [1_000, 2 * CHUNK_SIZE + 1_000])
def test_repair__pin_lost_at_one_node__comes_back_from_the_others(pins, size):
    content = random.randbytes(size)
    cid = PinSet(pins.nodes[:2]).pin(content)
    before = check(pins, cid)
    assert codes(before) == [None, None, "not-pinned"]
    after = repair(pins, before)
    assert codes(after) == [None, None, None]
    assert pins.nodes[2].fetch(cid, size) == content
    assert after[:2] == before[:2]


def test_repair__node_away__stays_a_finding(pins, content):
    some = PinSet([pins.nodes[0], absent()], 1)
    cid = some.pin(content)
    findings = check(some, cid)
    assert codes(findings) == [None, "ipfs-down"]
    assert repair(some, findings) == findings


def test_check__block_spoilt_on_disk__is_found_and_repaired(pins, content):
    """js-ipfs believes an import, so a wrong block can be put under a right name, as a failing disk would."""
    cid = PinSet(pins.nodes[:2]).pin(content)
    blocks = list(pins.nodes[0].open(cid).blocks())
    spoilt = [(each, block if at < 2 else block[:-1] + b"?") for at, (each, block) in enumerate(blocks)]
    pins.nodes[2]._client.import_car(write_car([parse_cid(cid)], spoilt), 30)
    before = check(pins, cid)
    assert codes(before) == [None, None, "ipfs-lied"]
    assert before[2].node == pins.nodes[2].url
    assert codes(repair(pins, before)) == [None, None, None]


def test_export_car__file_of_a_node__is_byte_for_byte_what_the_node_exports(pins, content, tmp_path):
    cid = pins.nodes[0].pin(content)
    size = export_car(pins, cid, tmp_path / "file.car")
    exported = pins.nodes[0]._client.dag.export(cid)
    assert (tmp_path / "file.car").read_bytes() == exported
    assert size == len(exported)


@pytest.mark.parametrize("size", [1, CHUNK_SIZE, 2 * CHUNK_SIZE + 7])
def test_import_car__exported_elsewhere__is_pinned_on_every_node(pins, tmp_path, size):
    content, path = random.randbytes(size), tmp_path / "file.car"
    cid = pins.nodes[0].pin(content)
    export_car(pins.nodes[0], cid, path)
    pins.nodes[0].unpin(cid)
    assert import_car(pins, path) == cid
    assert codes(check(pins, cid)) == [None] * 3


def test_import_car__block_missing__is_refused_and_nothing_is_sent(pins, content, tmp_path):
    cid = pins.nodes[0].pin(content)
    blocks = list(pins.nodes[0].open(cid).blocks())
    path = tmp_path / "part.car"
    path.write_bytes(b"".join(write_car([parse_cid(cid)], blocks[:-1])))
    with pytest.raises(InputError) as caught:
        import_car(PinSet([absent()]), path)
    assert caught.value.code == "car-incomplete"


def test_fetch__nobody_has_it__says_what_was_tried(pins):
    cid = local_cid(b"nobody has ever pinned this either")
    with pytest.raises((NotFoundError, UnavailableError)) as caught:
        pins.patient(0.5).fetch(cid, 100)
    assert caught.value.code in {"content-not-found", "no-node-serves"}


def test_patient__same_seconds__keeps_what_was_learnt(pins):
    dead = PinSet([absent(), pins.nodes[0]])
    cid = pins.nodes[0].pin(b"on the second node alone")
    assert dead.patient(5).fetch(cid, 100) == b"on the second node alone"
    assert [node.url for node in dead.patient(5)._preferred] == [pins.nodes[0].url, dead.nodes[0].url]
    assert dead._preferred == dead.nodes


def test_fetch__one_node__has_the_node_s_own_error():
    with pytest.raises(UnavailableError) as caught:
        PinSet([absent()]).fetch(local_cid(b"x"), 1)
    assert caught.value.code == "ipfs-down"


@pytest.mark.parametrize(
    ("urls", "quorum"),
    [("http://a:1", 0), ("http://a:1", 2), ("http://a:1,http://b:1", 3), ("http://a:1,http://a:1", 1)],
)
def test_open_pins__quorum_that_cannot_be__is_refused(urls, quorum):
    with pytest.raises(InputError) as caught:
        open_pins(urls, quorum)
    assert caught.value.code == "pin-quorum-malformed"


@pytest.mark.parametrize(("count", "majority"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3)])
def test_open_pins__no_quorum_named__is_more_than_half(count, majority):
    assert open_pins(", ".join(f"http://node-{at}:5001" for at in range(count))).quorum == majority
