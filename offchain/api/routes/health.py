"""Whether the service lives, whether it can work, and what it works with."""

from __future__ import annotations

from dataclasses import asdict
from typing import Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel

from offchain.api.deps import ReadinessDep, ServicesDep
from offchain.api.metrics import MEDIA_TYPE, Metrics
from offchain.api.schemas.fields import Account, Amount
from offchain.errors import NotFoundError
from offchain.workflows.readiness import Check

__all__ = ["router"]

router = APIRouter(tags=["service"])


class HealthOut(BaseModel):
    """The process answers."""

    status: Literal["ok"]


class CheckOut(BaseModel):
    """One thing that the service needs: `code` names what is wrong, `detail` says it in words.

    `lag` is blocks that the index is behind the head; `answering` of the IPFS nodes answer and `needed` must;
    `balance` is wei of the poorest relayer, `in_flight` its transactions on their way; `free` is bytes on the disk.
    """

    ok: bool
    code: str | None = None
    detail: str | None = None
    lag: int | None = None
    answering: int | None = None
    needed: int | None = None
    balance: Amount | None = None
    in_flight: int | None = None
    free: int | None = None


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
def ready(response: Response, readiness: ReadinessDep) -> ReadyOut:
    """Chain, indexer, IPFS nodes, store, relayers, workers and disk are as they must be; 503 when one is not."""
    checks = readiness.checks()
    all_ok = all(check.ok for check in checks.values())
    response.status_code = 200 if all_ok else 503
    return ReadyOut(ready=all_ok, checks={name: _check_out(each) for name, each in checks.items()})


@router.get("/metrics", operation_id="getMetrics", response_class=PlainTextResponse)
def get_metrics(request: Request, services: ServicesDep) -> Response:
    """Measurements for Prometheus, where the operator has set COLOPHON_METRICS=1: they tell of business."""
    metrics: Metrics | None = request.app.state.metrics
    if metrics is None:
        raise NotFoundError("metrics-off", "this service tells no measurements", "set COLOPHON_METRICS=1 and restart")
    return Response(metrics.page(services), media_type=MEDIA_TYPE)


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


def _check_out(check: Check) -> CheckOut:
    return CheckOut(**asdict(check) | {"balance": None if check.balance is None else str(check.balance)})
