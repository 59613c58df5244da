"""Claims: everybody takes out what is theirs, in one transfer, whatever others do."""

from __future__ import annotations

import pytest

from tests.contracts.reverts import reverts
from tests.contracts.world import DOLLAR, NATIVE, UNITS, work_id

NOBODY = "0x" + "0" * 40


def test_claim__native__paid_once_to_whom_the_holder_names(world, ledger, creator, stranger, work):
    world.deposit(work, 1000)
    before = stranger.balance()
    done = ledger.claim([work], NATIVE, stranger, {"from": creator})
    assert stranger.balance() - before == 1000
    assert dict(done.events["Claimed"]) == {
        "id": work,
        "currency": NATIVE,
        "holder": creator,
        "to": stranger,
        "amount": 1000,
    }
    assert (ledger.claimable(work, NATIVE, creator), ledger.balance()) == (0, 0)
    with reverts("RoyaltyLedger__NothingToClaim", creator, NATIVE):
        ledger.claim([work], NATIVE, creator, {"from": creator})


def test_claim__many_works__one_token_transfer(world, ledger, dollar, creator, rival):
    works = [world.register(f"work {i}", creator) for i in range(3)]
    foreign = world.register("somebody else's", rival)
    for i, work in enumerate([*works, foreign]):
        world.deposit(work, 10**i, DOLLAR)
    done = ledger.claim([*works, foreign, works[0]], DOLLAR, creator, {"from": creator})
    assert [e["amount"] for e in done.events["Claimed"]] == [1, 10, 100]
    assert [e["value"] for e in done.events["Transfer"]] == [111]
    assert dollar.balanceOf(creator) == 111
    assert ledger.claimable(foreign, DOLLAR, rival) == 1000


def test_claim__no_work__refused(ledger, creator):
    with reverts("RoyaltyLedger__NothingToClaim", creator, NATIVE):
        ledger.claim([], NATIVE, creator, {"from": creator})


def test_claim__same_work_twice__paid_once(world, creator, work):
    world.deposit(work, 5)
    assert world.claimed([work, work], creator) == 5


def test_claim__to_nobody__refused(world, ledger, creator, work):
    world.deposit(work, 5)
    with reverts("RoyaltyLedger__ZeroAddress"):
        ledger.claim([work], NATIVE, NOBODY, {"from": creator})


def test_claim__unknown_work__refused(ledger, creator):
    unknown = work_id("never registered")
    with reverts("WorkRegistry__UnknownWork", unknown):
        ledger.claim([unknown], NATIVE, creator, {"from": creator})


def test_claim__fractions__kept_for_the_next_claim(world, ledger, creator, buyer, work):
    """M5: a claim pays whole units and keeps the remainder: three thirds of three deposits of 1 are 1 each."""
    ledger.transfer(buyer, work, 333_333, {"from": creator})
    for gross in range(1, 4):
        world.deposit(work, 1)
        assert ledger.claimable(work, NATIVE, buyer) == gross * 333_333 // UNITS
    with reverts("RoyaltyLedger__NothingToClaim", buyer, NATIVE):
        ledger.claim([work], NATIVE, buyer, {"from": buyer})
    world.deposit(work, 1)
    assert world.claimed([work], buyer) == 4 * 333_333 // UNITS == 1
    for _ in range(3):
        world.deposit(work, 1)
    assert world.claimed([work], buyer) == 7 * 333_333 // UNITS - 1 == 1


def test_pull_and_claim__ancestor__money_in_the_wallet_in_one_transaction(world, ledger, dollar, creator, rival):
    parent = world.register("parent", rival)
    child = world.derive("child", creator, [parent])
    world.deposit(child, 1000, DOLLAR)
    ledger.pullAndClaim([(child, 0, DOLLAR)], [parent], DOLLAR, rival, {"from": rival})
    assert dollar.balanceOf(rival) == 100


@pytest.mark.parametrize("currency", [NATIVE, DOLLAR])
def test_claim__everything_paused__still_pays(
    world, registry, licensing, ledger, admin, creator, rival, buyer, currency
):
    """M7: pausing stops registrations and sales; deposits, pulls, claims and transfers of shares go on."""
    parent = world.register("parent", rival)
    child = world.derive("child", creator, [parent])
    world.deposit(child, 1000, currency)
    registry.setPaused(True, {"from": admin})
    licensing.setPaused(True, {"from": admin})
    world.deposit(child, 1000, currency)
    ledger.pull(child, 0, currency, {"from": buyer})
    ledger.transfer(buyer, child, 1, {"from": creator})
    registry.transferFrom(rival, buyer, parent, {"from": rival})
    assert world.claimed([child], creator, currency) == 1800
    assert world.claimed([parent], rival, currency) == 200


def test_claim__holder_of_nothing__refused(world, ledger, admin, work):
    """M7: no key but the holders' moves money; the admin has no function that does."""
    world.deposit(work, 1000)
    with reverts("RoyaltyLedger__NothingToClaim", admin, NATIVE):
        ledger.claim([work], NATIVE, admin, {"from": admin})


def test_abi__functions_of_the_admin__move_no_money(ledger):
    """M7: beside the holders' own functions, the ledger has exactly these that change state."""
    changing = {
        f["name"] for f in ledger.abi if f["type"] == "function" and f["stateMutability"] not in ("view", "pure")
    }
    for_holders = {"claim", "pullAndClaim", "setPayout", "transfer", "transferFrom", "approve", "setOperator"}
    for_holders_of_titles = {"requestAdvance", "distribute"}
    for_advancers = {"payAdvance", "withdrawAdvance"}
    for_anybody = {"deposit", "depositAndPull", "pull", "pullMany", "push", "release", "activate"}
    for_siblings = {"depositFrom", "depositMany", "refund", "link", "issue", "root", "freeze", "resolve"}
    for_the_admin = {"addCurrency", "transferOwnership", "acceptOwnership", "renounceOwnership"}
    everybody = for_holders | for_holders_of_titles | for_advancers | for_anybody
    assert changing == everybody | for_siblings | for_the_admin


def test_claim__gross_grew_by_much__uint128_positions_hold(world, ledger, creator, buyer, work):
    """Millionths of a gross of 2¹⁰⁸ fit: 2²⁰ · 2¹⁰⁸ = 2¹²⁸."""
    world.fund(buyer, 2**108 - 1)
    ledger.deposit(work, DOLLAR, 2**108 - 1, {"from": buyer})
    ledger.transfer(buyer, work, 1, {"from": creator})
    assert world.claimed([work], creator, DOLLAR) == 2**108 - 1
