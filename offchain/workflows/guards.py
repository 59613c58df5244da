"""What stops a registration before anything is made for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from offchain.chain import ZERO_ADDRESS, Edge, Title, work_hex
from offchain.chain.address import parse_address
from offchain.errors import InputError, NotFoundError, RefusedError
from offchain.identity import Identity
from offchain.money import PPM, UNITS
from offchain.workflows.metadata import is_readable
from offchain.workflows.parentage import require_offerable, require_parents
from offchain.workflows.permits import require_permits
from offchain.workflows.prices import pricing_problem
from offchain.workflows.requests import RegistrationRequest
from offchain.workflows.requoting import solved
from offchain.workflows.sealing import is_for_sale, require_master_key
from offchain.workflows.services import Services

__all__ = [
    "delegate_of",
    "find_title",
    "require_acceptable",
    "require_possible",
    "require_unregistered",
    "title_names",
]

_PRICE_BITS: Final = 104
"""Width of a price in the contracts."""

_SUPPLY_BITS: Final = 32
_PER_DAY_BITS: Final = 24
"""Widths of an edition, and of what a delegate may sell in a day."""


def require_possible(request: RegistrationRequest) -> None:
    """Refuse what no file and no state of the chain could make registrable.

    Raises:
        InputError: `text-unreadable`, `registrant-zero`, `tier-repeated`, `price-out-of-range`,
            `quantity-out-of-range`, `shares-malformed`.
    """
    _require_whole(request.shares)
    for what in ("title", "description", "creator"):
        if not is_readable(getattr(request, what)):
            raise InputError("text-unreadable", f"the {what} holds control characters or broken Unicode", "remove them")
    if request.registrant == ZERO_ADDRESS:
        raise InputError("registrant-zero", "nobody has the zero address", "name an account of yours")
    for kind in (request.tiers, request.listings):
        names = [each.tier for each in kind]
        if len(set(names)) < len(names):
            raise InputError("tier-repeated", "a tier is named twice", "name each tier once")
    prices = [listing.price for listing in request.listings]
    prices += [end for tier in request.tiers for end in (tier.floor, tier.ceiling) if end is not None]
    for price in prices:
        if not 0 <= price < 2**_PRICE_BITS:
            raise InputError(
                "price-out-of-range",
                f"the price {price} is not from 0 to 2^{_PRICE_BITS} - 1",
                "write it in minor units of the currency",
                price=str(price),
            )
    counts = [(listing.supply, _SUPPLY_BITS) for listing in request.listings]
    counts += [(tier.per_day, _PER_DAY_BITS) for tier in request.tiers]
    for count, bits in counts:
        if not 0 <= count < 2**bits:
            raise InputError(
                "quantity-out-of-range", f"{count} licences are not from 0 to 2^{bits} - 1", "name fewer licences"
            )


def _require_whole(shares: Sequence[tuple[str, int]]) -> None:
    accounts = [parse_address(account) for account, _ in shares]
    repeated = len(set(accounts)) < len(accounts) or ZERO_ADDRESS in accounts
    if shares and (repeated or min(units for _, units in shares) < 1 or sum(units for _, units in shares) != UNITS):
        raise InputError(
            "shares-malformed",
            f"the royalty shares are not {UNITS} units in all, each account's named once",
            "name every account once, with 1 unit or more",
        )


def require_acceptable(services: Services, identity: Identity, request: RegistrationRequest) -> Sequence[Edge]:
    """Let through what can be registered as things stand, whatever it looks like (see `originality`).

    Returns:
        What it will owe to the works that it derives from.

    Raises:
        RefusedError: `work-registered`, a permit or price range that does not hold, or a generated work whose record
            names a parent without a permit, or whose model was taught under licences that the terms would break.
        NotFoundError: `unknown-licence`, `unknown-tier`, `unknown-currency`.
        DeniedError: `not-permit-holder`.
        InputError: price ranges that leave no price, or another file's provenance record.
        UnavailableError: `no-content-key`, a work for sale could not be sealed.
    """
    require_unregistered(services, identity.work_id)
    _require_own_provenance(identity.work_id, request)
    edges = require_permits(services, request.registrant, request.permits, relay=request.relay)
    require_parents(request, edges)
    require_offerable(services, request)
    _require_priced(services, identity.work_id, request, edges)
    if is_for_sale(request):
        require_master_key(services)
    return edges


def _require_own_provenance(work: int, request: RegistrationRequest) -> None:
    """A record tells how these bytes came to be, or it stays off the chain."""
    if request.provenance is None:
        return
    output = request.provenance.get("output")
    told = output.get("sha256") if isinstance(output, dict) else None
    if told != work_hex(work):
        raise InputError(
            "provenance-foreign",
            "the provenance record is about another file",
            "give the record whose output.sha256 is this work's id, or none",
            work=work_hex(work),
            record=told,
        )


def require_unregistered(services: Services, work: int) -> None:
    """Stop an exact duplicate.

    Raises:
        RefusedError: `work-registered`; names the work, its holder and since when (Unix seconds).
    """
    title = find_title(services, work)
    if title is None:
        return
    raise RefusedError(
        "work-registered",
        "this file is already registered",
        "buy a licence from its holder, or register a work of your own",
        work=work_hex(work),
        holder=title.holder,
        since=title.priority_at,
    )


def delegate_of(services: Services, request: RegistrationRequest) -> str:
    """The account that may quote for the request's tiers.

    Raises:
        InputError: a malformed account.
        UnavailableError: `no-pricing-key`, none is named and this process has none.
    """
    return services.require_pricing().address if request.delegate is None else parse_address(request.delegate)


def find_title(services: Services, work: int) -> Title | None:
    """The title of a work, None when nobody registered it."""
    try:
        return services.contracts.registry.title(work)
    except NotFoundError:
        return None


def title_names(services: Services, works: Sequence[int]) -> dict[int, str]:
    """What registered works are called, as far as this catalogue knows."""
    with services.store.snapshot() as tx:
        found = {work: tx.works.find(work) for work in works}
    return {work: record.title for work, record in found.items() if record is not None}


def _require_priced(services: Services, work: int, request: RegistrationRequest, edges: Sequence[Edge]) -> None:
    """Solve the prices once, so that a range without a price is refused now and not at the first quote."""
    for listing in request.listings:
        services.terms_number(listing.tier)
    if not request.tiers:
        return
    for tier in request.tiers:
        services.terms_number(tier.tier)
    delegate_of(services, request)
    bounds = [(tier.tier, tier.floor, tier.ceiling) for tier in request.tiers]
    upstream = min(sum(edge.upstream for edge in edges), PPM)
    solved(pricing_problem(work, upstream, services.currency(request.currency), bounds))
