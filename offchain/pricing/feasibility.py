"""Whether floors, ceilings and orders leave a price for every cell, and if not, which of them conflict.

Every order pushes one price up from another, so the least prices that satisfy floors and orders form a
lattice minimum: the problem is infeasible exactly where that minimum passes a ceiling.
"""

from __future__ import annotations

from collections import deque

from offchain.errors import InputError
from offchain.money import format_amount
from offchain.pricing.model import Model, Order

__all__ = ["require_feasible"]


def require_feasible(model: Model, decimals: int) -> None:
    """Refuse a model without a solution.

    Args:
        model: cells and orders.
        decimals: of the currency, for the message.

    Raises:
        InputError: `prices-infeasible`; the fact `conflict` lists one floor, the orders that carry it upwards and
            one ceiling, which cannot hold together (leave out any one and these no longer conflict).
    """
    least = [cell.lowest for cell in model.cells]
    cause: list[Order | None] = [None] * len(least)
    by_cheaper: dict[int, list[Order]] = {}
    for order in model.orders:
        by_cheaper.setdefault(order.cheaper, []).append(order)
    waiting = deque(range(len(least)))
    while waiting:
        for order in by_cheaper.get(here := waiting.popleft(), ()):
            needed = model.threshold(order, least[here])
            if needed <= least[order.dearer]:
                continue
            least[order.dearer], cause[order.dearer] = needed, order
            if needed > model.cells[order.dearer].highest:
                raise _infeasible(_conflict(model, cause, order.dearer, decimals))
            waiting.append(order.dearer)


def _conflict(model: Model, cause: list[Order | None], top: int, decimals: int) -> list[str]:
    """The floor at the origin, the orders in between and the ceiling at `top`, in that order."""
    rules: list[str] = []
    here = top
    while (order := cause[here]) is not None:
        rules.append(order.rule)
        here = order.cheaper
    origin, end = model.cells[here], model.cells[top]
    floor = format_amount(origin.ladder[origin.lowest], decimals)
    ceiling = format_amount(end.ladder[end.highest], decimals)
    lines = [f"{' / '.join(origin.key)} costs at least {floor}", *reversed(rules)]
    return [*lines, f"{' / '.join(end.key)} costs at most {ceiling}"]


def _infeasible(conflict: list[str]) -> InputError:
    return InputError(
        "prices-infeasible",
        f"no prices satisfy all of: {'; '.join(conflict)}",
        "lower that floor, raise that ceiling, extend the ladder, or drop one of the rules between",
        conflict=conflict,
    )
