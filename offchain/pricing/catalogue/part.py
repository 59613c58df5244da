"""A part of a catalogue, which answers for its works when it is told the rows' duals.

Duals go in; values, sums over the rows and the few works that are undecided come out. That is all that travels, so a
part may live in another process or on another machine. No holder with a floor has works in two parts.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from offchain.errors import InputError
from offchain.pricing.catalogue.accounts import Accounts
from offchain.pricing.catalogue.answers import Bounds, Options, Outcome, Reply, Undecided, Widened
from offchain.pricing.catalogue.arrays import Bytes, Catalogue, Floats, Indices
from offchain.pricing.catalogue.floors import respond_groups, scan_groups
from offchain.pricing.catalogue.kernels import Mixture, scan
from offchain.pricing.catalogue.settle import Patience, settle_groups

__all__ = ["Part"]

_PATIENCE: Final = Patience(nodes=2000, near=1e-6)  # few groups need more than a hundred nodes


class Part:
    """Some works of a catalogue, with what is known of their best steps.

    Args:
        catalogue: these works, all rows (their limits are not read), all holders (a floor is 0 where it is not here).
        number: of the part, from 0.
    """

    def __init__(self, catalogue: Catalogue, number: int = 0) -> None:
        self._number = number
        self._accounts = accounts = Accounts(catalogue)
        self._penalties = catalogue.holders.penalties
        self._free = np.flatnonzero(accounts.group < 0)
        self._duals = np.zeros(len(self._penalties))
        self._columns: dict[int, dict[bytes, None]] = {}
        self._units: dict[int, dict[bytes, None]] = {}
        self._settled = catalogue.lowest
        self._base = self._mixture(self._settled)

    def size(self) -> int:
        """How many works it holds."""
        return len(self._accounts.group)

    def evaluate(self, rows: Floats) -> Reply:
        """The part's dual value at the rows' duals (A,), each floor's multiplier at its best.

        The steps found are those of every work that `widen` leaves decided.

        Raises:
            InputError: `bounds-miss-ladder`, the bounds of a work leave no prices that keep its ties.
        """
        self._columns.clear()
        value, self._base = self._solve(rows)
        return Reply(value, self._accounts.total(self._everything(), self._base)[1])

    def widen(self, rows: Floats, duals: Floats) -> Widened:
        """Open the works that choose other steps at the rows' duals (A,).

        Args:
            rows: duals of the rows.
            duals: (H,), multipliers of the floors that the linear programme holds; NaN for others.

        Returns:
            The part's dual value there, and its columns.
        """
        accounts = self._accounts
        np.copyto(self._duals, duals, where=~np.isnan(duals))
        there = self._base.below.copy()
        respond_groups(accounts.blocks, accounts.floors, accounts.toll(rows), self._duals, there)
        value, found = self._solve(rows)
        moved = ((found.below != self._base.below) | (found.above != self._base.above)).any(axis=1)
        moved[list(self._columns)] = True
        moved |= np.isin(accounts.group, self._unfinished())
        groups = np.unique(accounts.group[moved])
        moved |= np.isin(accounts.group, groups[groups >= 0])
        lists = (self._base.below, self._base.above, found.below, found.above, there)
        for work in np.flatnonzero(moved).tolist():
            self._columns.setdefault(work, {}).update((steps[work].tobytes(), None) for steps in lists)
        return Widened(value, sum(map(len, self._columns.values())))

    def undecided(self) -> Undecided:
        """Every open work with its columns, and the sum of all others."""
        accounts = self._accounts
        works = sorted(self._columns)
        closed = np.ones(len(accounts.group), bool)
        closed[works] = False
        revenue, use = accounts.total(np.flatnonzero(closed), self._base)
        here = np.isin(accounts.holder_group, accounts.group[works]) & (accounts.holder_group >= 0)
        value = revenue.sum() - self._penalties @ accounts.shortfalls(revenue, ~here)
        work = np.repeat(np.array(works, np.int64), [len(self._columns[work]) for work in works])
        earns, uses = accounts.priced(work, [steps for at in works for steps in self._columns[at]])
        column, holder, share = accounts.shares(work)
        mixed = closed & (self._base.part > 0) & (self._base.part < 1)
        mixed &= (self._base.below != self._base.above).any(axis=1)
        entry = np.array([holder, column])
        return Undecided(
            value, use, work, earns, uses, np.flatnonzero(here), entry, share * earns[column], int(mixed.sum())
        )

    def settle(self, rows: Floats) -> Bounds:
        """Choose integer prices at the rows' duals (A,): of each free work the best, of each group together."""
        linear, whole, self._settled = self._whole(rows)
        self._units.clear()
        for work, columns in self._columns.items():
            if self._accounts.group[work] < 0:
                self._units[work] = dict.fromkeys((self._settled[work].tobytes(), *columns))
        use = self._accounts.total(self._everything(), self._mixture(self._settled))[1]
        return Bounds(linear, whole, self._duals.copy(), use)

    def vary(self, rows: Floats) -> None:
        """Add the integer prices that works and groups would choose at other duals of the rows to their options."""
        accounts, toll = self._accounts, self._accounts.toll(rows)
        steps = np.empty(accounts.blocks.lowest.shape, np.uint8)
        scan(accounts.blocks, self._free, toll, steps)
        settle_groups(accounts.blocks, accounts.floors, toll, self._duals.copy(), steps, _PATIENCE)
        group = accounts.group
        moved = np.flatnonzero((steps != self._settled).any(axis=1))
        groups = np.unique(group[moved])
        for unit in (*moved[group[moved] < 0].tolist(), *(len(group) + groups[groups >= 0]).tolist()):
            works = self._works(unit)
            known = self._units.setdefault(unit, {self._settled[works].tobytes(): None})
            known[steps[works].tobytes()] = None

    def options(self) -> Options:
        """Every open unit with its options, and the sum of all others."""
        accounts = self._accounts
        listed = self._listed()
        closed = np.ones(len(accounts.group), bool)
        for unit in self._units:
            closed[self._works(unit)] = False
        revenue, use = accounts.total(np.flatnonzero(closed), self._mixture(self._settled))
        units = np.array([unit for unit, _ in listed], np.int64)
        kept = ~np.isin(accounts.holder_group, units - len(closed))
        value = revenue.sum() - self._penalties @ accounts.shortfalls(revenue, kept)
        single = int(np.searchsorted(units, len(closed)))
        earns, uses = accounts.priced(units[:single], [steps for _, steps in listed[:single]])
        groups = [self._priced(unit, steps) for unit, steps in listed[single:]]
        values = np.append(earns, [value for value, _ in groups])
        return Options(value, use, units, values, np.vstack([uses, *(used for _, used in groups)]))

    def choose(self, chosen: tuple[Indices, ...]) -> Outcome:
        """Take options, by their numbers in `options`, part by part."""
        accounts, steps, listed = self._accounts, self._settled.copy(), self._listed()
        for number in chosen[self._number].tolist():
            unit, option = listed[number]
            works = self._works(unit)
            steps[works] = np.frombuffer(option, np.uint8).reshape(len(works), -1)
        revenue, use = accounts.total(self._everything(), self._mixture(steps))
        shortfalls = accounts.shortfalls(revenue, np.ones(len(self._penalties), bool))
        return Outcome(steps, revenue.sum() - self._penalties @ shortfalls, shortfalls, use)

    def _solve(self, rows: Floats) -> tuple[float, Mixture]:
        accounts, toll = self._accounts, self._accounts.toll(rows)
        below = np.empty(accounts.blocks.lowest.shape, np.uint8)
        value = scan(accounts.blocks, self._free, toll, below)
        found = Mixture(below, below.copy(), np.ones(len(below)))
        value += scan_groups(accounts.blocks, accounts.floors, toll, self._duals, found)
        return _finite(value), found

    def _whole(self, rows: Floats) -> tuple[float, float, Bytes]:
        """Dual value, dual value with integral groups, and integer steps at the rows' duals."""
        accounts, toll = self._accounts, self._accounts.toll(rows)
        steps = np.empty(accounts.blocks.lowest.shape, np.uint8)
        free = _finite(scan(accounts.blocks, self._free, toll, steps))
        grouped = _finite(scan_groups(accounts.blocks, accounts.floors, toll, self._duals, self._mixture(steps)))
        duals = self._duals.copy()
        whole = settle_groups(accounts.blocks, accounts.floors, toll, duals, steps, _PATIENCE)[1]
        return free + grouped, free + min(whole, grouped), steps

    def _unfinished(self) -> Indices:
        """Groups with several floors of which one binds: the search along one floor at a time may end too high."""
        groups = self._accounts.holder_group
        binds = (self._duals > 0) & (self._duals < self._penalties)
        several = np.diff(self._accounts.floors.holders_start) > 1
        found = np.unique(groups[binds & (groups >= 0)])
        return found[several[found]]

    def _priced(self, unit: int, steps: bytes) -> tuple[float, Floats]:
        """Revenue less penalties of a group's option, and its use of the rows."""
        accounts, works = self._accounts, self._works(unit)
        width = len(steps) // len(works)
        revenue, uses = accounts.priced(works, [steps[at : at + width] for at in range(0, len(steps), width)])
        place, holder, share = accounts.shares(works)
        earned = np.bincount(holder, share * revenue[place], len(self._penalties))
        short = np.maximum(accounts.floors.floors - earned, 0)[accounts.holder_group == unit - len(accounts.group)]
        held = self._penalties[accounts.holder_group == unit - len(accounts.group)]
        return revenue.sum() - held @ short, uses.sum(axis=0)

    def _listed(self) -> list[tuple[int, bytes]]:
        return [(unit, steps) for unit in sorted(self._units) for steps in self._units[unit]]

    def _works(self, unit: int) -> Indices:
        """The works of a unit: work w is unit w, group g is unit W + g."""
        group, floors = unit - len(self._accounts.group), self._accounts.floors
        if group < 0:
            return np.array([unit])
        return floors.works[floors.works_start[group] : floors.works_start[group + 1]]

    def _everything(self) -> Indices:
        return np.arange(len(self._accounts.group))

    def _mixture(self, steps: Bytes) -> Mixture:
        return Mixture(steps, steps.copy(), np.ones(len(steps)))


def _finite(value: float) -> float:
    """A dual value, which is −inf where a work has no steps that keep its bounds and ties."""
    if not np.isfinite(value):
        raise InputError("bounds-miss-ladder", "the bounds leave a work without prices", "widen its bounds")
    return value
