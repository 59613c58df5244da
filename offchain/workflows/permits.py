"""Permits: the licences under which a derivative may be registered."""

from __future__ import annotations

from collections.abc import Sequence

from offchain.chain import Edge, Licence, work_hex
from offchain.errors import DeniedError, InputError, RefusedError
from offchain.money import PPM
from offchain.workflows.services import Services

__all__ = ["native_guarantees", "owes_coins", "require_permits"]

_MAX_PARENTS = 16
_MAX_UPSTREAM = 900_000
_DAY = 86_400


def require_permits(
    services: Services, registrant: str, permits: Sequence[int], *, relay: bool = True
) -> tuple[Edge, ...]:
    """The parents that a derivative's permits stand for, each with the share that it will be owed.

    Args:
        services: of this process.
        registrant: account that holds the permits.
        permits: numbers of licences.
        relay: whether a relayer sends the registration, which sends no coins along.

    Raises:
        NotFoundError: `unknown-licence`.
        InputError: `permit-repeated`, `too-many-parents`.
        DeniedError: `not-permit-holder`.
        RefusedError: `not-live`, `refundable`, `no-derivative-left`, `parent-disputed`, `upstream-too-high`,
            `native-guarantee`, `insufficient-balance`, `insufficient-allowance`.
    """
    if len(set(permits)) != len(permits):
        raise InputError("permit-repeated", "a permit is named twice", "name one licence for each parent")
    if len(permits) > _MAX_PARENTS:
        raise InputError("too-many-parents", f"{len(permits)} parents are more than 16", "derive from at most 16 works")
    edges = tuple(_edge(services, registrant, number) for number in permits)
    upstream = sum(edge.upstream for edge in edges)
    if upstream > _MAX_UPSTREAM:
        raise RefusedError(
            "upstream-too-high",
            f"the parents together would receive {upstream} of {PPM} parts, above {_MAX_UPSTREAM}",
            "derive from fewer works, or under terms with a lower share",
            upstream=upstream,
        )
    _require_guarantees(services, registrant, edges, relay=relay)
    return edges


def native_guarantees(services: Services, edges: Sequence[Edge]) -> int:
    """Wei that the parents are paid in advance, which the registration must send along."""
    owed = [edge for edge in edges if edge.guarantee]
    return sum(edge.guarantee for edge in owed if services.currency_at(edge.currency).token is None)


def owes_coins(services: Services, permits: Sequence[int]) -> bool:
    """Whether a derivative under these licences pays a parent coins in advance, whoever may use them.

    Raises:
        NotFoundError: `unknown-licence`.
    """
    licensing, offers = services.contracts.licensing, services.contracts.offers
    terms = [offers.terms(licensing.licence(number).terms) for number in permits]
    return any(each.guarantee and services.currency_at(each.currency).token is None for each in terms)


def _require_guarantees(services: Services, registrant: str, edges: Sequence[Edge], *, relay: bool) -> None:
    """What the parents are paid in advance comes from the registrant; the relayer sends no coins along."""
    for index in sorted({edge.currency for edge in edges if edge.guarantee}):
        currency = services.currency_at(index)
        due = sum(edge.guarantee for edge in edges if edge.currency == index)
        if currency.token is None and relay:
            raise RefusedError(
                "native-guarantee",
                f"the parents are owed {due} wei in advance, which nobody else can send for you",
                "register from the account's own wallet, sending them along; over HTTP with `relay` false",
                due=str(due),
            )
        services.contracts.ledger.require_funds(registrant, currency, due)


def _edge(services: Services, registrant: str, number: int) -> Edge:
    licence = services.contracts.licensing.licence(number)
    terms = services.contracts.offers.terms(licence.terms)
    work = work_hex(licence.work)
    if licence.holder != registrant:
        raise DeniedError(
            "not-permit-holder",
            f"{registrant} does not hold licence {number}",
            "register from the account that holds it",
            licence=str(number),
            holder=licence.holder,
        )
    if licence.expiry <= services.now():
        raise RefusedError(
            "not-live", f"licence {number} has expired", "buy a new licence", licence=str(number), work=work
        )
    _require_settled(services, number, licence)
    if licence.derivatives >= terms.max_derivatives:
        raise RefusedError(
            "no-derivative-left",
            f"licence {number} permits {terms.max_derivatives} derivatives, {licence.derivatives} are used",
            "buy an adaptation licence of the parent",
            licence=str(number),
            work=work,
        )
    return Edge(licence.work, terms.upstream, terms.currency, terms.guarantee, terms.ceiling)


def _require_settled(services: Services, number: int, licence: Licence) -> None:
    """Neither a licence that may still be given back nor a work that two people claim permits a derivative."""
    work, until = work_hex(licence.work), (licence.refundable_for + 1) * _DAY
    if licence.refundable_for and services.now() < until:
        raise RefusedError(
            "refundable",
            f"licence {number} can be given back until {until} (Unix seconds) and permits no derivative before",
            "register after that time",
            licence=str(number),
            until=until,
        )
    if services.contracts.registry.title(licence.work).disputed:
        raise RefusedError(
            "parent-disputed",
            "the title of a parent is disputed",
            "register once the dispute is decided",
            work=work,
        )
