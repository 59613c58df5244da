"""The chain: a client of one node, a typed wrapper for each contract, typed data, signers, and the sender.

Start with `offchain.chain.client.connect`, `offchain.chain.deployments.load_deployment` and
`offchain.chain.contracts.open_contracts`. The wrappers build `Call`s, which nobody has signed; a `Signer` and the
`Sender` turn a call into a mined transaction. Structs are exported here because they cost nothing to import.
"""

from offchain.chain.structs import (
    NO_PERMIT,
    ZERO_ADDRESS,
    ZERO_DIGEST,
    Agreement,
    Authorization,
    Bounds,
    Call,
    Currency,
    Economics,
    Edge,
    Licence,
    Listing,
    Offer,
    Order,
    Permit,
    Pull,
    Purchase,
    Quote,
    Registration,
    Terms,
    Title,
    work_hex,
)

__all__ = [
    "NO_PERMIT",
    "ZERO_ADDRESS",
    "ZERO_DIGEST",
    "Agreement",
    "Authorization",
    "Bounds",
    "Call",
    "Currency",
    "Economics",
    "Edge",
    "Licence",
    "Listing",
    "Offer",
    "Order",
    "Permit",
    "Pull",
    "Purchase",
    "Quote",
    "Registration",
    "Terms",
    "Title",
    "work_hex",
]
