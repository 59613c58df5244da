"""Quotes keep to what the share holders protect, to what is reserved, and to what a derivative's permits leave."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from offchain.chain import ZERO_ADDRESS, ZERO_DIGEST, Bounds, Economics, Listing, Quote
from offchain.errors import RefusedError
from offchain.workflows.prices import price_work
from offchain.workflows.quoting import QuoteRequest, make_quote
from offchain.workflows.services import Services, open_services, service_signers
from tests.offchain.deployed import ADAPTATION, BUYER, CREATOR, SECOND_CREATOR
from tests.offchain.site import DOLLAR, Site

FLOOR, CEILING, NEVER = DOLLAR, 1000 * DOLLAR, 2**40 - 1
LEAST = 18 * DOLLAR
"""Above what the personal tier costs where nobody protects it."""


@pytest.fixture
def services(site: Site) -> Iterator[Services]:
    relayer, pricing = service_signers(site.settings)
    with open_services(site.settings, relayer=relayer, pricing=pricing) as services:
        yield services


def mandated_work(site: Site, services: Services, tier: str = "personal", ceiling: int = CEILING, **stated) -> int:
    """A work of which the service may quote one tier."""
    work = site.world.register(b"mandated", CREATOR, bounds=(mandate(services, tier, ceiling),), **stated)
    services.advance()
    return work


def mandate(services: Services, tier: str = "personal", ceiling: int = CEILING) -> Bounds:
    return Bounds(services.require_pricing().address, services.terms_number(tier), 1, FLOOR, ceiling, NEVER, 5)


def refused(services: Services, work: int, tier: str = "personal") -> str:
    with pytest.raises(RefusedError) as caught:
        make_quote(services, QuoteRequest(work, tier))
    return caught.value.code


def test_make_quote__share_holders_state_a_least_price__is_not_below_it(site: Site, services: Services):
    free = mandated_work(site, services)
    work = mandated_work(site, services, economics=Economics(1, LEAST))
    assert make_quote(services, QuoteRequest(free, "personal")).quote.price < LEAST
    price = make_quote(services, QuoteRequest(work, "personal")).quote.price
    assert price >= LEAST
    assert price in {each.amount for each in price_work(services, work).prices}


def test_make_quote__mandate_below_the_least_price__refused(site: Site, services: Services):
    work = mandated_work(site, services, ceiling=LEAST - 1, economics=Economics(1, LEAST))
    assert refused(services, work) == "below-economics"


def test_make_quote__least_price_in_another_currency__refused(site: Site, services: Services):
    assert refused(services, mandated_work(site, services, economics=Economics(0, 1))) == "below-economics"


def test_make_quote__terms_owe_less_than_the_share_holders_protect__refused(site: Site, services: Services):
    owed = services.contracts.offers.terms(services.terms_number("adaptation")).upstream
    work = mandated_work(site, services, "adaptation", economics=Economics(min_upstream=owed + 1))
    assert refused(services, work, "adaptation") == "below-economics"


def test_make_quote__use_sold_exclusively__refused(site: Site, services: Services):
    world, offers = site.world, services.contracts.offers
    work = mandated_work(site, services)
    personal = offers.terms(services.terms_number("personal"))
    exclusive = world.terms(replace(ADAPTATION, scope=personal.scope, exclusive=True, duration=3600))
    world.send(offers.count_grants(work), CREATOR)
    services.advance()
    assert refused(services, work) == "not-for-sale"  # counting begins with a new epoch
    world.send(offers.set_bounds(work, mandate(services)), CREATOR)
    services.advance()
    seller, until = site.signer(CREATOR), world.now() + 600
    quote = Quote(work, seller.address, exclusive, 0, 0, ZERO_ADDRESS, 0, until, 1, 0, 0, ZERO_DIGEST)
    assert make_quote(services, QuoteRequest(work, "personal")).quote.work == work
    signature = seller.sign_typed(offers.quote_typed(quote))
    world.send(services.contracts.licensing.buy_quote(quote, signature, world.accounts[BUYER]), BUYER)
    assert refused(services, work) == "reserved"


def test_make_quote__more_than_the_parents_permit__refused(site: Site, services: Services):
    """The permit is for one medium, the personal tier for any."""
    world = site.world
    parent, listing = world.register(b"parent", SECOND_CREATOR), Listing(world.terms(ADAPTATION), 0, 0)
    permit = world.buy(world.list(parent, listing, SECOND_CREATOR), listing, CREATOR)
    assert refused(services, mandated_work(site, services, permits=(permit,))) == "scope-too-wide"


def test_make_quote__delegate_sold_its_licences_of_the_day__refused(site: Site, services: Services):
    world = site.world
    bounds = Bounds(services.require_pricing().address, services.terms_number("personal"), 1, FLOOR, CEILING, NEVER, 1)
    work = world.register(b"capped", CREATOR, bounds=(bounds,))
    services.advance()
    signed = make_quote(services, QuoteRequest(work, "personal"))
    world.fund(BUYER, signed.quote.price)
    call = services.contracts.licensing.buy_quote(signed.quote, signed.signature, world.accounts[BUYER])
    world.send(call, BUYER)
    assert refused(services, work) == "daily-cap-reached"


def test_make_quote__again_in_the_second_of_a_quote_that_was_used__is_another(
    site: Site, services: Services, monkeypatch: pytest.MonkeyPatch
):
    """The first is used up: it is not what the offer book is asked about."""
    world, buyer = site.world, site.world.accounts[BUYER]
    work, moment = mandated_work(site, services), services.now()
    monkeypatch.setattr(Services, "now", lambda _: moment)
    asked = QuoteRequest(work, "personal", buyer)
    first = make_quote(services, asked)
    world.fund(BUYER, first.quote.price)
    world.send(services.contracts.licensing.buy_quote(first.quote, first.signature, buyer), BUYER)
    assert make_quote(services, asked).quote.expiry == first.quote.expiry + 1
