"""The accounts of the public test mnemonic, whose keys everybody knows.

Account 0 is the admin, 1 the relayer, 2 the pricing delegate, 3 to 5 creators, 6 to 9 buyers.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from eth_account import Account
from eth_account.signers.local import LocalAccount

from offchain.errors import RefusedError

__all__ = ["DEVELOPMENT_CHAINS", "DEVELOPMENT_MNEMONIC", "development_key", "refuse_development_key"]

DEVELOPMENT_CHAINS: Final = frozenset({1337, 31337})
"""Chain ids of local chains (Ganache, and Anvil or Hardhat), the only ones where these keys may sign."""

DEVELOPMENT_MNEMONIC: Final = "test test test test test test test test test test test junk"

_ACCOUNTS: Final = 20


def development_key(index: int) -> str:
    """Private key of account `index` (0 to 19), in hex."""
    return "0x" + bytes(_account(index).key).hex()


def refuse_development_key(address: str, chain_id: int) -> None:
    """Stop a key that everybody knows from signing where money is real.

    Raises:
        RefusedError: `development-key`.
    """
    if chain_id in DEVELOPMENT_CHAINS:
        return
    if any(address == _account(index).address for index in range(_ACCOUNTS)):
        raise RefusedError(
            "development-key",
            f"the key of {address} is public; it may not sign on chain {chain_id}",
            "use a keystore of your own (COLOPHON_RELAYER_KEY_FILE)",
            chain_id=chain_id,
        )


@cache
def _account(index: int) -> LocalAccount:
    Account.enable_unaudited_hdwallet_features()
    account: LocalAccount = Account.from_mnemonic(DEVELOPMENT_MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}")
    return account
