"""Buying a licence: the buyer's signed order on a signed quote, submitted by the relayer."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

from dbos import DBOS

from offchain.chain import NO_PERMIT, Order, Permit, work_hex
from offchain.chain.eip712 import TypedData, digest
from offchain.errors import ColophonError, NotFoundError, RefusedError, UnavailableError
from offchain.store import OrderRecord, OrderStatus
from offchain.workflows.engine import Engine
from offchain.workflows.jobs import Job
from offchain.workflows.licences import NEVER
from offchain.workflows.quoting import SignedQuote, quote_by_digest
from offchain.workflows.services import Services
from offchain.workflows.steps import engine, run_step
from offchain.workflows.takedowns import require_offered, require_still_offered

__all__ = ["start_purchase"]


@DBOS.workflow(name="purchase", max_recovery_attempts=1000)
def purchase(quote: bytes, order: Order, signature: bytes, permit: Permit) -> dict[str, Any]:
    """Submit the order and read the licence back."""
    services = engine().services
    number, transaction = run_step("fulfil", _fulfil, services, quote, order, signature, permit)
    return run_step("index", _index, services, number, transaction)


def start_purchase(
    engine: Engine, signed: SignedQuote, order: Order, signature: bytes, permit: Permit = NO_PERMIT
) -> Job:
    """Take a buyer's order, or tell how the same one stands that was taken earlier.

    Args:
        engine: runs it.
        signed: the quote that it accepts.
        order: as the buyer signed it.
        signature: the buyer's, over the order's typed data.
        permit: an ERC-2612 permit for the ledger, where the allowance is too small.

    Raises:
        RefusedError: `wrong-quote`, `expired`, `price-too-high`, `native-order`, `nonce-used`, `insufficient-balance`,
            `insufficient-allowance`, or Licensing's reason.
        DeniedError: `bad-signature`.
        UnavailableError: `no-relayer`, `chain-down`.
    """
    services = engine.services
    typed = services.contracts.licensing.order_typed(order)
    job_id = "purchase-" + digest(typed).hex()
    existing = engine.find(job_id)
    if order.quote != signed.digest:
        raise RefusedError("wrong-quote", "the order accepts another quote", "sign an order for this quote")
    if existing is not None and existing.state != "failed":
        # Whoever lost the answer asks again: a finished order is answered with its licence, nothing is paid twice.
        return engine.retry(job_id) if existing.state in ("interrupted", "waiting") else existing
    _require_acceptable(services, signed, order, permit)
    call = services.contracts.licensing.fulfil(signed.quote, signed.signature, order, signature, permit)
    services.client.try_call(call, services.require_relayer().address)
    _keep(services, typed, order, signature, permit)
    if existing is not None:
        engine.forget(job_id)
    engine.begin(purchase, job_id, signed.digest, order, signature, permit, owner=order.buyer)
    return engine.job(job_id)


def _require_acceptable(services: Services, signed: SignedQuote, order: Order, permit: Permit) -> None:
    """Say in the buyer's words what the contract would say in its own."""
    quote, now = signed.quote, services.now()
    require_offered(services, quote.work)
    if services.contracts.licensing.is_nonce_used(order.buyer, order.nonce):
        raise RefusedError(
            "nonce-used",
            "this order was already used or cancelled",
            "ask for a new quote and sign its order",
            nonce=str(order.nonce),
        )
    for what, expiry in (("quote", quote.expiry), ("order", order.expiry)):
        if expiry <= now:
            raise RefusedError(
                "expired", f"the {what} expired at {expiry} (Unix seconds)", "ask for a new quote", expired=expiry
            )
    if quote.price > order.max_price:
        raise RefusedError(
            "price-too-high",
            f"the price {quote.price} is above the buyer's maximum {order.max_price}",
            "sign an order with a higher maximum, or ask for a new quote",
            price=str(quote.price),
            maximum=str(order.max_price),
        )
    if signed.currency.token is None:
        raise RefusedError(
            "native-order", "an order cannot pay in the native coin", "buy on the quote directly, sending the price"
        )
    _require_funds(services, signed, order.buyer, permit)


def _require_funds(services: Services, signed: SignedQuote, buyer: str, permit: Permit) -> None:
    try:
        services.contracts.ledger.require_funds(buyer, signed.currency, signed.quote.price)
    except RefusedError as error:
        # A permit raises the allowance; whether it is good is seen when the whole order is tried.
        if error.code != "insufficient-allowance" or permit.deadline == 0 or permit.value < signed.quote.price:
            raise


def _keep(services: Services, typed: TypedData, order: Order, signature: bytes, permit: Permit) -> None:
    record = OrderRecord(
        digest=digest(typed),
        quote=order.quote,
        buyer=order.buyer,
        recipient=order.recipient,
        nonce=order.nonce,
        typed=typed,
        signature=signature,
        created_at=int(time.time()),
        permit=None if permit.deadline == 0 else _permit_json(permit),
    )
    with services.store.transaction() as tx:
        # The same order may come to two processes at once.
        tx.transactions.lock_account(services.client.chain_id, order.buyer)
        if tx.orders.find(record.digest) is None:
            tx.orders.add(record)


def _permit_json(permit: Permit) -> dict[str, object]:
    fields = asdict(permit)
    return {name: "0x" + value.hex() if isinstance(value, bytes) else str(value) for name, value in fields.items()}


def _fulfil(services: Services, quote: bytes, order: Order, signature: bytes, permit: Permit) -> tuple[int, bytes]:
    """Send the order; number of the licence and hash of the transaction."""
    signed, licensing = quote_by_digest(services, quote), services.contracts.licensing
    order_digest = digest(licensing.order_typed(order))
    call = licensing.fulfil(signed.quote, signed.signature, order, signature, permit)
    intent = f"order:{order_digest.hex()}"
    try:
        require_still_offered(services, signed.quote.work, intent)
        until = min(order.expiry, signed.quote.expiry)
        receipt = services.sender.relay(call, services.require_relayer(), intent, until)
    except UnavailableError:
        raise  # the order is as good as before, and the job goes on with it
    except ColophonError as error:
        _mark(services, order_digest, OrderStatus.FAILED, failure=error.code)
        raise
    sold = next(event for event in services.contracts.decode(receipt.logs) if event.name == "LicenceSold")
    number = int(sold.args["licence"])
    _mark(services, order_digest, OrderStatus.FULFILLED, transaction=receipt.tx_hash, licence=number)
    return number, receipt.tx_hash


def _mark(
    services: Services,
    order: bytes,
    status: OrderStatus,
    *,
    failure: str | None = None,
    transaction: bytes | None = None,
    licence: int | None = None,
) -> None:
    with services.store.transaction() as tx:
        record = tx.orders.get(order)
        record.status, record.failure = status.value, failure
        record.tx_hash, record.licence = transaction, licence


def _index(services: Services, number: int, transaction: bytes) -> dict[str, Any]:
    """Make the licence visible to every reader of the store; the job's result."""
    services.advance()
    with services.store.snapshot() as tx:
        sold = tx.events.licence(number)
    if sold is None:
        raise NotFoundError("licence-lost", "the licence is gone after a reorganisation", "place the order again")
    currency = services.currency_at(sold.currency)
    return {
        "licence": str(number),
        "work": work_hex(sold.work),
        "holder": sold.holder,
        "tier": services.tier_of(sold.terms),
        "price": str(sold.price),
        "currency": currency.caip19,
        "expiry": None if sold.expiry >= NEVER else sold.expiry,
        "transaction": "0x" + transaction.hex(),
    }
