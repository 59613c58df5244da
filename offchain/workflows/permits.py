"""Permits: the licences under which a derivative may be registered."""

from __future__ import annotations

from collections.abc import Sequence

from offchain.chain import Edge, work_hex
from offchain.errors import DeniedError, InputError, RefusedError
from offchain.money import PPM
from offchain.workflows.services import Services

__all__ = ["require_permits"]

_MAX_PARENTS = 16
_MAX_UPSTREAM = 900_000


def require_permits(services: Services, registrant: str, permits: Sequence[int]) -> tuple[Edge, ...]:
    """The parents that a derivative's permits stand for, each with the share that it will be owed.

    Raises:
        NotFoundError: `unknown-licence`.
        InputError: `permit-repeated`, `too-many-parents`.
        DeniedError: `not-permit-holder`.
        RefusedError: `not-live`, `no-derivative-left`, `upstream-too-high`.
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
    return edges


def _edge(services: Services, registrant: str, number: int) -> Edge:
    licensing = services.contracts.licensing
    licence = licensing.licence(number)
    terms = licensing.terms(licence.terms)
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
    if licence.derivatives >= terms.max_derivatives:
        raise RefusedError(
            "no-derivative-left",
            f"licence {number} permits {terms.max_derivatives} derivatives, {licence.derivatives} are used",
            "buy an adaptation licence of the parent",
            licence=str(number),
            work=work,
        )
    return Edge(licence.work, terms.upstream)
