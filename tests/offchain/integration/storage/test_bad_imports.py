"""What a node may do wrong while it is being sent a long file."""

from __future__ import annotations

import json
import random
import socket
import time
from collections.abc import Iterator
from threading import Event, Thread

import pytest

from offchain.errors import UnavailableError
from offchain.storage import IpfsNode, local_cid
from offchain.storage.cid import parse_cid
from offchain.storage.dag_pb import Link
from tests.offchain.integration.storage.test_lying_node import replying

CONTENT = b"the exact bytes"
CID = local_cid(CONTENT)
ROOT = Link(parse_cid(CID), len(CONTENT), len(CONTENT))
BLOCKS = [(parse_cid(CID), CONTENT)]


def rooted(cid: str, refusal: str = "") -> bytes:
    """Kubo's answer to `dag/import` (RPC reference), which js-ipfs gives too."""
    return json.dumps({"Root": {"Cid": {"/": cid}, "PinErrorMsg": refusal}}).encode()


def test_import_blocks__root_confirmed__is_fine(serving):
    IpfsNode(serving(replying(rooted(CID)))).import_blocks(ROOT, BLOCKS)


def test_import_blocks__another_root_confirmed__is_a_lie_that_names_both(serving):
    other = local_cid(b"other bytes")
    with pytest.raises(UnavailableError) as caught:
        IpfsNode(serving(replying(rooted(other)))).import_blocks(ROOT, BLOCKS)
    assert (caught.value.code, caught.value.facts) == ("ipfs-lied", {"expected": CID, "answered": other})


@pytest.mark.parametrize(
    "body", [b"", b"{}", rooted(CID, "block was not found locally"), b'{"Root":null}', b'{"Root":{"Cid":{}}}', b"[]"]
)
def test_import_blocks__root_not_pinned__is_a_failure(serving, body):
    with pytest.raises(UnavailableError) as caught:
        IpfsNode(serving(replying(body))).import_blocks(ROOT, BLOCKS)
    assert caught.value.code == "ipfs-failed"


def test_import_blocks__node_refuses__says_why(serving):
    body = json.dumps({"Message": "no space left on device", "Code": 0, "Type": "error"}).encode()
    with pytest.raises(UnavailableError, match="no space left on device"):
        IpfsNode(serving(replying(body, status=500))).import_blocks(ROOT, BLOCKS)


@pytest.fixture(params=[0, 20_000], ids=["takes nothing", "takes 20 kB a second"])
def sluggish(request: pytest.FixtureRequest) -> Iterator[str]:
    """A server that takes so many bytes a second of what it is sent."""
    done = Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**14)

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                while not done.wait(0.05):
                    if request.param:
                        connection.recv(request.param // 20)

        thread = Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        done.set()
        thread.join()


def test_pin__node_hardly_takes_anything__ends_in_a_timeout(sluggish):
    started = time.monotonic()
    with pytest.raises(UnavailableError) as caught:
        IpfsNode(sluggish, timeout=0.5).pin(random.randbytes(15 * 2**20))
    assert caught.value.code == "ipfs-timeout"
    assert sluggish in caught.value.message
    assert time.monotonic() - started < 60
