"""From a training manifest to royalty shares: who of those that a model was taught by receives how many units.

Two rules give weights to works: `equal-per-work`, each the same, and `influence`, as measured. This module
turns weights into units: works of one account add up; a work without an account, such as one in the public domain,
takes no share, since nobody is there to be paid; the units, 1,000,000 in all, go by the largest remainder
(Hamilton's method: Balinski and Young, Fair Representation, 1982, ch. 3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from offchain.errors import InputError, RefusedError
from offchain.generation.training.licences import check_licences
from offchain.generation.training.manifest import TrainingManifest
from offchain.money import UNITS

__all__ = ["EQUAL", "RULES", "Holder", "account_weights", "apportion", "equal_weights", "split"]

EQUAL: Final = "equal-per-work"
RULES: Final = (EQUAL, "influence")


@dataclass(frozen=True, slots=True)
class Holder:
    """Whoever receives royalty shares of a training set.

    Attributes:
        account: as the manifest spells it.
        units: of 1,000,000; at least 1.
        works: how many works of the set are theirs.
    """

    account: str
    units: int
    works: int


def split(manifest: TrainingManifest, weights: Mapping[str, float] | None = None) -> tuple[Holder, ...]:
    """The holders of a training set, most units first, then by account; their units are 1,000,000 exactly.

    Args:
        manifest: of the set.
        weights: how much each work counts, by sha256; None for `equal-per-work`. A work left out counts nothing.

    Raises:
        RefusedError: `nobody-to-pay`: no work that counts has an account; or `licence-forbids-training`.
        InputError: `weight-malformed`, `account-ambiguous`, or `licence-unknown`.
    """
    check_licences(manifest)
    accounts = _accounts(manifest)
    weighed = account_weights(manifest, equal_weights(manifest) if weights is None else weights)
    if not any(weighed.values()):
        raise RefusedError(
            "nobody-to-pay",
            f"no work of {manifest.name} that counts names an account",
            "add the accounts of its makers to the manifest; works in the public domain owe nothing",
        )
    units = apportion(weighed, UNITS)
    works = {account: sum(owner == account for owner in accounts.values()) for account in units}
    holders = [Holder(account, count, works[account]) for account, count in units.items() if count]
    return tuple(sorted(holders, key=lambda holder: (-holder.units, holder.account)))


def equal_weights(manifest: TrainingManifest) -> dict[str, float]:
    """The same for each work; the same bytes under two paths are one work."""
    return {file.sha256: 1.0 for file in manifest.files}


def account_weights(manifest: TrainingManifest, weights: Mapping[str, float]) -> dict[str, Fraction]:
    """What the works of each account weigh together, exactly; works without an account are left out.

    Raises:
        InputError: `weight-malformed`: negative, no number, or of a work that is not in the set; `account-ambiguous`.
    """
    accounts = _accounts(manifest)
    weighed = {account: Fraction(0) for account in accounts.values() if account is not None}
    for work, weight in weights.items():
        if work not in accounts or not 0 <= weight < float("inf"):
            raise InputError("weight-malformed", f"{work} weighs {weight}", "weigh the set's works, each 0 or more")
        account = accounts[work]
        if account is not None:
            weighed[account] += Fraction(weight)
    return weighed


def apportion(weights: Mapping[str, Fraction], total: int) -> dict[str, int]:
    """Divide `total` in proportion to weights: each gets its quota rounded down or up, and who weighs more no less.

    What rounding down leaves goes to the largest remainders, among equals to the first by name, whatever the order of
    `weights`.

    Args:
        weights: 0 or more by name, not all 0.
        total: units to divide.
    """
    whole = sum(weights.values(), Fraction(0))
    quotas = {name: total * weight / whole for name, weight in weights.items()}
    units = {name: int(quota) for name, quota in quotas.items()}
    by_remainder = sorted(quotas, key=lambda name: (units[name] - quotas[name], -weights[name], name))
    for name in by_remainder[: total - sum(units.values())]:
        units[name] += 1
    return units


def _accounts(manifest: TrainingManifest) -> dict[str, str | None]:
    """Whom each work pays, by sha256; an account that is spelled in several ways counts as one."""
    spelled: dict[str, str] = {}
    accounts: dict[str, str | None] = {}
    for file in manifest.files:
        account = None if file.account is None else spelled.setdefault(file.account.lower(), file.account)
        if accounts.setdefault(file.sha256, account) != account:
            raise InputError(
                "account-ambiguous",
                f"{file.path} is the same work as another file, which names another account",
                "name one account, or leave one of the files out",
                work=file.sha256,
            )
    return accounts
