"""Gas of whole transactions, intrinsic cost included, on a fresh chain.

    make bench-gas

Prints a table beside the goals and writes build/bench/gas.json. `steady` means that everybody involved has done the
same before: storage slots are changed and not created. Peers' numbers were measured side by side when the goals were
set.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from importlib.metadata import version
from io import StringIO
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml
from brownie import chain, web3

from tests.contracts.structs import Listing
from tests.contracts.world import DAY, DOLLAR, NATIVE, SALT, World, deploy, now, work_id

ROOT: Final = Path(__file__).resolve().parents[2]
OUTPUT: Final = ROOT / "build" / "bench" / "gas.json"
PRICE: Final = 5_000_000
COINS: Final = 10**15
LATER: Final = "comes with the contracts work"


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


def main() -> None:
    """Measure every row on a deployment of its own state, print and write them."""
    with redirect_stdout(StringIO()):  # Brownie tells of every transaction
        world = deploy()
        rows = [_measured(row, world) for row in ROWS] + list(_sizes(world))
    for row in rows:
        above = "  ABOVE" if row["value"] > row["goal"] else ""
        print(f"{row['name']:<62} {row['value']:>9,} {row['unit']:<5}  goal {row['goal']:>9,}{above}")
    report = {
        "machine": {"system": platform.platform(), "cpus": os.cpu_count()},
        "versions": _versions(),
        "rows": rows,
        "not_measured": [{"name": name, "why": why} for name, why in NOT_MEASURED.items()],
    }
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(json.dumps(report, indent=1) + "\n")
    print(f"written to {OUTPUT}")


def _measured(row: Row, world: World) -> dict[str, object]:
    chain.snapshot()
    value = row.run(world)
    chain.revert()
    return {
        "name": row.name,
        "value": value,
        "unit": "gas",
        "better": "lower",
        "goal": row.goal,
        "references": row.references,
    }


def _sizes(world: World) -> Iterator[dict[str, object]]:
    for name, contract in (
        ("WorkRegistry", world.registry),
        ("RoyaltyLedger", world.ledger),
        ("Licensing", world.licensing),
    ):
        size = len(web3.eth.get_code(contract.address))
        yield {
            "name": f"size of {name}",
            "value": size,
            "unit": "bytes",
            "better": "lower",
            "goal": 20_000,
            "references": {"EIP-170 limit": 24_576},
        }


def _versions() -> dict[str, object]:
    settings = yaml.safe_load((ROOT / "brownie-config.yaml").read_text())["compiler"]
    packages = json.loads((ROOT / "package.json").read_text())["dependencies"]
    return {
        "solc": settings["solc"]["version"],
        "optimizer_runs": settings["solc"]["optimizer"]["runs"],
        "evm": settings["evm_version"],
        "chain": web3.client_version,
        "eth-brownie": version("eth-brownie"),
        **{name: packages[name] for name in ("@openzeppelin/contracts", "solady")},
    }


# Arrangements


def _creator(world: World, *, first: bool) -> Any:
    """A registrant, who holds a title already unless this is the first."""
    creator = world.creators[0]
    if not first:
        world.register("an earlier work", creator)
    return creator


def _seasoned(world: World, currency: int, buyer: Any) -> int:
    """A work that was paid before, in `currency`, whose `buyer` has a licence; the ledger has been used."""
    work = world.register("a work", world.creators[0])
    world.buy(world.list(work, PRICE, currency), buyer)
    world.deposit(work, PRICE, currency)
    return work


def _endless_allowance(world: World, account: Any) -> None:
    """Enough dollars for everything, and a balance that never becomes zero."""
    world.dollar.mint(account, 10**15, {"from": world.admin})
    world.dollar.approve(world.ledger, 2**256 - 1, {"from": account})


# Operations


def register(world: World, *, first: bool) -> int:
    creator = _creator(world, first=first)
    stated = world.registration("a work", creator, provenance=b"\7" * 32, iscc=b"\xcc" * 40)
    return world.registry.register(stated, {"from": creator}).gas_used


def publish(world: World, *, first: bool) -> int:
    """Registration, one listing and one delegate, under an earlier commitment: for sale when it is mined."""
    creator = _creator(world, first=first)
    stated = world.registration(
        "a work",
        creator,
        provenance=b"\7" * 32,
        iscc=b"\xcc" * 40,
        listings=(Listing(1, DOLLAR, PRICE),),
        bounds=(world.bounds(world.pricing, expiry=now() + 365 * DAY),),
    )
    world.commit(stated.work, creator)
    return world.registry.register(stated._replace(salt=SALT), {"from": creator}).gas_used


def buy_token(world: World) -> int:
    buyer = world.buyers[0]
    work = _seasoned(world, DOLLAR, buyer)
    offer = world.list(work, PRICE, DOLLAR)
    _endless_allowance(world, buyer)
    return world.licensing.buy(offer, buyer, {"from": buyer}).gas_used


def buy_native(world: World, *, first_sale: bool) -> int:
    earlier, buyer = world.buyers[:2]
    work = _seasoned(world, NATIVE, earlier)
    if first_sale:
        work = world.register("an unsold work", world.creators[0])
    offer = world.list(work, COINS)
    return world.licensing.buy(offer, buyer, {"from": buyer, "value": COINS}).gas_used


def buy_quote(world: World, *, first: bool) -> int:
    earlier, newcomer = world.buyers[:2]
    quote = world.quote(_seasoned(world, NATIVE, earlier), currency=NATIVE, price=COINS)
    signature = world.sign(quote, quote.seller)

    def accept(buyer: Any) -> int:
        return world.licensing.buyQuote(quote, signature, buyer, {"from": buyer, "value": COINS}).gas_used

    accept(earlier)
    return accept(newcomer if first else earlier)


def relayed(world: World, *, permit: bool, first: bool) -> int:
    """One quote for all; the buyer's dollars are never used up, so that no slot is cleared for a refund."""
    earlier, newcomer = world.buyers[:2]
    quote = world.quote(_seasoned(world, DOLLAR, earlier), maxQuantity=0)

    def accept(buyer: Any, nonce: int) -> int:
        given = (world.permit(buyer, PRICE),) if permit else ()
        return world.fulfil(quote, world.order(quote, buyer, nonce=nonce), *given).gas_used

    for buyer in (earlier, newcomer):
        _endless_allowance(world, buyer)
        if permit:
            world.dollar.approve(world.ledger, 0, {"from": buyer})
    accept(earlier, 0)
    return accept(newcomer, 0) if first else accept(earlier, 1)


def derivative(world: World, parents: int) -> int:
    """Buy a permit of every parent at its listed dollar price, then register: everything that the creator pays for."""
    creator, owner = world.creators[:2]
    world.register("an earlier work", creator)
    _endless_allowance(world, creator)
    spent, permits = 0, []
    for i in range(parents):
        offer = world.list(world.register(f"parent {i}", owner), PRICE, DOLLAR)
        world.licensing.buy(offer, creator, {"from": creator})
        bought = world.licensing.buy(offer, creator, {"from": creator})
        spent += bought.gas_used
        permits.append(bought.events["LicenceSold"]["licence"])
    return spent + _register_derivative(world, permits)


def derivative_alone(world: World, parents: int) -> int:
    """Only the registration, with licences that the creator has."""
    creator, owner = world.creators[:2]
    world.register("an earlier work", creator)
    works = [world.register(f"parent {i}", owner) for i in range(parents)]
    return _register_derivative(world, [world.free_licence(work, creator) for work in works])


def _register_derivative(world: World, permits: list[int]) -> int:
    creator = world.creators[0]
    stated = world.registration(
        "a derivative", creator, provenance=b"\7" * 32, iscc=b"\xcc" * 40, permits=tuple(permits)
    )
    return world.registry.register(stated, {"from": creator}).gas_used


def deposit(world: World, currency: int) -> int:
    payer = world.buyers[0]
    work = _seasoned(world, currency, payer)
    if currency == NATIVE:
        return world.deposit(work, COINS, NATIVE, payer).gas_used
    _endless_allowance(world, payer)
    return world.ledger.deposit(work, DOLLAR, PRICE, {"from": payer}).gas_used


def _family(world: World) -> tuple[int, list[tuple[int, int, int]]]:
    """A child of three parents that were all paid in dollars before, and its pulls."""
    owner, creator = world.creators[1], world.creators[0]
    child = world.derive("child", creator, [world.register(f"parent {i}", owner) for i in range(3)])
    pulls = [(child, edge, DOLLAR) for edge in range(3)]
    _endless_allowance(world, world.buyers[0])
    world.ledger.deposit(child, DOLLAR, PRICE, {"from": world.buyers[0]})
    world.ledger.pullMany(pulls, {"from": world.relayer})
    world.ledger.claim([work_id(f"parent {i}") for i in range(3)], DOLLAR, owner, {"from": owner})
    return child, pulls


def royalty(world: World) -> int:
    """A deposit and the three pulls that it causes, in two transactions."""
    child, pulls = _family(world)
    paid = world.ledger.deposit(child, DOLLAR, PRICE, {"from": world.buyers[0]}).gas_used
    return paid + world.ledger.pullMany(pulls, {"from": world.relayer}).gas_used


def ancestor(world: World) -> int:
    child, pulls = _family(world)
    owner = world.creators[1]
    world.ledger.deposit(child, DOLLAR, PRICE, {"from": world.buyers[0]})
    return world.ledger.pullAndClaim(pulls[:1], [work_id("parent 0")], DOLLAR, owner, {"from": owner}).gas_used


def claim(world: World, currency: int) -> int:
    """The holder of issued shares, who claimed before, while other works' money stays in the ledger."""
    holder, payer = world.creators[0], world.buyers[0]
    work = _seasoned(world, currency, payer)
    world.ledger.transfer(world.creators[1], work, 1, {"from": holder})
    world.deposit(world.register("another work", holder), 10**15, currency, payer)
    world.claimed([work], holder, currency)
    world.deposit(work, PRICE, currency, payer)
    return world.ledger.claim([work], currency, holder, {"from": holder}).gas_used


def share_transfer(world: World, *, first: bool) -> int:
    """Both sides are settled in both currencies, which have earned since."""
    holder, receiver = world.creators[:2]
    work = _seasoned(world, DOLLAR, world.buyers[0])
    world.deposit(work, COINS)
    if not first:
        world.ledger.transfer(receiver, work, 100_000, {"from": holder})
        for currency in (NATIVE, DOLLAR):
            world.deposit(work, PRICE, currency)
    return world.ledger.transfer(receiver, work, 100_000, {"from": holder}).gas_used


STORY_SALE: Final = {"Story": 707_215}
ROWS: Final = [
    Row(
        "register + metadata, holder's first",
        112_000,
        lambda w: register(w, first=True),
        {"Story (NFT + register + setAll)": 748_605},
    ),
    Row(
        "register + metadata, holder's next",
        94_000,
        lambda w: register(w, first=False),
        {"Story (NFT + register + setAll)": 748_605},
    ),
    Row(
        "publish for sale, one transaction",
        216_000,
        lambda w: publish(w, first=False),
        {"Story (4 transactions)": 1_071_353},
    ),
    Row("publish for sale, one transaction, holder's first", 216_000, lambda w: publish(w, first=True), {}),
    Row("buy listed, ERC-20, steady", 124_000, buy_token, STORY_SALE),
    Row("buy listed, native, new buyer", 128_000, lambda w: buy_native(w, first_sale=False), {}),
    Row("buy listed, native, work's first sale", 162_000, lambda w: buy_native(w, first_sale=True), {}),
    Row(
        "seller-signed quote, native, steady",
        120_000,
        lambda w: buy_quote(w, first=False),
        {"Seaport 1.6 (moves a token, one fee)": 109_462},
    ),
    Row("seller-signed quote, native, new buyer", 137_000, lambda w: buy_quote(w, first=True), {}),
    Row(
        "relayed buyer's order, ERC-20, allowance, steady",
        150_000,
        lambda w: relayed(w, permit=False, first=False),
        {},
    ),
    Row(
        "relayed buyer's order + ERC-2612, steady",
        166_000,
        lambda w: relayed(w, permit=True, first=False),
        {},
    ),
    Row(
        "relayed buyer's order + ERC-2612, new buyer",
        218_000,
        lambda w: relayed(w, permit=True, first=True),
        {},
    ),
    Row("derivative incl. fee, 1 parent, steady", 222_000, lambda w: derivative(w, 1), {"Story": 1_432_998}),
    Row("derivative incl. fee, 3 parents, steady", 385_000, lambda w: derivative(w, 3), {"Story": 2_267_073}),
    Row("derivative, licence at hand, 1 parent", 222_000, lambda w: derivative_alone(w, 1), {}),
    Row("derivative, licences at hand, 3 parents", 385_000, lambda w: derivative_alone(w, 3), {}),
    Row(
        "deposit native, any holders and parents",
        40_000,
        lambda w: deposit(w, NATIVE),
        {"0xSplits v2, n = 10": 146_141, "0xSplits v2, n = 100": 993_843},
    ),
    Row(
        "deposit ERC-20, any holders and parents",
        62_000,
        lambda w: deposit(w, DOLLAR),
        {"0xSplits v2, n = 10": 159_732, "0xSplits v2, n = 100": 1_007_437},
    ),
    Row(
        "ERC-20 royalty with 3 parents credited, steady",
        116_000,
        royalty,
        {"Story (164,535 + 98,851 per ancestor)": 461_088},
    ),
    Row("ancestor's ERC-20 to a wallet (pull + claim), steady", 90_000, ancestor, {"Story (3 transactions)": 321_470}),
    Row("claim native, steady", 60_000, lambda w: claim(w, NATIVE), {"0xSplits v2": 40_028}),
    Row("claim ERC-20, steady", 70_000, lambda w: claim(w, DOLLAR), {"0xSplits v2": 66_225}),
    Row(
        "share transfer with 2 currencies, next",
        87_000,
        lambda w: share_transfer(w, first=False),
        {"Story (1 currency)": 193_411},
    ),
    Row("share transfer with 2 currencies, first", 182_000, lambda w: share_transfer(w, first=True), {}),
]
NOT_MEASURED: Final = {
    "register with share root, any n": LATER,
    "ten licences of one offer": f"consecutive mint {LATER}",
    "ten different works, steady": f"a purchase of many works {LATER}",
    "peers": "their numbers are those measured when the goals were set, not in this run",
}
