"""The sender: turns a call into a mined transaction, exactly once, whatever happens in between.

    receipt = Sender(client, store).send(call, signer, key="register:0x…")

A nonce is reserved and the signed transaction is committed to the store before any node sees it, so a process that
dies at any point can go on: the same `key` finds the same transaction. Speeding up is a new signature for the same
nonce, so at most one of them is ever mined.
"""

from offchain.chain.sender.outcome import Cost, Limits, Receipt
from offchain.chain.sender.sender import Sender

__all__ = ["Cost", "Limits", "Receipt", "Sender"]
