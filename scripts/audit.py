"""Recomputes every wei from raw logs: `python -m scripts.audit --rpc URL --deployment FILE [--json]`.

An accountant's check that trusts neither our services nor the ledger's arithmetic: it imports nothing of `offchain`,
reads `eth_getLogs` up to one block, folds the events by the formulas of docs/SPECIFICATION.md §2, and compares the
result with what the chain answers at that block. Exit 1 on any difference.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from web3 import HTTPProvider, Web3
from web3.types import LogReceipt

__all__ = ["Books", "audit", "read_books"]

MILLION: Final = 1_000_000
ZERO: Final = "0x" + "0" * 40

REGISTERED: Final = "WorkRegistered(uint256,address,bytes32,bytes32,bytes,uint256,uint256)"
LINKED: Final = "EdgeLinked(uint256,uint256,uint256,uint256)"
CLEARED: Final = "EdgesCleared(uint256)"
DEPOSITED: Final = "Deposited(uint256,uint256,address,address,uint256)"
PULLED: Final = "Pulled(uint256,uint256,uint256,uint256,uint256)"
CLAIMED: Final = "Claimed(uint256,uint256,address,address,uint256)"
SHARES: Final = "Transfer(address,address,address,uint256,uint256)"
CURRENCY: Final = "CurrencyAdded(uint256,address)"

WINDOW: Final = 10_000
"""Blocks whose logs are asked for at once; public nodes refuse more."""

Key = tuple[int, int]
"""(work, currency)."""


@dataclass(slots=True)
class Books:
    """The ledger, kept a second time.

    Attributes:
        gross: everything credited, by (work, currency), minor units.
        edges: (parent, ppm) of each child, in order.
        pulled: moved so far, by (child, edge, currency).
        units: royalty share units, by work and holder.
        owed: millionths of a minor unit and the net up to which they count, by (work, currency, holder).
        paid: withdrawn, by (work, currency, holder).
        taken: deposited from outside, by currency.
        tokens: token address of each currency; 0 is the native coin.
    """

    gross: dict[Key, int] = field(default_factory=lambda: defaultdict(int))
    edges: dict[int, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    pulled: dict[tuple[int, int, int], int] = field(default_factory=lambda: defaultdict(int))
    units: dict[int, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    owed: dict[tuple[int, int, str], tuple[int, int]] = field(default_factory=lambda: defaultdict(lambda: (0, 0)))
    paid: dict[tuple[int, int, str], int] = field(default_factory=lambda: defaultdict(int))
    taken: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    tokens: dict[int, str] = field(default_factory=lambda: {0: ZERO})

    def net(self, work: int, currency: int) -> int:
        """What belongs to the work's shares: gross less the floor of all that is owed upstream."""
        gross = self.gross[work, currency]
        return gross - gross * sum(ppm for _, ppm in self.edges[work]) // MILLION

    def millionths(self, work: int, currency: int, holder: str) -> int:
        """Owed to a holder now, in millionths of a minor unit."""
        owed, index = self.owed[work, currency, holder]
        return owed + self.units[work].get(holder, 0) * (self.net(work, currency) - index)

    def claimable(self, work: int, currency: int, holder: str) -> int:
        """What a holder can withdraw now, in minor units."""
        return self.millionths(work, currency, holder) // MILLION

    def pullable(self, child: int, edge: int, currency: int) -> int:
        """What a child still owes over one edge, in minor units."""
        return self.gross[child, currency] * self.edges[child][edge][1] // MILLION - self.pulled[child, edge, currency]

    def settle(self, work: int, holder: str) -> None:
        """Count what a holder earned with the units held so far, in every currency."""
        for currency in self.tokens:
            now = (self.millionths(work, currency, holder), self.net(work, currency))
            self.owed[work, currency, holder] = now

    def holders(self) -> Iterator[tuple[int, str]]:
        """Every (work, account) that ever held shares."""
        return ((work, holder) for work, units in self.units.items() for holder in units)

    def keep(self, event: str, values: tuple[Any, ...]) -> None:
        """Enter one event; `values` in the order of its signature."""
        match event, values:
            case "WorkRegistered", (work, registrant, *_):
                self.units[work] = {registrant: MILLION}
            case "EdgeLinked", (child, parent, _, ppm):
                self.edges[child].append((parent, ppm))
            case "EdgesCleared", (child,):
                self.edges[child].clear()
            case "Deposited", (work, currency, _, _, amount):
                self.gross[work, currency] += amount
                self.taken[currency] += amount
            case "Pulled", (child, parent, currency, edge, amount):
                self.pulled[child, edge, currency] += amount
                self.gross[parent, currency] += amount
            case "Claimed", (work, currency, holder, _, amount):
                self.settle(work, holder)
                owed, index = self.owed[work, currency, holder]
                self.owed[work, currency, holder] = (owed - amount * MILLION, index)
                self.paid[work, currency, holder] += amount
            case "Transfer", (_, sender, receiver, work, units) if sender != ZERO:
                self.settle(work, sender)
                self.settle(work, receiver)
                self.units[work][sender] = self.units[work].get(sender, 0) - units
                self.units[work][receiver] = self.units[work].get(receiver, 0) + units
            case "CurrencyAdded", (currency, token):
                self.tokens[currency] = token


def read_books(web3: Web3, registry: str, ledger: str, first_block: int, last_block: int) -> Books:
    """Fold the logs of registry and ledger from the first block to the last, both included, oldest first."""
    books = Books()
    events = {bytes(Web3.keccak(text=signature)): signature for signature in _SIGNATURES}
    # The two kinds of Transfer differ in their signature; the registry's ERC-721 one moves no shares.
    addresses = [Web3.to_checksum_address(registry), Web3.to_checksum_address(ledger)]
    for first in range(first_block, last_block + 1, WINDOW):
        last = min(first + WINDOW - 1, last_block)
        logs = web3.eth.get_logs({"fromBlock": first, "toBlock": last, "address": addresses})
        for log in sorted(logs, key=lambda each: (each["blockNumber"], each["logIndex"])):
            signature = events.get(bytes(log["topics"][0]))
            if signature is not None:
                books.keep(signature.split("(")[0], _values(web3, signature, log))
    return books


def audit(web3: Web3, books: Books, ledger: str, block: int) -> list[str]:
    """Compare the books up to a block with the chain as it was there; returns one line for each difference."""
    found: list[str] = []

    def same(what: str, ours: int, function: str, *arguments: int | str) -> None:
        theirs = _ask(web3, block, ledger, function, *arguments)
        if ours != theirs:
            found.append(f"{what}: books {ours}, chain {theirs}")

    for (work, currency), gross in books.gross.items():
        same(f"gross of {work:#066x} in {currency}", gross, "grossOf(uint256,uint256)", work, currency)
    for work, holder in books.holders():
        for currency in books.tokens:
            ours = books.claimable(work, currency, holder)
            asked = "claimable(uint256,uint256,address)"
            same(f"claimable of {holder} from {work:#066x} in {currency}", ours, asked, work, currency, holder)
    for child, edges in books.edges.items():
        for edge in range(len(edges)):
            for currency in books.tokens:
                ours = books.pullable(child, edge, currency)
                asked = "pullable(uint256,uint256,uint256)"
                same(f"edge {edge} of {child:#066x} in {currency}", ours, asked, child, edge, currency)
    return found + _balances(web3, books, ledger, block)


def _balances(web3: Web3, books: Books, ledger: str, block: int) -> list[str]:
    """M1: what came in, less what was paid out, is what is owed, and lies in the ledger."""
    found = []
    for currency, token in books.tokens.items():
        paid = sum(amount for (_, c, _), amount in books.paid.items() if c == currency)
        should = books.taken[currency] - paid
        owed = sum(books.millionths(work, currency, holder) for work, holder in books.holders())
        gone = sum(books.gross[work, currency] - books.net(work, currency) for work in books.units) - sum(
            amount for (_, _, c), amount in books.pulled.items() if c == currency
        )
        if owed + gone * MILLION != should * MILLION:
            found.append(f"currency {currency}: owed {owed} + upstream {gone} is not {should}")
        held = (
            web3.eth.get_balance(Web3.to_checksum_address(ledger), block)
            if currency == 0
            else _ask(web3, block, token, "balanceOf(address)", ledger)
        )
        if held < should:  # more is possible: anybody may send tokens to any address, and nobody is credited for it
            found.append(f"currency {currency}: books {should}, the ledger holds only {held}")
    return found


_SIGNATURES: Final = (REGISTERED, LINKED, CLEARED, DEPOSITED, PULLED, CLAIMED, SHARES, CURRENCY)
_INDEXED: Final = {
    REGISTERED: (0, 1),
    LINKED: (0, 1),
    CLEARED: (0,),
    DEPOSITED: (0, 1, 2),
    PULLED: (0, 1, 2),
    CLAIMED: (0, 1, 2),
    SHARES: (1, 2, 3),
    CURRENCY: (0, 1),
}
"""Positions of the indexed arguments, which stand in the topics."""


def _values(web3: Web3, signature: str, log: LogReceipt) -> tuple[Any, ...]:
    """An event's arguments in the order of its signature."""
    types = signature[signature.index("(") + 1 : -1].split(",")
    indexed = _INDEXED[signature]
    plain = [position for position in range(len(types)) if position not in indexed]
    values: dict[int, Any] = dict(
        zip(plain, web3.codec.decode([types[p] for p in plain], bytes(log["data"])), strict=True)
    )
    for position, topic in zip(indexed, log["topics"][1:], strict=True):
        (values[position],) = web3.codec.decode([types[position]], bytes(topic))
    return tuple(
        Web3.to_checksum_address(values[p]) if types[p] == "address" and values[p] != ZERO else values[p]
        for p in range(len(types))
    )


def _ask(web3: Web3, block: int, contract: str, function: str, *arguments: int | str) -> int:
    types = function[function.index("(") + 1 : -1].split(",")
    data = bytes(Web3.keccak(text=function)[:4]) + web3.codec.encode(types, arguments)
    answer = web3.eth.call({"to": Web3.to_checksum_address(contract), "data": data}, block)
    return int.from_bytes(bytes(answer), "big")


def main() -> int:
    """Audit one deployment and print what each account earned."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rpc", required=True, help="JSON-RPC endpoint")
    parser.add_argument("--deployment", required=True, type=Path, help="deployment file")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    options = parser.parse_args()
    deployment = json.loads(options.deployment.read_text())
    address = {name: entry["address"] for name, entry in deployment["contracts"].items()}
    web3 = Web3(HTTPProvider(options.rpc))
    # One block for everything: what is mined while the audit reads is no difference.
    block = web3.eth.block_number
    books = read_books(web3, address["WorkRegistry"], address["RoyaltyLedger"], deployment["block"], block)
    differences = audit(web3, books, address["RoyaltyLedger"], block)
    rows = [
        {
            "work": f"{work:#066x}",
            "account": holder,
            "currency": currency,
            "claimed": str(books.paid[work, currency, holder]),
            "claimable": str(books.claimable(work, currency, holder)),
        }
        for work, holder in books.holders()
        for currency in books.tokens
        if books.paid[work, currency, holder] or books.claimable(work, currency, holder)
    ]
    if options.json:
        print(json.dumps({"differences": differences, "rows": rows}, indent=2))
    else:
        for row in rows:
            print("{work:.10}…  {account}  currency {currency}  claimed {claimed}  left {claimable}".format(**row))
        print("\n".join(differences) or "every wei agrees")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
