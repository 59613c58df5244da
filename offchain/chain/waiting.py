"""Waiting for the chain to move on.

Nodes run a call without sending it in the newest block's place, so what a contract allows only in a later block cannot
even be tried before that block is there.
"""

from __future__ import annotations

import time
from typing import Final

from web3.types import RPCEndpoint

from offchain.chain.client import Client, speaking
from offchain.chain.signer import DEVELOPMENT_CHAINS
from offchain.errors import UnavailableError

__all__ = ["await_block_after"]

_POLL: Final = 0.2


def await_block_after(client: Client, block: int, timeout: float = 120.0) -> None:
    """Wait until a block above `block` is mined; a local chain, which may mine on demand only, is asked for one.

    Args:
        client: node.
        block: number.
        timeout: seconds.

    Raises:
        UnavailableError: `chain-stalled`, `chain-down`.
    """
    if client.head() <= block and client.chain_id in DEVELOPMENT_CHAINS:
        with speaking(client.rpc_url):
            client.w3.provider.make_request(RPCEndpoint("evm_mine"), [])
    deadline = time.monotonic() + timeout
    while client.head() <= block:
        if time.monotonic() > deadline:
            raise UnavailableError(
                "chain-stalled", f"no block came after {block} in {timeout:g} s", "see whether the chain still mines"
            )
        time.sleep(_POLL)
