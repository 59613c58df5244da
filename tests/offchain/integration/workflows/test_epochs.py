"""Epochs of prices over works on a chain: what quotes rest on, and that none is signed without a proof."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from offchain.chain import Bounds, Economics, work_hex
from offchain.errors import ColophonError, InputError, RefusedError
from offchain.pricing import Coupling, HolderFloor, HolderShare
from offchain.pricing.certificate import RowDual
from offchain.pricing.epochs import Basis, Rules, block, rules_to_json
from offchain.workflows.epochs import draft_epoch, keep_epoch, pricing_rules
from offchain.workflows.prices import price_work
from offchain.workflows.quoting import QuoteRequest, SignedQuote, make_quote, quote_by_digest
from offchain.workflows.services import Services, open_services, service_signers
from tests.offchain.deployed import BUYER, CREATOR
from tests.offchain.site import DOLLAR, Site, make_site

FLOOR, CEILING, NEVER = DOLLAR, 1000 * DOLLAR, 2**40 - 1


@pytest.fixture(scope="module")
def site(chain_url: str, ipfs_url: str, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """One deployment for all tests here: each has works of its own, and a store without epochs."""
    return make_site(chain_url, ipfs_url, tmp_path_factory.mktemp("home"))


@pytest.fixture
def services(site: Site, tmp_path: Path) -> Iterator[Services]:
    settings = replace(site.settings, home=tmp_path, database_url=f"sqlite:///{tmp_path / 'colophon.db'}")
    relayer, pricing = service_signers(settings)
    with open_services(settings, relayer=relayer, pricing=pricing) as services:
        yield services


def register(site: Site, services: Services, master: bytes, *tiers: str) -> int:
    mandates = tuple(mandate(services, tier) for tier in tiers)
    work = site.world.register(master, CREATOR, bounds=mandates)
    services.advance()
    return work


def mandate(services: Services, tier: str, floor: int = FLOOR, ceiling: int = CEILING) -> Bounds:
    return Bounds(services.require_pricing().address, services.terms_number(tier), 1, floor, ceiling, NEVER, 50)


def under(services: Services, rules: Rules, folder: Path) -> Services:
    """The same services with an operator's rules."""
    file = folder / "rules.json"
    file.write_text(json.dumps(rules_to_json(rules)))
    return replace(services, settings=replace(services.settings, pricing_rules=file))


def bought(site: Site, services: Services, signed: SignedQuote) -> bool:
    """Whether Licensing sells at this quote."""
    world = site.world
    world.fund(BUYER, signed.quote.price)
    before = services.contracts.licensing.contract.read("balanceOf", world.accounts[BUYER])
    world.send(services.contracts.licensing.buy_quote(signed.quote, signed.signature, world.accounts[BUYER]), BUYER)
    return services.contracts.licensing.contract.read("balanceOf", world.accounts[BUYER]) == before + 1


def quotes_of(services: Services, work: int) -> int:
    with services.store.snapshot() as tx:
        return len(tx.quotes.of_work(work, 10))


def test_make_quote__before_and_under_an_epoch__names_model_and_epoch_and_is_sold(site: Site, services: Services):
    work = register(site, services, b"first", "personal", "commercial")
    alone = make_quote(services, QuoteRequest(work, "personal"))
    assert alone.basis == Basis("0x" + alone.quote.basis.hex())
    number = keep_epoch(services, draft_epoch(services))
    signed = make_quote(services, QuoteRequest(work, "personal"))
    assert (signed.basis.epoch, signed.quote.price) == (number, alone.quote.price)
    assert signed.quote.basis == signed.basis.digest() != alone.quote.basis
    assert f"epoch {number}" in signed.explanation
    assert bought(site, services, signed)
    assert quote_by_digest(services, signed.digest) == signed
    assert signed.quote.price in {price.amount for price in price_work(services, work).prices}


def test_quote_by_digest__kept_by_an_earlier_version__is_read_with_the_model_hash(site: Site, services: Services):
    work = register(site, services, b"old", "personal")
    signed = make_quote(services, QuoteRequest(work, "personal"))
    with services.store.transaction() as tx:
        record = tx.quotes.get(signed.digest)
        record.explanation = {name: told for name, told in record.explanation.items() if name != "basis"}
    assert quote_by_digest(services, signed.digest) == signed


def test_draft_epoch__nothing_changed__solves_nothing_anew(site: Site, services: Services):
    works = [register(site, services, master, "personal") for master in (b"one", b"two")]
    first = draft_epoch(services)
    assert first.epoch.solved == len(first.epoch.entries)
    assert set(map(work_hex, works)) <= set(first.epoch.entries)
    keep_epoch(services, first)
    second = draft_epoch(services)
    assert (second.epoch.solved, second.epoch.entries) == (0, first.epoch.entries)


def test_draft_epoch__works_that_may_not_be_quoted__are_left_out(site: Site, services: Services):
    work = register(site, services, b"withdrawn", "personal")
    offers = services.contracts.offers
    site.world.send(offers.set_bounds(work, replace(mandate(services, "personal"), per_day=0)), CREATOR)
    protected = site.world.register(
        b"protected", CREATOR, bounds=(mandate(services, "personal"),), economics=Economics(1, CEILING + 1)
    )
    register(site, services, b"sold", "personal")
    draft = draft_epoch(services)
    assert not {work_hex(work), work_hex(protected)} & set(draft.epoch.entries)
    assert draft.left_out == ((work_hex(protected), "below-economics"),)
    with pytest.raises(RefusedError) as caught:
        draft_epoch(services, services.currency_at(0).caip19)
    assert caught.value.code == "nothing-for-sale"


def test_draft_epoch__holder_leaves_no_price__others_are_priced(site: Site, services: Services):
    """Bounds between two steps of the ladder are the holder's right, no reason to stop other works."""
    narrow = mandate(services, "personal", FLOOR * 10 + 1, FLOOR * 10 + 2)
    missed = site.world.register(b"missed", CREATOR, bounds=(narrow,))
    sold = register(site, services, b"beside", "personal")
    draft = draft_epoch(services)
    assert work_hex(sold) in draft.epoch.entries
    assert (work_hex(missed), "bounds-miss-ladder") in draft.left_out


def test_keep_epoch__another_was_kept_meanwhile__refused(site: Site, services: Services):
    """Two drafts after the same epoch could move a price twice as far as the operator lets one."""
    register(site, services, b"race", "personal")
    first, second = draft_epoch(services), draft_epoch(services)
    number = keep_epoch(services, first)
    with pytest.raises(RefusedError) as caught:
        keep_epoch(services, second)
    assert caught.value.code == "epoch-outdated"
    assert draft_epoch(services).follows == number


ALTERATIONS = (
    lambda entry: entry["prices"][0].update(amount="50000000"),  # another step of the ladder
    lambda entry: entry["prices"][0].update(amount="50000001"),  # no step at all
    lambda entry: entry["prices"].pop(),
    lambda entry: entry["limits"].append({**place("personal"), "least": "1", "most": "2"}),
    lambda entry: entry["rows"].append(
        {"cheaper": place("commercial"), "dearer": place("personal"), "at": "1", "value": "1"}
    ),
)


def test_make_quote__epoch_was_altered__refused_and_nothing_signed(site: Site, services: Services):
    work = register(site, services, b"altered", "personal", "commercial")
    number = keep_epoch(services, draft_epoch(services))
    with services.store.snapshot() as tx:
        honest = json.dumps(tx.epochs.entry(number, work))
    for alter in ALTERATIONS:
        entry = json.loads(honest)
        alter(entry)
        with services.store.transaction() as tx:
            tx.epochs.put_entry(number, work, entry)
        with pytest.raises(ColophonError) as caught:
            make_quote(services, QuoteRequest(work, "personal"))
        assert caught.value.code in {"price-uncertified", "floor-above-ceiling"}
    assert quotes_of(services, work) == 0
    with services.store.transaction() as tx:
        tx.epochs.put_entry(number, work, json.loads(honest))
    assert make_quote(services, QuoteRequest(work, "personal")).basis.epoch == number


def place(tier: str) -> dict[str, str]:
    return {"tier": tier, "segment": "individual"}


def test_make_quote__duals_were_altered__refused(site: Site, services: Services):
    work = register(site, services, b"duals", "personal")
    number = keep_epoch(services, draft_epoch(services))
    with services.store.transaction() as tx:
        record = tx.epochs.newest(1)
        assert record is not None
        assert record.number == number
        record.terms = {**record.terms, "duals": [{"row": 0, "value": "5"}]}
    with pytest.raises(RefusedError) as caught:
        make_quote(services, QuoteRequest(work, "personal"))
    assert caught.value.code == "price-uncertified"


def test_draft_epoch__solver_lies__refused_and_the_last_epoch_holds(
    site: Site, services: Services, monkeypatch: pytest.MonkeyPatch
):
    """Steps that are not the best, with multipliers that would prove them if these were believed."""
    work = register(site, services, b"lies", "personal")
    number = keep_epoch(services, draft_epoch(services))
    site.world.send(services.contracts.offers.set_bounds(work, mandate(services, "personal", 20 * DOLLAR)), CREATOR)
    services.advance()
    honest = block.solve_lp

    def lying(model):
        solved = honest(model)
        key = model.cells[0].key
        rows = (RowDual(key, key, 1, 10**18),)
        return replace(solved, steps=(solved.steps[0] + 1, *solved.steps[1:]), rows=rows if model.orders else ())

    monkeypatch.setattr(block, "solve_lp", lying)
    for act in (lambda: draft_epoch(services), lambda: make_quote(services, QuoteRequest(work, "personal"))):
        with pytest.raises(RefusedError) as caught:
            act()
        assert caught.value.code == "price-uncertified"
    with services.store.snapshot() as tx:
        assert [epoch.number for epoch in tx.epochs.page(5)] == [number]
    assert quotes_of(services, work) == 0


def test_make_quote__mandate_changed_since_the_epoch__keeps_to_it_and_near_the_epoch(
    site: Site, services: Services, tmp_path: Path
):
    limited = under(services, Rules(max_change_ppm=400_000), tmp_path)
    work = register(site, limited, b"near", "personal")
    keep_epoch(limited, draft_epoch(limited))
    before = make_quote(limited, QuoteRequest(work, "personal")).quote.price
    offers = limited.contracts.offers
    # A floor of 1.35 times the price is within 40 % of it: the price follows, by no more than that.
    site.world.send(offers.set_bounds(work, mandate(limited, "personal", before * 115 // 100)), CREATOR)
    limited.advance()
    near = make_quote(limited, QuoteRequest(work, "personal"))
    assert before * 115 // 100 <= near.quote.price <= before * 140 // 100
    assert near.basis.epoch == 1
    # A floor of twice the price goes before the limit, and the next epoch says so.
    site.world.send(offers.set_bounds(work, mandate(limited, "personal", before * 2)), CREATOR)
    limited.advance()
    assert make_quote(limited, QuoteRequest(work, "personal")).quote.price >= before * 2
    assert work_hex(work) in draft_epoch(limited).epoch.eased


def test_make_quote__holder_with_a_floor__is_priced_for_it_and_sold(site: Site, services: Services, tmp_path: Path):
    """The floor of a holder of half of one work is out of reach, so its work is priced as alone; a new one is too."""
    work = register(site, services, b"floored", "personal", "commercial")
    currency = services.currency()
    floor = HolderFloor("agency", (HolderShare(work_hex(work), 500_000),), 10**12, 2_000_000, currency.caip19)
    ruled = under(services, Rules(coupling=Coupling((floor,))), tmp_path)
    alone = price_work(services, work)
    draft = draft_epoch(ruled)
    assert [weight.value for weight in draft.epoch.terms.weights] == [2 * 10**9]  # the charge itself
    number = keep_epoch(ruled, draft)
    signed = make_quote(ruled, QuoteRequest(work, "commercial"))
    assert signed.quote.price in {price.amount for price in alone.prices}
    assert "agency earns at least" in signed.explanation
    assert signed.basis.duals_hash == draft.epoch.terms.duals_hash != Basis("0x").duals_hash
    assert bought(site, ruled, signed)
    later = register(site, ruled, b"later", "personal")
    assert make_quote(ruled, QuoteRequest(later, "personal")).basis.epoch == number


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "rules-unreadable"),
        ('{"version": 2}', "pricing-json-malformed"),
        ('{"version": 1, "max_change_ppm": -1}', "change-out-of-range"),
        ('{"version": 1, "coupling": {"budgets": [{"name": "b", "limit": 1, "tier": "gold"}]}}', "tier-unknown"),
    ],
)
def test_draft_epoch__rules_malformed__refused(site: Site, services: Services, tmp_path: Path, text: str, code: str):
    register(site, services, b"rules", "personal")
    file = tmp_path / "rules.json"
    file.write_text(text)
    with pytest.raises(InputError) as caught:
        draft_epoch(replace(services, settings=replace(services.settings, pricing_rules=file)))
    assert caught.value.code == code


def test_pricing_rules__file_is_missing__refused(tmp_path: Path):
    with pytest.raises(InputError) as caught:
        pricing_rules(tmp_path / "none.json")
    assert caught.value.code == "rules-unreadable"
