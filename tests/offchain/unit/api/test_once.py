"""Idempotency keys of callers who are not signed in: whose they are behind a proxy."""

from __future__ import annotations

from types import SimpleNamespace

from fastapi import Request

from offchain.api.once import Once
from offchain.config import RateSettings

PROXY = "10.0.0.9"


def scope_of(forwarded: str | None, peer: str = PROXY, path: str = "/v1/orders") -> str:
    headers = [] if forwarded is None else [(b"x-forwarded-for", forwarded.encode())]
    request = Request({"type": "http", "method": "POST", "path": path, "headers": headers, "client": (peer, 1)})
    rates = RateSettings("3000/minute", "300/minute", "memory://", ("10.0.0.0/8",))
    services = SimpleNamespace(settings=SimpleNamespace(rates=rates))
    return Once(request, services, SimpleNamespace(account=None), "order-4711")._scope


def test_scope__two_shops_behind_one_trusted_proxy__have_keys_of_their_own():
    assert scope_of("203.0.113.1") != scope_of("203.0.113.2")
    assert scope_of("203.0.113.1") == scope_of("203.0.113.1")


def test_scope__stranger_who_names_another_address__keeps_his_own():
    """What a peer says that is no trusted proxy counts for nothing."""
    assert scope_of("203.0.113.1", peer="198.51.100.7") == scope_of(None, peer="198.51.100.7")
