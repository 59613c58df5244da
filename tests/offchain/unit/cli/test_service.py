"""Asking a service over HTTP: its problems come back as the errors they tell, and anything else is typed too."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from pydantic import BaseModel

from offchain.cli.service import post
from offchain.errors import ColophonError, DeniedError, InputError, NotFoundError, RefusedError, UnavailableError


class Told(BaseModel):
    value: int


Serve = Callable[..., str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a server that gives every request the same answer; its URL."""
    servers: list[HTTPServer] = []

    def start(status: int, body: bytes, **headers: str) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                pass

        servers.append(HTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def refused(url: str) -> ColophonError:
    with pytest.raises(ColophonError) as caught:
        post(url, "/v1/keys", {"asked": 1}, Told)
    return caught.value


def test_post__answer_of_its_kind__is_read(serve: Serve):
    assert post(serve(200, b'{"value": 7}') + "/", "/v1/keys", {}, Told) == Told(value=7)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(422, InputError), (404, NotFoundError), (409, RefusedError), (403, DeniedError), (503, UnavailableError)],
)
def test_post__problem__is_the_error_that_it_tells(serve: Serve, status: int, kind: type[ColophonError]):
    problem = {"code": "some-code", "detail": "what", "remedy": "do", "facts": {"work": "0x1", "code": "hostile"}}
    error = refused(serve(status, json.dumps(problem).encode()))
    assert (type(error), error.code, error.message, error.remedy) == (kind, "some-code", "what", "do")
    assert error.facts == {"work": "0x1"}


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""),
        (200, b"<html>"),
        (200, b"[]"),
        (200, b'{"value": "many"}'),
        pytest.param(200, b'{"value": 1, "more": "' + b"x" * 2**21 + b'"}', id="long"),
        pytest.param(200, b"[" * 100_000, id="deep"),
        (404, b'{"detail": "Not Found"}'),
        (500, b'{"code": 1, "detail": 2, "remedy": 3, "facts": {}}'),
        (403, b'{"code": "a", "detail": "b", "remedy": "c", "facts": []}'),
    ],
)
def test_post__another_program__is_typed(serve: Serve, status: int, body: bytes):
    error = refused(serve(status, body))
    assert (type(error), error.code) == (UnavailableError, "service-failed")


def test_post__redirect__is_not_followed(serve: Serve):
    """What was signed for one service is not carried to another."""
    elsewhere = serve(200, b'{"value": 7}')
    assert refused(serve(307, b"", Location=elsewhere)).code == "service-failed"


@pytest.mark.parametrize("url", ["", "127.0.0.1:8000", "ftp://host"])
def test_post__no_url__refused(url: str):
    assert refused(url).code == "service-url-malformed"


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://[", "http://"])
def test_post__nobody_there__is_typed(url: str):
    assert refused(url).code in ("service-down", "service-failed")
