"""Recomputes every wei from raw logs: `python -m scripts.audit --rpc URL --deployment FILE [--json]`.

An accountant's check that trusts neither our services nor the ledger's arithmetic: it imports nothing of `offchain`,
reads `eth_getLogs` up to one block, folds the events by the formulas of docs/SPECIFICATION.md §2, and compares the
result with what the chain answers at that block. Exit 1 on any difference.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from web3 import HTTPProvider, Web3
from web3.types import LogReceipt

from scripts.books import MILLION, ZERO, Books

__all__ = ["SIGNATURES", "audit", "read_books"]

WINDOW: Final = 10_000
"""Blocks whose logs are asked for at once; public nodes refuse more."""


def read_books(web3: Web3, registry: str, ledger: str, first_block: int, last_block: int) -> Books:
    """Fold the logs of registry and ledger from the first block to the last, both included, oldest first."""
    books = Books(ledger=Web3.to_checksum_address(ledger))
    events = {bytes(Web3.keccak(text=signature)): signature for signature in SIGNATURES}
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

    for work, currency in ((work, currency) for work in books.series for currency in books.tokens):
        of = f"{work:#066x} in {currency}"
        same(f"gross of {of}", books.gross[work, currency], "grossOf(uint256,uint256)", work, currency)
        same(f"net of {of}", books.net(work, currency), "netOf(uint256,uint256)", work, currency)
    for (work, currency, day), held in books.held.items():
        same(f"held of {work:#066x} for {day}", held, "heldOf(uint256,uint256,uint256)", work, currency, day)
    for share, holder in books.holders():
        for currency in books.tokens:
            ours = books.claimable(share, currency, holder)
            asked = "claimable(uint256,uint256,address)"
            same(f"claimable of {holder} from {share:#066x} in {currency}", ours, asked, share, currency, holder)
    for child, edges in books.edges.items():
        for edge in range(len(edges)):
            for currency in books.tokens:
                ours = books.pullable(child, edge, currency)
                asked = "pullable(uint256,uint256,uint256)"
                same(f"edge {edge} of {child:#066x} in {currency}", ours, asked, child, edge, currency)
    return found + list(_balances(web3, books, ledger, block))


def _balances(web3: Web3, books: Books, ledger: str, block: int) -> Iterator[str]:
    """M1: what came in, less what was paid out, is what is owed, and lies in the ledger."""
    for currency, token in books.tokens.items():
        should, owed = books.assets(currency), books.liabilities(currency)
        if owed != should * MILLION:
            yield f"currency {currency}: {owed} millionths are owed, {should} came in and stayed"
        has = (
            web3.eth.get_balance(Web3.to_checksum_address(ledger), block)
            if currency == 0
            else _ask(web3, block, token, "balanceOf(address)", ledger)
        )
        if has < should:  # more is possible: anybody may send tokens to any address, and nobody is credited for it
            yield f"currency {currency}: books {should}, the ledger holds only {has}"


SIGNATURES: Final = {
    "WorkRegistered(uint256,address,bytes32,bytes32,bytes,uint256,uint256)": (0, 1),
    "EdgeLinked(uint256,uint256,uint256,uint256,uint256,uint256,uint256)": (0, 1),
    "EdgesCleared(uint256)": (0,),
    "Deposited(uint256,uint256,address,address,uint256)": (0, 1, 2),
    "Held(uint256,uint256,address,uint256,uint256)": (0, 1, 2),
    "Released(uint256,uint256,uint256,uint256)": (0, 1, 2),
    "Refunded(uint256,uint256,address,uint256,uint256)": (0, 1, 2),
    "Pulled(uint256,uint256,uint256,uint256,uint256,uint256)": (0, 1, 2),
    "Claimed(uint256,uint256,address,address,uint256)": (0, 1, 2),
    "Transfer(address,address,address,uint256,uint256)": (1, 2, 3),
    "SharesRooted(uint256,bytes32)": (0,),
    "SharesActivated(uint256,address,uint256,uint256)": (0, 1),
    "AdvancePaid(uint256,uint256,address,uint256,uint256)": (0, 1, 2),
    "AdvanceWithdrawn(uint256,uint256,address,address,uint256)": (0, 1, 2),
    "Frozen(uint256)": (0,),
    "Diverted(uint256,uint256,address,uint256)": (0, 1, 2),
    "Resolved(uint256,uint8,address)": (0, 2),
    "CurrencyAdded(uint256,address)": (0, 1),
}
"""Every event that moves royalties, and the positions of its indexed arguments, which stand in the topics."""


def _values(web3: Web3, signature: str, log: LogReceipt) -> tuple[Any, ...]:
    """An event's arguments in the order of its signature."""
    types = signature[signature.index("(") + 1 : -1].split(",")
    indexed = SIGNATURES[signature]
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
            "work": f"{books.work_of(work):#066x}",
            "shares": f"{work:#066x}",
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
