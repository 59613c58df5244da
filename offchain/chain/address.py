"""Accounts in the one form that Colophon keeps: EIP-55, the hex address whose letter case is a checksum."""

from __future__ import annotations

from eth_typing import ChecksumAddress
from eth_utils.address import is_address, is_checksum_address, to_checksum_address

from offchain.errors import InputError

__all__ = ["parse_address"]


def parse_address(text: str) -> ChecksumAddress:
    """Read an account, with or without checksum.

    Raises:
        InputError: not 20 bytes of hex, or mixed case whose checksum is wrong (a typing error).
    """
    if not is_address(text):
        raise InputError("address-malformed", f"{text!r} is not an account", "write 0x and 40 hex digits", given=text)
    digits = text.removeprefix("0x")
    if digits not in (digits.lower(), digits.upper()) and not is_checksum_address(text):
        raise InputError(
            "address-malformed",
            f"the checksum of {text} is wrong",
            "copy the address again; a letter is off",
            given=text,
        )
    return to_checksum_address(text)
