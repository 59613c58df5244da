"""Works for sale are sealed on a real node: the same bytes whenever it is done, and opened only as they were."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from offchain.errors import DeniedError, InputError, NotFoundError, UnavailableError
from offchain.identity import Identity, identify
from offchain.storage.master_key import MasterKey
from offchain.store import ContentKeyRecord
from offchain.workflows.engine import Engine
from offchain.workflows.metadata import Rendition
from offchain.workflows.opening import open_engine
from offchain.workflows.registration import start_registration
from offchain.workflows.requests import RegistrationRequest, TierMandate
from offchain.workflows.sealing import content_key, pin_sealed, require_master_key, seal_master
from offchain.workflows.services import Services, open_services, service_signers
from offchain.workflows.unsealing import open_content
from tests.offchain.site import ADA, Site, make_site


@pytest.fixture(scope="module")
def site(chain_url: str, ipfs_url: str, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """One for the module: each test has works of its own."""
    return make_site(chain_url, ipfs_url, tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def services(site: Site) -> Iterator[Services]:
    relayer, pricing = service_signers(site.settings)
    with open_services(site.settings, relayer=relayer, pricing=pricing) as services:
        yield services


def kept(services: Services, master: bytes) -> Identity:
    """A master in the vault, not registered."""
    spooled = services.vault.spool(master, "work.txt")
    identity = identify(spooled, title="Kept", limit=2**26)
    services.vault.keep(spooled, identity.work_id)
    return identity


def pinned(services: Services, identity: Identity) -> Rendition:
    """The sealed rendition of a master, on the node."""
    assert pin_sealed(services, identity.work_id) == seal_master(services, identity.work_id, identity.media_type).cid
    return seal_master(services, identity.work_id, identity.media_type)


def test_seal_master__done_again__is_what_is_pinned_and_leaves_nothing_behind(services: Services):
    identity = kept(services, b"sealed twice " * 60)
    first = seal_master(services, identity.work_id, identity.media_type)
    assert not services.ipfs.is_pinned(first.cid)
    assert content_key(services, identity.work_id).cid is None
    assert pinned(services, identity) == first
    assert content_key(services, identity.work_id).cid == first.cid
    assert (first.role, first.media_type, first.scheme) == ("sealed", "text/plain", "colophon-sealed-1")
    data = services.ipfs.fetch(first.cid, first.size)
    assert ("0x" + hashlib.sha256(data).hexdigest(), len(data)) == (first.sha256, first.size)
    assert list((services.settings.home / "spool").iterdir()) == []


def test_seal_master__by_many_at_once__is_one_content_key(services: Services):
    identity = kept(services, b"sealed by many " * 60)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: seal_master(services, identity.work_id, identity.media_type), range(4)))
    assert len({each.cid for each in found}) == 1


def test_open_content__its_key__is_the_master_for_its_owner_alone(services: Services, tmp_path: Path):
    master = os.urandom(1_000_000).hex().encode()
    identity = kept(services, master)
    rendition, out, told = pinned(services, identity), tmp_path / "out.txt", []
    key = content_key(services, identity.work_id).key
    assert open_content(services, identity.work_id, rendition, key, out, told.append) == len(master)
    assert out.read_bytes() == master
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert told[-1] == len(master) > len(told) > 1


def test_open_content__ciphertext_of_another_work__does_not_open(services: Services, tmp_path: Path):
    one, other = kept(services, b"one work " * 60), kept(services, b"other work " * 60)
    swapped = replace(pinned(services, one), cid=pinned(services, other).cid, size=10_000)
    with pytest.raises(DeniedError) as caught:
        open_content(services, one.work_id, swapped, content_key(services, one.work_id).key, tmp_path / "out")
    assert caught.value.code == "key-wrong"
    assert list(tmp_path.glob("*out*")) == []


def test_open_content__another_file_under_the_right_key__is_not_believed(services: Services, tmp_path: Path):
    """A holder who seals something else than was registered is found out by whoever opens it."""
    identity = kept(services, b"what was pinned " * 60)
    rendition, key = pinned(services, identity), content_key(services, identity.work_id).key
    with pytest.raises(UnavailableError) as caught:
        open_content(services, identity.work_id + 1, rendition, key, tmp_path / "out")
    assert caught.value.code == "content-foreign"
    assert list(tmp_path.glob("*out*")) == []


def test_open_content__file_is_there__is_left_alone(services: Services, tmp_path: Path):
    identity, out = kept(services, b"do not overwrite " * 60), tmp_path / "out"
    rendition = pinned(services, identity)
    out.write_bytes(b"mine")
    with pytest.raises(InputError) as caught:
        open_content(services, identity.work_id, rendition, bytes(32), out)
    assert (caught.value.code, out.read_bytes()) == ("file-exists", b"mine")


def test_open_content__no_such_folder__is_typed(services: Services, tmp_path: Path):
    identity = kept(services, b"nowhere to go " * 60)
    rendition, key = pinned(services, identity), content_key(services, identity.work_id).key
    with pytest.raises(InputError) as caught:
        open_content(services, identity.work_id, rendition, key, tmp_path / "nothing" / "out")
    assert caught.value.code == "file-unwritable"


def test_open_content__link_planted_beside_the_place__is_not_followed(services: Services, tmp_path: Path):
    """In a folder that others write to: where the master grows was to be guessed once."""
    identity, victim = kept(services, b"grows beside its place " * 60), tmp_path / "victim"
    rendition, key = pinned(services, identity), content_key(services, identity.work_id).key
    victim.write_bytes(b"dear")
    (tmp_path / ".out.part").symlink_to(victim)
    open_content(services, identity.work_id, rendition, key, tmp_path / "out")
    assert victim.read_bytes() == b"dear"
    assert not (tmp_path / "out").is_symlink()


@pytest.mark.parametrize("planted", ["file", "link"])
def test_open_content__name_guessed_all_the_same__is_refused(
    services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, planted: str
):
    identity, victim = kept(services, b"guessed all the same " * 60), tmp_path / "victim"
    rendition, key = pinned(services, identity), content_key(services, identity.work_id).key
    monkeypatch.setattr("offchain.workflows.unsealing.secrets.token_hex", lambda size: "00" * size)
    guessed = tmp_path / f".out.{'00' * 8}"
    if planted == "link":
        guessed.symlink_to(victim)
    else:
        guessed.write_bytes(b"theirs")
    with pytest.raises(InputError) as caught:
        open_content(services, identity.work_id, rendition, key, tmp_path / "out")
    assert caught.value.code == "file-unwritable"
    assert not victim.exists()
    assert guessed.is_symlink() if planted == "link" else guessed.read_bytes() == b"theirs"


def test_open_content__while_it_grows__is_its_owners_alone(services: Services, tmp_path: Path):
    identity, out = kept(services, b"nobody else reads along " * 60), tmp_path / "out"
    rendition, key = pinned(services, identity), content_key(services, identity.work_id).key
    modes: list[int] = []
    open_content(
        services,
        identity.work_id,
        rendition,
        key,
        out,
        lambda _: modes.extend(stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()),
    )
    assert modes == [0o600]


def test_content_key__never_sealed_here__not_found(services: Services):
    with pytest.raises(NotFoundError) as caught:
        content_key(services, 1)
    assert caught.value.code == "content-not-sealed"


def test_content_key__row_moved_from_another_work__does_not_open(services: Services):
    identity = kept(services, b"whose row is it " * 60)
    pinned(services, identity)
    with services.store.transaction() as tx:
        row = tx.content_keys.find(identity.work_id)
        moved = {name: getattr(row, name) for name in ("master", "wrapped", "salt", "cid", "created_at")}
        tx.content_keys.add(ContentKeyRecord(work=1, **moved))
    with pytest.raises(UnavailableError) as caught:
        content_key(services, 1)
    assert caught.value.code == "content-key-damaged"


def test_require_master_key__live_chain_without_one__refused_and_nothing_made(services: Services, tmp_path: Path):
    """Nobody learns on the day of a lost disk that the only key lay beside the database."""
    live = replace(services, client=_elsewhere(services), settings=replace(services.settings, home=tmp_path))
    with pytest.raises(UnavailableError) as caught:
        require_master_key(live)
    assert caught.value.code == "no-content-key"
    assert list(tmp_path.iterdir()) == []
    chosen = replace(live, settings=replace(live.settings, content_key="ab" * 32))
    assert require_master_key(chosen).id == MasterKey("ab" * 32).id


def test_start_registration__for_sale_on_a_live_chain_without_a_key__refused_at_once(site: Site, services: Services):
    with open_engine(services) as engine:
        engine.services = replace(services, client=_elsewhere(services))
        for_sale = RegistrationRequest(site.address(ADA), "Sold", tiers=(TierMandate("personal"),))
        with pytest.raises(UnavailableError) as caught:
            start_registration(engine, b"cannot be sealed " * 60, for_sale)
        assert caught.value.code == "no-content-key"
        _drafts_unsealed(engine, replace(for_sale, tiers=()))


def _drafts_unsealed(engine: Engine, request: RegistrationRequest) -> None:
    """What is not for sale needs no key."""
    job = engine.wait(start_registration(engine, b"need not be sealed " * 60, request).id)
    assert job.state == "awaiting-signature"
    assert all(each.scheme is None for each in engine.output(job.id)["metadata"].renditions)


def _elsewhere(services: Services):
    """The same node, as if its chain were a live one."""
    client = services.client
    return type(client)(client.w3, client.rpc_url, 1)
