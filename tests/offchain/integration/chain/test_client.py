"""The node: reached, refused, gone."""

from __future__ import annotations

import http.server
import pickle
import threading
import traceback
from collections.abc import Iterator

import pytest

from offchain.chain.client import connect
from offchain.errors import InputError, NotFoundError, RefusedError, UnavailableError
from scripts.localnet import local_chain
from scripts.processes import free_port
from tests.offchain.deployed import World, deploy


@pytest.fixture
def babbling_node() -> Iterator[str]:
    """A server that answers, but not JSON-RPC."""

    class Babble(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>welcome</html>")

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Babble)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_connect__nobody_there__is_chain_down():
    with pytest.raises(UnavailableError) as refused:
        connect(f"http://127.0.0.1:{free_port()}")
    assert refused.value.code == "chain-down"


def test_connect__not_a_node__is_chain_down(babbling_node: str):
    with pytest.raises(UnavailableError) as refused:
        connect(babbling_node)
    assert refused.value.code == "chain-down"


def test_connect__secrets_in_the_url__are_not_told():
    port = free_port()
    url = f"http://user:password@127.0.0.1:{port}/v3/api-key?token=api-key"
    with pytest.raises(UnavailableError) as refused:
        connect(url)
    assert refused.value.message == f"the chain at http://127.0.0.1:{port} does not answer"
    told = "".join(traceback.format_exception(refused.value))
    assert "password" not in told
    assert "api-key" not in told


@pytest.mark.parametrize("url", ["", "ws://127.0.0.1:1", "/dev/null"])
def test_connect__not_an_http_url__is_refused(url: str):
    with pytest.raises(InputError) as refused:
        connect(url)
    assert refused.value.code == "rpc-url-malformed"


def test_connect__another_chain__is_refused_with_both_ids(chain_url: str):
    with pytest.raises(RefusedError) as refused:
        connect(chain_url, expected_chain_id=1)
    assert (refused.value.code, refused.value.facts) == ("wrong-chain", {"expected": 1, "found": 1337})


def test_client__chain_goes_down__every_question_is_chain_down():
    with local_chain() as url:
        world = deploy(url)
    registry, client = world.contracts.registry, world.client
    for ask in (client.head, lambda: registry.title(1), lambda: client.block("latest"), lambda: client.broadcast(b"")):
        with pytest.raises(UnavailableError) as refused:
            ask()
        assert refused.value.code == "chain-down"
        assert pickle.loads(pickle.dumps(refused.value)).remedy == refused.value.remedy  # noqa: S301 - our own bytes


def test_client__block_that_is_not_there__is_none(world: World):
    assert world.client.block(10**9) is None
    assert world.client.block(0).number == 0


def test_read__no_contract_at_the_address__is_not_found(world: World):
    registry = type(world.contracts.registry)(world.client, world.accounts[9])
    with pytest.raises(NotFoundError) as refused:
        registry.title(1)
    assert refused.value.code == "no-contract"


def test_call__number_too_large_for_its_type__is_refused(world: World):
    for build in (lambda: world.contracts.ledger.pull(2**256, 0, 0), lambda: world.contracts.registry.title(-1)):
        with pytest.raises(InputError) as refused:
            build()
        assert refused.value.code == "argument-out-of-range"
