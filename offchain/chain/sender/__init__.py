"""The sender: turns a call into a mined transaction, exactly once, whatever happens in between.

    receipt = Sender(client, store).send(call, signer, key="register:0x…")
    receipt = Sender(client, store).relay(call, Relayers([one, another]), key="order:0x…", expires_at=order.expiry)

A nonce is reserved and the signed transaction is committed to the store before any node sees it, so a process that
dies at any point can go on: the same `key` finds the same transaction. Speeding up is a new signature for the same
nonce, so at most one of them is ever mined. What a transaction may cost counts towards its account's day before it is
signed, and what it did cost afterwards.
"""

from offchain.chain.sender.outcome import Cost, Limits, Receipt
from offchain.chain.sender.relayers import Relayers
from offchain.chain.sender.sender import Sender
from offchain.chain.sender.standing import Standing, standing

__all__ = ["Cost", "Limits", "Receipt", "Relayers", "Sender", "Standing", "standing"]
