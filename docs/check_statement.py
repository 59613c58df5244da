"""Check a royalty statement against raw logs: `python docs/check_statement.py RPC REGISTRY LEDGER BLOCK STATEMENT`.

STATEMENT is the JSON of GET /v1/statements/ACCOUNT, BLOCK the deployment's. Only eth_getLogs is asked, and the ledger's
formulas are written down anew (docs/SPECIFICATION.md, §2). Exit code 0 if every wei agrees, 1 with the first that does
not. Works that others hold alone are left aside; nothing else is.
"""

import json
import sys
import urllib.request
from collections import defaultdict
from pathlib import Path
from typing import Any

from eth_abi.abi import decode
from eth_utils.crypto import keccak

UNITS = 10**6  # of a work's shares; a derivation's share is a part of it, too
EVENTS = """\
WorkRegistered *uint256 *address bytes32 bytes32 bytes uint256 uint256,Frozen *uint256,EdgesCleared *uint256,
EdgeLinked *uint256 *uint256 uint256 uint256 uint256 uint256 uint256,SharesRooted *uint256 bytes32,
Pulled *uint256 *uint256 *uint256 uint256 uint256 uint256,Deposited *uint256 *uint256 *address address uint256,
Released *uint256 *uint256 *uint256 uint256,Claimed *uint256 *uint256 *address address uint256,
Transfer address *address *address *uint256 uint256,SharesActivated *uint256 *address uint256 uint256,
AdvancePaid *uint256 *uint256 *address uint256 uint256,AdvanceWithdrawn *uint256 *uint256 *address address uint256,
Diverted *uint256 *uint256 *address uint256,Resolved *uint256 uint8 *address,CurrencyAdded *uint256 *address"""
LISTED = [each.split() for each in EVENTS.split(",")]  # * marks what is indexed
TOPICS = {keccak(text=f"{each[0]}({','.join(each[1:])})".replace("*", "")): each for each in LISTED}


class Series:
    """Shares of a work, as far as the account holds them; `owed` in millionths."""

    def __init__(self, work: "Work", start: dict[int, int], sole: str | None) -> None:
        self.work, self.start, self.sole, self.units, self.rooted, self.end = work, start, sole, 0, None, None
        self.owed, self.at, self.claimed = defaultdict(int), defaultdict(int), defaultdict(int)

    def index(self, c: int) -> int:
        """What all units earned together."""
        stopped = self.work.frozen if self.end is None else self.end
        return (self.work.index(c) if stopped is None else stopped.get(c, 0)) - self.start.get(c, 0)

    def due(self, c: int) -> int:
        """Millionths owed to the account."""
        return self.owed[c] + (UNITS if self.sole == me else self.units) * (self.index(c) - self.at[c])

    def settle(self) -> None:
        """Count what was earned with the units held so far."""
        for c in range(len(currencies)):
            self.owed[c], self.at[c] = self.due(c), self.index(c)


class Work:
    """A work's money by currency: gross, back, added, principal, rate, base."""

    def __init__(self) -> None:
        self.ppm, self.frozen, self.stopped, self.owner = 0, None, {}, None
        self.purses, self.series = defaultdict(lambda: defaultdict(int)), [Series(self, {}, None)]

    def net(self, c: int) -> int:
        """N."""
        return self.purses[c]["gross"] - self.purses[c]["gross"] * self.ppm // UNITS + self.purses[c]["back"]

    def recouped(self, c: int) -> int:
        """R."""
        purse = self.purses[c]
        return min(purse["principal"], (self.net(c) - purse["base"]) * purse["rate"] // UNITS)

    def index(self, c: int) -> int:
        """H."""
        return self.net(c) - self.recouped(c) + self.purses[c]["added"]


def enter(name: str, v: list[Any]) -> None:
    """Take an event up; `v` are its values in order."""
    key = v[3] if name == "Transfer" else v[0]
    s = later.get(key) or works[key].series[0]
    w = s.work
    match name:
        case "CurrencyAdded":
            currencies.append("erc20:" + v[1])
        case "WorkRegistered":
            w.owner, w.series[-1].sole = v[1], v[1] if w.series[-1].rooted is None else w.series[-1].sole
        case "EdgeLinked" | "EdgesCleared":
            w.ppm = w.ppm + v[3] if name == "EdgeLinked" else 0
        case "Deposited" | "Released":
            w.purses[v[1]]["gross"] += v[-1]
        case "Pulled":
            w.purses[v[2]]["back"] += v[5]
            works[v[1]].purses[v[2]]["gross"] += v[4]
        case "Claimed" | "SharesRooted" | "SharesActivated" | "Transfer":
            s.settle()
            move(name, v, s)
        case "AdvancePaid":
            w.purses[v[1]]["added"] += v[3] - w.recouped(v[1])
            w.purses[v[1]].update(principal=v[3], rate=v[4], base=w.net(v[1]))
        case "AdvanceWithdrawn" if (v[2], v[3]) == (me, ledger):
            w.series[-1].owed[v[1]] += v[4] * UNITS
        case _:
            judge(name, v, w)


def judge(name: str, v: list[Any], w: Work) -> None:
    """What a dispute changes."""
    match name:
        case "Frozen":
            w.frozen = {c: w.index(c) for c in range(len(currencies))}
            w.stopped = {c: w.recouped(c) for c in w.frozen}
        case "Diverted":
            w.purses[v[1]]["added"] -= v[3]
            w.series[-1].owed[v[1]] += v[3] * UNITS * (v[2] == me)
        case "Resolved":
            if v[1] == 2:  # the title, and with it a new series of shares, went to somebody else
                number = keccak(v[0].to_bytes(32, "big") + len(w.series).to_bytes(32, "big"))[:24]
                w.series[-1].end, later[int.from_bytes(number, "big")] = w.frozen, Series(w, w.frozen, v[2])
                w.series.append(later[int.from_bytes(number, "big")])
                for c in w.frozen:
                    w.purses[c]["principal"] = w.stopped[c]
            w.frozen = None


def move(name: str, v: list[Any], s: Series) -> None:
    """What concerns shares, which are settled."""
    if name == "Claimed" and v[2] == me:
        s.owed[v[1]] -= v[4] * UNITS
        s.claimed[v[1]] += v[4]
    elif name == "SharesRooted":
        s.sole, s.rooted = (None, dict(s.at)) if any(v[1]) else (s.work.owner, None)
    elif name == "SharesActivated" and v[1] == me:
        s.units += v[3]
        for c in s.at:
            s.owed[c] += v[3] * (s.at[c] - s.rooted.get(c, 0))
    elif name == "Transfer" and v[4] and int(v[1], 16):
        s.units += v[4] * ((v[2] == me) - (v[1] == me))
    elif name == "Transfer" and v[4] and s.rooted is None:  # what the sole holder had is written down
        s.sole, s.units = None, v[4] * (v[2] == me)


def balances() -> dict[tuple[int, int, str], tuple[int, int]]:
    """What can be withdrawn, and what was, by work, series and currency."""
    kept = ((w, n, c, s) for w in works for n, s in enumerate(works[w].series) for c in range(len(currencies)))
    return {(w, n, currencies[c]): (s.due(c) // UNITS, s.claimed[c]) for w, n, c, s in kept}


def logs(first: int, last: int) -> list[dict[str, Any]]:
    """Logs of both contracts, in order."""
    asked = {"fromBlock": hex(first), "toBlock": hex(last), "address": [registry, ledger]}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_getLogs", "params": [asked]}).encode()
    request = urllib.request.Request(rpc, body, {"Content-Type": "application/json"})  # noqa: S310 - the reader's node
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - as above
        return json.load(answer)["result"]


def values(log: dict[str, Any], event: list[str]) -> list[Any]:
    """An event's values in the order of its signature."""
    topics = b"".join(bytes.fromhex(each[2:]) for each in log["topics"][1:])
    beside = iter(decode([each for each in event[1:] if each[0] != "*"], bytes.fromhex(log["data"][2:])))
    found = iter(decode([each[1:] for each in event[1:] if each[0] == "*"], topics))
    return [next(found if each[0] == "*" else beside) for each in event[1:]]


rpc, registry, ledger, block, path = sys.argv[1:]
told = json.loads(Path(path).read_text("utf-8"))
me, ledger, first, last = told["account"].lower(), ledger.lower(), told["first"], told["block"]
works: dict[int, Work] = defaultdict(Work)
later: dict[int, Series] = {}
currencies, opening = ["slip44:60"], None
for start in range(int(block), last + 1, 10_000):
    for log in logs(start, min(start + 9_999, last)):
        if opening is None and int(log["blockNumber"], 16) >= first:
            opening = balances()
        event = TOPICS.get(bytes.fromhex(log["topics"][0][2:]))
        if event:
            enter(event[0], values(log, event))
closing = balances()
stated = {(int(n["work"], 16), n["series"], n["currency"].partition("/")[2].lower()): n for n in told["lines"]}
for key, (balance, paid) in closing.items():
    begun, had = (closing if opening is None else opening).get(key, (0, 0))
    line = stated.pop(key, {"opening": 0, "claimed": 0, "claimable": 0, "earned": 0})
    ours = {"opening": begun, "claimed": paid - had, "claimable": balance, "earned": balance - begun + paid - had}
    if any(int(line[name]) != ours[name] for name in ours):
        sys.exit(f"not so: {key[0]:#066x} in {key[2]}: the logs say {ours}")
if stated:
    sys.exit(f"not so: no log knows {list(stated)}")
print("every wei agrees")
