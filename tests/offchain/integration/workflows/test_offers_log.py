"""Every quote is an offer in the log, with what its buyer saw and what came of it; demand follows where wished."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from offchain.api.schemas.prices import prices_out
from offchain.chain import Bounds
from offchain.pricing import PriceKey
from offchain.pricing.estimation import OfferEvent, estimate
from offchain.workflows import learned_demand
from offchain.workflows.learned_demand import answered_offers
from offchain.workflows.prices import explain_work
from offchain.workflows.quoting import QuoteRequest, SignedQuote, make_quote
from offchain.workflows.services import Services, open_services, service_signers
from tests.offchain.deployed import BUYER, CREATOR, SECOND_BUYER
from tests.offchain.site import DOLLAR, Site, make_site

FLOOR, CEILING, NEVER = DOLLAR, 1000 * DOLLAR, 2**40 - 1
DAY = 24 * 3600


@pytest.fixture(scope="module")
def site(chain_url: str, ipfs_url: str, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """One deployment for this module; each test has a work of its own."""
    return make_site(chain_url, ipfs_url, tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def services(site: Site) -> Iterator[Services]:
    relayer, pricing = service_signers(site.settings)
    with open_services(site.settings, relayer=relayer, pricing=pricing) as services:
        yield services


@pytest.fixture
def work(site: Site, services: Services, request: pytest.FixtureRequest) -> int:
    """A work that the service may quote in two tiers."""
    delegate = services.require_pricing().address
    tiers = [services.terms_number(tier) for tier in ("personal", "commercial")]
    bounds = tuple(Bounds(delegate, terms, 1, FLOOR, CEILING, NEVER, 50) for terms in tiers)
    registered = site.world.register(request.node.name.encode(), CREATOR, bounds=bounds)
    services.advance()
    return registered


def buy(site: Site, services: Services, signed: SignedQuote, account: int) -> None:
    world = site.world
    world.fund(account, signed.quote.price)
    licensing = services.contracts.licensing
    world.send(licensing.buy_quote(signed.quote, signed.signature, world.accounts[account]), account)
    services.advance()


def events(services: Services, work: int, until: int) -> list[OfferEvent]:
    with services.store.snapshot() as tx:
        return [event for event in answered_offers(tx, 1, until) if int(event.work, 16) == work]


def test_log__quotes_of_one_buyer_that_stand_together__are_one_visit_with_all_its_prices(site, services, work):
    """He saw both prices and took one; nothing is told while the others stand open and none was taken."""
    buyer, later = site.world.accounts[BUYER], services.now() + 3600
    personal = make_quote(services, QuoteRequest(work, "personal", buyer))
    assert events(services, work, services.now() + 1) == []
    commercial = make_quote(services, QuoteRequest(work, "commercial", buyer))
    (ignored,) = events(services, work, later)
    seen = {"personal": personal.quote.price, "commercial": commercial.quote.price}
    assert (ignored.offered, ignored.bought) == (seen, None)
    buy(site, services, personal, BUYER)
    (answered,) = events(services, work, services.now() + 1)
    assert (answered.work, answered.segment) == (f"0x{work:064x}", "individual")
    assert (answered.offered, answered.bought) == (seen, "personal")


def test_log__other_buyers_and_open_quotes__are_visits_of_their_own(site, services, work):
    first, second = (site.world.accounts[account] for account in (BUYER, SECOND_BUYER))
    asked = [(first, "individual"), (second, "individual"), (second, "organisation"), (None, "individual")]
    prices = [
        make_quote(services, QuoteRequest(work, "personal", buyer, segment)).quote.price for buyer, segment in asked
    ]
    found = events(services, work, services.now() + 3600)
    assert sorted(event.offered["personal"] for event in found) == sorted(prices)
    assert [event.bought for event in found] == [None] * 4


def test_log__open_quote_bought_twice__is_two_purchases(site, services, work):
    signed = make_quote(services, QuoteRequest(work, "personal"))
    for account in (BUYER, SECOND_BUYER):
        buy(site, services, signed, account)
    assert [event.bought for event in events(services, work, services.now() + 3600)] == ["personal", "personal"]


def test_log__quote_that_fails_to_be_kept__leaves_no_offer(services, work, monkeypatch):
    """Quote and offer are one unit of work."""

    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("offchain.workflows.quoting.log_offer", broken)
    with pytest.raises(RuntimeError):
        make_quote(services, QuoteRequest(work, "personal"))
    with services.store.snapshot() as tx:
        assert tx.quotes.of_work(work, 9) == []
    assert events(services, work, services.now() + 3600) == []


def learning(services: Services, days: float) -> Services:
    """The same services some days later, with COLOPHON_LEARN_DEMAND=1."""
    later = replace(services, settings=replace(services.settings, learn_demand=True))
    moment = services.now() + round(days * DAY)
    object.__setattr__(later, "now", lambda: moment)
    return later


def test_prices__demand_is_learned__follow_what_buyers_did_within_the_mandate(site, services, work):
    """Twenty-four private buyers looked and left: fewer are expected to buy at that price than was stated."""
    stated = explain_work(services, work)
    assert stated.evidence == {}
    for number in range(24):
        make_quote(services, QuoteRequest(work, "personal", f"0x{number + 1:040x}"))
    later = learning(services, 2)
    learned = explain_work(later, work)
    key = PriceKey(f"0x{work:064x}", "personal", "individual")
    evidence, ladder = learned.evidence[key], learned.problem.tiers[0].ladder
    (before,) = [cell.curve.sales(ladder) for cell in stated.problem.demand if cell.key == key]
    (after,) = [cell.curve.sales(ladder) for cell in learned.problem.demand if cell.key == key]
    asked = ladder.index(next(price.amount for price in stated.solution.prices if price.key == key))
    assert after[asked] / after[0] < before[asked] / before[0]
    assert all(low <= middle <= high for low, middle, high in zip(evidence.low, after, evidence.high, strict=True))
    with services.store.snapshot() as tx:
        assert evidence.offers == len(answered_offers(tx, 1, later.now() // DAY * DAY)) >= 24
    assert learned.solution.model_hash != stated.solution.model_hash
    out = next(each for each in prices_out(work, learned, services.currency()).prices if each.tier == "personal")
    assert [(step.low, step.high) for step in out.curve] == [
        (str(low), str(high)) for low, high in zip(evidence.low, evidence.high, strict=True)
    ]
    assert all(FLOOR <= price.amount <= CEILING for price in learned.solution.prices)


def test_listed__final_before_the_log_began__since_then_in_its_currency_and_tiers(services, work):
    """Time in which no offer would have been written down, or could not have been made, is no time without buyers."""
    signed = make_quote(services, QuoteRequest(work, "personal"))
    with services.store.transaction() as tx:
        tx.events.title(work).final_at = 1
    with services.store.snapshot() as tx:
        began, until = tx.offers.began(), services.now() + DAY
        listed = learned_demand._listed(services, tx, signed.quote.currency, ([], until))
        (found,) = [each for each in listed if int(each.id, 16) == work]
        assert (found.since, found.tiers) == (began, {"personal", "commercial"})
        assert learned_demand._listed(services, tx, 0, ([], until)) == []


def test_prices__asked_by_many_at_once__estimate_is_made_once(services, work, monkeypatch):
    make_quote(services, QuoteRequest(work, "personal"))
    later, made = learning(services, 3), []

    def counted(*arguments):
        made.append(arguments)
        return estimate(*arguments)

    monkeypatch.setattr(learned_demand, "estimate", counted)
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: explain_work(later, work).solution.model_hash, range(4)))
    assert (len(made), len(set(found))) == (1, 1)


def test_prices__nothing_answered_before_the_day_began__are_as_stated(services, work):
    make_quote(services, QuoteRequest(work, "personal"))
    today = learning(services, 0)
    assert explain_work(today, work) == explain_work(services, work)
