"""Requests for content keys as visitors sign and send them, and works that somebody may buy."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from offchain.chain import Listing, Terms
from offchain.storage.age import new_identity, recipient_of
from offchain.workflows.terms import standard_terms
from tests.offchain.site import Site, Visitor

IDENTITY = new_identity()
PERSONAL = standard_terms()[0].terms


def sealed(job: dict[str, Any]) -> dict[str, Any]:
    (rendition,) = (each for each in job["renditions"] if each["role"] == "sealed")
    return rendition


def draft(visitor: Visitor, licence: int = 0, work: str | None = None) -> dict[str, Any]:
    """What the visitor is asked to sign."""
    asked = {"account": visitor.address, "recipient": recipient_of(IDENTITY), "licence": str(licence)}
    answer = visitor.client.get("/v1/keys/draft", params=asked | ({} if work is None else {"work": work}))
    assert answer.status_code == 200, answer.text
    return answer.json()["typed_data"]


def ask(visitor: Visitor, licence: int = 0, work: str | None = None, **changed: object) -> Any:
    """Ask for a key with changed fields signed, too; the raw answer."""
    typed = draft(visitor, licence, work)
    typed["message"] |= changed
    return send(visitor, typed)


def send(visitor: Visitor, typed: dict[str, Any]) -> Any:
    return visitor.client.post("/v1/keys", json={"request": typed["message"], "signature": visitor.sign(typed)})


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def on_offer(site: Site, work: str, holder: int, **changed: object) -> Callable[..., int]:
    """List a work for nothing under terms like the personal ones; how an account buys that."""
    terms: Terms = replace(PERSONAL, text=hashlib.sha256(repr(changed).encode()).digest(), **changed)
    listing = Listing(site.world.terms(terms), 1, 0)
    bought = site.world.list(int(work, 16), listing, holder)
    return lambda account: site.world.buy(bought, listing, account)
