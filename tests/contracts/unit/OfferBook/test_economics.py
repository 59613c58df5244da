"""Economics: what a title's holder cannot undercut without the holders of the shares."""

from __future__ import annotations

import pytest

from tests.contracts.reverts import reverts
from tests.contracts.signing import sign, typed
from tests.contracts.structs import Consent, Economics, Listing
from tests.contracts.world import DOLLAR, GRACE, NATIVE, SALT, UNITS, now

FREE = Economics()
FAIR = Economics(DOLLAR, 1_000_000, 100_000, 600_000)
"""A million minor units of dollars, 10 % upstream, 60 % of the shares."""
RETITLE = 2
GRANT = 2


@pytest.fixture
def fair(world, creator) -> int:
    """A work registered under FAIR."""
    return world.register("a fair work", creator, economics=FAIR)


@pytest.fixture
def friends(world):
    """Three share holders, in ascending order of their addresses."""
    return sorted(world.buyers[:3], key=lambda account: str(account).lower())


@pytest.fixture
def sold(ledger, creator, fair, friends) -> int:
    """The fair work, of which `creator` holds the title and 10 % of the shares, and each friend 30 %."""
    for friend in friends:
        ledger.transfer(friend, fair, 300_000, {"from": creator})
    return fair


@pytest.fixture
def loosen(world, book, creator):
    """Set the economics to nothing, or something else, on the consent of some."""

    def run(work, *holders, economics=FREE, by=creator):
        consents = [world.consent(work, economics, holder) for holder in holders]
        return book.setEconomics(work, economics, consents, {"from": by})

    return run


def economics_of(book, work):
    economics, nonce = book.economicsOf(work)
    return tuple(economics), nonce


def test_publish__economics_at_registration__stand_from_then_on(world, book, registry, creator):
    stated = world.registration("a fair work", creator, economics=FAIR)
    done = registry.register(stated, {"from": creator})
    event = done.events["EconomicsSet"]
    assert (event["work"], tuple(event["economics"]), event["nonce"]) == (stated.work, FAIR, 1)
    assert economics_of(book, stated.work) == (FAIR, 1)


def test_economics_of__none_stated__zeros(book, work):
    assert economics_of(book, work) == (FREE, 0)


@pytest.mark.parametrize(
    ("terms", "currency", "price"),
    [
        ({}, DOLLAR, 999_999),
        ({}, NATIVE, 10**18),
        ({"upstream": 99_999}, DOLLAR, 10**6),
        ({"ceiling": 1}, DOLLAR, 10**6),
    ],
    ids=["price", "currency", "upstream", "ceiling"],
)
@pytest.mark.parametrize("how", ["list", "quote", "registration"])
def test_make_offer__below_the_economics__refused(world, creator, fair, accept, terms, currency, price, how):
    """The holder of the title cannot starve the share holders, whether it lists, quotes, or registers."""
    terms = world.terms(**terms)
    upstream = world.book.termsOf(terms)["upstream"]
    payee = world.registration("for sale", creator).work if how == "registration" else fair
    with reverts("OfferBook__BelowEconomics", payee, currency, price, upstream):
        if how == "list":
            world.list(fair, price, currency, terms)
        elif how == "quote":
            accept(world.quote(fair, price=price, currency=currency, terms=terms))
        else:
            world.register("for sale", creator, economics=FAIR, listings=(Listing(terms, currency, price),))


def test_make_offer__at_the_limit__stands(world, fair, accept, buyer):
    world.buy(world.list(fair, 1_000_000, DOLLAR), buyer)
    accept(world.quote(fair, price=1_000_000))


def test_make_offer__quote_used_before_the_economics__keeps_its_offer(world, book, creator, work, accept):
    """What was offered before stays as it is; the epoch ends it."""
    quote = world.quote(work, price=5)
    accept(quote)
    book.setEconomics(work, FAIR, [], {"from": creator})
    accept(quote)
    with reverts("OfferBook__BelowEconomics"):
        accept(world.quote(work, price=5, basis=b"\1" * 32))


def test_make_offer__no_minimum_price__any_currency(world, book, creator, work):
    book.setEconomics(work, Economics(DOLLAR, 0, 100_000, 0), [], {"from": creator})
    world.list(work, 0, NATIVE)
    with reverts("OfferBook__BelowEconomics", work, NATIVE, 0, 0):
        world.list(work, 0, NATIVE, world.terms(upstream=0))


def test_make_offer__no_minimum_upstream__ceilings_allowed(world, book, creator, work):
    book.setEconomics(work, Economics(DOLLAR, 5, 0, 0), [], {"from": creator})
    world.list(work, 5, DOLLAR, world.terms(upstream=0, ceiling=1))


@pytest.mark.parametrize(
    "stricter",
    [
        {},
        {"minPrice": FAIR.minPrice + 1},
        {"minUpstream": FAIR.minUpstream + 1},
        {"quorum": FAIR.quorum + 1},
        {"minPrice": 2**104 - 1, "minUpstream": 900_000, "quorum": UNITS},
    ],
    ids=["same", "price", "upstream", "quorum", "most"],
)
def test_set_economics__stricter__needs_nobody(book, creator, sold, stricter):
    economics = FAIR._replace(**stricter)
    event = book.setEconomics(sold, economics, [], {"from": creator}).events["EconomicsSet"]
    assert (tuple(event["economics"]), event["nonce"]) == (economics, 2)
    assert economics_of(book, sold) == (economics, 2)


@pytest.mark.parametrize(
    "looser",
    [
        {"minPrice": FAIR.minPrice - 1},
        {"minUpstream": FAIR.minUpstream - 1},
        {"quorum": FAIR.quorum - 1},
        {"currency": NATIVE},
        {"minPrice": FAIR.minPrice - 1, "minUpstream": 900_000, "quorum": UNITS},
    ],
    ids=["price", "upstream", "quorum", "currency", "price for the rest"],
)
def test_set_economics__looser_in_one_field__needs_the_quorum(book, creator, sold, friends, loosen, looser):
    economics = FAIR._replace(**looser)
    with reverts("OfferBook__QuorumMissed", sold, 100_000, 600_000):
        book.setEconomics(sold, economics, [], {"from": creator})
    loosen(sold, *friends[:2], economics=economics)
    assert economics_of(book, sold) == (economics, 2)


def test_set_economics__no_minimum_price_yet__currency_may_change(ledger, book, creator, rival, work):
    book.setEconomics(work, Economics(NATIVE, 0, 0, UNITS), [], {"from": creator})
    ledger.transfer(rival, work, 1, {"from": creator})
    book.setEconomics(work, Economics(DOLLAR, 5, 0, UNITS), [], {"from": creator})
    with reverts("OfferBook__QuorumMissed", work, UNITS - 1, UNITS):
        book.setEconomics(work, Economics(NATIVE, 5, 0, UNITS), [], {"from": creator})


def test_set_economics__holder_with_all_shares__needs_nobody(book, creator, fair):
    """Implicit units count as well as issued ones."""
    book.setEconomics(fair, FREE, [], {"from": creator})
    assert economics_of(book, fair) == (FREE, 2)


def test_set_economics__quorum__is_the_present_one_exactly(world, ledger, book, creator, sold, friends, loosen):
    ledger.transfer(friends[2], sold, 1, {"from": friends[0]})  # 100,000 + 299,999 + 300,000
    loosen(sold, *friends[:2], economics=FAIR._replace(quorum=599_999))
    ledger.transfer(friends[2], sold, 100_000, {"from": friends[1]})  # 100,000 + 299,999 + 200,000
    loosen(sold, *friends[:2])
    assert economics_of(book, sold) == (FREE, 3)


def test_set_economics__one_unit_short__refused(ledger, sold, creator, friends, loosen):
    ledger.transfer(friends[2], sold, 100_000, {"from": creator})
    ledger.transfer(friends[2], sold, 1, {"from": friends[0]})
    with reverts("OfferBook__QuorumMissed", sold, 599_999, 600_000):
        loosen(sold, *friends[:2])


def test_set_economics__quorum_of_zero__still_needs_one_unit(ledger, book, creator, rival, work, loosen):
    """Threat: a title bought without shares, whose economics state no quorum."""
    book.setEconomics(work, Economics(DOLLAR, 5, 0, 0), [], {"from": creator})
    ledger.transfer(rival, work, UNITS, {"from": creator})
    with reverts("OfferBook__QuorumMissed", work, 0, 1):
        book.setEconomics(work, FREE, [], {"from": creator})
    ledger.transfer(creator, work, 1, {"from": rival})
    loosen(work)


def test_set_economics__new_title_holder_without_shares__needs_the_former_one(
    world, registry, book, creator, rival, fair, loosen
):
    """The economics of a work outlive the sale of its title; the shares stayed with the seller."""
    registry.transferFrom(creator, rival, fair, {"from": creator})
    with reverts("OfferBook__NotHolder", fair, creator):
        book.setEconomics(fair, FREE, [], {"from": creator})
    with reverts("OfferBook__QuorumMissed", fair, 0, 600_000):
        book.setEconomics(fair, FREE, [], {"from": rival})
    loosen(fair, creator, by=rival)


def test_set_economics__holder_named_twice__refused(sold, creator, friends, loosen):
    """Threat: the same units counted twice."""
    for consenting in (friends[:1] * 2, friends[:2] + friends[:1], friends[1::-1]):
        with reverts("OfferBook__ConsentsUnsorted", consenting[-1]):
            loosen(sold, *consenting)
    with reverts("OfferBook__ConsentsUnsorted", creator):
        loosen(sold, creator)


def test_set_economics__more_consents_than_32__refused(world, book, creator, sold):
    consent = world.consent(sold, FREE, creator)
    with reverts("OfferBook__TooManyConsents", 33):
        book.setEconomics(sold, FREE, [consent] * 33, {"from": creator})


def test_set_economics__consent_to_something_else__refused(world, book, creator, rival, work, sold, friends):
    """R6: a consent binds chain, contract, work, holder, economics, nonce, epoch and deadline."""
    holder = friends[0]
    deadline = now() + 3600
    message = {"work": sold, "holder": str(holder), "economics": FREE._asdict(), "nonce": 1, "epoch": 0}
    message["deadline"] = deadline
    where = {"contract": book.address, "name": "OfferBook"}
    lies = (
        {"work": work},
        {"holder": str(rival)},
        {"deadline": deadline + 1},
        {"economics": FREE._replace(quorum=1)._asdict()},
        {"nonce": 0},
        {"nonce": 2},
        {"epoch": 1},
        {"contract": world.licensing.address},
        {"name": "Licensing"},
        {"chain_id": 1},
    )
    for lie in lies:
        domain = {name: lie.get(name, value) for name, value in where.items()}
        signed = typed(
            domain["contract"],
            domain["name"],
            {name: lie.get(name, value) for name, value in message.items()},
            primary="Consent",
            chain_id=lie.get("chain_id", 1337),
        )
        with reverts("OfferBook__BadSignature"):
            book.setEconomics(sold, FREE, [(holder, deadline, sign(holder, signed))], {"from": creator})
    with reverts("OfferBook__BadSignature"):
        book.setEconomics(sold, FREE, [world.consent(sold, FREE, holder, signer=rival)], {"from": creator})


def test_hash_consent__every_field__equals_eth_account(world, book, creator):
    """The digest of the largest values, signed by eth_account and accepted by ERC-1271's mock."""
    economics = Economics(255, 2**104 - 1, 2**24 - 1, 2**24 - 2)
    consent = Consent(2**256 - 1, "0x" + "ff" * 20, economics, 2**56, 2**255, 2**254)
    message = {**consent._asdict(), "economics": economics._asdict()}
    signed = typed(book.address, "OfferBook", message, primary="Consent")
    wallet = world.contract("SmartWallet", creator)
    hashed = book.hashConsent(*consent)
    assert wallet.isValidSignature(hashed, sign(creator, signed)) == "0x1626ba7e"


def test_set_economics__consent_used_once__void_afterwards(world, book, creator, sold, friends):
    """R6: every change of the economics voids what was agreed to before."""
    consents = [world.consent(sold, FREE, friend) for friend in friends[:2]]
    book.setEconomics(sold, FREE, consents, {"from": creator})
    book.setEconomics(sold, FAIR, [], {"from": creator})
    with reverts("OfferBook__BadSignature"):
        book.setEconomics(sold, FREE, consents, {"from": creator})


def test_set_economics__signer_advanced_its_epoch__consent_withdrawn(world, book, creator, sold, friends, loosen):
    consents = [world.consent(sold, FREE, friend) for friend in friends[:2]]
    book.advanceEpoch({"from": friends[1]})
    with reverts("OfferBook__BadSignature"):
        book.setEconomics(sold, FREE, consents, {"from": creator})
    loosen(sold, *friends[:2])


def test_set_economics__units_sold_after_consenting__do_not_count(
    world, ledger, book, creator, stranger, sold, friends
):
    """Threat: a consent outlives the shares it was given for."""
    consents = [world.consent(sold, FREE, friend) for friend in friends[:2]]
    ledger.transfer(stranger, sold, 300_000, {"from": friends[0]})
    with reverts("OfferBook__QuorumMissed", sold, 400_000, 600_000):
        book.setEconomics(sold, FREE, consents, {"from": creator})


def test_set_economics__contract_holds_shares__erc1271_decides(world, ledger, book, creator, rival, sold, friends):
    wallet = world.contract("SmartWallet", rival)
    for friend in friends[:2]:
        ledger.transfer(wallet, sold, 300_000, {"from": friend})
    with reverts("OfferBook__BadSignature"):
        book.setEconomics(sold, FREE, [world.consent(sold, FREE, wallet, signer=creator)], {"from": creator})
    book.setEconomics(sold, FREE, [world.consent(sold, FREE, wallet, signer=rival)], {"from": creator})


def test_set_economics__one_signature_for_several_accounts_of_a_key__counts_for_the_one_it_names(
    world, ledger, book, creator, sold, friends
):
    """Threat: a person with a few units whose signature is shown again as that of its wallet, which has many."""
    wallet = world.contract("SmartWallet", friends[0])
    ledger.transfer(wallet, sold, 299_999, {"from": friends[0]})
    own = world.consent(sold, FREE, friends[0])
    other = world.consent(sold, FREE, friends[1])
    both = sorted([own, other, (str(wallet), *own[1:])], key=lambda consent: consent[0].lower())
    with reverts("OfferBook__BadSignature"):
        book.setEconomics(sold, FREE, both, {"from": creator})
    both[both.index((str(wallet), *own[1:]))] = world.consent(sold, FREE, wallet, signer=friends[0])
    book.setEconomics(sold, FREE, both, {"from": creator})


def test_set_economics__past_the_deadline__refused_until_signed_again(world, book, chain, creator, sold, friends):
    """Threat: an agreement that is kept until it suits nobody but the title's holder."""
    consents = [world.consent(sold, FREE, friend) for friend in friends[:2]]
    chain.sleep(3601)
    with reverts("OfferBook__Expired", consents[0][1]):
        book.setEconomics(sold, FREE, consents, {"from": creator})
    consents[0] = world.consent(sold, FREE, friends[0])
    with reverts("OfferBook__Expired", consents[1][1]):
        book.setEconomics(sold, FREE, consents, {"from": creator})
    longer = consents[1][0], 2**256 - 1, consents[1][2]
    with reverts("OfferBook__BadSignature"):
        book.setEconomics(sold, FREE, [consents[0], longer], {"from": creator})
    book.setEconomics(sold, FREE, [consents[0], world.consent(sold, FREE, friends[1])], {"from": creator})


@pytest.mark.parametrize(
    "bad", [Economics(NATIVE, 0, 900_001, 0), Economics(NATIVE, 0, 0, UNITS + 1)], ids=["upstream", "quorum"]
)
def test_set_economics__what_nobody_could_meet__refused(world, book, creator, work, bad):
    with reverts("OfferBook__BadEconomics"):
        book.setEconomics(work, bad, [], {"from": creator})
    with reverts("OfferBook__BadEconomics"):
        world.register("for sale", creator, economics=bad)


def test_set_economics__unknown_currency__refused(book, creator, work):
    with reverts("RoyaltyLedger__UnknownCurrency", 2):
        book.setEconomics(work, Economics(2, 1, 0, 0), [], {"from": creator})


def test_set_economics__stranger__refused(book, stranger, work):
    with reverts("OfferBook__NotHolder", work, stranger):
        book.setEconomics(work, FAIR, [], {"from": stranger})


@pytest.mark.parametrize("when", ["at registration", "afterwards"])
def test_economics__of_a_registration_that_gave_way__bind_nobody(
    world, registry, book, chain, creator, rival, friends, when
):
    """Threat: a copier whose economics no owner could ever lower, since the shares were given away at registration."""
    stated = world.registration("copied", creator)
    world.commit(stated.work, creator)
    chain.sleep(60)
    absurd = Economics(DOLLAR, 2**104 - 1, 900_000, UNITS)
    copied = stated._replace(registrant=str(rival))
    if when == "at registration":
        registry.register(copied._replace(economics=absurd), {"from": rival})
    else:
        registry.register(copied, {"from": rival})
        book.setEconomics(stated.work, absurd, [], {"from": rival})
    root = b"\x11" * 32  # nobody's units can be activated: the owner could not muster any quorum
    registry.register(stated._replace(salt=SALT, shareRoot=root), {"from": creator})
    assert economics_of(book, stated.work) == (FREE, 1)
    chain.sleep(GRACE)
    world.buy(world.list(stated.work, 0), friends[0])
    book.setEconomics(stated.work, FAIR, [], {"from": creator})
    assert economics_of(book, stated.work) == (FAIR, 2)


def test_set_economics__after_a_judgement__units_of_the_new_series_decide(
    world, disputes, arbitrator, registry, book, rival, sold, friends, loosen
):
    """RETITLE: the former shares earned their last; the winner holds all new ones, and the economics stay."""
    bond, fee = disputes.costOf(sold)
    opened = disputes.open(sold, RETITLE, "ipfs://evidence", {"from": rival, "value": bond + fee})
    arbitrator.giveRuling(opened.events["DisputeOpened"]["dispute"], GRANT, {"from": world.admin})
    assert (registry.ownerOf(sold), economics_of(book, sold)) == (rival, (FAIR, 1))
    world.ledger.transfer(world.buyers[3], world.ledger.shareId(sold, 1), 500_000, {"from": rival})
    with reverts("OfferBook__QuorumMissed", sold, 500_000, 600_000):
        loosen(sold, *friends, by=rival)
    loosen(sold, world.buyers[3], by=rival)


def test_take__holders_own_derivative__pays_the_minimum_too(world, creator, fair):
    """The same economics for the holder's own derivatives."""
    offer = world.list(fair, 1_000_000, DOLLAR)
    world.fund(creator, 1_000_000)
    child = world.register("own derivative", creator, purchases=(world.purchase(offer),))
    assert world.ledger.edgeOf(child, 0)["upstream"] == FAIR.minUpstream
    assert world.ledger.grossOf(fair, DOLLAR) == 1_000_000


def test_set_economics__before_the_title_is_final__holder_may(world, book, creator):
    work = world.register_at_once("a young work", creator)
    assert now() < world.registry.titleOf(work)["finalAt"]
    book.setEconomics(work, FAIR, [], {"from": creator})
    assert economics_of(book, work) == (FAIR, 1)
