"""Overwrites a title's state, where the chain would need years of transactions."""

from __future__ import annotations

from typing import Any, Final

from brownie import web3

from tests.contracts.node import set_storage

__all__ = ["LAST_EPOCH", "MAX_SERIES", "set_epoch", "set_series"]

LAST_EPOCH: Final = 2**24 - 1 - 31
"""A title's holder may use up all epochs but those of 31 judgements (SPECIFICATION, section 1)."""
MAX_SERIES: Final = 31
"""Five bits."""


def set_epoch(registry: Any, work: int, epoch: int) -> None:
    """Bits 72 to 95 of the state."""
    _overwrite(registry, work, 0xFFFFFF << 72, epoch << 72)
    assert registry.titleOf(work).dict()["epoch"] == epoch


def set_series(registry: Any, work: int, series: int) -> None:
    """Bits 42 to 46 of the state."""
    _overwrite(registry, work, MAX_SERIES << 42, series << 42)
    assert registry.titleOf(work).dict()["series"] == series


def _overwrite(registry: Any, work: int, mask: int, bits: int) -> None:
    slot = _title_slot(work)
    packed = int(web3.eth.get_storage_at(registry.address, slot).hex(), 16)
    changed = packed & ~(mask << 160) | bits << 160
    set_storage(registry, slot, changed)


def _title_slot(work: int) -> int:
    """Where Solady keeps an ERC-721 owner: 2·id + keccak256(upper 28 bytes of the id ‖ its seed)."""
    hashed = web3.keccak(work.to_bytes(32, "big")[:28] + bytes.fromhex("7d882553"))
    return (2 * work + int.from_bytes(hashed, "big")) % 2**256
