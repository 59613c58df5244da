"""The compiled contracts on an EVM inside this process (revm), for histories by the hundred thousand.

No node, no transactions, no gas price: a call is a message with a sender, a value and calldata, in a block whose time
we set. State goes back to a checkpoint in microseconds.
"""

from __future__ import annotations

import json
import re
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

from eth_utils import keccak
from pyrevm import EVM, BlockEnv, CfgEnv, Env

from tests.contracts.reference.codec import Coder, coder_of, selector, signature

__all__ = ["ARTEFACTS", "CHAIN_ID", "NO_REASON", "Contract", "Machine", "RevertError", "artefact", "fingerprint"]

ARTEFACTS: Final = Path(__file__).parents[3] / "build" / "contracts"
CHAIN_ID: Final = 31337
"""One of the two chains on which the play money may be deployed."""
_LIBRARY_ERRORS: Final = ("ETHTransferFailed", "TransferFailed", "TransferFromFailed")
"""Errors of Solady's SafeTransferLib, which no contract's ABI names."""
NO_REASON: Final = "no reason"
"""Name of a refusal without data, as of a function that is not there."""
_READER: Final = "0x" + "ee" * 20
_OUTPUT: Final = re.compile(r"output: 0x([0-9a-f]*)")


class RevertError(Exception):
    """A call that the EVM undid.

    Attributes:
        name: custom error, `Error`, `Panic`, or the EVM's own words where nothing was returned.
        values: arguments of the error.
    """

    def __init__(self, name: str, values: tuple[Any, ...] = ()) -> None:
        super().__init__(f"{name}{values}")
        self.name = name
        self.values = values


class Method(NamedTuple):
    """One function, ready to be called."""

    selector: bytes
    inputs: Coder
    outputs: Coder
    results: int
    view: bool


class Machine:
    """One EVM at Shanghai, its clock and its accounts."""

    def __init__(self, now: int) -> None:
        self._evm = EVM(env=Env(cfg=CfgEnv(chain_id=CHAIN_ID)), spec_id="SHANGHAI")
        self.now = now
        self.set_time(now)

    def set_time(self, now: int) -> None:
        """Unix seconds of the block in which the next calls run."""
        self.now = now
        self._evm.set_block_env(BlockEnv(number=now, timestamp=now))

    def deploy(self, name: str, deployer: str, *arguments: object) -> Contract:
        """Deploy the artefact of that name."""
        built = artefact(name)
        constructor = next((e["inputs"] for e in built["abi"] if e["type"] == "constructor"), [])
        code = bytes.fromhex(built["bytecode"].removeprefix("0x")) + coder_of(constructor).encode(arguments)
        return Contract(self, name, self._evm.deploy(deployer, code).lower())

    def predict(self, deployer: str, ahead: int) -> str:
        """Address of the `ahead`-th next contract of a deployer: keccak of the RLP of (sender, nonce)."""
        nonce = self._evm.basic(deployer).nonce + ahead
        number = bytes([nonce or 0x80]) if nonce < 0x80 else bytes([0x81, nonce])
        body = b"\x94" + bytes.fromhex(deployer[2:]) + number
        return "0x" + keccak(bytes([0xC0 + len(body)]) + body)[12:].hex()

    def call(self, sender: str, to: str, data: bytes, value: int = 0) -> bytes:
        """Run a message; raises RevertError."""
        try:
            return self._evm.message_call(sender, to, data, value)
        except RuntimeError as error:
            raise _reverted(str(error)) from None

    def view(self, to: str, data: bytes) -> bytes:
        """Run a static message; raises RevertError."""
        try:
            return self._evm.message_call(_READER, to, data, is_static=True)
        except RuntimeError as error:
            raise _reverted(str(error)) from None

    def balance(self, account: str) -> int:
        """Wei of an account."""
        return int(self._evm.get_balance(account))

    def set_balance(self, account: str, wei: int) -> None:
        """Give an account its wei; no checkpoint takes that back."""
        self._evm.set_balance(account, wei)

    def snapshot(self) -> Any:
        """A checkpoint of all state, time left aside."""
        return self._evm.snapshot()

    def revert(self, checkpoint: Any) -> None:
        """Put the state back."""
        self._evm.revert(checkpoint)


class Contract:
    """A deployed contract; functions by name, overloaded ones by signature."""

    def __init__(self, machine: Machine, name: str, address: str) -> None:
        self._machine = machine
        self._methods = _methods(name)
        self.name = name
        self.address = address

    def send(self, sender: str, method: str, arguments: tuple[Any, ...], value: int = 0) -> Any:
        """Call a function; its return value, a tuple where it has several; raises RevertError."""
        known = self._methods[method]
        data = known.selector + known.inputs.encode(arguments)
        return _result(known, self._machine.call(sender, self.address, data, value))

    def read(self, method: str, *arguments: Any) -> Any:
        """Ask a view; raises RevertError."""
        known = self._methods[method]
        return _result(known, self._machine.view(self.address, known.selector + known.inputs.encode(arguments)))


@cache
def artefact(name: str) -> dict[str, Any]:
    """ABI and creation code as Brownie compiled them."""
    built = json.loads((ARTEFACTS / f"{name}.json").read_text())
    return {"abi": built["abi"], "bytecode": built["bytecode"]}


def fingerprint(name: str) -> str:
    """sha256 of a contract's creation code."""
    return sha256(bytes.fromhex(artefact(name)["bytecode"].removeprefix("0x"))).hexdigest()


def _result(method: Method, returned: bytes) -> Any:
    if method.results == 0:
        return None
    values = method.outputs.decode(returned, 0)
    return values[0] if method.results == 1 else values


@cache
def _methods(name: str) -> dict[str, Method]:
    functions = [entry for entry in artefact(name)["abi"] if entry["type"] == "function"]
    names = [entry["name"] for entry in functions]
    return {
        (entry["name"] if names.count(entry["name"]) == 1 else signature(entry)): Method(
            selector(entry),
            coder_of(entry["inputs"]),
            coder_of(entry["outputs"]),
            len(entry["outputs"]),
            entry["stateMutability"] in {"view", "pure"},
        )
        for entry in functions
    }


@cache
def _errors() -> dict[bytes, tuple[str, Coder]]:
    known: dict[bytes, tuple[str, Coder]] = {
        keccak(b"Error(string)")[:4]: ("Error", coder_of([{"type": "string"}])),
        keccak(b"Panic(uint256)")[:4]: ("Panic", coder_of([{"type": "uint256"}])),
    }
    known |= {keccak(f"{name}()".encode())[:4]: (name, coder_of([])) for name in _LIBRARY_ERRORS}
    for path in ARTEFACTS.glob("*.json"):
        for entry in artefact(path.stem)["abi"]:
            if entry["type"] == "error":
                known[selector(entry)] = (entry["name"], coder_of(entry["inputs"]))
    return known


def _reverted(message: str) -> RevertError:
    if not message.startswith(("Revert", "Halt")):
        raise RuntimeError(message)
    output = _OUTPUT.search(message)
    data = bytes.fromhex(output[1]) if output else b""
    known = _errors().get(data[:4])
    if not data:
        return RevertError(NO_REASON)
    if known is None:
        return RevertError(message)
    name, values = known
    return RevertError(name, values.decode(data, 4))
