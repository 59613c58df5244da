"""A content key leaves for a right that stands some blocks deep, so that a reorganisation cannot have opened a work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import pytest

from offchain.chain import Listing
from offchain.errors import ColophonError, NotFoundError, RefusedError
from offchain.storage.age import new_identity, recipient_of
from offchain.workflows.opening import open_engine
from offchain.workflows.registration import start_registration, submit_signature
from offchain.workflows.releasing import CONFIRMATIONS, KeyRelease, draft_key_request, release_key, request_typed
from offchain.workflows.requests import RegistrationRequest, TierMandate
from offchain.workflows.services import Services, open_services, service_signers
from offchain.workflows.terms import standard_terms
from scripts.localnet import local_chain
from tests.offchain.site import ADA, DORA, EMIL, Site, make_site

DEPTH = 3


@pytest.fixture(scope="module")
def site(ipfs_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """On a chain of this module's own: a reorganisation is nobody else's business."""
    with local_chain() as url:
        yield make_site(url, ipfs_url, tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def services(site: Site) -> Iterator[Services]:
    relayer, pricing = service_signers(site.settings)
    settings = replace(site.settings, key_confirmations=DEPTH)
    with open_services(settings, relayer=relayer, pricing=pricing) as services:
        yield services


@pytest.fixture(scope="module")
def works(site: Site, services: Services) -> Iterator[int]:
    """Ada's, for sale."""
    ada = site.signer(ADA)
    with open_engine(services) as engine:

        def register(number: int) -> int:
            request = RegistrationRequest(ada.address, f"Deep {number}", tiers=(TierMandate("personal"),))
            job = engine.wait(start_registration(engine, f"not before it is deep, {number} ".encode() * 40, request).id)
            submit_signature(engine, job.id, ada.sign_typed(job.typed))
            return int(engine.wait(job.id).result["work"], 16)

        yield map(register, count())


@pytest.fixture
def work(works: Iterator[int]) -> int:
    """One of its own for each test."""
    return next(works)


def on_offer(site: Site, work: int):
    """List the work for nothing; how an account buys that."""
    world = site.world
    listing = Listing(world.terms(replace(standard_terms()[0].terms, text=b"\x0d" * 32, seats=1)), 1, 0)
    listed = world.list(work, listing, ADA)
    return lambda account: world.buy(listed, listing, account)


def ask(site: Site, services: Services, account: int, **named: int) -> KeyRelease:
    signer = site.signer(account)
    asked = draft_key_request(services, signer.address, recipient_of(new_identity()), **named)
    return release_key(services, asked, signer.sign_typed(request_typed(services, asked)))


def refused(site: Site, services: Services, account: int, **named: int) -> str:
    with pytest.raises(ColophonError) as caught:
        ask(site, services, account, **named)
    return caught.value.code


def test_release_key__purchase_undone_by_a_reorganisation__opened_nothing(site: Site, services: Services, work: int):
    """The same history on another branch: what the buyer had for some blocks was not worth a key yet."""
    world, buy = site.world, on_offer(site, work)
    before = world.rpc("evm_snapshot")
    number = buy(DORA)
    for _ in range(DEPTH):  # 0, 1, … blocks on top
        with pytest.raises(RefusedError) as caught:
            ask(site, services, DORA, licence=number)
        assert (caught.value.code, caught.value.facts["confirmations"]) == ("right-not-confirmed", DEPTH)
        world.rpc("evm_mine")
    world.rpc("evm_revert", before)
    for _ in range(2 * DEPTH):
        world.rpc("evm_mine")
    with pytest.raises(NotFoundError):
        ask(site, services, DORA, licence=number)


def test_release_key__right_deep_enough__opens_and_ends_at_once(site: Site, services: Services, work: int):
    """Deep or not, what the newest block denies is denied."""
    world, licensing = site.world, site.world.contracts.licensing
    number = on_offer(site, work)(DORA)
    for _ in range(DEPTH):
        world.rpc("evm_mine")
    assert ask(site, services, DORA, licence=number).block == world.client.head()
    emil = site.address(EMIL)
    world.send(licensing.set_seat(number, emil, True), DORA)
    assert refused(site, services, EMIL, licence=number) == "right-not-confirmed"
    for _ in range(DEPTH):
        world.rpc("evm_mine")
    assert ask(site, services, EMIL, licence=number).request.account == emil
    world.send(licensing.set_seat(number, emil, False), DORA)
    assert refused(site, services, EMIL, licence=number) == "not-licence-holder"


def test_release_key__title_just_taken__waits_like_a_licence(site: Site, services: Services, work: int):
    world, registry = site.world, site.world.contracts.registry
    world.send(registry.transfer(site.address(ADA), site.address(EMIL), work), ADA)
    assert refused(site, services, EMIL, work=work) == "right-not-confirmed"
    assert refused(site, services, ADA, work=work) == "not-title-holder"
    for _ in range(DEPTH):
        world.rpc("evm_mine")
    assert ask(site, services, EMIL, work=work).request.work == work


def test_release_key__nothing_set__local_chains_wait_for_none_and_others_for_some(
    site: Site, services: Services, work: int
):
    number = on_offer(site, work)(DORA)
    local = replace(services, settings=replace(services.settings, key_confirmations=None))
    assert ask(site, local, DORA, licence=number)
    client, key = services.client, (services.settings.home / "content.key").read_text().strip()
    elsewhere = replace(
        local,
        client=type(client)(client.w3, client.rpc_url, 1),
        settings=replace(local.settings, content_key=key),
    )
    with pytest.raises(RefusedError) as caught:
        ask(site, elsewhere, DORA, licence=number)
    assert caught.value.facts["confirmations"] == CONFIRMATIONS
