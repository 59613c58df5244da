"""The rows of the gas table: what is measured, the goal, and what the same job costs elsewhere.

Peers' numbers were measured side by side when the goals were set: Story protocol, 0xSplits v2, Seaport 1.6.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from tests.bench import gas_operations as do
from tests.contracts.world import DOLLAR, NATIVE, World

__all__ = ["NOT_MEASURED", "ROWS", "SCALING", "Row"]


class Row(NamedTuple):
    """One operation.

    Attributes:
        name: as in the table of goals.
        goal: most gas, in all transactions of the operation together.
        run: arranges, and returns what the operation cost.
        references: the same job elsewhere.
    """

    name: str
    goal: int
    run: Callable[[World], int]
    references: dict[str, int]


STORY_SALE: Final = {"Story": 707_215}
# A holder's first title creates the slot of its balance: 18,000 more, as the goals of the plain registration say.
ROWS: Final = [
    Row("commit before a registration", 46_000, do.commit, {}),
    Row(
        "register + metadata, holder's first",
        112_000,
        lambda w: do.register(w, first=True),
        {"Story (NFT + register + setAll)": 748_605},
    ),
    Row(
        "register + metadata, holder's next",
        94_000,
        lambda w: do.register(w, first=False),
        {"Story (NFT + register + setAll)": 748_605},
    ),
    Row(
        "register with share root, any n, holder's next",
        116_000,
        lambda w: do.register_rooted(w, first=False),
        {"0xSplits v2 (a split of 100)": 441_071},
    ),
    Row("register with share root, any n, holder's first", 134_000, lambda w: do.register_rooted(w, first=True), {}),
    Row(
        "publish for sale, one transaction",
        216_000,
        lambda w: do.publish(w, first=False),
        {"Story (4 transactions)": 1_071_353},
    ),
    Row("publish for sale, one transaction, holder's first", 234_000, lambda w: do.publish(w, first=True), {}),
    Row("buy listed, ERC-20, steady", 124_000, do.buy_token, STORY_SALE),
    Row("ten licences of one offer", 220_000, do.buy_edition, {"Story": 2_559_700}),
    Row("ten different works, steady", 620_000, do.buy_many, {}),
    Row("buy listed, native, new buyer", 128_000, lambda w: do.buy_native(w, first_sale=False), {}),
    Row("buy listed, native, work's first sale", 162_000, lambda w: do.buy_native(w, first_sale=True), {}),
    Row(
        "seller-signed quote, native, steady",
        120_000,
        lambda w: do.buy_quote(w, first=False),
        {"Seaport 1.6 (moves a token, one fee)": 109_462},
    ),
    Row("seller-signed quote, native, new buyer", 137_000, lambda w: do.buy_quote(w, first=True), {}),
    Row(
        "relayed buyer's order, ERC-20, allowance, steady",
        150_000,
        lambda w: do.relayed(w, permit=False, first=False),
        {},
    ),
    Row(
        "relayed buyer's order + ERC-2612, steady",
        166_000,
        lambda w: do.relayed(w, permit=True, first=False),
        {},
    ),
    Row(
        "relayed buyer's order + ERC-2612, new buyer",
        218_000,
        lambda w: do.relayed(w, permit=True, first=True),
        {},
    ),
    Row("derivative incl. fee, 1 parent, steady", 222_000, lambda w: do.derivative(w, 1), {"Story": 1_432_998}),
    Row("derivative incl. fee, 3 parents, steady", 385_000, lambda w: do.derivative(w, 3), {"Story": 2_267_073}),
    Row("derivative, licence at hand, 1 parent", 222_000, lambda w: do.derivative_alone(w, 1), {}),
    Row("derivative, licences at hand, 3 parents", 385_000, lambda w: do.derivative_alone(w, 3), {}),
    Row(
        "deposit native, any holders and parents",
        40_000,
        lambda w: do.deposit(w, NATIVE),
        {"0xSplits v2, n = 10": 146_141, "0xSplits v2, n = 100": 993_843},
    ),
    Row(
        "deposit ERC-20, any holders and parents",
        62_000,
        lambda w: do.deposit(w, DOLLAR),
        {"0xSplits v2, n = 10": 159_732, "0xSplits v2, n = 100": 1_007_437},
    ),
    Row(
        "ERC-20 royalty with 3 parents credited, steady",
        116_000,
        do.royalty,
        {"Story (164,535 + 98,851 per ancestor)": 461_088},
    ),
    Row("ancestor's ERC-20 to a wallet (pull + claim), steady", 90_000, do.ancestor, {"Story (3 calls)": 321_470}),
    Row("claim native, steady", 60_000, lambda w: do.claim(w, NATIVE), {"0xSplits v2": 40_028}),
    Row("claim ERC-20, steady", 70_000, lambda w: do.claim(w, DOLLAR), {"0xSplits v2": 66_225}),
    Row(
        "share transfer with 2 currencies, next",
        87_000,
        lambda w: do.share_transfer(w, first=False),
        {"Story (1 currency)": 193_411},
    ),
    Row("share transfer with 2 currencies, first", 182_000, lambda w: do.share_transfer(w, first=True), {}),
]
SCALING: Final = [
    *(
        Row(f"deposit native, {n:,} holders", 40_000, lambda w, n=n: do.deposit_among(w, n), references)
        for n, references in ((1, {}), (10, {"0xSplits v2": 146_141}), (100, {"0xSplits v2": 993_843}), (1_000, {}))
    ),
    *(
        Row(f"deposit native, derivation depth {depth}", 40_000, lambda w, depth=depth: do.deposit_below(w, depth), {})
        for depth in (1, 10, 100)
    ),
]
"""No payment path loops over holders or ancestors: these are all alike."""

NOT_MEASURED: Final = {
    "peers": "their numbers are those measured when the goals were set, not in this run",
}
