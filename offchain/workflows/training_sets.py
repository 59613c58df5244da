"""Training sets as works: those whose works a model was taught with hold the royalty shares of their set.

The master is the canonical training manifest, so its id is the digest that the model's records name. The registration
roots the shares in a Merkle-sum tree; each holder's units are theirs once somebody, anybody, activates them. A pinned
record beside the title states the rule and the shares.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from offchain.chain import ZERO_DIGEST
from offchain.chain.address import parse_address
from offchain.chain.share_tree import ShareTree
from offchain.chain.signer import Signer
from offchain.errors import RefusedError
from offchain.generation.attribution.training_set import TrainingSet
from offchain.workflows.engine import Engine
from offchain.workflows.jobs import Job
from offchain.workflows.registration import start_registration
from offchain.workflows.requests import RegistrationRequest, TierListing
from offchain.workflows.services import Services

__all__ = ["SCHEMA", "Activation", "activate_shares", "request_for", "shares_of_set", "start_training_set"]

SCHEMA: Final = "colophon/training-set"
_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Activation:
    """Units that became an account's; `transaction` is None where they were its before."""

    account: str
    units: int
    transaction: str | None


def shares_of_set(made: TrainingSet) -> tuple[tuple[str, int], ...]:
    """The first shares as the chain takes them: EIP-55 accounts and units of 1,000,000, in the tree's order."""
    return tuple((parse_address(holder.account), holder.units) for holder in made.holders)


def start_training_set(engine: Engine, made: TrainingSet, request: RegistrationRequest) -> Job:
    """Begin to register a training set, as `request_for` asks; it then awaits the registrant's signature.

    Raises:
        ColophonError: as `start_registration`.
    """
    return start_registration(engine, made.master, request, name="training.json")


def request_for(
    made: TrainingSet, registrant: str, listings: Sequence[TierListing] = (), currency: str | None = None
) -> RegistrationRequest:
    """The registration of a training set.

    Args:
        made: the set, with the shares that its rule gives.
        registrant: receives the title, which sets prices, and no shares.
        listings: fixed prices; a generated work needs a licence of the tier `adaptation`.
        currency: CAIP-19 of the prices; None for the ledger's first token.
    """
    shares = shares_of_set(made)
    return RegistrationRequest(
        registrant=registrant,
        title=made.title,
        description=f"What a model was taught with; its royalty shares follow the rule {made.rule}.",
        listings=tuple(listings),
        provenance=_record(made, shares),
        acknowledge_similar=True,  # two versions of one set are alike by their nature
        currency=currency,
        shares=shares,
    )


def activate_shares(services: Services, made: TrainingSet, signer: Signer) -> list[Activation]:
    """Turn the shares of a registered training set into units of their holders; doing it again does nothing.

    Raises:
        NotFoundError: `unknown-work`, nobody registered it.
        RefusedError: `shares-elsewhere`: it was registered with other shares; `not-final`; or the ledger's reason.
        UnavailableError: the chain does not answer.
    """
    ledger, work, shares = services.contracts.ledger, int(made.work, 16), shares_of_set(made)
    services.contracts.registry.title(work)
    tree = ShareTree(shares)
    if ledger.root(work) != tree.root:
        raise RefusedError(
            "shares-elsewhere",
            "this training set was registered with other shares than the rule gives",
            "name the rule and the weights that it was registered with",
            work=made.work,
            rooted=ledger.root(work) != ZERO_DIGEST,
        )
    done = []
    for index, (account, units) in enumerate(shares):
        sent = None
        if not ledger.is_activated(work, index):
            call = ledger.activate(work, index, account, units, tree.proof(index))
            sent = "0x" + services.sender.send(call, signer).tx_hash.hex()
        done.append(Activation(account, units, sent))
    return done


def _record(made: TrainingSet, shares: Sequence[tuple[str, int]]) -> dict[str, Any]:
    """What stands on the chain by its digest: by which rule who receives what."""
    return {
        "schema": SCHEMA,
        "version": _VERSION,
        "rule": made.rule,
        "shares": [{"account": account, "units": units} for account, units in shares],
        "constraints": made.constraints.document(),
        "output": {"sha256": made.work, "bytes": len(made.master)},
    }
