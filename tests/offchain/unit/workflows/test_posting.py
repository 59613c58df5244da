"""Where a webhook may lead on a live chain: URLs as attackers write them, none of which is asked."""

from __future__ import annotations

import pytest

from offchain.errors import ColophonError
from offchain.workflows.webhooks.posting import post, require_postable

INSIDE = [
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://2852039166/latest/meta-data/",
    "https://169.254.169.254:443/",
    "https://10\u30020\u30020\u30021/",
    "https://\u2460\u24ea.0.0.1/",
    "https://localhost/",
    "https://localhost./",
    "https://[::]/",
    "https://[::1]:8443/",
    "https://[::ffff:7f00:1]/",
    "https://[::ffff:0:a9fe:a9fe]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[2606:4700::5efe:7f00:1]/",
    "https://[fe80::1%25lo]/",
    "https://[fd00:ec2::254]/",
    "https://255.255.255.255/",
    "https://100.100.100.200/",
]
DISGUISED = [
    "https://93.184.216.34@127.0.0.1/",
    "https://user:secret@93.184.216.34/",
    "https://:secret@93.184.216.34/",
    "https://93.184.216.34/#@127.0.0.1",
    "https://127.0.0.1\\@93.184.216.34/",
    "http://93.184.216.34/",
    "HTTP://93.184.216.34/",
    "//93.184.216.34/",
    "gopher://93.184.216.34/",
    "unix:///var/run/docker.sock",
    "https://93.184.216.34/" + "a" * 2_000,
]
SPLIT = [
    "https://93.184.216.34/\r\nX-Evil: 1",
    "https://93.184.216.34/%0d%0a\r\n",
    "https://93.184.216.34\r\nX-Evil: 1/",
    "https://93.184.216.34:443\n/",
    "https://93.184.216.34/\0",
    "https://93.184.216.34:0x1bb/",
    "https://93.184.216.34:65536/",
    "https://93.184.216.34:100000000000000000000/",
    "https://93.184.216.34:0/",
    "https://93.184.216.34:-1/",
]


@pytest.mark.parametrize("url", INSIDE + DISGUISED + SPLIT)
def test_post__url_that_leads_elsewhere_than_it_seems__is_refused_unasked(url: str):
    with pytest.raises(ColophonError) as caught:
        require_postable(url, development=False)
    assert caught.value.code in ("url-refused", "feed-unreachable")
    assert post(url, b"{}", {}, development=False).error == caught.value.code


@pytest.mark.parametrize("port", ["", ":443", ":8443", ":65535"])
def test_require_postable__open_internet__any_port_at_that_very_address(port: str):
    assert require_postable(f"https://93.184.216.34{port}/hook?a=b", development=False) == ["93.184.216.34"]
