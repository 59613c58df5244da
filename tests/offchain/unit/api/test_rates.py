"""How often somebody may ask, and who somebody is."""

from __future__ import annotations

import ipaddress

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from offchain.api.rates import RateLimits, address_of
from offchain.config import RateSettings, load_settings
from offchain.errors import InputError

PROXIES = ("10.0.0.0/8",)


def client(plain: str = "3/minute", costly: str = "1/minute", peer: str = "1.2.3.4") -> TestClient:
    app = FastAPI()
    app.add_middleware(RateLimits, settings=RateSettings(plain, costly, "memory://", PROXIES))

    @app.get("/healthz")
    @app.get("/v1/works")
    @app.post("/v1/quotes")
    def answer() -> str:
        return "yes"

    return TestClient(app, client=(peer, 1))


def test_ask__more_often_than_allowed__refused_with_the_time_to_wait():
    caller = client()
    answers = [caller.get("/v1/works") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[0].headers["RateLimit-Policy"] == '"address";q=3;w=60'
    assert answers[0].headers["RateLimit"].startswith('"address";r=2;t=')
    refused = answers[3]
    assert (refused.json()["code"], refused.headers["content-type"]) == ("rate-limited", "application/problem+json")
    assert 0 < int(refused.headers["Retry-After"]) <= 60


def test_ask__what_costs_much__has_an_allowance_of_its_own():
    caller = client()
    assert [caller.post("/v1/quotes").status_code for _ in range(2)] == [200, 429]
    assert caller.get("/v1/works").status_code == 200


def test_ask__whether_it_lives__always_answered():
    caller = client()
    assert {caller.get("/healthz").status_code for _ in range(10)} == {200}


def test_ask__another_key_each_time__the_address_is_counted():
    """Whoever invents keys gains nothing by it."""
    caller = client()
    codes = [caller.get("/v1/works", headers={"Authorization": f"Bearer {number}"}).status_code for number in range(4)]
    assert codes == [200, 200, 200, 429]


def test_ask__one_key_from_many_addresses__the_key_is_counted():
    caller = client(plain="3/minute", peer="10.0.0.1")
    codes = [
        caller.get(
            "/v1/works", headers={"Authorization": "Bearer shared", "X-Forwarded-For": f"5.5.5.{number}"}
        ).status_code
        for number in range(4)
    ]
    assert codes == [200, 200, 200, 429]


def test_ask__forged_forwarding_from_a_stranger__is_not_believed():
    caller = client(peer="6.6.6.6")
    codes = [caller.get("/v1/works", headers={"X-Forwarded-For": f"5.5.5.{number}"}).status_code for number in range(4)]
    assert codes == [200, 200, 200, 429]


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("1.2.3.4", "9.9.9.9", "1.2.3.4"),
        ("10.0.0.1", "9.9.9.9", "9.9.9.9"),
        ("10.0.0.1", "7.7.7.7, 9.9.9.9", "9.9.9.9"),
        ("10.0.0.1", "7.7.7.7, 9.9.9.9, 10.0.0.2", "9.9.9.9"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "nonsense", "nonsense"),
        ("2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::/64"),
        ("::ffff:1.2.3.4", "", "1.2.3.4"),
        ("::ffff:10.0.0.1", "9.9.9.9:1234", "9.9.9.9"),
        ("10.0.0.1", "[2001:db8:1:2::5]:443", "2001:db8:1:2::/64"),
        ("testclient", "", "testclient"),
    ],
)
def test_address_of__peer_and_proxies__nearest_that_is_not_trusted(peer: str, forwarded: str, expected: str):
    scope = {"type": "http", "client": (peer, 1), "headers": [(b"x-forwarded-for", forwarded.encode())]}
    assert address_of(scope, [ipaddress.ip_network(each) for each in PROXIES]) == expected


def test_address_of__second_line_of_a_proxy__counts_and_not_the_strangers_first():
    """HAProxy adds a line of its own below whatever the stranger sent."""
    headers = [(b"x-forwarded-for", b"7.7.7.7"), (b"x-forwarded-for", b"9.9.9.9")]
    scope = {"type": "http", "client": ("10.0.0.1", 1), "headers": headers}
    assert address_of(scope, [ipaddress.ip_network(each) for each in PROXIES]) == "9.9.9.9"


@pytest.mark.parametrize(
    "settings",
    [
        RateSettings("often", "1/minute", "memory://", ()),
        RateSettings("1/minute", "1/minute", "nowhere://", ()),
        RateSettings("1/minute", "1/minute", "memory://", ("everybody",)),
    ],
)
def test_settings__malformed__refused_at_the_start(settings: RateSettings):
    with pytest.raises(InputError) as caught:
        RateLimits(FastAPI(), settings)
    assert caught.value.code == "setting-malformed"


def test_settings__off__nobody_is_counted():
    assert load_settings({"COLOPHON_RATE_LIMIT": "off"}).rates is None
    assert load_settings({}).rates is not None
