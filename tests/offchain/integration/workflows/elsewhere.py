"""What others do on the same chain, of which the service under test is not told."""

from __future__ import annotations

import hashlib

from offchain.chain import Registration
from offchain.storage import canonical_json
from tests.offchain.site import BEN, Site


def reveal_elsewhere(site: Site, draft, signature: bytes) -> None:
    """As anybody may who sees the signed reveal."""
    registration, registry = draft["registration"], site.world.contracts.registry
    commitment = registry.commitment(registration.registrant, registration.work, registration.salt)
    site.world.send(registry.commit(commitment), BEN)
    site.world.send(registry.register_signed(registration, draft["deadline"], signature), BEN)


def register_elsewhere(site: Site, services, work: int, document) -> None:
    """As another program would: Ben registers, and this catalogue is not told."""
    data = canonical_json(document)
    services.ipfs.pin(data)
    ben, registry = site.address(BEN), site.world.contracts.registry
    salt = b"\x01" * 32
    site.world.send(registry.commit(registry.commitment(ben, work, salt)), BEN)
    site.world.send(registry.register(Registration(work, ben, hashlib.sha256(data).digest(), salt=salt)), BEN)
