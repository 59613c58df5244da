"""Works sealed after their registration: whoever may open them over HTTP can, and nobody whom a thief sold them to."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from typing import Any

import pytest

from offchain.chain import Registration
from offchain.errors import NotFoundError, UnavailableError
from offchain.storage import open_pins
from offchain.storage.age import unwrap_key
from offchain.storage.sealing import opened
from offchain.workflows.holdings import Holding, holdings
from offchain.workflows.late_sealing import seal_registered
from offchain.workflows.sealing import content_key
from offchain.workflows.services import Services
from tests.offchain.integration.api.key_requests import IDENTITY, ask, on_offer, refusal, sealed
from tests.offchain.site import ADA, BEN, DORA, Site, Visitor


def test_seal_registered__offered_only_later__opens_for_its_licensee(site: Site, services: Services, ada, dora):
    """The title leads to the metadata that was signed, so the store tells what is sealed."""
    master = b"offered only later " * 40
    work = ada.register(master, title="Later", tiers=[])["work"]
    number = on_offer(site, work, ADA)(DORA)
    assert refusal(ask(dora, number)) == (404, "content-not-sealed")
    rendition = seal_registered(services, int(work, 16))
    assert seal_registered(services, int(work, 16)) == rendition
    told = ask(dora, number).json()
    assert told["rendition"]["cid"] == rendition.cid
    ciphertext = services.ipfs.fetch(rendition.cid, rendition.size)
    assert ("0x" + hashlib.sha256(ciphertext).hexdigest(), len(ciphertext)) == (rendition.sha256, rendition.size)
    assert b"".join(opened(io.BytesIO(ciphertext), unwrap_key(told["key"], IDENTITY))) == master
    assert Holding(rendition.cid, "sealed", int(work, 16)) in list(holdings(services.store))


def test_seal_registered__node_away_half_way__goes_on_with_the_same_key(services: Services, ada: Visitor):
    work = int(ada.register(b"interrupted while it is sealed " * 40, title="Later", tiers=[])["work"], 16)
    with pytest.raises(UnavailableError):
        seal_registered(replace(services, ipfs=open_pins("http://127.0.0.1:1")), work)
    key = content_key(services, work)
    assert (key.cid, key.sha256) == (None, None)
    rendition = seal_registered(services, work)
    assert content_key(services, work) == replace(key, cid=rendition.cid, sha256=rendition.sha256)


def test_seal_registered__sealed_at_registration__pins_that_again(services: Services, rocket: dict[str, Any]):
    stated = sealed(rocket)
    services.ipfs.unpin(stated["cid"])
    assert seal_registered(services, int(rocket["work"], 16)).cid == stated["cid"]
    assert services.ipfs.is_pinned(stated["cid"])


def test_seal_registered__master_is_not_here__says_so(services: Services, ada: Visitor):
    work = int(ada.register(b"whose master is lost " * 40, title="Lost", tiers=[])["work"], 16)
    services.vault.master(work).unlink()
    with pytest.raises(NotFoundError) as caught:
        seal_registered(services, work)
    assert caught.value.code == "master-missing"


def test_seal_registered__somebody_else_registered_what_was_handed_in_here__is_refused(
    site: Site, services: Services, ada: Visitor, ben: Visitor
):
    """The thief holds the title; the master lies here, and would be opened to him."""
    master = b"handed in here, registered elsewhere " * 40
    job = ada.wait(ada.submit(master, title="Mine", tiers=[]).json()["id"])
    work, message = int(hashlib.sha256(master).hexdigest(), 16), job["typed_data"]["message"]
    registry, salt = site.world.contracts.registry, b"\x05" * 32
    site.world.send(registry.commit(registry.commitment(ben.address, work, salt)), BEN)
    stolen = Registration(work, ben.address, bytes.fromhex(message["metadata"][2:]), salt=salt)
    site.world.send(registry.register(stolen), BEN)
    services.advance()
    services.ipfs.pin(metadata_file(services, work))
    with pytest.raises(NotFoundError) as caught:
        seal_registered(services, work)
    assert caught.value.code == "not-registered-here"


def metadata_file(services: Services, work: int) -> bytes:
    """What was drafted here and is public for whoever was told."""
    folder = services.settings.home / "files" / f"{work:064x}"
    (metadata,) = (data for path in folder.iterdir() if b"colophon/metadata" in (data := path.read_bytes()))
    return metadata
