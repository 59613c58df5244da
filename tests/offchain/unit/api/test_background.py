"""The follower outlives what nobody foresaw; readiness tells when it is dead or far behind."""

from __future__ import annotations

from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest

from offchain.api import background as module
from offchain.api.background import Background
from offchain.indexer import Standing
from offchain.workflows.readiness import Check, probes


class Faulty:
    """Services whose first look at the chain ends with an error of no known kind, which no real node can be made to."""

    def __init__(self) -> None:
        self.calls = 0
        self.again = Event()

    def advance(self) -> None:
        self.calls += 1
        if self.calls == 1:
            raise OverflowError("unforeseen")
        self.again.set()


def at(indexed: int, head: int) -> Any:
    """Services that have indexed up to a block of a chain with this head."""

    standing = Standing(head, indexed, indexed, head - indexed, 0, None, None)
    return SimpleNamespace(indexer=SimpleNamespace(standing=lambda: standing), advance=lambda: None)


def checked(follower: Background, services: Any) -> Check:
    return probes(services, follows=lambda: follower.alive, works=True)["indexer"]()


@pytest.fixture(autouse=True)
def _no_pins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "pin_terms", lambda _: None)
    monkeypatch.setattr(module, "_EVERY", 0.01)


def test_background__unforeseen_error__goes_on():
    services: Any = Faulty()
    with Background(services) as follower:
        assert services.again.wait(10)
        assert follower.alive
    assert not follower.alive


@pytest.mark.parametrize(("head", "code"), [(100, None), (150, None), (151, "indexer-behind")])
def test_indexer_check__lag__fails_beyond_fifty_blocks(head: int, code: str | None):
    services = at(100, head)
    with Background(services) as follower:
        check = checked(follower, services)
    assert (check.ok, check.code, check.lag) == (code is None, code, head - 100)


def test_indexer_check__follower_ended__fails():
    services = at(100, 100)
    with Background(services) as follower:
        pass
    assert checked(follower, services).code == "indexer-stopped"
