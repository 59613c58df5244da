"""The services of one process: nodes, store, vault, keys. Whoever starts a process opens them once."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

from offchain.chain import Currency
from offchain.chain.client import Client, connect
from offchain.chain.contracts import Contracts, open_contracts
from offchain.chain.deployments import load_deployment
from offchain.chain.sender import Limits, Relayers, Sender
from offchain.chain.signer import DEVELOPMENT_CHAINS, LocalSigner, Signer
from offchain.config import Settings
from offchain.errors import NotFoundError, UnavailableError
from offchain.indexer import Indexer
from offchain.storage import PinSet, open_pins
from offchain.store import Store, open_store
from offchain.workflows.relaying import relay_signers
from offchain.workflows.similarity import CatalogueIndex
from offchain.workflows.terms import standard_terms
from offchain.workflows.vault import Vault

__all__ = ["Services", "open_services", "service_signers"]

_CONFIRMATIONS: Final = 10
"""Blocks above an event before it counts as confirmed, unless COLOPHON_CONFIRMATIONS says otherwise."""

_PATIENCE: Final = 30.0
"""Seconds for which a node may lack our newest blocks before they are taken for undone."""


@dataclass(frozen=True, eq=False)
class Services:
    """What workflows work with; close it when the process ends.

    Attributes:
        settings: of this process.
        client: the chain's node.
        contracts: their wrappers.
        store: the database.
        ipfs: the IPFS nodes.
        indexer: reads the chain into the store; use `advance`.
        sender: sends transactions.
        vault: masters on disk.
        similarity: index of registered works.
        terms: number of the standard terms on this chain, by tier.
        relayer: accounts that pay the gas of other people's signed messages; None in a process that never sends.
        judged: offers that were judged lately, which quoting keeps.
        pricing: signs quotes as a delegate; None in a process that never quotes.
    """

    settings: Settings
    client: Client
    contracts: Contracts
    store: Store
    ipfs: PinSet
    indexer: Indexer
    sender: Sender
    vault: Vault
    similarity: CatalogueIndex
    terms: Mapping[str, int]
    relayer: Relayers | None = None
    pricing: Signer | None = None
    judged: dict[object, object] = field(default_factory=dict, repr=False)
    _currencies: list[Currency] = field(default_factory=list, repr=False)
    _advancing: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give files and the database's connections back."""
        self.similarity.close()
        self.store.close()

    def now(self) -> int:
        """Unix seconds that the next block will have, about: a local chain's clock may run ahead of ours."""
        head = self.client.block("latest")
        return max(int(time.time()), head.timestamp if head else 0)

    def wall(self) -> int:
        """Unix seconds by this machine's clock: for what is no business of the chain."""
        return int(time.time())

    def advance(self) -> None:
        """Index the chain up to its head, so that what was just mined can be read back."""
        with self._advancing:
            self.indexer.advance()

    def currency(self, caip19: str | None = None) -> Currency:
        """A currency by its CAIP-19 id, else the one that prices are in: the ledger's first token.

        Raises:
            NotFoundError: `unknown-currency`.
        """
        if caip19 is None:
            return self._currencies[min(1, len(self._currencies) - 1)]
        known = {currency.caip19: currency for currency in self._currencies}
        return known.get(caip19) or self.contracts.ledger.currency(caip19)

    def currency_at(self, index: int) -> Currency:
        """A currency by its place in the ledger's list, which only grows: the chain is asked for new ones alone."""
        if index >= len(self._currencies):
            self._currencies[:] = self.contracts.ledger.currencies()
        return self._currencies[index]

    def terms_number(self, tier: str) -> int:
        """Number of a tier's standard terms on this chain.

        Raises:
            NotFoundError: `unknown-tier`.
        """
        if tier in self.terms:
            return self.terms[tier]
        known = ", ".join(self.terms) or "none; deploy again"
        raise NotFoundError(
            "unknown-tier", f"there is no tier {tier!r} on this chain", f"use one of: {known}", tier=tier
        )

    def tier_of(self, number: int) -> str | None:
        """The tier whose standard terms have this number, or None."""
        return next((tier for tier, known in self.terms.items() if known == number), None)

    def require_relayer(self) -> Relayers:
        """The relayers.

        Raises:
            UnavailableError: `no-relayer`.
        """
        if self.relayer is None:
            raise UnavailableError(
                "no-relayer", "this process holds no key that pays gas", "set COLOPHON_RELAYER_KEY_FILE"
            )
        return self.relayer

    def require_pricing(self) -> Signer:
        """The signer of quotes.

        Raises:
            UnavailableError: `no-pricing-key`.
        """
        if self.pricing is None:
            raise UnavailableError(
                "no-pricing-key", "this process holds no key that signs quotes", "set COLOPHON_PRICING_KEY_FILE"
            )
        return self.pricing


def open_services(settings: Settings, *, relayer: Relayers | None = None, pricing: Signer | None = None) -> Services:
    """Reach the chain, check the contracts, open the store.

    Raises:
        UnavailableError: `chain-down`, `store-unavailable`.
        NotFoundError: `no-deployment`.
        RefusedError: `wrong-chain`, `code-mismatch`.
        InputError: a malformed setting.
    """
    client = connect(settings.rpc_url)
    contracts = open_contracts(client, load_deployment(client.chain_id, settings.deployment, settings.home))
    store = open_store(settings.database_url)
    numbers = {standard.tier: contracts.offers.terms_number(standard.terms) for standard in standard_terms()}
    return Services(
        settings=settings,
        client=client,
        contracts=contracts,
        store=store,
        ipfs=open_pins(settings.ipfs_url, settings.pin_quorum),
        indexer=_indexer(settings, contracts, store),
        sender=Sender(client, store, _limits(settings)),
        vault=Vault(settings.home, settings.max_upload),
        similarity=CatalogueIndex(
            store, settings.home / "index", settings.database_url if settings.index_in_database else None
        ),
        terms={tier: number for tier, number in numbers.items() if number is not None},
        relayer=relayer,
        pricing=pricing,
        _currencies=list(contracts.ledger.currencies()),
    )


def _indexer(settings: Settings, contracts: Contracts, store: Store) -> Indexer:
    """Reads to the head on every chain; only chains of development get shorter, and need no confirmations."""
    development = contracts.client.chain_id in DEVELOPMENT_CHAINS
    confirmations = settings.confirmations
    if confirmations is None:
        confirmations = 0 if development else _CONFIRMATIONS
    return Indexer(contracts, store, confirmations, patience=0 if development else _PATIENCE)


def service_signers(settings: Settings) -> tuple[Relayers | None, Signer | None]:
    """The service's own keys from its settings: relayers and pricing delegate.

    Raises:
        InputError: `key-malformed`, `keystore-unreadable`, `signer-url-malformed`, `setting-missing`.
        DeniedError: `wrong-password`, `signer-denied`.
        RefusedError: `development-key`.
        UnavailableError: `chain-down`, a key is checked against the chain it will sign on; `signer-down`.
    """
    chain_id = connect(settings.rpc_url).chain_id
    relaying = relay_signers(settings, chain_id)
    pricing = LocalSigner(settings.pricing_key, chain_id) if settings.pricing_key else None
    return Relayers(relaying) if relaying else None, pricing


def _limits(settings: Settings) -> Limits:
    return Limits(per_day=settings.spend_per_day, per_transaction=settings.spend_per_transaction, dry=settings.dry_run)
