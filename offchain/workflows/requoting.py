"""The price of a work as it stands now: under the newest epoch of its currency, or by itself before the first."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from offchain.errors import RefusedError
from offchain.pricing import PricingProblem, Solution, solve
from offchain.pricing.epochs import Basis, entry_from_json, requote, terms_from_json
from offchain.store import PriceEpochRecord
from offchain.workflows.services import Services

__all__ = ["Standing", "solved", "standing"]


@dataclass(frozen=True, slots=True)
class Standing:
    """Certified prices of one work.

    Attributes:
        problem: what they solve; under an epoch it has further bounds.
        solution: the prices and their proof.
        basis: what a quote of one of them names.
        note: what to add to the reason of each price; empty without an epoch.
    """

    problem: PricingProblem
    solution: Solution
    basis: Basis
    note: str


@lru_cache(maxsize=1024)
def solved(problem: PricingProblem) -> Solution:
    """The problem's certified prices; solving the same one again costs nothing."""
    return solve(problem)


def standing(services: Services, problem: PricingProblem) -> Standing:
    """The prices of one work now.

    Args:
        services: for the epochs in the store.
        problem: the work as it is now, within what its holder allows.

    Raises:
        InputError: no prices satisfy the bounds and orders.
        RefusedError: `price-uncertified`, the solver failed, or what the epoch kept does not prove its prices.
    """
    work, currency = problem.works[0].id, services.currency(problem.currency).index
    with services.store.snapshot() as tx:
        epoch = tx.epochs.newest(currency)
        kept = None if epoch is None else tx.epochs.entry(epoch.number, int(work, 16))
    if epoch is None:
        solution = solved(problem)
        return Standing(problem, solution, Basis(solution.model_hash), "")
    terms = terms_from_json(epoch.terms)
    _require_duals(epoch, terms.duals_hash)
    priced = requote(problem, None if kept is None else entry_from_json(work, kept), terms)
    basis = Basis(priced.solution.model_hash, epoch.number, terms.duals_hash)
    return Standing(priced.problem, priced.solution, basis, "; ".join([f"; epoch {epoch.number}", *priced.rules]))


def _require_duals(epoch: PriceEpochRecord, duals_hash: str) -> None:
    if "0x" + epoch.duals_hash.hex() != duals_hash:
        raise RefusedError(
            "price-uncertified",
            f"the multipliers of epoch {epoch.number} are not those that it was made with",
            "make a new epoch: colophon epochs make",
        )
