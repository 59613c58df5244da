"""What strangers' servers may and may not do to who fetches from them."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from offchain.errors import ColophonError
from offchain.workflows import fetching
from offchain.workflows.fetching import Origin, fetched, fetched_if_changed, is_public, origin_of
from tests.offchain.serving import Answer, serving

STRANGER = Origin("example.org", 443, frozenset({"93.184.216.34"}))
NAME = "feed.example.org"


@pytest.fixture
def names(monkeypatch) -> dict[str, list[list[str]]]:
    """Addresses that a name is given, look-up by look-up; the last one stays. Other names are as they are."""
    told: dict[str, list[list[str]]] = {}
    real = socket.getaddrinfo

    def look_up(host, port, *rest, **options):
        if host not in told:
            return real(host, port, *rest, **options)
        addresses = told[host].pop(0) if len(told[host]) > 1 else told[host][0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return told


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(4_096):
        handler.wfile.write(b"<" * 2**14)


def looping(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(302)
    handler.send_header("Location", handler.path + "x")
    handler.end_headers()


def dripping(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for _ in range(100):
        handler.wfile.write(b"X: y\r\n")
        handler.wfile.flush()
        time.sleep(0.05)


def redirecting(to: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(301)
        handler.send_header("Location", to)
        handler.end_headers()

    return answer


def code_of(url: str, origin: Origin | None = None) -> str:
    with pytest.raises(ColophonError) as caught:
        b"".join(fetched(url, origin or origin_of(url), 2**20))
    return caught.value.code


def telling_host(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(handler.headers["Host"].encode())


def test_fetched__endless_body__ends_at_the_limit():
    with serving(endless) as url:
        assert code_of(url) == "url-oversized"


def test_fetched__redirect_loop__refused():
    with serving(looping) as url:
        assert code_of(url) == "url-refused"


def test_fetched__head_that_never_ends__given_up_in_time(monkeypatch):
    monkeypatch.setattr(fetching, "_SECONDS", 0.5)
    with serving(dripping) as url:
        before = time.monotonic()
        assert code_of(url) == "feed-unreachable"
        assert time.monotonic() - before < 4  # the head alone takes five seconds


def test_fetched__not_there__unreachable():
    with serving(lambda handler: handler.send_error(404)) as url:
        assert code_of(url) == "feed-unreachable"


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://example.org/a", "http://10.0.0.1/admin"])
def test_fetched__redirected_to_what_must_not_be_asked__refused(to):
    with serving(redirecting(to)) as url:
        assert code_of(url) == "url-refused"


def test_fetched__redirected_to_what_is_no_address__unreachable():
    with serving(redirecting("http://[::1/")) as url:
        assert code_of(url) == "feed-unreachable"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "http://localhost/", "http://[::1]/", "http://169.254.169.254/latest", "http://0/"]
)
def test_fetched__address_of_a_private_network_in_a_strangers_feed__refused(url):
    assert code_of(url, STRANGER) == "url-refused"


def test_fetched__named_by_the_user_with_a_private_address__is_asked_by_its_name(names):
    with serving(telling_host) as url:
        named = url.replace("127.0.0.1", NAME)
        names[NAME] = [["127.0.0.1"]]
        assert b"".join(fetched(named, origin_of(named), 100)).decode() == named.removeprefix("http://")


def test_fetched__name_leads_into_the_private_network_later__refused(names):
    """DNS rebinding, by the feed's own server: what the user named was a public address."""
    with serving(telling_host) as url:
        named = url.replace("127.0.0.1", NAME)
        names[NAME] = [["93.184.216.34"], ["127.0.0.1"]]
        assert code_of(named, origin_of(named)) == "url-refused"


def test_fetched__name_leads_elsewhere_after_the_check__the_checked_address_is_asked(names):
    """DNS rebinding, between the check and the connection: there is no second look-up that could lead elsewhere."""
    with serving(telling_host) as url:
        named = url.replace("127.0.0.1", NAME)
        names[NAME] = [["127.0.0.1"], ["127.0.0.1"], ["127.0.0.2"]]
        assert b"".join(fetched(named, origin_of(named), 100)).startswith(NAME.encode())
        assert names[NAME] == [["127.0.0.2"]]


def test_fetched__some_of_its_addresses_are_private__refused(names):
    names["mixed.example.org"] = [["93.184.216.34", "10.0.0.1"]]
    assert code_of("http://mixed.example.org/", STRANGER) == "url-refused"


def test_fetched__first_address_takes_no_connection__the_next_is_asked(names):
    """127.0.0.2 is this machine, too, and nobody listens there."""
    with serving(telling_host) as url:
        named = url.replace("127.0.0.1", NAME)
        names[NAME] = [["127.0.0.2", "127.0.0.1"]]
        assert b"".join(fetched(named, origin_of(named), 100)).startswith(NAME.encode())


def test_fetched__another_port_of_the_named_server__is_not_the_named_server():
    with serving(telling_host) as url, serving(telling_host) as other:
        assert code_of(other, origin_of(url)) == "url-refused"


def test_fetched_if_changed__not_modified_without_having_asked__unreachable():
    with serving(lambda handler: handler.send_error(304)) as url, pytest.raises(ColophonError) as caught:
        fetched_if_changed(url, origin_of(url), 100, {})
    assert caught.value.code == "feed-unreachable"


def certificate(folder: Path, name: str) -> Path:
    """A certificate for a name, signed by itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))
    signed = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), False).sign(key, hashes.SHA256())
    pem = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "certificate.pem"
    path.write_bytes(signed.public_bytes(pem[0]) + key.private_bytes(*pem))
    return path


@pytest.fixture
def https_port(tmp_path: Path, monkeypatch) -> Iterator[int]:
    """A server whose certificate is for `NAME` and is trusted."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            telling_host(self)

        def log_message(self, *_: object) -> None:
            pass

    path = certificate(tmp_path, NAME)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    trusting = ssl.create_default_context(cafile=str(path))
    monkeypatch.setattr(httpx, "Client", partial(httpx.Client, verify=trusting))
    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def test_fetched__over_tls__the_certificate_must_be_that_of_the_name(names, https_port):
    """Although the connection goes to an address, and both names lead to the same one."""
    for name in (NAME, "other.example.org"):
        names[name] = [["127.0.0.1"]]
    right, wrong = (f"https://{name}:{https_port}/" for name in (NAME, "other.example.org"))
    assert b"".join(fetched(right, origin_of(right), 100)).startswith(NAME.encode())
    assert code_of(wrong) == "feed-unreachable"


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111"])
def test_is_public__host_of_the_internet__yes(address: str):
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "0.1.2.3",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "192.0.0.8",
        "192.88.99.1",
        "192.168.0.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::169.254.169.254",
        "64:ff9b:1::7f00:1",
        "2001:0:7f00:1::1",
        "::ffff:0:127.0.0.1",
        "2002:7f00:1::1",
        "2001:20::1",
        "2606:4700::5efe:127.0.0.1",
        "2606:4700::200:5efe:10.0.0.1",
        "3fff::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "ff0e::1",
    ],
)
def test_is_public__loopback_private_many_or_wrapped__no(address: str):
    assert not is_public(address)
