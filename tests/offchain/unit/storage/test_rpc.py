from __future__ import annotations

import pytest

from offchain.errors import InputError
from offchain.storage import IpfsNode
from offchain.storage.rpc import multiaddr


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:5001", "/ip4/127.0.0.1/tcp/5001/http"),
        ("http://127.0.0.1:5001/", "/ip4/127.0.0.1/tcp/5001/http"),
        ("http://[::1]:5001", "/ip6/::1/tcp/5001/http"),
        ("https://ipfs.example.org", "/dns/ipfs.example.org/tcp/443/https"),
    ],
)
def test_multiaddr__http_url__is_rewritten(url, expected):
    assert multiaddr(url) == expected


@pytest.mark.parametrize(
    "url",
    ["", "127.0.0.1:5001", "ftp://host:1", "http://", "http://host:99999", "http://host/path", "http://two words:1"],
)
def test_ipfs_node__not_an_rpc_url__is_refused(url):
    with pytest.raises(InputError) as caught:
        IpfsNode(url)
    assert caught.value.code == "ipfs-url-malformed"
