"""A generated work that names its training set pays those whose works the model was taught with, to the wei."""

from __future__ import annotations

from fractions import Fraction
from itertools import count

import pytest

from offchain.chain import Listing
from offchain.errors import RefusedError
from offchain.generation.attribution.training_set import TrainingSet, training_set
from offchain.generation.music.params import MusicParams
from offchain.generation.training.manifest import TrainingManifest
from offchain.money import UNITS
from offchain.workflows.claiming import plan
from offchain.workflows.engine import Engine
from offchain.workflows.generating import generated_master, start_generation
from offchain.workflows.jobs import Job
from offchain.workflows.registration import start_registration, submit_signature
from offchain.workflows.requests import GenerationRequest, RegistrationRequest, TierListing, TierMandate
from offchain.workflows.training_sets import activate_shares, request_for, start_training_set
from tests.offchain.site import ADA, BEN, CLEO, DOLLAR, DORA, RELAYER, Site
from tests.offchain.tiny_music import manifest, use_tiny

SEEDS = count(3)
UPSTREAM = 150_000
"""Parts per million that a derivative owes under the adaptation licence."""


@pytest.fixture(scope="module")
def site(shared_site: Site) -> Site:
    return shared_site


@pytest.fixture(scope="module")
def engine(shared_engine: Engine) -> Engine:
    """One for all tests here; each makes a piece of its own."""
    return shared_engine


@pytest.fixture
def taught_with(site: Site) -> TrainingManifest:
    """Two works of Ben's, one of Cleo's, two that pay nobody."""
    ben, cleo = site.address(BEN), site.address(CLEO)
    return manifest(ben, cleo, None, ben, None)


@pytest.fixture
def training(taught_with: TrainingManifest, monkeypatch: pytest.MonkeyPatch, tmp_path) -> TrainingSet:
    """The set that the model in use was taught with."""
    use_tiny(monkeypatch, tmp_path / "weights", taught_with)
    return training_set(taught_with)


def signed(site: Site, engine: Engine, job: Job, account: int) -> dict:
    waiting = engine.wait(job.id, timeout=60)
    assert waiting.state == "awaiting-signature", waiting.error
    submit_signature(engine, job.id, site.signer(account).sign_typed(waiting.typed))
    done = engine.wait(job.id, timeout=60)
    assert done.state == "done", done.error
    return done.result


def licence_of(site: Site, engine: Engine, work: int, tier: str, price: int, buyer: int, seller: int) -> int:
    """Buy a licence at a fixed price in dollars, as anybody can on chain."""
    world, listing = site.world, Listing(engine.services.terms_number(tier), 1, price, 0)
    bought = world.list(work, listing, seller)
    world.fund(buyer, price)
    return world.buy(bought, listing, buyer)


def claimed(site: Site, engine: Engine, account: int) -> int:
    """Pull and claim everything of an account in one transaction; what its wallet received."""
    world, dollar = site.world, site.world.contracts.dollar
    before = dollar.balance(site.address(account))
    engine.services.advance()
    planned = plan(engine.services, site.address(account), engine.services.currency())
    for step in planned.steps(world.contracts.ledger):
        world.send(step.call, account)
    return dollar.balance(site.address(account)) - before


def generated(engine: Engine, *, name_training_set: bool = True) -> tuple:
    asked = GenerationRequest("", MusicParams(bars=2), next(SEEDS), name_training_set=name_training_set)
    job = engine.wait(start_generation(engine, asked).id, timeout=60)
    assert job.state == "done", job.error
    return generated_master(engine, job.id)


def test_training_set__child_is_sold__its_authors_receive_the_stated_parts(
    site: Site, engine: Engine, training: TrainingSet
):
    """Ada registers the set and a piece by the model; Dora buys the piece; Ben has two works in the set, Cleo one."""
    services, world = engine.services, site.world
    result = signed(site, engine, start_training_set(engine, training, request_for(training, site.address(ADA))), ADA)
    assert result["work"] == training.work
    parent = int(training.work, 16)
    units = {each.account: each.units for each in activate_shares(services, training, site.signer(RELAYER))}
    # Three works pay, two thirds of 1,000,000 are no whole number: the remainder goes to the larger one.
    assert units == {site.address(BEN): 666_667, site.address(CLEO): 333_333}
    assert world.contracts.ledger.units(site.address(ADA), parent) == 0
    assert all(each.transaction is None for each in activate_shares(services, training, site.signer(RELAYER)))

    permit = licence_of(site, engine, parent, "adaptation", 7 * DOLLAR + 1, ADA, ADA)
    master, record = generated(engine)
    assert record["parents"] == [{"work": training.work, "relation": "training-set"}]
    request = RegistrationRequest(site.address(ADA), "Noise", permits=(permit,), provenance=record)
    child = int(signed(site, engine, start_registration(engine, master, request), ADA)["work"], 16)
    assert world.contracts.ledger.edge(child, 0).parent == parent

    price = 23 * DOLLAR + 17
    licence_of(site, engine, child, "personal", price, DORA, ADA)
    gross = 7 * DOLLAR + 1 + price * UPSTREAM // 10**6
    for account, share in ((BEN, 666_667), (CLEO, 333_333)):
        assert claimed(site, engine, account) == int(Fraction(gross * share, UNITS))
    assert claimed(site, engine, ADA) == price - price * UPSTREAM // 10**6
    assert world.contracts.ledger.claimable(parent, 1, site.address(BEN)) == 0


def test_registration__record_names_a_parent_without_a_permit__refused(
    site: Site, engine: Engine, training: TrainingSet
):
    """R5 off the chain, too: a record that says what a work derives from binds its registration."""
    master, record = generated(engine)
    with pytest.raises(RefusedError) as caught:
        start_registration(engine, master, RegistrationRequest(site.address(ADA), "Noise", provenance=record))
    assert (caught.value.code, caught.value.facts["parent"]) == ("parent-unpermitted", training.work)


def test_activate_shares__registered_with_other_shares__refused(site: Site, engine: Engine):
    taught_with = manifest(site.address(BEN), site.address(CLEO))
    made = training_set(taught_with)
    signed(site, engine, start_training_set(engine, made, request_for(made, site.address(ADA))), ADA)
    other = training_set(taught_with, "influence", {taught_with.files[0].sha256: 1.0})
    with pytest.raises(RefusedError) as caught:
        activate_shares(engine.services, other, site.signer(RELAYER))
    assert caught.value.code == "shares-elsewhere"


@pytest.mark.parametrize(
    ("licence", "offers", "code"),
    [
        ("CC-BY-NC-4.0", {"tiers": (TierMandate("personal"),)}, "terms-non-commercial"),
        ("CC-BY-NC-4.0", {"listings": (TierListing("personal", 1),)}, "terms-non-commercial"),
        ("CC-BY-NC-4.0", {"listings": (TierListing("commercial", 0),)}, "terms-non-commercial"),
        ("CC-BY-SA-4.0", {"listings": (TierListing("personal", 0),)}, "terms-share-alike"),
        ("CC-BY-NC-4.0", {"listings": (TierListing("personal", 0),)}, None),
        ("CC-BY-NC-SA-4.0", {}, None),
        ("CC-BY-4.0", {"tiers": (TierMandate("commercial"),)}, None),
    ],
)
def test_registration__training_licences__bind_the_terms_on_offer(
    site: Site, engine: Engine, monkeypatch, tmp_path, licence: str, offers: dict, code: str | None
):
    """A price, or a right beyond private use, is commercial; the standard terms are nobody's share-alike licence."""
    taught_with = manifest(site.address(BEN), licence=licence)
    use_tiny(monkeypatch, tmp_path / "weights", taught_with)
    engine.services.vault.keep(engine.services.vault.spool(taught_with.canonical()), int(taught_with.digest, 16))
    master, record = generated(engine, name_training_set=False)
    request = RegistrationRequest(site.address(ADA), "Noise", provenance=record, **offers)
    if code is None:
        assert engine.wait(start_registration(engine, master, request).id, timeout=60).state == "awaiting-signature"
        return
    with pytest.raises(RefusedError) as caught:
        start_registration(engine, master, request)
    assert caught.value.code == code


def test_registration__training_set_that_nobody_can_show__not_offered(
    site: Site, engine: Engine, monkeypatch, tmp_path
):
    use_tiny(monkeypatch, tmp_path / "weights", manifest(site.address(ADA)))
    master, record = generated(engine, name_training_set=False)
    request = RegistrationRequest(site.address(ADA), "Noise", provenance=record, tiers=(TierMandate("personal"),))
    with pytest.raises(RefusedError) as caught:
        start_registration(engine, master, request)
    assert caught.value.code == "training-set-unknown"
