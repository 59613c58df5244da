"""The whole way of a work, by hand: `brownie console --network ganache-cli`.

    >>> from scripts.console import *
    >>> cat = register("tests/data/chelsea.png", "Chelsea", by=3)
    >>> price(cat)

    start       where it all happens: the stack of `make up` when Brownie is on its chain, else one made now
    register    a file becomes a work; its title and royalty shares go to account `by`
    price       what each tier costs whom, by the pricing programme
    buy         account `by` buys a licence on a quote made now
    deposit     account `by` pays dollars to a work, as any marketplace may
    pull        moves what a work owes to its parents
    claim       pays account `by` everything that its shares have earned
    statement   what an account earned and claimed, by work
    fund        gives an account play money

Accounts are numbers of the public development mnemonic: 3 to 5 create, 6 to 9 buy. Dollars are play money. Each call
is one of offchain.workflows, as the service and the command line make it; account 1 relays, account 2 signs quotes.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from offchain.chain import NO_PERMIT, Pull
from offchain.chain.token import Token
from offchain.errors import InputError
from offchain.money import parse_amount
from offchain.workflows.claiming import plan
from offchain.workflows.jobs import finished
from offchain.workflows.ordering import draft_order
from offchain.workflows.prices import price_work
from offchain.workflows.purchasing import start_purchase
from offchain.workflows.quoting import QuoteRequest, make_quote
from offchain.workflows.registration import start_registration, submit_signature
from offchain.workflows.requests import RegistrationRequest, TierMandate
from scripts.console_stack import World, start, stop, world
from scripts.console_values import Claimed, Licence, Moved, Paid, Prices, Statement, Work

__all__ = ["buy", "claim", "deposit", "fund", "price", "pull", "register", "start", "statement", "stop"]

TIERS: Final = ("personal", "commercial", "adaptation")


def register(
    file: str | Path, title: str = "", *, by: int = 3, sell: Iterable[str] = TIERS, under: Iterable[Licence | int] = ()
) -> Work:
    """Register a file.

    Args:
        file: the master.
        title: of the work; the file's name by default.
        by: account that signs, and receives title and shares.
        sell: tiers that account 2 may sell for it, within each tier's own price range.
        under: licences that allow this derivative, one for each parent.

    Raises:
        ColophonError: as `offchain.workflows.registration.start_registration`.
    """
    opened, path = world(), Path(file)
    signer = opened.signer(by)
    request = RegistrationRequest(
        registrant=signer.address,
        title=title or path.stem,
        tiers=tuple(map(TierMandate, sell)),
        permits=tuple(int(licence) for licence in under),
    )
    job = opened.engine.wait(start_registration(opened.engine, path, request).id)
    if job.typed is not None:
        submit_signature(opened.engine, job.id, signer.sign_typed(job.typed))
        job = opened.engine.wait(job.id)
    return Work(int(finished(job)["work"], 0), request.title, by)
