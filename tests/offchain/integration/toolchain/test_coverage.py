"""Which side of which branch ran, seen through the real compiler and a real Anvil."""

from __future__ import annotations

import json
import subprocess

import httpx
import pytest
from eth_utils import keccak

from offchain.errors import UnavailableError
from scripts.branches import FELL, JUMPED, branch_points, codes
from scripts.coverage import UNOPTIMIZED, sides_taken, table
from scripts.localnet import ANVIL, local_chain
from scripts.recorder import recording
from scripts.solc import VERSION, solc_folder

pytestmark = pytest.mark.skipif(not ANVIL.exists(), reason="Anvil is not installed; make coverage installs it")

SOURCE = """
pragma solidity 0.8.28;
contract Probe {
    error No();
    uint256 immutable LIMIT;
    modifier positive(uint256 x) { if (x == 0) revert No(); _; }
    constructor(uint256 x) { if (x == 7) revert No(); LIMIT = x; }
    function custom(uint256 x) external pure positive(x) {}
    function same(uint256 x) external pure positive(x) {}
    function ternary(uint256 x) external view returns (uint256) { return x > LIMIT ? 1 : 2; }
    function and(uint256 x) external pure returns (bool) { return x > 5 && x < 9; }
    function or(uint256 x) external pure returns (bool) { return x > 6 || x == 1; }
    function loop(uint256 x) external pure { for (uint256 i; i < x; ++i) {} }
    function condition(uint256 x) external pure { while (x > 3) --x; }
    function until(uint256 x) external pure { do { --x; } while (x > 4); }
    function required(uint256 x) external pure { require(x != 4, No()); }
    function asserted(uint256 x) external pure { assert(x != 5); }
    function attempt(uint256 x) external { try this.ternary(x) returns (uint256 y) { x = y; } catch {} }
    function broken(uint256 x) external pure { for (;;) { if (x > 2) break; x = 3; } }
    function attempted(uint256 x) external view { try this.required(x) {} catch {} }
    function yulIf(uint256 x) external pure { assembly { if gt(x, 8) { mstore(0, 1) } } }
    function yulFor(uint256 x) external pure { assembly { for {} lt(2, x) { x := sub(x, 1) } {} } }
    function yulSwitch(uint256 x) external pure { assembly { switch x case 3 { mstore(0, 1) } default { } } }
    function checked(uint256 x) external pure returns (uint256) { return x + 1; }
    function endless(uint256) external pure { for (;;) { break; } }
}
contract Proxy {
    address immutable PROBE;
    constructor(address probe) { PROBE = probe; }
    fallback() external { (bool done,) = PROBE.delegatecall(msg.data); done; }
}
"""

CASES = [  # function, piece of the branch point's source, an argument for which it holds, one for which it does not
    ("custom", "if (x == 0)", 0, 1),
    ("ternary", "x > LIMIT ?", 6, 5),
    ("and", "x > 5 &&", 6, 5),
    ("or", "x > 6 ||", 7, 6),
    ("condition", "while (x > 3) --x", None, 3),
    ("loop", "for (uint256 i", None, 0),
    ("required", "require(", 3, 4),
    ("asserted", "assert(", 4, 5),
    ("attempted", "this.required(x)", 3, 4),
    ("broken", "if (x > 2) break", 3, None),
    ("yulIf", "if gt(", 9, 8),
    ("yulFor", "for {}", None, 2),
    ("yulSwitch", "case 3", 3, 4),
]
"""None: no argument shows this side alone, since a loop comes to the other side in the end."""


@pytest.fixture(scope="module")
def artifacts() -> dict[str, dict]:
    """What Brownie would write for each contract."""
    request = {
        "language": "Solidity",
        "sources": {"contracts/Probe.sol": {"content": SOURCE}},
        "settings": {
            "evmVersion": "shanghai",
            "optimizer": UNOPTIMIZED,
            "outputSelection": {"*": {"": ["ast"], "*": ["evm.bytecode", "evm.deployedBytecode"]}},
        },
    }
    words = [solc_folder() / f"solc-v{VERSION}", "--standard-json"]
    done = subprocess.run(words, input=json.dumps(request), capture_output=True, text=True, check=True)
    answer = json.loads(done.stdout)
    return {
        name: {
            "sourcePath": "contracts/Probe.sol",
            "allSourcePaths": {"0": "contracts/Probe.sol"},
            "ast": answer["sources"]["contracts/Probe.sol"]["ast"],
            "bytecode": built["evm"]["bytecode"]["object"],
            "sourceMap": built["evm"]["bytecode"]["sourceMap"],
            "deployedBytecode": built["evm"]["deployedBytecode"]["object"],
            "deployedSourceMap": built["evm"]["deployedBytecode"]["sourceMap"],
        }
        for name, built in answer["contracts"]["contracts/Probe.sol"].items()
    }


@pytest.fixture(scope="module")
def anvil():
    with local_chain(node="anvil") as url:
        yield url


@pytest.fixture
def recorder(anvil):
    with recording(anvil) as recorder:
        yield recorder


def ask(url: str, method: str, *params: object) -> dict:
    return httpx.post(url, json={"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).json()


def word(value: int) -> str:
    return f"{value:064x}"


def send(url: str, message: dict) -> dict:
    sender = ask(url, "eth_accounts")["result"][0]
    digest = ask(url, "eth_sendTransaction", {"from": sender, "gas": hex(5_000_000), **message})["result"]
    return ask(url, "eth_getTransactionReceipt", digest)["result"]


def deployed(url: str, artifact: dict, argument: int) -> str:
    return send(url, {"data": f"0x{artifact['bytecode']}{word(argument)}"})["contractAddress"]


def called(function: str, argument: int) -> str:
    return f"0x{keccak(text=f'{function}(uint256)')[:4].hex()}{word(argument)}"


def sides(artifacts: dict, recorder, piece: str) -> set[bool]:
    """Truth values that the branch point with this piece of source took."""
    points = branch_points(artifacts["Probe"])
    (place,) = (p for p in points if SOURCE.encode()[p.start : p.start + p.length].decode().startswith(piece))
    compiled = [code for artifact in artifacts.values() for code in codes(artifact, points)]
    taken = sides_taken(compiled, recorder.jumps).get(place, 0)
    return {side == points[place].true_side for side in (FELL, JUMPED) if taken & side}


def test_branch_points__probe__every_choice_and_none_of_the_compilers_own(artifacts):
    points = branch_points(artifacts["Probe"])
    # CASES, and: the constructor's `if`, `do … while`, `try this.ternary`. Not: `for (;;)`, `x + 1`, `default`.
    assert len(points) == len(CASES) + 3
    assert {point.owner for point in points.values()} == {"Probe"}


def test_codes__probe__every_branch_point_has_a_jump(artifacts):
    points = branch_points(artifacts["Probe"])
    assert {place for code in codes(artifacts["Probe"], points) for place in code.branches.values()} == set(points)


@pytest.mark.parametrize(("function", "piece", "true", "false"), CASES, ids=str)
def test_recording__branch__true_and_false_are_told_apart(function, piece, true, false, artifacts, recorder):
    probe = deployed(recorder.url, artifacts["Probe"], 5)
    assert sides(artifacts, recorder, piece) == set()
    first, second = (false, true) if false is not None else (true, false)
    send(recorder.url, {"to": probe, "data": called(function, first)})
    assert sides(artifacts, recorder, piece) == {first == true}
    # A loop enters its other side on the way to the first.
    again = second if second is not None else {"broken": 2}.get(function, first + 1)
    ask(recorder.url, "eth_call", {"to": probe, "data": called(function, again)}, "latest")
    assert sides(artifacts, recorder, piece) == {False, True}


def test_recording__do_while__condition_is_told_apart(artifacts, recorder):
    probe = deployed(recorder.url, artifacts["Probe"], 5)
    send(recorder.url, {"to": probe, "data": called("until", 4)})
    assert sides(artifacts, recorder, "do {") == {False}
    send(recorder.url, {"to": probe, "data": called("until", 6)})
    assert sides(artifacts, recorder, "do {") == {False, True}


def test_recording__constructor__its_branch_counts_even_when_it_reverts(artifacts, recorder):
    deployed(recorder.url, artifacts["Probe"], 5)
    assert sides(artifacts, recorder, "if (x == 7)") == {False}
    deployed(recorder.url, artifacts["Probe"], 7)
    assert sides(artifacts, recorder, "if (x == 7)") == {False, True}


def test_recording__delegatecall__counts_for_the_code_that_runs(artifacts, recorder):
    probe = deployed(recorder.url, artifacts["Probe"], 5)
    proxy = deployed(recorder.url, artifacts["Proxy"], int(probe, 16))
    send(recorder.url, {"to": proxy, "data": called("ternary", 6)})
    assert sides(artifacts, recorder, "x > LIMIT ?") == {True}


def test_recording__chain_reverted__other_code_at_the_same_address_is_not_mistaken(artifacts, recorder):
    """Every test of a suite deploys to the addresses of the test before."""
    snapshot = ask(recorder.url, "evm_snapshot")["result"]
    probe = deployed(recorder.url, artifacts["Probe"], 5)
    send(recorder.url, {"to": probe, "data": called("and", 6)})
    ask(recorder.url, "evm_revert", snapshot)
    proxy = deployed(recorder.url, artifacts["Proxy"], 0)
    assert proxy == probe
    before = {code: dict(jumps) for code, jumps in recorder.jumps.items()}
    send(recorder.url, {"to": proxy, "data": called("or", 7)})
    grown = [code for code, jumps in recorder.jumps.items() if before.get(code) != jumps]
    assert all(len(code) == len(artifacts["Proxy"]["deployedBytecode"]) // 2 for code in grown)


def test_recording__trace_refused__fails_at_the_end(anvil):
    with pytest.raises(UnavailableError, match="debug_traceCall"), recording(anvil) as recorder:
        ask(recorder.url, "eth_call", {"to": "no address"}, "latest")


def test_table__sides__are_counted_and_the_missing_ones_named(artifacts):
    points = branch_points(artifacts["Probe"])
    first, second, *others = sorted(points)
    taken = {first: points[first].true_side, second: FELL | JUMPED}
    (row,) = table(points, taken, lambda place: place.start)
    assert (row.name, row.taken, row.total) == ("Probe", 3, 2 * len(points))
    assert row.missed[0] == f"{first.path}:{first.start}  never false"
    assert row.missed[1:] == [f"{place.path}:{place.start}  never run" for place in others]
