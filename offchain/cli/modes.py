"""Menus and exclusives for `colophon price --input`: documents whose `model` is `menu` or `exclusives`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from offchain.cli.output import asset, decimal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from offchain.pricing.menus import Advice, BidProblem, Menu, MenuProblem

__all__ = ["MODES", "solve_mode"]

MODES: Final = ("menu", "exclusives")


def solve_mode(model: str, data: object) -> tuple[dict[str, object], Iterator[str]]:
    """The solution of such a document as JSON, and as lines for a reader.

    Raises:
        InputError: `pricing-json-malformed`, or what the problem refuses.
        RefusedError: `price-uncertified`.
    """
    from offchain.pricing.menus import (
        advice_to_json,
        advise,
        bids_from_json,
        menu_from_json,
        menu_to_json,
        solve_menu,
    )

    if model == "menu":
        problem = menu_from_json(data)
        menu = solve_menu(problem)
        return menu_to_json(problem, menu), _menu_lines(problem, menu)
    bids = bids_from_json(data)
    advice = advise(bids)
    return advice_to_json(bids, advice), _advice_lines(bids, advice)


def _menu_lines(problem: MenuProblem, menu: Menu) -> Iterator[str]:
    def say(amount: int) -> str:
        return decimal(amount, problem.decimals)

    unit = asset(problem.currency)
    for tier, amount in menu.prices.items():
        yield f"{tier}: {say(amount)} {unit}"
    for choice in menu.choices:
        taken = "nothing" if choice.tier is None else choice.tier
        yield f"  {choice.segment} takes {taken}, gains {say(choice.surplus)}, prefers it by {say(choice.lead)}"
    yield f"expected: {say(menu.expected_revenue)} {unit} a period, net of what is owed upstream"
    certificate = menu.certificate
    if certificate.proof == "optimal":
        yield "proof: every assignment was tried or bounded, none earns more"
    else:
        yield f"proof: stopped early; another menu may earn up to {certificate.gap / certificate.bound:.2%} more"


def _advice_lines(bids: BidProblem, advice: Advice) -> Iterator[str]:
    from offchain.pricing.scale import SCALE

    for bid, sentence in zip(bids.bids, advice.sentences, strict=True):
        last = bid.end - 1
        window = f"period {last}" if bid.first == last else f"periods {bid.first} to {last}"
        yield f"{bid.buyer}, {window}: {sentence}"
    gain = decimal(advice.grants.gain // SCALE, bids.sales.decimals)
    yield f"expected: {gain} {asset(bids.sales.currency)} more than non-exclusive sales, net, at present value"
