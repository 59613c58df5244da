"""One JSON-RPC node of one chain: the only place that speaks to it.

Every answer is typed, every wait is bounded, and every failure is an error of the tree: a node that does not answer
is `chain-down`, a call that a contract refuses is the contract's own reason.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, cast

import requests
from eth_typing import HexStr
from hexbytes import HexBytes
from web3 import HTTPProvider, Web3
from web3.exceptions import (
    BadFunctionCallOutput,
    BadResponseFormat,
    ContractLogicError,
    MismatchedABI,
    TransactionNotFound,
    Web3RPCError,
    Web3ValidationError,
    Web3ValueError,
)
from web3.types import BlockIdentifier, RPCEndpoint, RPCResponse, TxParams, TxReceipt, Wei

from offchain.chain.address import parse_address
from offchain.chain.reverts import decode_revert
from offchain.chain.structs import Call
from offchain.chain.wire import Block, Log, read_block, read_log
from offchain.config import shown_url
from offchain.errors import ColophonError, InputError, NotFoundError, RefusedError, UnavailableError
from offchain.tracing import span

__all__ = ["Block", "Client", "Fees", "Log", "Outlook", "connect"]

_RATE: Final = re.compile(r"rate.?limit|too many requests|request limit|capacity|throttl|\b429\b", re.IGNORECASE)
"""How nodes say "later", as against "less" (a range too wide), which waiting does not cure."""

_TIMEOUT: Final = 20.0  # seconds; a getLogs over a full window takes a few on a busy node


_Alike: TypeAlias = tuple[str, bytes, int]
"""Contract, function and length of a call: what calls of about the same cost have in common."""


@dataclass(frozen=True, slots=True)
class Fees:
    """What a unit of gas may cost, in wei; `priority` is None on chains without EIP-1559."""

    most: int
    priority: int | None


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a call of an account meets now: `gas` as the node estimates it, the account's `balance` in wei, its `nonce`.

    Attributes:
        time: of the newest block, Unix seconds.
    """

    gas: int
    fees: Fees
    balance: int
    nonce: int
    time: int


class Client:
    """A node that was asked for its chain id once; see `connect`."""

    def __init__(self, w3: Web3, rpc_url: str, chain_id: int) -> None:
        self.w3 = w3
        self.rpc_url = rpc_url
        self.chain_id = chain_id
        self._estimates: dict[_Alike, int] = {}
        self._estimating: dict[_Alike, threading.Lock] = {}

    def head(self) -> int:
        """Number of the newest block."""
        with speaking(self.rpc_url):
            return self.w3.eth.block_number

    def block(self, which: int | bytes | Literal["latest"]) -> Block | None:
        """A block by number or hash; None when the chain has none there."""
        by = "Hash" if isinstance(which, bytes) else "Number"
        wanted = "0x" + which.hex() if isinstance(which, bytes) else which if isinstance(which, str) else hex(which)
        # Past web3's formatters, as logs are below: every quote asks for the newest block.
        with speaking(self.rpc_url):
            answer = self.w3.provider.make_request(RPCEndpoint(f"eth_getBlockBy{by}"), [wanted, False])
            if "error" in answer or "result" not in answer:
                raise Web3RPCError(str(answer.get("error", "no block in its answer")))
            try:
                return None if answer["result"] is None else read_block(answer["result"])
            except (KeyError, TypeError, ValueError):
                raise Web3RPCError("a block that is no block") from None

    def logs(self, first: int, last: int, addresses: Sequence[str]) -> list[Log]:
        """Logs of the contracts in blocks `first` to `last`, both included, in chain order."""
        return self._logs({"fromBlock": hex(first), "toBlock": hex(last)}, addresses)

    def block_logs(self, block: bytes, addresses: Sequence[str]) -> list[Log]:
        """Logs of the contracts in one block by its hash; a node that does not have it must say so (EIP-234)."""
        return self._logs({"blockHash": "0x" + block.hex()}, addresses)

    def _logs(self, where: dict[str, Any], addresses: Sequence[str]) -> list[Log]:
        # Past web3's formatters, which take several times as long as all else that happens to a log.
        wanted = where | {"address": [parse_address(address) for address in addresses]}
        with speaking(self.rpc_url):
            answer = self.w3.provider.make_request(RPCEndpoint("eth_getLogs"), [wanted])
            found = answer.get("result")
            if "error" in answer or not isinstance(found, list):
                raise Web3RPCError(str(answer.get("error", "no logs in its answer")))
            try:
                return [read_log(each) for each in found]
            except (KeyError, TypeError, ValueError):
                raise Web3RPCError("a log that is no log") from None

    def try_call(self, call: Call, sender: str, block: int | Literal["latest"] = "latest") -> bytes:
        """Execute without sending; what the call returns.

        Raises:
            ColophonError: the contract's reason, typed.
        """
        with speaking(self.rpc_url):
            return bytes(self.w3.eth.call(_parameters(call, sender), cast("BlockIdentifier", block)))

    def gas(self, call: Call, sender: str) -> int:
        """Gas that the node estimates for the call.

        Raises:
            RefusedError: `insufficient-funds`, or the contract's reason.
        """
        with speaking(self.rpc_url):
            return self.w3.eth.estimate_gas(_parameters(call, sender))

    def fees(self) -> Fees:
        """Two base fees and the node's tip (EIP-1559), or the gas price where the chain has no base fee."""
        with speaking(self.rpc_url):
            base = self.w3.eth.get_block("latest").get("baseFeePerGas")
            if base is None:
                return Fees(self.w3.eth.gas_price, None)
            return _fees(base, self.w3.eth.max_priority_fee)

    def outlook(self, call: Call, sender: str) -> Outlook:
        """Try a call without sending it, and learn all that its transaction needs, in two round trips.

        A node estimates by running the call again and again, so an estimate is remembered for calls of the same
        function and length: where one static call within that gas succeeds, it will do. One that fails is run again by
        itself, for the contract's reason. All this stands outside the batch: Ganache 7.9.2 never answers some batches
        that hold an estimate while it mines.

        Raises:
            ColophonError: the contract's reason, typed.
            RefusedError: `insufficient-funds`.
        """
        account = parse_address(sender)
        gas = self._enough(call, sender)
        block, tip, balance, nonce = self._batch(
            ("eth_getBlockByNumber", ["latest", False]),
            ("eth_maxPriorityFeePerGas", []),
            ("eth_getBalance", [account, "latest"]),
            ("eth_getTransactionCount", [account, "latest"]),
        )
        base = (block or {}).get("baseFeePerGas")
        fees = self.fees() if base is None or tip is None else _fees(int(base, 16), int(tip, 16))
        if block is None or balance is None or nonce is None:
            raise _node_error("no answer to a part of the batch")
        return Outlook(gas, fees, int(balance, 16), int(nonce, 16), int(block["timestamp"], 16))

    def _enough(self, call: Call, sender: str) -> int:
        """Gas that the call needs at most; of many alike that come together one has it estimated."""
        kind = (call.to, call.data[:4], len(call.data))
        with self._estimating.setdefault(kind, threading.Lock()):
            gas = self._estimates.get(kind, 0)
            if gas == 0:
                gas = self._estimates[kind] = self._estimated(call, sender)
                return gas
        if not self._fits(call, sender, gas):
            gas = self._estimates[kind] = max(gas, self._estimated(call, sender))
        return gas

    def _estimated(self, call: Call, sender: str) -> int:
        try:
            return self.gas(call, sender)
        except ColophonError:
            self.try_call(call, sender)
            raise

    def _fits(self, call: Call, sender: str, gas: int) -> bool:
        """Whether the call succeeds now within so much gas; a caller that pays it may be poorer than that."""
        try:
            with speaking(self.rpc_url):
                self.w3.eth.call({**_parameters(call, sender), "gas": gas, "gasPrice": Wei(0)})
        except ColophonError as error:
            if error.code == "chain-down":
                raise
            return False
        return True

    def _batch(self, *requests: tuple[str, list[Any]]) -> list[Any]:
        """Several questions in one round trip; None in the place of one that the node answers with an error."""
        provider = cast("HTTPProvider", self.w3.provider)
        with speaking(self.rpc_url):
            answers = provider.make_batch_request(cast("Any", list(requests)))
        if not isinstance(answers, list) or len(answers) != len(requests):
            raise _node_error("it does not take several questions at once")
        return [answer.get("result") for answer in answers]

    def nonce(self, account: str) -> int:
        """Number of mined transactions of the account."""
        with speaking(self.rpc_url):
            return self.w3.eth.get_transaction_count(parse_address(account), "latest")

    def balance(self, account: str) -> int:
        """Wei that the account holds."""
        with speaking(self.rpc_url):
            return self.w3.eth.get_balance(parse_address(account))

    def code(self, account: str) -> bytes:
        """Runtime code at an address; empty for a plain account."""
        with speaking(self.rpc_url):
            return bytes(self.w3.eth.get_code(parse_address(account)))

    def broadcast(self, raw: bytes) -> str:
        """Hand a signed transaction to the node.

        Returns:
            The node's objection in its own words, empty when it took the transaction.
        """
        with speaking(self.rpc_url):
            try:
                self.w3.eth.send_raw_transaction(HexBytes(raw))
            except (Web3RPCError, Web3ValueError) as error:
                return str(error)
            return ""

    def receipt(self, tx_hash: bytes) -> TxReceipt | None:
        """The receipt of a mined transaction, else None."""
        with speaking(self.rpc_url):
            try:
                return self.w3.eth.get_transaction_receipt(HexBytes(tx_hash))
            except TransactionNotFound:
                return None

    def knows(self, tx_hash: bytes) -> bool:
        """Whether the node has the transaction, mined or waiting."""
        with speaking(self.rpc_url):
            try:
                self.w3.eth.get_transaction(HexBytes(tx_hash))
            except TransactionNotFound:
                return False
            return True


class _Provider(HTTPProvider):
    """Traces each question to the node by its method."""

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:  # noqa: ANN401 - as web3 has it
        """Ask the node."""
        with span("chain", rpc__method=str(method)):
            return super().make_request(method, params)


def connect(rpc_url: str, expected_chain_id: int | None = None) -> Client:
    """Reach a node and learn its chain.

    Raises:
        InputError: not an http(s) URL.
        UnavailableError: `chain-down`, nobody answers there.
        RefusedError: `wrong-chain`, another chain than the one expected.
    """
    if not rpc_url.startswith(("http://", "https://")):
        raise InputError(
            "rpc-url-malformed", f"{shown_url(rpc_url)} is not an http URL", "set COLOPHON_RPC_URL to http://…"
        )
    w3 = Web3(_Provider(rpc_url, request_kwargs={"timeout": _TIMEOUT}))
    with speaking(rpc_url):
        chain_id = w3.eth.chain_id
    if expected_chain_id is not None and chain_id != expected_chain_id:
        raise RefusedError(
            "wrong-chain",
            f"the node at {shown_url(rpc_url)} is on chain {chain_id}, not {expected_chain_id}",
            "point COLOPHON_RPC_URL at a node of the right chain",
            expected=expected_chain_id,
            found=chain_id,
        )
    return Client(w3, rpc_url, chain_id)


@contextmanager
def speaking(rpc_url: str) -> Iterator[None]:
    """Turn whatever a node or the encoder throws into an error of the tree."""
    try:
        yield
    except (requests.RequestException, BadResponseFormat, json.JSONDecodeError) as error:
        answer = getattr(error, "response", None)
        if answer is not None and answer.status_code == requests.codes.too_many_requests:
            raise _busy() from None
        raise UnavailableError(
            "chain-down",
            f"the chain at {shown_url(rpc_url)} does not answer",
            "start it (make up), or point COLOPHON_RPC_URL at a node",
            cause=type(error).__name__,
        ) from None  # the cause's own words hold the whole URL, and a log would show them
    except ContractLogicError as error:
        raise decode_revert(_revert_bytes(error)) from error
    except BadFunctionCallOutput as error:
        raise NotFoundError(
            "no-contract", "there is no contract of this kind at that address", "check the deployment"
        ) from error
    except (MismatchedABI, Web3ValidationError) as error:
        raise InputError(
            "argument-out-of-range", "a value does not fit the contract's type", "check the numbers", cause=str(error)
        ) from error
    except (Web3RPCError, Web3ValueError) as error:
        raise _node_error(str(error)) from error


def _revert_bytes(error: ContractLogicError) -> bytes:
    data = error.data
    if isinstance(data, Mapping):  # some nodes nest the bytes
        data = data.get("data") or data.get("result") or ""
    text = str(data or "").removeprefix("Reverted ")
    return bytes.fromhex(text.removeprefix("0x")) if text.startswith("0x") else b""


def _node_error(words: str) -> ColophonError:
    if "insufficient" in words.lower() and "funds" in words.lower():
        return RefusedError(
            "insufficient-funds",
            "the account cannot pay the value and the gas",
            "fund the account with the chain's native coin",
        )
    if _RATE.search(words):
        return _busy()
    return UnavailableError("chain-error", f"the chain's node answered with an error: {words}", "check the node")


def _fees(base: int, tip: int) -> Fees:
    return Fees(2 * base + tip, tip)


def _busy() -> UnavailableError:
    return UnavailableError(
        "chain-busy", "the chain's node takes no more requests for now", "wait a little, or use a node with more room"
    )


def _parameters(call: Call, sender: str) -> TxParams:
    return TxParams(
        {
            "from": parse_address(sender),
            "to": parse_address(call.to),
            "data": HexStr("0x" + call.data.hex()),
            "value": cast("Any", call.value),
        }
    )
