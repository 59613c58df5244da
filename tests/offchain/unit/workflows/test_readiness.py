"""Probes that hang, fail or answer: whoever asks waits for none of them, and hears of each."""

from __future__ import annotations

import threading
import time

from offchain.errors import UnavailableError
from offchain.workflows.readiness import Check, Readiness


def test_checks__one_hangs__others_answer_in_time_and_it_is_asked_once_only():
    """Every look of a load balancer would leave another thread behind a node that is silent."""
    asked, ending = [], threading.Event()

    def hanging() -> Check:
        asked.append(1)
        ending.wait(10)
        return Check(True)

    readiness = Readiness({"silent": hanging, "well": lambda: Check(True, detail="here")}, patience=0.05)
    before = time.monotonic()
    found = [readiness.checks() for _ in range(3)]
    assert time.monotonic() - before < 5
    assert [(each["silent"].code, each["well"].ok) for each in found] == [("check-slow", True)] * 3
    assert len(asked) == 1
    ending.set()


def test_checks__hung_once__is_asked_anew_when_it_has_ended():
    gate, answers = threading.Event(), iter((Check(False, "late"), Check(True)))

    def probe() -> Check:
        gate.wait(10)
        return next(answers, Check(True))

    readiness = Readiness({"node": probe}, patience=0.05)
    assert readiness.checks()["node"].code == "check-slow"
    gate.set()
    deadline = time.monotonic() + 10
    while not (found := readiness.checks()["node"]).ok:
        assert found.code in ("check-slow", "late")
        assert time.monotonic() < deadline


def test_checks__error_of_ours__its_code_and_remedy():
    def away() -> Check:
        raise UnavailableError("chain-down", "the chain does not answer", "start it")

    found = Readiness({"chain": away}).checks()["chain"]
    assert (found.ok, found.code, found.detail) == (False, "chain-down", "the chain does not answer; start it")


def test_checks__unforeseen_error__tells_its_kind_but_not_its_words():
    """The words of a driver may hold a password."""

    def broken() -> Check:
        raise RuntimeError("postgresql://user:secret@host")

    found = Readiness({"store": broken}).checks()["store"]
    assert (found.ok, found.code, found.detail) == (False, "internal-error", "RuntimeError")
