"""What a test asks of the node itself; Ganache and Anvil name it differently."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from brownie import web3

__all__ = ["automine_off", "set_storage"]


def set_storage(contract: Any, slot: int, value: int) -> None:
    """Overwrite one word of a contract's storage."""
    method = "anvil_setStorageAt" if _is_anvil() else "evm_setAccountStorageAt"
    answer = web3.provider.make_request(method, [contract.address, f"0x{slot:064x}", f"0x{value:064x}"])
    assert answer["result"] is True


@contextmanager
def automine_off() -> Iterator[None]:
    """Transactions wait for `evm_mine`."""
    _automine(False)
    try:
        yield
    finally:
        _automine(True)


def _automine(on: bool) -> None:
    if _is_anvil():
        web3.provider.make_request("evm_setAutomine", [on])
    else:
        web3.provider.make_request("miner_start" if on else "miner_stop", [])


def _is_anvil() -> bool:
    return bool(web3.client_version.startswith("anvil"))
