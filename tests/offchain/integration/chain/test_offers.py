"""What share holders protect, what is reserved, and what an offer permits, through the wrapper of the offer book."""

from __future__ import annotations

from dataclasses import replace

from offchain.chain import Agreement, Economics, Listing
from offchain.chain.offers import Consent, Permission, Window
from offchain.chain.signer import development_signer
from tests.offchain.deployed import ADAPTATION, BUYER, CREATOR, SECOND_BUYER, SECOND_CREATOR, World
from tests.offchain.integration.chain.acts import quoted, refusal

STRICT, LOOSE = Economics(1, 500, 200_000, 600_000), Economics(1, 400, 200_000, 600_000)
NEVER = 2**40 - 1


def protected(world: World) -> int:
    """A work of STRICT economics whose shares two others hold, 300,000 units each."""
    work = world.register(b"protected", CREATOR, economics=STRICT)
    for holder in (BUYER, SECOND_BUYER):
        world.send(world.contracts.ledger.transfer_units(world.accounts[holder], work, 300_000), CREATOR)
    return work


def consent(world: World, work: int, account: int) -> Consent:
    """An account's agreement to LOOSE economics, signed."""
    offers, signer = world.contracts.offers, development_signer(account, 1337)
    _, nonce = offers.economics(work)
    agreement = Agreement(work, signer.address, LOOSE, nonce, offers.epoch(signer.address), world.now() + 3600)
    return Consent(agreement.holder, agreement.deadline, signer.sign_typed(offers.consent_typed(agreement)))


def test_economics__stated_at_registration__stand_under_the_first_nonce(world: World):
    assert world.contracts.offers.economics(protected(world)) == (STRICT, 1)


def test_set_economics__share_holders_signed__lowers_the_price_whatever_their_order(world: World):
    offers, work = world.contracts.offers, protected(world)
    consents = sorted((consent(world, work, each) for each in (BUYER, SECOND_BUYER)), key=lambda each: each.holder)
    world.send(offers.set_economics(work, LOOSE, consents[::-1]), CREATOR)
    assert offers.economics(work) == (LOOSE, 2)


def test_set_economics__too_few_signed__is_refused(world: World):
    offers, work = world.contracts.offers, protected(world)
    world.send(world.contracts.ledger.transfer_units(world.accounts[BUYER], work, 400_000), CREATOR)
    call = offers.set_economics(work, LOOSE, [consent(world, work, SECOND_BUYER)])
    error = refusal(world, call, CREATOR)
    assert (error.code, error.facts["units"], error.facts["quorum"]) == ("quorum-missed", 300_000, 600_000)


def test_exclusive__sold_on_a_quote_that_states_the_grants__opens_a_window(world: World):
    offers, licensing = world.contracts.offers, world.contracts.licensing
    work = world.register(b"exclusive", CREATOR)
    assert not offers.exclusivity(work).counting
    world.send(offers.count_grants(work), CREATOR)
    listing = Listing(world.terms(replace(ADAPTATION, scope=(2 << 48) | (1 << 16) | 1)), 0, 0)
    world.buy(world.list(work, listing, CREATOR), listing, BUYER)
    grants = offers.exclusivity(work).grants
    assert grants == 1
    alone = world.terms(replace(ADAPTATION, exclusive=True, duration=3600))
    changes = {"terms": alone, "currency": 0, "price": 9}
    call = licensing.buy_quote(*quoted(world, work, **changes, grants=0), world.accounts[BUYER])
    assert refusal(world, call, BUYER).code == "grants-changed"
    assert offers.windows(work) == ()
    world.send(licensing.buy_quote(*quoted(world, work, **changes, grants=grants), world.accounts[BUYER]), BUYER)
    (window,) = offers.windows(work)
    # The window's offer is the last that was made.
    assert window == Window(ADAPTATION.scope, world.now() + 3600, window.offer)
    assert offers.offer(window.offer).terms == alone


def test_permission__of_an_offer__tells_what_a_derivative_would_owe(world: World):
    work = world.register(b"permitting", CREATOR)
    terms = replace(ADAPTATION, max_derivatives=3, currency=1, guarantee=40, ceiling=100, lasting=False)
    offer = world.list(work, Listing(world.terms(terms), 1, 7), CREATOR).offer
    assert world.contracts.offers.permission(offer) == Permission(
        work, 3, ADAPTATION.upstream, 1, 40, 100, False, NEVER, ADAPTATION.scope
    )


def test_permission__parent_disputed__is_refused(world: World):
    work = world.register(b"disputed parent", CREATOR)
    offer = world.list(work, Listing(world.terms(), 1, 7), CREATOR).offer
    world.dispute(work, 1, SECOND_CREATOR)
    with_reason = world.contracts.offers.contract.call("permissionOf", offer)
    assert refusal(world, with_reason, BUYER).code == "disputed"


def test_content__of_an_offer__is_what_a_purchase_states(world: World):
    work = world.register(b"stated", CREATOR)
    stated = world.list(work, Listing(world.terms(), 1, 2**104 - 1), CREATOR)
    assert world.contracts.offers.content(stated.offer) == stated.content


def test_renewal__of_renewable_terms__is_possible_and_extends_by_a_period(world: World):
    offers, licensing = world.contracts.offers, world.contracts.licensing
    work, month = world.register(b"renewed", CREATOR), 30 * 86_400
    listing = Listing(world.terms(replace(ADAPTATION, renewable=True, duration=month)), 0, 77)
    offer = world.list(work, listing, CREATOR)
    licence = world.buy(offer, listing, BUYER)
    expiry = licensing.expires_at(licence)
    assert (offers.renewal(offer.offer), licensing.is_renewable(licence)) == ((True, 77), True)
    world.send(licensing.renew(licence, month, 77), BUYER)
    assert licensing.expires_at(licence) == expiry + month


def test_renewal__of_other_terms__is_not_possible(world: World):
    work, listing = world.register(b"not renewed", CREATOR), Listing(world.terms(), 0, 77)
    offer = world.list(work, listing, CREATOR)
    licence = world.buy(offer, listing, BUYER)
    assert world.contracts.offers.renewal(offer.offer) == (False, 77)
    assert not world.contracts.licensing.is_renewable(licence)
    assert world.contracts.licensing.expires_at(licence) == NEVER
