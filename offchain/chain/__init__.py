"""The chain: a client of one node, a typed wrapper for each contract, typed data, signers, and the sender.

The wrappers build `Call`s, which nobody has signed; a `Signer` and the `Sender` turn a call into a mined transaction.
Structs are exported here because they cost nothing to import. On the stack of `make up`, whose node and deployment
file `load_settings` finds by $COLOPHON_HOME/run.json:

    >>> from offchain.chain.client import connect
    >>> from offchain.chain.contracts import open_contracts
    >>> from offchain.chain.deployments import load_deployment
    >>> from offchain.chain.sender import Sender
    >>> from offchain.chain.signer import development_signer
    >>> from offchain.config import load_settings
    >>> from offchain.store import open_store

    >>> settings = load_settings()
    >>> client, store = connect(settings.rpc_url), open_store(settings.database_url)
    >>> contracts = open_contracts(client, load_deployment(client.chain_id, settings.deployment, settings.home))
    >>> signer = development_signer(3, client.chain_id)
    >>> receipt = Sender(client, store).send(contracts.dollar.mint(signer.address, 5_000_000), signer)
    >>> [event.name for event in contracts.decode(receipt.logs)]
    ['Transfer']
"""

from offchain.chain.structs import (
    NO_PERMIT,
    ZERO_ADDRESS,
    ZERO_DIGEST,
    Advance,
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
    share_id,
    work_hex,
)

__all__ = [
    "NO_PERMIT",
    "ZERO_ADDRESS",
    "ZERO_DIGEST",
    "Advance",
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
    "share_id",
    "work_hex",
]
