"""Whether the service lives, whether it can work, and what it works with."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel

from offchain.api.background import Background
from offchain.api.deps import BackgroundDep, ServicesDep
from offchain.api.schemas.fields import Account
from offchain.errors import ColophonError
from offchain.workflows.services import Services
from offchain.workflows.terms import standard_terms

__all__ = ["router"]

router = APIRouter(tags=["service"])

_MOST_LAG: Final = 50
"""Blocks that the index may be behind the head before its answers are too old."""


class HealthOut(BaseModel):
    """The process answers."""

    status: Literal["ok"]


class CheckOut(BaseModel):
    """One thing that the service needs: `lag` is blocks behind the head, `code` names what is wrong."""

    ok: bool
    code: str | None = None
    detail: str | None = None
    lag: int | None = None
    balance: str | None = None


class ReadyOut(BaseModel):
    """Whether requests can be served."""

    ready: bool
    checks: dict[str, CheckOut]


class CurrencyOut(BaseModel):
    """A currency that the ledger takes; `token` is null for the native coin."""

    index: int
    currency: str
    symbol: str
    decimals: int
    token: Account | None


class ChainOut(BaseModel):
    """What a client must know to talk to the same contracts."""

    chain_id: int
    contracts: dict[str, Account]
    currencies: list[CurrencyOut]
    relayer: Account | None
    pricing: Account | None


@router.get("/healthz", operation_id="health")
def health() -> HealthOut:
    """The process lives."""
    return HealthOut(status="ok")


@router.get("/readyz", operation_id="ready", responses={503: {"model": ReadyOut}})
def ready(response: Response, services: ServicesDep, background: BackgroundDep) -> ReadyOut:
    """Chain, indexer, IPFS, store and relayer work; 503 when one does not."""
    probes: dict[str, Callable[[Services], CheckOut]] = {
        "chain": _chain,
        "indexer": partial(_indexer, background),
        "ipfs": _ipfs,
        "relayer": _relayer,
    }
    checks = {name: _probe(probe, services) for name, probe in probes.items()}
    all_ok = all(check.ok for check in checks.values())
    response.status_code = 200 if all_ok else 503
    return ReadyOut(ready=all_ok, checks=checks)


@router.get("/v1/chain", operation_id="getChain")
def get_chain(services: ServicesDep) -> ChainOut:
    """The chain, the contracts, the currencies, and the service's own accounts."""
    return ChainOut(
        chain_id=services.client.chain_id,
        contracts={name: at.address for name, at in services.contracts.deployment.contracts.items()},
        currencies=[
            CurrencyOut(
                index=each.index, currency=each.caip19, symbol=each.symbol, decimals=each.decimals, token=each.token
            )
            for each in services.contracts.ledger.currencies()
        ],
        relayer=services.relayer.address if services.relayer else None,
        pricing=services.pricing.address if services.pricing else None,
    )


def _probe(probe: Callable[[Services], CheckOut], services: Services) -> CheckOut:
    try:
        return probe(services)
    except ColophonError as error:
        return CheckOut(ok=False, code=error.code, detail=error.message)


def _chain(services: Services) -> CheckOut:
    services.client.head()
    return CheckOut(ok=True)


def _indexer(background: Background, services: Services) -> CheckOut:
    with services.store.snapshot() as tx:
        last = tx.events.last_block()
    lag = max(services.client.head() - (last.number if last else services.contracts.deployment.block), 0)
    if not background.alive:
        return CheckOut(ok=False, code="indexer-stopped", detail="restart the service", lag=lag)
    if lag > _MOST_LAG:
        return CheckOut(ok=False, code="indexer-behind", detail="wait until it has caught up", lag=lag)
    return CheckOut(ok=True, lag=lag)


def _ipfs(services: Services) -> CheckOut:
    kept = services.ipfs.is_pinned(standard_terms()[0].cid)
    return CheckOut(ok=True) if kept else CheckOut(ok=False, code="terms-not-pinned", detail="restart the service")


def _relayer(services: Services) -> CheckOut:
    balance = services.client.balance(services.require_relayer().address)
    if balance == 0:
        return CheckOut(ok=False, code="insufficient-funds", detail="the relayer cannot pay gas", balance="0")
    return CheckOut(ok=True, balance=str(balance))
