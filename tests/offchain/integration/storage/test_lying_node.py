from __future__ import annotations

import json
import time
from http.server import BaseHTTPRequestHandler

import pytest

from offchain.errors import InputError, NotFoundError, UnavailableError
from offchain.storage import IpfsNode, local_cid

CONTENT = b"the exact bytes"
CID = local_cid(CONTENT)


def replying(body: bytes, status: int = 200, length: int | None = None):
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def dripping(handler: BaseHTTPRequestHandler) -> None:
    """One byte at a time, for ever, never silent for long."""
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b"x")
            time.sleep(0.05)
    except (BrokenPipeError, ConnectionResetError):
        return


def flooding(status: int):
    """More and more, whatever length was asked for."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b"x" * 65_536)
        except (BrokenPipeError, ConnectionResetError):
            return

    return answer


def added(cid: str) -> bytes:
    return json.dumps({"Name": "bytes", "Hash": cid, "Size": "15"}).encode()


def test_pin__node_answers_another_cid__is_a_lie_that_names_both(serving):
    other = local_cid(b"other bytes")
    with pytest.raises(UnavailableError) as caught:
        IpfsNode(serving(replying(added(other)))).pin(CONTENT)
    assert caught.value.code == "ipfs-lied"
    assert caught.value.facts == {"expected": CID, "answered": other}
    assert CID in caught.value.message
    assert other in caught.value.message


def test_pin__node_answers_no_cid__is_a_lie(serving):
    with pytest.raises(UnavailableError) as caught:
        IpfsNode(serving(replying(added("soon")))).pin(CONTENT)
    assert (caught.value.code, caught.value.facts["answered"]) == ("ipfs-lied", "soon")


@pytest.mark.parametrize("bytes_sent", [CONTENT[:-1], b"THE EXACT BYTES", b""])
def test_fetch__other_or_truncated_bytes__are_a_lie_that_names_both(serving, bytes_sent):
    with pytest.raises(UnavailableError) as caught:
        IpfsNode(serving(replying(bytes_sent))).fetch(CID, limit=100)
    assert caught.value.code == "ipfs-lied"
    assert caught.value.facts == {"expected": CID, "answered": local_cid(bytes_sent)}


def test_fetch__connection_breaks_off__is_not_taken_for_content(serving):
    with pytest.raises(UnavailableError) as caught:
        IpfsNode(serving(replying(CONTENT[:4], length=len(CONTENT)))).fetch(CID, limit=100)
    assert caught.value.code == "ipfs-failed"


def test_fetch__endless_bytes__stop_at_the_limit(serving):
    with pytest.raises(InputError) as caught:
        IpfsNode(serving(flooding(200))).fetch(CID, limit=1_000_000)
    assert caught.value.code == "content-oversized"


def test_fetch__a_drip__is_given_up(serving):
    started = time.monotonic()
    with pytest.raises(UnavailableError) as caught:
        IpfsNode(serving(dripping), timeout=0.5).fetch(CID, limit=1_000_000)
    assert caught.value.code == "ipfs-timeout"
    assert time.monotonic() - started < 5


def test_pin__silence__ends_in_a_timeout(serving):
    with pytest.raises(UnavailableError) as caught:
        IpfsNode(serving(lambda _: time.sleep(1.5)), timeout=0.3).pin(CONTENT)
    assert caught.value.code == "ipfs-timeout"


def test_fetch__silence_in_the_middle__ends_in_a_timeout(serving):
    def stalling(handler: BaseHTTPRequestHandler) -> None:
        replying(CONTENT[:4], length=len(CONTENT))(handler)
        time.sleep(1.5)

    with pytest.raises(UnavailableError) as caught:
        IpfsNode(serving(stalling), timeout=0.3).fetch(CID, limit=100)
    assert caught.value.code == "ipfs-timeout"


@pytest.mark.parametrize("status", [200, 500])
def test_pin__endless_answer__is_a_failure(serving, status):
    with pytest.raises(UnavailableError) as caught:
        IpfsNode(serving(flooding(status))).pin(CONTENT)
    assert caught.value.code == "ipfs-failed"


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b"null", b"<html>welcome</html>", added(CID) * 2, b'{"Hash":'])
def test_pin__not_an_ipfs_answer__is_a_failure(serving, body):
    with pytest.raises(UnavailableError) as caught:
        IpfsNode(serving(replying(body))).pin(CONTENT)
    assert caught.value.code == "ipfs-failed"


@pytest.mark.parametrize(
    ("message", "kind", "code"),
    [
        ("block was not found locally (offline): ipld: could not find it", NotFoundError, "content-not-found"),
        ("no space left on device", UnavailableError, "ipfs-failed"),
    ],
)
def test_fetch__node_refuses__is_told_apart_from_not_having_it(serving, message, kind, code):
    body = json.dumps({"Message": message, "Code": 0, "Type": "error"}).encode()
    with pytest.raises(kind) as caught:
        IpfsNode(serving(replying(body, status=500))).fetch(CID, limit=100)
    assert caught.value.code == code


def test_is_pinned__node_fails__is_not_taken_for_an_answer(serving):
    with pytest.raises(UnavailableError):
        IpfsNode(serving(replying(b"gone", status=502))).is_pinned(CID)
