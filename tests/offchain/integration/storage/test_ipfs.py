from __future__ import annotations

import hashlib
import random
import time

import pytest

from offchain.errors import InputError, NotFoundError, UnavailableError
from offchain.storage import IpfsNode, canonical_json, local_cid, raw_cid
from scripts.processes import free_port


def test_pin__photograph__comes_back_byte_for_byte(node, photograph):
    cid = node.pin(photograph)
    assert cid == local_cid(photograph.read_bytes())
    assert node.is_pinned(cid)
    assert node.fetch(cid, limit=photograph.stat().st_size) == photograph.read_bytes()


def test_pin__canonical_json__is_found_under_its_digest(node):
    record = canonical_json({"title": "Chelsea", "shares": "1000000"})
    node.pin(record)
    assert node.fetch(raw_cid(hashlib.sha256(record).digest()), limit=len(record)) == record


def test_pin__file_of_more_chunks_than_one_node_links__has_the_local_cid(node, tmp_path):
    content = random.Random(174).randbytes(174 * 262_144 + 1)
    path = tmp_path / "long.bin"
    path.write_bytes(content)
    cid = node.pin(path)
    assert node.fetch(cid, limit=len(content)) == content
    node.unpin(cid)


def test_pin__twice__is_one_pin_that_unpin_removes_and_removing_again_is_fine(node):
    content = b"pinned twice"
    assert node.pin(content) == node.pin(content)
    cid = local_cid(content)
    node.unpin(cid)
    assert not node.is_pinned(cid)
    node.unpin(cid)


def test_pin__nothing_or_no_file__is_refused(node, tmp_path):
    for content, code in ((b"", "content-empty"), (tmp_path / "missing", "file-unreadable")):
        with pytest.raises(InputError) as caught:
            node.pin(content)
        assert caught.value.code == code


def test_fetch__more_than_the_limit__is_refused(node):
    cid = node.pin(b"x" * 1_000)
    assert len(node.fetch(cid, limit=1_000)) == 1_000
    with pytest.raises(InputError) as caught:
        node.fetch(cid, limit=999)
    assert caught.value.code == "content-oversized"


def test_fetch__content_nobody_has__ends_within_the_timeout(ipfs_url):
    started = time.monotonic()
    with pytest.raises((UnavailableError, NotFoundError)) as caught:
        IpfsNode(ipfs_url, timeout=1).fetch(local_cid(b"nobody has ever pinned this"), limit=100)
    assert caught.value.code in {"ipfs-timeout", "content-not-found"}
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("call", ["pin", "fetch", "is_pinned", "unpin"])
def test_every_call__node_down__says_so_and_how_to_start_one(call):
    node = IpfsNode(f"http://127.0.0.1:{free_port()}")
    arguments = {"pin": (b"x",), "fetch": (local_cid(b"x"), 1)}.get(call, (local_cid(b"x"),))
    with pytest.raises(UnavailableError) as caught:
        getattr(node, call)(*arguments)
    assert caught.value.code == "ipfs-down"
    assert "make up" in caught.value.remedy
