"""How the client bears with a service: what passes is tried again once and for all, what does not is an error."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import httpx
import pytest

from offchain.client import Colophon, transport
from offchain.errors import ColophonError, DeniedError, InputError, NotFoundError, RefusedError, UnavailableError

JOB = {"id": "purchase-1", "state": "done", "error": None}


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    taken: list[float] = []
    monkeypatch.setattr(transport.time, "sleep", taken.append)
    return taken


def client(answer: Callable[[httpx.Request], httpx.Response], token: str | None = None) -> Colophon:
    return Colophon("http://service", token=token, http=httpx.Client(transport=httpx.MockTransport(answer)))


def problem(status: int, code: str, **headers: str) -> httpx.Response:
    told = {"code": code, "detail": "what", "remedy": "how", "facts": {"work": "0x1", "code": "not this"}}
    return httpx.Response(status, json=told, headers=headers)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, DeniedError),
        (403, DeniedError),
        (404, NotFoundError),
        (409, RefusedError),
        (413, InputError),
        (422, InputError),
        (451, RefusedError),
        (500, UnavailableError),
    ],
)
def test_ask__problem__is_the_error_that_it_tells(status: int, kind: type[ColophonError]):
    with pytest.raises(kind) as caught:
        client(lambda _: problem(status, "some-code")).list_terms()
    assert (caught.value.code, caught.value.remedy, caught.value.facts) == ("some-code", "how", {"work": "0x1"})


def test_ask__answer_that_is_no_problem__says_so():
    with pytest.raises(UnavailableError) as caught:
        client(lambda _: httpx.Response(502, text="<html>")).list_terms()
    assert caught.value.code == "service-failed"


def test_ask__post_that_passes_at_last__was_sent_under_one_key(pauses):
    keys: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["Idempotency-Key"])
        return problem(429, "rate-limited", **{"Retry-After": "3"}) if len(keys) < 3 else httpx.Response(202, json=JOB)

    assert client(answer).retry_job("purchase-1")["state"] == "done"
    assert len(keys) == 3
    assert len(set(keys)) == 1
    assert pauses == [3.0, 3.0]


def test_ask__service_that_stays_away__is_asked_four_times(pauses):
    asked = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        raise httpx.ConnectError("refused")

    with pytest.raises(UnavailableError) as caught:
        client(answer).list_terms()
    assert (caught.value.code, asked, len(pauses)) == ("service-down", 4, 3)


def test_ask__token_and_parameters__are_sent_and_those_not_given_are_left_out():
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["Authorization"] == "Bearer clp_x"
        assert dict(request.url.params) == {"limit": "5"}
        return httpx.Response(200, json={"items": [], "next": None})

    assert client(answer, token="clp_x").list_works(limit=5)["items"] == []


def test_ask__place_with_odd_letters__stays_one_segment():
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.raw_path == b"/v1/jobs/..%2Fkeys%3Fa"
        return httpx.Response(200, json=JOB)

    client(answer).get_job("../keys?a")


def test_stream_job__events_in_any_pieces__are_put_together():
    text = b"".join(b"event: job\r\ndata: " + json.dumps(JOB | {"id": name}).encode() + b"\r\n\r\n" for name in "ab")

    def pieces() -> Iterator[bytes]:
        yield from (text[place : place + 7] for place in range(0, len(text), 7))

    events = client(lambda _: httpx.Response(200, content=pieces())).stream_job("x")
    assert [event["id"] for event in events] == ["a", "b"]


def test_connect__no_url__is_refused():
    with pytest.raises(InputError) as caught:
        Colophon("colophon.example")
    assert caught.value.code == "service-url-malformed"
