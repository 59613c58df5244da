"""What a caller may state so that a mistake is found before anything is signed for the wrong place."""

from __future__ import annotations

from offchain.errors import RefusedError
from offchain.workflows.services import Services

__all__ = ["require_chain"]


def require_chain(services: Services, chain_id: int | None) -> None:
    """Compare the chain that the caller signed for with the service's.

    Raises:
        RefusedError: `wrong-chain`.
    """
    if chain_id is None or chain_id == services.client.chain_id:
        return
    raise RefusedError(
        "wrong-chain",
        f"this service is on chain {services.client.chain_id}, the signature is for chain {chain_id}",
        "switch the wallet's network and sign again",
        expected=services.client.chain_id,
        found=chain_id,
    )
