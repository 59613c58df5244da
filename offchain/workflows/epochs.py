"""Making an epoch of prices: every work that the pricing key may sell in one currency, solved anew and kept."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from offchain.chain import Currency, work_hex
from offchain.errors import InputError, RefusedError
from offchain.pricing import DEFAULT_SEGMENTS, DEFAULT_TIERS, PricingProblem
from offchain.pricing.epochs import (
    NO_RULES,
    Entry,
    Epoch,
    Rules,
    entry_from_json,
    entry_to_json,
    price_catalogue,
    rules_from_json,
    terms_to_json,
)
from offchain.pricing.feasibility import require_feasible
from offchain.pricing.model import compile_model
from offchain.pricing.problem import require_known
from offchain.store import PriceEpochRecord
from offchain.workflows.prices import believed_problem, mandated
from offchain.workflows.services import Services

__all__ = ["EpochDraft", "draft_epoch", "keep_epoch", "pricing_rules"]

_NOT_HERE: Final = frozenset({"not-for-sale", "wrong-currency"})
"""Codes of works that are not sold by this key, or in another currency."""


@dataclass(frozen=True, slots=True)
class EpochDraft:
    """An epoch that was solved and certified, and is not kept yet.

    Attributes:
        currency: of its prices.
        epoch: prices, duals and proofs.
        follows: number of the epoch that it was made after, 0 for the first.
        left_out: works that could not be priced, by id, with the code of the error that says why.
    """

    currency: Currency
    epoch: Epoch
    follows: int
    left_out: tuple[tuple[str, str], ...]


def draft_epoch(services: Services, currency: str | None = None) -> EpochDraft:
    """Price every work that may be quoted in one currency; nothing is kept.

    Raises:
        NotFoundError: `unknown-currency`.
        InputError: `rules-unreadable`, `pricing-json-malformed`, or what the rules and works refuse.
        RefusedError: `nothing-for-sale`, or `price-uncertified`.
        UnavailableError: `no-pricing-key`.
    """
    paid, rules = services.currency(currency), pricing_rules(services.settings.pricing_rules)
    problems, left_out = _problems(services, paid)
    if not problems:
        raise RefusedError(
            "nothing-for-sale",
            f"no work may be quoted in {paid.caip19}",
            "register works with --tier, or let this pricing key sell them",
            currency=paid.caip19,
        )
    _require_known(services, rules)
    follows, last = _last_epoch(services, paid)
    epoch = price_catalogue(problems, last, rules)
    floors = rules.coupling.floors
    absent = (
        {share.work for floor in floors for share in floor.shares} - set(epoch.entries) - {work for work, _ in left_out}
    )
    return EpochDraft(paid, epoch, follows, (*left_out, *((work, "not-for-sale") for work in sorted(absent))))


def keep_epoch(services: Services, draft: EpochDraft) -> int:
    """Keep a draft; from now on quotes are made under it. Returns its number.

    Raises:
        RefusedError: `epoch-outdated`, another epoch was kept since the draft was made.
    """
    epoch = draft.epoch
    record = PriceEpochRecord(
        currency=draft.currency.index,
        follows=draft.follows,
        model_hash=_digest(epoch.model_hash),
        duals_hash=_digest(epoch.terms.duals_hash),
        terms=terms_to_json(epoch.terms),
        revenue=epoch.expected_revenue,
        made_at=services.now(),
    )
    entries = {int(work, 16): entry_to_json(entry) for work, entry in epoch.entries.items()}
    with services.store.transaction() as tx:
        newest = tx.epochs.newest(draft.currency.index)
        if newest is not None and newest.number != draft.follows:
            raise RefusedError(
                "epoch-outdated",
                f"epoch {newest.number} was made meanwhile, and this one does not keep near its prices",
                "make it again: colophon epochs make",
            )
        return tx.epochs.add(record, entries).number


def pricing_rules(path: Path | None) -> Rules:
    """The operator's rules, from the file that COLOPHON_PRICING_RULES names (docs/schemas/pricing-rules.json).

    Raises:
        InputError: `rules-unreadable`, `pricing-json-malformed`, or what the rules refuse.
    """
    if path is None:
        return NO_RULES
    try:
        data = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            "rules-unreadable", f"{path} is not readable JSON", "correct COLOPHON_PRICING_RULES or the file"
        ) from error
    return rules_from_json(data)


def _problems(services: Services, currency: Currency) -> tuple[list[PricingProblem], list[tuple[str, str]]]:
    """The problem of every work that may be quoted in a currency, and the works that another rule keeps from it."""
    problems, left_out = [], []
    for work in _mandated_works(services):
        try:
            problems.append(_priceable(services, work, currency))
        except (InputError, RefusedError) as error:
            if error.code not in _NOT_HERE:
                left_out.append((work_hex(work), error.code))
    return problems, left_out


def _priceable(services: Services, work: int, currency: Currency) -> PricingProblem:
    """A work's problem, which has prices: a holder who leaves none must not keep all others from an epoch.

    Raises:
        InputError: what the holder allows leaves no price.
        RefusedError: as `mandated`.
    """
    allowed = mandated(services, work, currency.caip19)
    problem, _ = believed_problem(services, work, services.contracts.registry.title(work), allowed)
    require_feasible(compile_model(problem), problem.decimals)
    return problem


def _mandated_works(services: Services) -> list[int]:
    """Works whose holder ever let the pricing key sell them, in the order of their ids."""
    delegate = services.require_pricing().address
    with services.store.snapshot() as tx:
        given = tx.events.named(["BoundsSet"])
    return sorted({event.work for event in given if event.work is not None and event.args["delegate"] == delegate})


def _last_epoch(services: Services, currency: Currency) -> tuple[int, dict[str, Entry]]:
    """Number and entries of a currency's newest epoch; 0 and none before the first."""
    with services.store.snapshot() as tx:
        last = tx.epochs.newest(currency.index)
        kept = {} if last is None else tx.epochs.entries(last.number)
    entries = {work_hex(work): entry_from_json(work_hex(work), entry) for work, entry in kept.items()}
    return 0 if last is None else last.number, entries


def _require_known(services: Services, rules: Rules) -> None:
    """Refuse rules in currencies, tiers and segments that nobody sells here: a typing error would be silent."""
    coupling = rules.coupling
    for currency in [*(row.currency for row in coupling.floors), *(row.currency for row in coupling.accessibility)]:
        services.currency(currency)
    named = [(row.tier, row.segment) for row in coupling.accessibility]
    for tier, segment in [*named, *((row.tier, row.segment) for row in coupling.budgets)]:
        require_known(tier or DEFAULT_TIERS[0], "tier", DEFAULT_TIERS)
        require_known(segment or DEFAULT_SEGMENTS[0], "segment", DEFAULT_SEGMENTS)


def _digest(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
