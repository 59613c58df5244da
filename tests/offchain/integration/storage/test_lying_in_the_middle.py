"""A node that has a long file and sends it wrongly: each leaf is verified before it is handed out."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

import pytest

from offchain.errors import InputError, UnavailableError
from offchain.storage import IpfsNode, PinSet, open_pins
from offchain.storage.check import check
from offchain.storage.cid import parse_cid
from offchain.storage.unixfs import CHUNK_SIZE
from tests.offchain.integration.storage.test_lying_node import replying
from tests.offchain.unit.storage.blocks import Blocks

CONTENT = random.Random(3).randbytes(6 * CHUNK_SIZE + 100)
BLOCKS = Blocks()
CID = BLOCKS.put(CONTENT)
HEAD = BLOCKS.held[parse_cid(CID)]


def holding(spoil: Callable[[bytes, int], bytes] = lambda part, _: part, head: bytes = HEAD, sent: list | None = None):
    """Answers `block/get` with the head and `cat` with the part asked for; `spoil` gets it with its offset."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        url = urlsplit(handler.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        body = head
        if url.path.endswith("/cat"):
            offset = int(query.get("offset", 0))
            body = spoil(CONTENT[offset : offset + int(query["length"])], offset)
            if sent is not None:
                sent.append((offset, int(query["length"])))
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        try:
            handler.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            return

    return answer


def flipping(at: int) -> Callable[[bytes, int], bytes]:
    def spoil(part: bytes, offset: int) -> bytes:
        here = at - offset
        return part[:here] + bytes([part[here] ^ 1]) + part[here + 1 :] if 0 <= here < len(part) else part

    return spoil


def read_all(reader: IpfsNode | PinSet, got: list[bytes], start: int = 0, end: int | None = None) -> str:
    with pytest.raises(UnavailableError) as caught:
        got.extend(reader.open(CID).read(start, end))
    assert "127.0.0.1" in caught.value.message
    return caught.value.code


def test_read__flipped_bit_in_the_middle__stops_at_its_leaf_and_names_the_node(serving):
    got: list[bytes] = []
    assert read_all(IpfsNode(serving(holding(flipping(3 * CHUNK_SIZE + 7)))), got) == "ipfs-lied"
    assert b"".join(got) == CONTENT[: 3 * CHUNK_SIZE]


def test_read__flipped_bit_outside_of_the_range__is_not_met(serving):
    sent: list[tuple[int, int]] = []
    node = IpfsNode(serving(holding(flipping(3 * CHUNK_SIZE + 7), sent=sent)))
    start, end = CHUNK_SIZE + 10, 2 * CHUNK_SIZE + 10
    assert b"".join(node.open(CID).read(start, end)) == CONTENT[start:end]
    assert sent == [(CHUNK_SIZE, 2 * CHUNK_SIZE)]


@pytest.mark.parametrize("kept", [0, 1, CHUNK_SIZE, 3 * CHUNK_SIZE + 5])
def test_read__truncated_without_a_word__is_a_lie(serving, kept):
    got: list[bytes] = []
    assert read_all(IpfsNode(serving(holding(lambda part, _: part[:kept]))), got) == "ipfs-lied"
    assert b"".join(got) == CONTENT[: kept // CHUNK_SIZE * CHUNK_SIZE]


def test_read__more_than_asked_for__is_left_unread(serving):
    node = IpfsNode(serving(holding(lambda part, _: part + b"x" * 10_000_000)))
    assert node.fetch(CID, len(CONTENT)) == CONTENT


def test_read__leaves_in_another_order__is_a_lie(serving):
    def turned(part: bytes, _: int) -> bytes:
        return part[CHUNK_SIZE : 2 * CHUNK_SIZE] + part[:CHUNK_SIZE] + part[2 * CHUNK_SIZE :]

    got: list[bytes] = []
    assert read_all(IpfsNode(serving(holding(turned))), got) == "ipfs-lied"
    assert got == []


def test_open__other_head__is_a_lie_that_names_both(serving):
    others = Blocks()
    other = others.put(CONTENT[:-1])
    with pytest.raises(UnavailableError) as caught:
        IpfsNode(serving(holding(head=others.held[parse_cid(other)]))).open(CID)
    assert caught.value.code == "ipfs-lied"
    assert caught.value.facts == {"expected": CID, "answered": other}


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b"x" * 65_536)
    except (BrokenPipeError, ConnectionResetError):
        return


def test_open__raw_block_without_end__is_a_lie_since_no_block_is_that_large(serving):
    with pytest.raises(UnavailableError) as caught:
        IpfsNode(serving(endless)).open(Blocks().put(b"a raw block"))
    assert caught.value.code == "ipfs-lied"


def test_pin_set__first_node_sends_more_than_the_limit__the_second_is_asked(serving):
    content = b"a raw block"
    cid = Blocks().put(content)
    honest = serving(replying(content))
    assert PinSet([IpfsNode(serving(endless)), IpfsNode(honest)]).fetch(cid, len(content)) == content
    with pytest.raises(InputError) as caught:
        PinSet([IpfsNode(honest), IpfsNode(serving(replying(content)))]).fetch(cid, len(content) - 1)
    assert caught.value.code == "content-oversized"


def test_check__endless_answer__is_a_finding(serving):
    def answer(handler: BaseHTTPRequestHandler) -> None:
        (replying(b"{}") if "pin/ls" in handler.path else endless)(handler)

    (finding,) = check(open_pins(serving(answer)), Blocks().put(b"a raw block"))
    assert finding.error is not None
    assert finding.error.code == "ipfs-lied"


def test_pin_set__first_node_lies_in_the_middle__the_rest_comes_from_the_second(serving):
    asked: list[tuple[int, int]] = []
    liar, honest = serving(holding(flipping(3 * CHUNK_SIZE))), serving(holding(sent=asked))
    pins = PinSet([IpfsNode(liar), IpfsNode(honest)])
    assert pins.fetch(CID, len(CONTENT)) == CONTENT
    assert asked == [(3 * CHUNK_SIZE, len(CONTENT) - 3 * CHUNK_SIZE)]
    # The liar is asked last from now on.
    assert pins.fetch(CID, len(CONTENT)) == CONTENT
    assert asked[1] == (0, len(CONTENT))


def test_pin_set__first_node_silent__costs_its_time_out_once(serving):
    silent, honest = serving(lambda _: time.sleep(1)), serving(holding())
    pins = PinSet([IpfsNode(silent, timeout=0.5), IpfsNode(honest)])
    assert pins.fetch(CID, len(CONTENT)) == CONTENT
    started = time.monotonic()
    assert pins.fetch(CID, len(CONTENT)) == CONTENT
    assert time.monotonic() - started < 0.5


def test_pin_set__every_node_lies__names_them_all(serving):
    urls = [serving(holding(flipping(at))) for at in (0, 5)]
    with pytest.raises(UnavailableError) as caught:
        PinSet(list(map(IpfsNode, urls))).fetch(CID, len(CONTENT))
    assert caught.value.code == "no-node-serves"
    assert [(each["node"], each["code"]) for each in caught.value.facts["nodes"]] == [
        (url, "ipfs-lied") for url in urls
    ]
