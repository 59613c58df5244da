"""What a service's settings lead to, looked at before it is started: `colophon check` and `colophon doctor`.

Nothing is changed: the database is not migrated, no key is made, nothing is pinned.
"""

from __future__ import annotations

import os
import time
from typing import Final

from offchain.chain.client import connect
from offchain.chain.deployments import load_deployment, verify_deployment
from offchain.chain.signer import DEVELOPMENT_CHAINS, LocalSigner
from offchain.config import Settings
from offchain.errors import UnavailableError
from offchain.storage import open_pins
from offchain.storage.master_key import MasterKey
from offchain.store.portable import newest_revision, reading
from offchain.workflows.readiness import PATIENCE, Check, Probe, disk_check, ipfs_check
from offchain.workflows.relaying import relay_signers
from offchain.workflows.terms import standard_terms

__all__ = ["examinations", "needs"]

_SKEW: Final = 30
"""Seconds that the newest block may be ahead of our clock: deadlines and expiries are judged by the chain's."""

_STALE: Final = 900
"""Seconds without a block after which a live chain, or our node, stands still."""


def needs(settings: Settings) -> dict[str, Probe]:
    """What others must give: chain, contracts, database, IPFS nodes, money for gas."""
    return {
        "chain": lambda: _chain(settings),
        "contracts": lambda: _contracts(settings),
        "database": lambda: _database(settings),
        "ipfs": lambda: _ipfs(settings),
        "relayer": lambda: _relayer(settings),
    }


def examinations(settings: Settings) -> dict[str, Probe]:
    """The same, and what this machine and its keys must be."""
    return {
        **needs(settings),
        "pricing key": lambda: _pricing(settings),
        "content key": lambda: _content_key(settings),
        "service url": lambda: _service_url(settings),
        "home": lambda: _home(settings),
        "disk": lambda: _disk(settings),
        "clock": lambda: _clock(settings),
    }


def _chain(settings: Settings) -> Check:
    client = connect(settings.rpc_url)
    return Check(True, detail=f"chain {client.chain_id}, block {client.head()}")


def _contracts(settings: Settings) -> Check:
    client = connect(settings.rpc_url)
    deployment = load_deployment(client.chain_id, settings.deployment, settings.home)
    verify_deployment(client, deployment)
    return Check(True, detail=f"{len(deployment.contracts)} contracts have the code that was deployed")


def _database(settings: Settings) -> Check:
    with reading(settings.database_url) as moment:
        found, newest = moment.revision, newest_revision()
    if found is None:
        return Check(True, detail="empty; the first start makes the store")
    if found > newest:
        return Check(False, "database-newer", f"schema {found} is of a later version than this program's {newest}")
    migrated = "" if found == newest else f"; the next start brings it to {newest}"
    return Check(True, detail=f"schema {found}{migrated}")


def _ipfs(settings: Settings) -> Check:
    pins = open_pins(settings.ipfs_url, settings.pin_quorum, PATIENCE)
    found = ipfs_check(pins, standard_terms()[0].cid)
    if not found.ok and found.code != "terms-not-pinned":  # the service pins those by itself
        return found
    return Check(True, detail=f"{found.answering} of {len(pins.nodes)} nodes answer, {pins.quorum} must")


def _relayer(settings: Settings) -> Check:
    client = connect(settings.rpc_url)
    signers = relay_signers(settings, client.chain_id)
    if not signers:
        raise UnavailableError("no-relayer", "no key pays gas", "set COLOPHON_RELAYER_KEYSTORE or its like")
    balances = {signer.address: client.balance(signer.address) for signer in signers}
    told = ", ".join(f"{address} has {balance / 10**18:.4f}" for address, balance in balances.items())
    if not any(balances.values()):
        return Check(False, "insufficient-funds", f"{told}; send it native coins for gas")
    return Check(True, detail=told, balance=min(balances.values()))


def _pricing(settings: Settings) -> Check:
    if settings.pricing_key is None:
        return Check(True, detail="none: this service quotes no works of creators who trust it to price")
    return Check(True, detail=LocalSigner(settings.pricing_key, _chain_id(settings)).address)


def _content_key(settings: Settings) -> Check:
    if settings.content_key is not None:
        return Check(True, detail=f"id {MasterKey(settings.content_key).id}; back it up apart from the database")
    if _chain_id(settings) not in DEVELOPMENT_CHAINS:
        return Check(
            False, "no-content-key", "openssl rand -hex 32 > FILE, back it up, and set COLOPHON_CONTENT_KEY_FILE=FILE"
        )
    return Check(True, detail="of this home, as on local chains only")


def _service_url(settings: Settings) -> Check:
    """People sign for it: without TLS, whoever is on the way takes their session."""
    if _chain_id(settings) in DEVELOPMENT_CHAINS or settings.service_url.startswith("https://"):
        return Check(True, detail=settings.service_url)
    return Check(False, "service-url-plain", f"{settings.service_url}: set COLOPHON_SERVICE_URL to https://…")


def _home(settings: Settings) -> Check:
    home = settings.home
    if not home.exists():
        return Check(True, detail=f"{home}, made at the first start")
    if not os.access(home, os.W_OK | os.X_OK):
        return Check(False, "home-unwritable", f"{home} cannot be written; give it to the service's user")
    if home.stat().st_mode & 0o022:
        return Check(False, "home-open", f"others may write to {home}: chmod 700 {home}")
    return Check(True, detail=str(home))


def _disk(settings: Settings) -> Check:
    found = disk_check(settings.home)
    return Check(True, detail=f"{(found.free or 0) / 2**30:.0f} GiB free", free=found.free) if found.ok else found


def _clock(settings: Settings) -> Check:
    client = connect(settings.rpc_url)
    head = client.block("latest")
    ahead = 0 if head is None else head.timestamp - int(time.time())
    if client.chain_id in DEVELOPMENT_CHAINS:
        return Check(True, detail="a local chain has a clock of its own")
    if ahead > _SKEW:
        return Check(False, "clock-behind", f"the newest block is {ahead} s ahead of our clock; start NTP")
    if ahead < -_STALE:
        return Check(False, "chain-stale", f"the newest block is {-ahead} s old; see whether the node is synchronised")
    return Check(True, detail=f"the newest block is {-ahead} s old")


def _chain_id(settings: Settings) -> int:
    return connect(settings.rpc_url).chain_id
