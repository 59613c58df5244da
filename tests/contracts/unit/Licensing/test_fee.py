"""What a derivative pays and keeps: fees bought and used up at once, guarantees, and the limits it inherits."""

from __future__ import annotations

import pytest

from tests.contracts.reverts import reverts
from tests.contracts.structs import Purchase
from tests.contracts.world import ALL_SCOPES, DAY, DOLLAR, FOREVER, GRACE, NATIVE, SALT

FEE = 1000
GUARANTEE = 300
NARROW = 0x0001_00000001_000F
OTHER = 0x0001_00000001_00F8
COMMON = 0x0001_00000001_0008


@pytest.fixture
def parents(world, rival) -> list[int]:
    return [world.register("first parent", rival), world.register("second parent", rival)]


@pytest.fixture
def fee(world, parents, currency) -> Purchase:
    """The price of a derivative of the first parent."""
    return world.purchase(world.list(parents[0], FEE, currency))


@pytest.fixture
def register(world, registry, creator):
    """Register a derivative of the creator's, with coins for what is paid in coins."""

    def run(label="child", value=0, **permissions):
        stated = world.registration(label, creator, **permissions)
        return registry.register(stated, {"from": creator, "value": value})

    return run


def owed(edge: tuple) -> tuple:
    """Parent and upstream of an edge."""
    return tuple(edge)[:2]


# Fees


def test_fee__listed_offer__paid_and_used_up_without_a_licence(
    world, licensing, ledger, creator, parents, currency, fee, register
):
    """R5: what one licence would have permitted once."""
    world.fund(creator, FEE)
    done = register(value=FEE if currency == NATIVE else 0, purchases=(fee,))
    child = done.events["WorkRegistered"]["work"]
    assert dict(done.events["FeePaid"]) == {
        "child": child, "work": parents[0], "payer": creator, "offer": fee.offer, "terms": 1, "currency": currency,
        "price": FEE,
    }  # fmt: skip
    assert done.events["Deposited"]["payer"] == creator
    assert ledger.grossOf(parents[0], currency) == FEE
    assert owed(ledger.edgeOf(child, 0)) == (parents[0], 100_000)
    assert (licensing.balanceOf(creator), licensing.isLive(1)) == (0, False)
    assert licensing.balance() == 0


def test_fee__free_offer__told_and_nothing_moves(world, parents, register):
    done = register(purchases=(world.purchase(world.list(parents[0], 0)),))
    assert done.events["FeePaid"]["price"] == 0
    assert "Deposited" not in done.events


def test_fee__beside_permits__edges_of_the_permits_first(world, ledger, creator, parents, register):
    third = world.register("third parent", world.creators[2])
    permit = world.free_licence(third, creator, upstream=7)
    purchases = tuple(world.purchase(world.list(parent, 0)) for parent in parents)
    child = register(permits=(permit,), purchases=purchases).events["WorkRegistered"]["work"]
    assert [owed(ledger.edgeOf(child, i)) for i in range(3)] == [
        (third, 7), (parents[0], 100_000), (parents[1], 100_000),
    ]  # fmt: skip


def test_fee__same_offer_twice__two_edges_and_two_of_the_edition(world, book, ledger, creator, parents, register):
    purchase = world.purchase(world.list(parents[0], FEE, supply=3))
    child = register(value=2 * FEE, purchases=(purchase, purchase)).events["WorkRegistered"]["work"]
    assert [owed(ledger.edgeOf(child, i)) for i in range(2)] == [(parents[0], 100_000)] * 2
    assert (ledger.grossOf(parents[0], NATIVE), book.offerOf(purchase.offer)["sold"]) == (2 * FEE, 2)
    with reverts("OfferBook__SoldOut", purchase.offer, 3):
        register("another child", value=2 * FEE, purchases=(purchase, purchase))


@pytest.mark.parametrize("terms", [{"maxDerivatives": 0}, {"refundDays": 1}], ids=["none permitted", "refundable"])
def test_fee__terms_that_permit_none_or_could_be_given_back__refused(world, parents, register, terms):
    offer = world.list(parents[0], 0, terms=world.terms(**terms))
    with reverts("Licensing__NoDerivatives", offer):
        register(purchases=(world.purchase(offer),))


def test_fee__quantity__only_one(world, parents, register):
    """Threat: a registrant who takes a whole edition, without a licence to show for it."""
    offer = world.list(parents[0], 0)
    for quantity in (2, 2**32 - 1):
        with reverts("Licensing__QuantityTooLarge", quantity, 1):
            register(purchases=(world.purchase(offer, quantity),))
    with reverts("OfferBook__ZeroQuantity", offer):
        register(purchases=(world.purchase(offer, 0),))


def test_fee__offer_that_was_changed_for_another__refused(world, parents, register):
    """R4: the number alone buys nothing."""
    cheap, dear = world.list(parents[0], 1), world.list(parents[0], 1000)
    stated = world.purchase(cheap)._replace(offer=dear)
    with reverts("OfferBook__WrongContent"):
        register(value=1000, purchases=(stated,))


def test_fee__too_few_coins__refused(world, parents, register):
    purchases = tuple(world.purchase(world.list(parent, FEE)) for parent in parents)
    with reverts("Licensing__WrongValue", FEE - 1, FEE):
        register(value=2 * FEE - 1, purchases=purchases)


def test_fee__token_that_arrives_short__refused(world, creator, parents, register):
    """M4."""
    token = world.contract("FeeToken")
    number = world.add_currency(token)
    token.mint(creator, 10 * FEE, {"from": creator})
    token.approve(world.ledger, 10 * FEE, {"from": creator})
    with reverts("Licensing__Underpaid", 990, FEE):
        register(purchases=(world.purchase(world.list(parents[0], FEE, number)),))


def test_fee__carried_by_somebody_else__tokens_of_the_registrant(world, registry, ledger, dollar, creator, parents):
    """The registrant signs what it buys; the carrier pays only gas and coins."""
    world.fund(creator, FEE)
    purchase = world.purchase(world.list(parents[0], FEE, DOLLAR))
    stated = world.registration("child", creator, purchases=(purchase,))
    signature = world.sign_registration(stated, creator, deadline=2**40)
    registry.registerBySig(stated, 2**40, signature, {"from": world.relayer})
    assert (dollar.balanceOf(creator), ledger.grossOf(parents[0], DOLLAR)) == (0, FEE)


def test_fee__title_that_gave_way__stays_paid(world, registry, ledger, chain, creator, rival, parents):
    """What a displaced registration paid for stays paid; the copier's loss."""
    purchase = world.purchase(world.list(parents[0], FEE))
    stated = world.registration("child", creator, purchases=(purchase,))
    world.commit(stated.work, creator)
    chain.sleep(60)
    registry.register(stated._replace(registrant=str(rival)), {"from": rival, "value": FEE})
    registry.register(stated._replace(salt=SALT), {"from": creator, "value": FEE})
    assert ledger.grossOf(parents[0], NATIVE) == 2 * FEE
    assert registry.ownerOf(stated.work) == creator


def test_fee__licensing_paused__refused_and_a_permit_at_hand_not(
    world, licensing, ledger, admin, creator, parents, register
):
    """M7: a fee is a sale. What was sold before the pause is used, and its guarantee is paid."""
    permit = world.free_licence(parents[1], creator, guarantee=GUARANTEE)
    purchase = world.purchase(world.list(parents[0], FEE))
    licensing.setPaused(True, {"from": admin})
    with reverts("Pausable__Paused"):
        register(value=FEE, purchases=(purchase,))
    with reverts("Pausable__Paused"):
        register(value=FEE + GUARANTEE, permits=(permit,), purchases=(purchase,))
    register(value=GUARANTEE, permits=(permit,))
    assert [ledger.grossOf(parent, NATIVE) for parent in parents] == [0, GUARANTEE]
    licensing.setPaused(False, {"from": admin})
    register("another child", value=FEE, purchases=(purchase,))


# Guarantees


@pytest.mark.parametrize("how", ["permit", "fee"])
def test_guarantee__registration__in_the_parent_at_once(world, ledger, creator, parents, currency, register, how):
    """An advance payment of what the derivative will owe; E(x) begins at it."""
    terms = world.terms(currency=currency, guarantee=GUARANTEE, ceiling=2 * GUARANTEE)
    offer = world.list(parents[0], 0, currency, terms)
    if how == "permit":
        permissions = {"permits": (world.buy(offer, creator),)}
    else:
        permissions = {"purchases": (world.purchase(offer),)}
    world.fund(creator, GUARANTEE)
    done = register(value=GUARANTEE if currency == NATIVE else 0, **permissions)
    child = done.events["WorkRegistered"]["work"]
    assert (done.events["Deposited"]["work"], done.events["Deposited"]["payer"]) == (parents[0], creator)
    assert ledger.grossOf(parents[0], currency) == GUARANTEE
    assert tuple(ledger.edgeOf(child, 0)) == (parents[0], 100_000, currency, GUARANTEE, 2 * GUARANTEE)


def test_guarantee__other_currency_than_the_fee__both_paid(world, ledger, creator, parents, register):
    terms = world.terms(currency=DOLLAR, guarantee=GUARANTEE)
    world.fund(creator, GUARANTEE)
    register(value=FEE, purchases=(world.purchase(world.list(parents[0], FEE, NATIVE, terms)),))
    assert (ledger.grossOf(parents[0], NATIVE), ledger.grossOf(parents[0], DOLLAR)) == (FEE, GUARANTEE)


def test_guarantee__of_several_parents__the_sum_and_no_less(world, ledger, creator, parents, register):
    terms = world.terms(guarantee=GUARANTEE)
    permit = world.buy(world.list(parents[0], 0, terms=terms), creator)
    purchase = world.purchase(world.list(parents[1], FEE, terms=terms))
    with reverts("Licensing__WrongValue", GUARANTEE - 1, GUARANTEE):
        register(value=FEE + 2 * GUARANTEE - 1, permits=(permit,), purchases=(purchase,))
    with reverts("WorkRegistry__WrongValue"):
        register(value=FEE + 2 * GUARANTEE + 1, permits=(permit,), purchases=(purchase,))
    register(value=FEE + 2 * GUARANTEE, permits=(permit,), purchases=(purchase,))
    assert [ledger.grossOf(parent, NATIVE) for parent in parents] == [GUARANTEE, FEE + GUARANTEE]


def test_guarantee__registrant_cannot_pay__permit_stays_unused(world, licensing, creator, parents, register):
    terms = world.terms(currency=DOLLAR, guarantee=GUARANTEE)
    permit = world.buy(world.list(parents[0], 0, terms=terms), creator)
    with reverts("TransferFromFailed"):
        register(permits=(permit,))
    assert licensing.licenceOf(permit)["derivatives"] == 0


# Permits that are not settled yet


def test_permit__in_its_refundable_days__refused_until_they_are_over(
    world, licensing, chain, creator, parents, register, midday
):
    """Threat: a derivative made under a licence that is given back afterwards."""
    permit = world.free_licence(parents[0], creator, refundDays=1)
    day = licensing.licenceOf(permit)["refundableFor"]
    with reverts("Licensing__Refundable", permit, day):
        register(permits=(permit,))
    chain.sleep((day + 1) * DAY - chain.time())
    register(permits=(permit,))
    with reverts("Licensing__NotRefundable", permit):
        licensing.refund(permit, {"from": creator})


@pytest.mark.parametrize("how", ["permit", "fee"])
def test_permit__of_a_disputed_parent__refused(world, creator, parents, disputed, register, how):
    """Threat: whoever may lose the title sells derivations of it for ever."""
    offer = world.list(parents[0], 0)
    permit = world.buy(offer, creator)
    purchase = world.purchase(offer)
    disputed(parents[0])
    with reverts("OfferBook__Disputed", parents[0]):
        if how == "permit":
            register(permits=(permit,))
        else:
            register(purchases=(purchase,))


def test_permit__ended_by_its_holder__permits_nothing(world, licensing, creator, parents, register):
    permit = world.free_licence(parents[0], creator)
    licensing.cancelSubscription(permit, {"from": creator})
    with reverts("Licensing__NotLive", permit):
        register(permits=(permit,))


def test_permit__one_of_several_licences__used_alone(world, licensing, creator, parents, register):
    first = world.buy(world.list(parents[0], 0), creator, quantity=3)
    register(permits=(first + 1,))
    assert [licensing.licenceOf(first + i)["derivatives"] for i in range(3)] == [0, 1, 0]


# Limits


def test_limits__permits_that_do_not_last__earliest_expiry_and_common_scope(
    world, book, licensing, creator, parents, register
):
    first = world.free_licence(parents[0], creator, lasting=False, duration=10 * DAY, scope=NARROW)
    second = world.free_licence(parents[1], creator, lasting=False, duration=5 * DAY, scope=OTHER)
    child = register(permits=(first, second)).events["WorkRegistered"]["work"]
    assert tuple(book.limitsOf(child)) == (licensing.expiresAt(second), COMMON)


def test_limits__permit_and_fee__both_count(world, book, creator, parents, register):
    permit = world.free_licence(parents[0], creator, lasting=False, duration=10 * DAY, scope=NARROW)
    terms = world.terms(lasting=False, duration=5 * DAY, scope=OTHER)
    done = register(permits=(permit,), purchases=(world.purchase(world.list(parents[1], 0, terms=terms)),))
    limits = book.limitsOf(done.events["WorkRegistered"]["work"])
    assert tuple(limits) == (done.timestamp + 5 * DAY, COMMON)


def test_limits__lasting_permits_of_every_use__none(world, book, creator, parents, register):
    permit = world.free_licence(parents[0], creator, duration=DAY)
    purchase = world.purchase(world.list(parents[1], 0))
    child = register(permits=(permit,), purchases=(purchase,)).events["WorkRegistered"]["work"]
    assert tuple(book.limitsOf(child)) == (FOREVER, ALL_SCOPES)


@pytest.mark.parametrize("how", ["permit", "fee"])
def test_limits__of_a_limited_parent__passed_on_to_the_grandchild(
    world, book, licensing, creator, parents, register, how
):
    """Threat: a child whose time or scope is limited, which lets a grandchild sell without limit in its place."""
    limited = world.free_licence(parents[0], creator, lasting=False, duration=DAY, scope=NARROW)
    child = world.register("child", creator, permits=(limited,))
    offer = world.list(child, 0, terms=world.terms(lasting=True, scope=COMMON))
    if how == "permit":
        done = register("grandchild", permits=(world.buy(offer, creator),))
    else:
        done = register("grandchild", purchases=(world.purchase(offer),))
    grandchild = done.events["WorkRegistered"]["work"]
    assert tuple(book.limitsOf(grandchild)) == (licensing.expiresAt(limited), COMMON)


def test_limits__scope_of_the_parent__cuts_a_wide_permit(world, book, registry, creator, parents, register):
    """The licence was sold while it was allowed; what its seller may pass on is less."""
    first = world.free_licence(parents[0], creator, scope=NARROW)
    child = world.register("child", creator, permits=(first,))
    permit = world.free_licence(child, creator, scope=COMMON)
    grandchild = register("grandchild", permits=(permit,)).events["WorkRegistered"]["work"]
    assert book.limitsOf(grandchild)["capScope"] == COMMON & NARROW


def test_limits__limited_derivative_gave_way_to_an_unlimited_one__none(
    world, registry, book, chain, creator, rival, parents
):
    """Threat: a copier whose poor permit would bind the owner of the work."""
    good = world.free_licence(parents[0], creator)
    stated = world.registration("child", creator, permits=(good,))
    world.commit(stated.work, creator)
    chain.sleep(GRACE // 5)
    poor = world.free_licence(parents[0], rival, lasting=False, duration=DAY, scope=NARROW)
    registry.register(stated._replace(registrant=str(rival), permits=(poor,)), {"from": rival})
    assert book.limitsOf(stated.work)["capScope"] == NARROW
    registry.register(stated._replace(salt=SALT), {"from": creator})
    assert tuple(book.limitsOf(stated.work)) == (FOREVER, ALL_SCOPES)
