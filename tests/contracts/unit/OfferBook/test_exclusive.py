"""Exclusive licences: while one lives, nothing that overlaps it is granted (R2)."""

from __future__ import annotations

import pytest

from tests.contracts.reverts import reverts
from tests.contracts.structs import Listing
from tests.contracts.unit.WorkRegistry.titles import LAST_EPOCH, set_epoch
from tests.contracts.world import DAY, DOLLAR, NATIVE, now

MONTH = 30 * DAY
DIVERT, RETITLE = 1, 2
REJECT, GRANT = 1, 2


def scope(rights=1, territories=1, media=1):
    """rights 16 | territories 32 | media 16, high to low."""
    return rights << 48 | territories << 16 | media


@pytest.fixture
def counted(book, creator, work):
    """The work, whose licences are counted."""
    book.countGrants(work, {"from": creator})
    return work


@pytest.fixture
def exclusive(world, book, accept):
    """Sell an exclusive for free; the transaction. Every quote differs in its basis."""

    def run(work, covered=None, duration=MONTH, grants=None, **changes):
        changes.setdefault("basis", now().to_bytes(32, "big"))
        terms = world.terms(scope=scope() if covered is None else covered, exclusive=True, duration=duration)
        grants = book.exclusivityOf(work)["grants"] if grants is None else grants
        return accept(world.quote(work, terms=terms, price=0, currency=NATIVE, grants=grants, **changes))

    return run


@pytest.fixture
def plain(world):
    """List and buy licences for free; number of the first."""

    def run(work, covered=None, **purchase):
        terms = world.terms(scope=scope() if covered is None else covered)
        return world.buy(world.list(work, 0, terms=terms), world.buyers[0], **purchase)

    return run


def test_count_grants__holder__begins_at_zero(book, creator, work):
    assert tuple(book.exclusivityOf(work)) == (0, 0, 0, 0, False)
    assert dict(book.countGrants(work, {"from": creator}).events["CountingBegan"]) == {"work": work}
    assert tuple(book.exclusivityOf(work)) == (0, 0, 0, 0, True)


def test_count_grants__holder__epoch_advances_as_if_the_holder_had(registry, book, creator, work):
    before = registry.titleOf(work).dict()
    done = book.countGrants(work, {"from": creator})
    assert dict(done.events["WorkEpochAdvanced"]) == {"work": work, "epoch": 1}
    assert registry.titleOf(work).dict() == before | {"epoch": 1}


def test_count_grants__what_was_offered_before__void(world, book, licensing, creator, buyer, work, accept):
    """R2, threat: a listing that does not know of the windows, and sells what one of them reserves."""
    offer, quote = world.list(work, 0), world.quote(work, price=0, currency=NATIVE)
    used = world.quote(work, price=0, currency=NATIVE, basis=b"\1" * 32)
    accept(used)
    book.setBounds(work, world.bounds(world.pricing), {"from": creator})
    book.countGrants(work, {"from": creator})
    for stale in (quote, used):
        with reverts("OfferBook__WrongWorkEpoch", work, 1):
            accept(stale)
    with reverts("OfferBook__WrongWorkEpoch", work, 1):
        licensing.buy(world.purchase(offer), buyer, {"from": buyer})
    with reverts("OfferBook__WrongWorkEpoch", work, 1):
        world.register("a derivative", buyer, purchases=(world.purchase(offer),))
    with reverts("OfferBook__NoMandate", work, world.pricing):
        accept(world.quote(work, seller=world.pricing))
    assert book.exclusivityOf(work)["grants"] == 0


def test_count_grants__epochs_used_up__refused(world, registry, book, creator, work, exclusive):
    """Threat: grants that are counted while listings of the same epoch are not."""
    set_epoch(registry, work, LAST_EPOCH)
    with reverts("WorkRegistry__EpochsUsedUp", work):
        book.countGrants(work, {"from": creator})
    assert not book.exclusivityOf(work)["counting"]
    set_epoch(registry, work, LAST_EPOCH - 1)
    book.countGrants(work, {"from": creator})
    exclusive(work)


@pytest.mark.parametrize("since", ["counting", "transfer", "judgement", "epoch"])
def test_list__counted_work__listing_knows_it_in_every_later_epoch(
    world, registry, book, disputes, arbitrator, licensing, creator, rival, buyer, counted, exclusive, since
):
    """R2: windows outlive their title's holder, so whoever lists next is bound by them."""
    exclusive(counted)
    if since == "transfer":
        registry.transferFrom(creator, rival, counted, {"from": creator})
    elif since == "judgement":
        cost = sum(disputes.costOf(counted))
        opened = disputes.open(counted, RETITLE, "", {"from": rival, "value": cost})
        arbitrator.giveRuling(opened.events["DisputeOpened"]["dispute"], GRANT, {"from": world.admin})
        assert registry.ownerOf(counted) == rival
    elif since == "epoch":
        registry.advanceWorkEpoch(counted, {"from": creator})
    offer, free = (world.list(counted, 0, terms=world.terms(scope=scope(rights))) for rights in (1, 2))
    assert book.offerOf(offer)["counted"]
    with reverts("OfferBook__Reserved"):
        world.buy(offer, buyer)
    with reverts("OfferBook__Reserved"):
        world.register("a derivative", buyer, purchases=(world.purchase(offer),))
    world.buy(free, buyer, quantity=2)
    world.register("a derivative", buyer, purchases=(world.purchase(free),))
    assert book.exclusivityOf(counted)["grants"] == 4


def test_make_offer__work_not_counted_or_quote__not_marked(world, book, work, creator, accept):
    """A quote's sales always ask; a listing of an uncounted work never has to."""
    assert not book.offerOf(world.list(work, 0))["counted"]
    book.countGrants(work, {"from": creator})
    quoted = accept(world.quote(work, price=0, currency=DOLLAR)).events["LicenceSold"]["offer"]
    assert not book.offerOf(quoted)["counted"]
    assert book.exclusivityOf(work)["grants"] == 1
    assert book.offerOf(world.list(work, 0))["counted"]


def test_count_grants__again_or_by_a_stranger__refused(book, creator, stranger, counted):
    with reverts("OfferBook__AlreadyCounting", counted):
        book.countGrants(counted, {"from": creator})
    with reverts("OfferBook__NotHolder", counted, stranger):
        book.countGrants(counted, {"from": stranger})


def test_count_grants__title_not_final__refused(world, registry, book, creator):
    """Threat: a copier whose title gives way, and whose count would make the owner's sales dearer for ever."""
    work = world.register_at_once("a young work", creator)
    with reverts("OfferBook__NotFinal", work, registry.titleOf(work)["finalAt"]):
        book.countGrants(work, {"from": creator})


def test_take__work_that_nobody_counts__header_stays_empty(book, work, plain):
    plain(work)
    assert tuple(book.exclusivityOf(work)) == (0, 0, 0, 0, False)


def test_take__counted_work__every_licence_counts(book, creator, counted, plain, exclusive):
    plain(counted, quantity=3)
    assert book.exclusivityOf(counted)["grants"] == 3
    exclusive(counted)
    assert book.exclusivityOf(counted)["grants"] == 4


def test_take_quote__exclusive__window_from_its_sale_to_its_expiry(book, licensing, buyer, counted, exclusive):
    done = exclusive(counted, scope(rights=3))
    offer, until = done.events["LicenceSold"]["offer"], done.timestamp + MONTH
    assert dict(done.events["ExclusiveGranted"]) == {
        "work": counted,
        "offer": offer,
        "scope": scope(rights=3),
        "until": until,
    }
    assert tuple(book.exclusivityOf(counted)) == (scope(rights=3), until, 1, 1, True)
    assert tuple(book.windowAt(counted, 0)) == (scope(rights=3), until, offer)
    assert licensing.expiresAt(1) == until


def test_take_quote__exclusive_while_the_title_is_disputed__refused(
    world, book, disputes, arbitrator, creator, rival, counted, exclusive, accept
):
    """Threat: a holder who is about to lose the title, and sells itself ten years of it for nothing."""
    opened = disputes.open(counted, RETITLE, "", {"from": rival, "value": sum(disputes.costOf(counted))})
    with reverts("OfferBook__Disputed", counted):
        exclusive(counted, duration=3650 * DAY)
    accept(world.quote(counted, price=0))  # any other licence runs beside those of the next holder
    arbitrator.giveRuling(opened.events["DisputeOpened"]["dispute"], REJECT, {"from": world.admin})
    exclusive(counted, duration=3650 * DAY)
    assert book.exclusivityOf(counted)["windows"] == 1


def test_take_quote__exclusive_of_an_uncounted_work__refused(work, exclusive):
    with reverts("OfferBook__NotCounting", work):
        exclusive(work)


@pytest.mark.parametrize("where", ["list", "registration"])
def test_list__exclusive_terms__refused(world, book, creator, counted, where):
    """A listing could not say what had been granted when somebody takes it."""
    terms = world.terms(exclusive=True)
    with reverts("OfferBook__ExclusiveNeedsQuote", terms):
        if where == "list":
            world.list(counted, 0, terms=terms)
        else:
            world.register("exclusive", creator, listings=(Listing(terms, NATIVE, 0),))


@pytest.mark.parametrize("stated", [0, 2])
def test_take_quote__other_number_of_grants__refused(world, counted, plain, exclusive, stated):
    """Threat: a seller who quotes an exclusive and licenses the same use to others before it is taken."""
    plain(counted)
    with reverts("OfferBook__GrantsChanged", counted, stated, 1):
        exclusive(counted, grants=stated)
    exclusive(counted, grants=1)


def test_take_quote__exclusive_quote_taken_before__void_even_after_its_window(world, chain, counted, accept):
    """A reusable quote sells no second exclusive to somebody who believes to be the only one."""
    terms = world.terms(scope=scope(), exclusive=True, duration=DAY)
    quote = world.quote(counted, terms=terms, price=0, expiry=now() + MONTH)
    accept(quote)
    with reverts("OfferBook__Reserved"):
        accept(quote)
    chain.sleep(DAY)
    with reverts("OfferBook__GrantsChanged", counted, 0, 1):
        accept(quote)


@pytest.mark.parametrize("kind", ["listing", "quote", "exclusive", "derivative"])
def test_take__overlapping_a_live_window__refused(world, creator, buyer, counted, exclusive, plain, accept, kind):
    offer = world.list(counted, 0, terms=world.terms(scope=scope(3, 3, 3)))
    sold = exclusive(counted, scope(2, 2, 2))
    until = sold.timestamp + MONTH
    with reverts("OfferBook__Reserved", counted, sold.events["LicenceSold"]["offer"], until):
        if kind == "listing":
            world.buy(offer, buyer)
        elif kind == "quote":
            accept(world.quote(counted, price=0))
        elif kind == "exclusive":
            exclusive(counted, scope(2, 2, 3))
        else:
            world.register("derivative", buyer, purchases=(world.purchase(offer),))


@pytest.mark.parametrize("apart", [scope(1, 3, 3), scope(3, 1, 3), scope(3, 3, 1)], ids=["right", "place", "medium"])
def test_take__no_common_right_territory_or_medium__sold(book, counted, exclusive, plain, apart):
    """Two scopes overlap only if all three of their sets do."""
    exclusive(counted, scope(2, 2, 2))
    plain(counted, apart)
    exclusive(counted, apart)
    assert book.exclusivityOf(counted)["windows"] == 2


def test_take__union_of_windows_overlaps_but_none_of_them__sold(book, counted, exclusive, plain):
    exclusive(counted, scope(rights=1, territories=1))
    exclusive(counted, scope(rights=2, territories=2))
    assert book.exclusivityOf(counted)["scopes"] == scope(3, 3)
    plain(counted, scope(rights=1, territories=2))
    with reverts("OfferBook__Reserved"):
        plain(counted, scope(rights=3, territories=2))


def test_take__window_over__sold(book, chain, counted, exclusive, plain):
    until = exclusive(counted, duration=DAY).timestamp + DAY
    chain.sleep(until - now() - 60)
    with reverts("OfferBook__Reserved"):
        plain(counted)
    chain.sleep(60)
    plain(counted)
    exclusive(counted)


def test_take__shorter_window_over__longer_one_still_reserves(chain, counted, exclusive, plain):
    exclusive(counted, scope(rights=1), duration=MONTH)
    exclusive(counted, scope(rights=2), duration=DAY)
    chain.sleep(2 * DAY)
    plain(counted, scope(rights=2))
    with reverts("OfferBook__Reserved"):
        plain(counted, scope(rights=1))


def test_take_quote__ninth_live_window__refused_until_one_is_over(book, chain, counted, exclusive):
    for i in range(8):
        exclusive(counted, scope(rights=1 << i), duration=DAY if i == 3 else MONTH)
    with reverts("OfferBook__TooManyExclusives", counted):
        exclusive(counted, scope(rights=1 << 8))
    assert book.exclusivityOf(counted)["windows"] == 8
    chain.sleep(DAY)
    sold = exclusive(counted, scope(rights=1 << 8), duration=DAY)
    offer, until = sold.events["LicenceSold"]["offer"], sold.timestamp + DAY
    assert tuple(book.windowAt(counted, 3)) == (scope(rights=1 << 8), until, offer)
    header = book.exclusivityOf(counted)
    assert (header["windows"], header["grants"]) == (8, 9)
    assert header["scopes"] == scope(rights=0x1FF & ~(1 << 3))
    assert header["until"] > until


def test_take__window_of_a_title_that_moved__reserves_under_the_new_holder(
    world, registry, creator, rival, counted, exclusive, plain
):
    """Licences survive their seller."""
    exclusive(counted)
    registry.transferFrom(creator, rival, counted, {"from": creator})
    with reverts("OfferBook__Reserved"):
        plain(counted)
    with reverts("OfferBook__Reserved"):
        exclusive(counted, seller=rival)


def test_take_quote__exclusive_of_a_derivative__inside_its_limits(world, book, buyer, work, exclusive):
    child = world.derive("a derivative", buyer, [work], scope=scope(rights=3))
    book.countGrants(child, {"from": buyer})
    with reverts("OfferBook__ScopeTooWide", child, scope(rights=4), scope(rights=3)):
        exclusive(child, scope(rights=4))
    exclusive(child, scope(rights=2))
