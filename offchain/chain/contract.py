"""A contract at an address: reads and unsigned calls by function name, typed by the wrappers around it."""

from __future__ import annotations

from typing import Any

from web3.contract import Contract

from offchain.chain.abi import load_abi
from offchain.chain.address import parse_address
from offchain.chain.client import Client, speaking
from offchain.chain.structs import Call

__all__ = ["BoundContract"]


class BoundContract:
    """One deployed contract and its committed ABI.

    Args:
        client: node to ask.
        name: one of `offchain.chain.abi.CONTRACTS`.
        address: where it is deployed.
    """

    def __init__(self, client: Client, name: str, address: str) -> None:
        self.client = client
        self.name = name
        self.address: str = parse_address(address)
        self._contract: Contract = client.w3.eth.contract(parse_address(address), abi=load_abi(name))

    def read(self, function: str, *arguments: object, block: int | None = None) -> Any:  # noqa: ANN401 - see the wrapper
        """Ask a view function at a block, None for the newest.

        `function` is its name or, where overloaded, its signature.

        Raises:
            ColophonError: the contract's own reason, or that the node does not answer.
        """
        with speaking(self.client.rpc_url):
            return self._contract.functions[function](*arguments).call(
                block_identifier="latest" if block is None else block
            )

    def call(self, function: str, *arguments: object, value: int = 0) -> Call:
        """The unsigned call of a function, sending `value` wei along.

        Raises:
            InputError: an argument that does not fit its type.
        """
        with speaking(self.client.rpc_url):
            data = self._contract.encode_abi(function, arguments)
        return Call(self.address, bytes.fromhex(data.removeprefix("0x")), value)
