"""Asserts which custom error ended a transaction, and with which values."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from brownie.exceptions import VirtualMachineError

__all__ = ["reverts"]


@contextmanager
def reverts(error: str, *values: object) -> Iterator[None]:
    """Expect `error`; where values are given, exactly these.

    Args:
        error: name of a custom error, or Brownie's words for a panic.
        values: the error's arguments; accounts and contracts stand for their addresses.
    """
    with pytest.raises(VirtualMachineError) as caught:
        yield
    message = caught.value.revert_msg or ""
    if values:
        assert message == f"{error}: {', '.join(map(_text, values))}"
    else:
        assert message.partition(":")[0] == error


def _text(value: object) -> str:
    address = str(value)
    return address.lower() if address.startswith("0x") else address
