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

from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from offchain.chain import NO_PERMIT, Currency, Pull, work_hex
from offchain.chain.token import Token
from offchain.errors import ColophonError, InputError
from offchain.indexer import account_statement
from offchain.money import parse_amount
from offchain.workflows.catalogue import describe
from offchain.workflows.claiming import plan
from offchain.workflows.jobs import finished
from offchain.workflows.ordering import draft_order
from offchain.workflows.prices import price_work
from offchain.workflows.purchasing import start_purchase
from offchain.workflows.quoting import QuoteRequest, make_quote
from offchain.workflows.registration import start_registration, submit_signature
from offchain.workflows.requests import RegistrationRequest, TierMandate
from offchain.workflows.services import Services
from scripts.console_stack import start, stop, world
from scripts.console_values import Claimed, Licence, Moved, Paid, Price, Prices, Purse, Statement, StatementLine, Work

__all__ = ["buy", "claim", "deposit", "fund", "price", "pull", "register", "start", "statement", "stop"]

TIERS: Final = ("personal", "commercial", "adaptation")

P = ParamSpec("P")
T = TypeVar("T")


def _at_prompt(helper: Callable[P, T]) -> Callable[P, T]:
    """Let an error say its code and remedy, since Brownie shows nothing but the message."""

    @wraps(helper)
    def told(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return helper(*args, **kwargs)
        except ColophonError as error:
            message = f"{error.message} ({error.code})\n  remedy  {error.remedy}"
            raise type(error)(error.code, message, error.remedy, **error.facts) from None

    return told


@_at_prompt
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
    return Work(int(finished(job)["work"], 0), request.title, by, tuple(tier.tier for tier in request.tiers))


@_at_prompt
def price(work: Work) -> Prices:
    """Every tier's price for each kind of buyer; `price(work).why` tells the reasons."""
    solution = price_work(world().services, work.id)
    prices = (Price(*each.key[1:], each.amount, each.explanation.sentence) for each in solution.prices)
    return Prices(tuple(prices))


@_at_prompt
def buy(work: Work, tier: str, *, by: int = 6, segment: str = "individual") -> Licence:
    """Buy a licence: a quote made now, an order and a permit that account `by` signs, submitted by account 1.

    Raises:
        ColophonError: as `offchain.workflows.purchasing.start_purchase`.
    """
    opened = world()
    services, signer = opened.services, opened.signer(by)
    signed = make_quote(services, QuoteRequest(work.id, tier, signer.address, segment))
    draft = draft_order(services, signed, signer.address)
    permit = NO_PERMIT
    if draft.permit is not None:
        permit = Token.permit(draft.permit_value, draft.permit_deadline, signer.sign_typed(draft.permit))
    job = start_purchase(opened.engine, signed, draft.order, signer.sign_typed(draft.typed), permit)
    bought = finished(opened.engine.wait(job.id))
    return Licence(int(bought["licence"]), work, tier, by, int(bought["price"]), bought["expiry"])


@_at_prompt
def deposit(work: Work, amount: str, *, by: int = 6) -> Paid:
    """Pay dollars to a work, such as `deposit(work, "2.50")`; its holders and parents share them.

    Raises:
        InputError: a malformed amount.
        RefusedError: `insufficient-balance`, or the ledger's reason.
    """
    opened = world()
    contracts, dollar, signer = opened.services.contracts, opened.dollar, opened.signer(by)
    minor = parse_amount(amount, dollar.decimals)
    opened.send(Token(opened.services.client, _token(dollar)).approve(contracts.ledger.address, minor), signer)
    contracts.ledger.require_funds(signer.address, dollar, minor)
    opened.send(contracts.ledger.deposit(work.id, dollar.index, minor), signer)
    return Paid(work.title, by, minor)


@_at_prompt
def pull(work: Work) -> Moved:
    """Move what a work owes to its parents; anybody may, here account 1 does."""
    opened = world()
    services, dollar = opened.services, opened.dollar
    edges = describe(services, work.id).parents
    ledger = services.contracts.ledger
    owed = [ledger.pullable(work.id, index, dollar.index) for index in range(len(edges))]
    if any(owed):
        opened.send(ledger.pull_many([Pull(work.id, index, dollar.index) for index in range(len(edges))]))
    return Moved(
        work.title,
        tuple((_title(services, edge.parent), amount) for edge, amount in zip(edges, owed, strict=True) if amount),
    )


@_at_prompt
def claim(*, by: int = 3) -> Claimed:
    """Pay account `by` everything that its shares have earned, pulling first what is owed to its works."""
    opened = world()
    services, signer = opened.services, opened.signer(by)
    planned = plan(services, signer.address, opened.dollar)
    for step in planned.steps(services.contracts.ledger):
        opened.send(step.call, signer)
    return Claimed(by, planned.amount, tuple(_title(services, work) for work in planned.works))


@_at_prompt
def statement(account: int = 3) -> Statement:
    """What an account earned and claimed, by work, recomputed from events."""
    opened = world()
    services, dollar = opened.services, opened.dollar
    told = account_statement(services.store, services.contracts, opened.signer(account).address)
    lines = (
        StatementLine(_title(services, line.work), line.earned, line.claimed, line.claimable, line.series)
        for line in told.lines
        if line.currency == dollar.caip19
    )
    return Statement(account, tuple(lines))


@_at_prompt
def fund(amount: str, *, by: int = 6) -> Purse:
    """Give account `by` play money, such as `fund("100.00", by=6)`."""
    opened = world()
    dollar = opened.dollar
    token = Token(opened.services.client, _token(dollar))
    opened.send(token.mint(opened.signer(by).address, parse_amount(amount, dollar.decimals)))
    return Purse(by, token.balance(opened.signer(by).address))


def _title(services: Services, work: int) -> str:
    metadata = describe(services, work).metadata
    return work_hex(work) if metadata is None else metadata.title


def _token(dollar: Currency) -> str:
    if dollar.token is None:
        raise InputError("no-token", "this chain has no token to pay with", "deploy on a local chain")
    return dollar.token
