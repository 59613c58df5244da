"""First distributions by a Merkle-sum tree: each leaf once, never more than 1,000,000 units, whoever asks."""

from __future__ import annotations

import pytest
from eth_utils import keccak

from tests.contracts.reverts import reverts
from tests.contracts.shares import tree
from tests.contracts.structs import NOBODY
from tests.contracts.world import DOLLAR, GRACE, NATIVE, SALT, UNITS, work_id

NOTHING = b"\0" * 32


@pytest.fixture(scope="module")
def world(bench):
    return bench


@pytest.fixture
def leaves(creator, rival, buyer) -> list[tuple[str, int]]:
    """Five leaves, of which the rival has two."""
    return [
        (str(creator), 400_000),
        (str(rival), 250_000),
        (str(buyer), 1),
        (str(rival), 149_999),
        ("0x" + "77" * 20, 200_000),
    ]


@pytest.fixture
def grown(leaves):
    return tree(leaves)


@pytest.fixture
def rooted(world, creator, grown) -> int:
    """A final work whose shares were distributed when it was registered."""
    return world.register("rooted", creator, shareRoot=grown.root)


def activate(ledger, id_, grown, leaves, index, by):
    return ledger.activate(id_, index, *leaves[index], grown.proof(index), {"from": by})


def test_root__registration__told_and_nobody_has_units(world, registry, ledger, creator, grown):
    stated = world.registration("rooted", creator, shareRoot=grown.root)
    done = registry.register(stated, {"from": creator})
    assert dict(done.events["SharesRooted"]) == {"id": stated.work, "root": "0x" + grown.root.hex()}
    assert bytes(ledger.rootOf(stated.work)) == grown.root
    assert registry.titleOf(stated.work).dict()["issued"]
    assert ledger.balanceOf(creator, stated.work) == 0


def test_activate__every_leaf__units_and_all_they_earned(
    world, ledger, creator, rival, buyer, stranger, rooted, grown, leaves
):
    """What came before an activation counts as much as what comes after it."""
    for currency in (NATIVE, DOLLAR):
        world.deposit(rooted, 1_000_000, currency)
    done = activate(ledger, rooted, grown, leaves, 1, stranger)
    assert dict(done.events["SharesActivated"]) == {
        "id": rooted,
        "account": rival,
        "index": 1,
        "units": 250_000,
    }
    assert dict(done.events["Transfer"]) == {
        "caller": stranger,
        "sender": NOBODY,
        "receiver": rival,
        "id": rooted,
        "amount": 250_000,
    }
    assert [ledger.claimable(rooted, currency, rival) for currency in (NATIVE, DOLLAR)] == [250_000] * 2
    assert world.claimed([rooted], rival) == 250_000
    world.deposit(rooted, 1_000_000)
    for index in (0, 2, 3, 4):
        activate(ledger, rooted, grown, leaves, index, stranger)
    world.deposit(rooted, 1_000_000)
    holders = [creator, rival, buyer, leaves[4][0]]
    assert [ledger.balanceOf(holder, rooted) for holder in holders] == [400_000, 399_999, 1, 200_000]
    owed = [ledger.claimable(rooted, NATIVE, holder) for holder in holders]
    assert owed == [1_200_000, 3 * 399_999 - 250_000, 3, 600_000]
    assert sum(owed) == ledger.balance()
    assert [ledger.isActivated(rooted, index) for index in range(6)] == [True] * 5 + [False]


def test_activate__leaf_again__refused(world, ledger, stranger, rooted, grown, leaves):
    """One bit for every index, also beyond the first 256."""
    activate(ledger, rooted, grown, leaves, 0, stranger)
    with reverts("RoyaltyLedger__AlreadyActivated", rooted, 0):
        activate(ledger, rooted, grown, leaves, 0, stranger)


@pytest.mark.parametrize("index", [2, 5, 8 + 1, 256 + 1, 2**255 + 1])
def test_activate__same_path_under_another_index__refused(ledger, rival, stranger, rooted, grown, leaves, index):
    """The index is part of the leaf, and the path must use it up: no leaf has two indices."""
    with reverts("RoyaltyLedger__BadProof"):
        ledger.activate(rooted, index, *leaves[1], grown.proof(1), {"from": stranger})


def test_activate__index_beyond_the_path__refused(world, ledger, creator, rival, stranger):
    """Threat: a tree whose leaf 0 states index 2, so that its path is right and its bit is another's."""
    leaf = keccak(keccak(b"".join(v.to_bytes(32, "big") for v in (2, int(str(rival), 16), 600_000))))
    other = keccak(keccak(b"".join(v.to_bytes(32, "big") for v in (1, int(str(rival), 16), 400_000))))
    root = keccak(leaf + (600_000).to_bytes(32, "big") + other + (400_000).to_bytes(32, "big"))
    work = world.register("aliased", creator, shareRoot=root)
    with reverts("RoyaltyLedger__BadProof", work, root):
        ledger.activate(work, 2, rival, 600_000, [(other, 400_000)], {"from": stranger})


def test_activate__anything_else_than_the_leaf__refused(ledger, stranger, rooted, grown, leaves):
    account, units = leaves[1]
    path = grown.proof(1)
    for forged in (
        (stranger, units, path),
        (account, units + 1, path),
        (account, units, path[:-1]),
        (account, units, [*path, (NOTHING, 0)]),
        (account, units, [(path[0][0], path[0][1] + 1), *path[1:]]),
        (account, units, path[::-1]),
        (account, 0, path),
    ):
        with reverts("RoyaltyLedger__BadProof"):
            ledger.activate(rooted, 1, *forged, {"from": stranger})


def test_activate__inner_node_as_a_leaf__refused(ledger, stranger, rooted, grown):
    """A node hashes 128 bytes and a leaf 32, so that neither can pass for the other."""
    hash_, total = grown.levels[1][0]
    with reverts("RoyaltyLedger__BadProof"):
        ledger.activate(rooted, 0, "0x" + hash_[12:].hex(), total, grown.proof(0)[1:], {"from": stranger})


@pytest.mark.parametrize("total", [0, UNITS - 1, UNITS + 1])
def test_activate__tree_of_another_sum__no_leaf_is_units(world, ledger, creator, rival, stranger, total):
    """A root that promises more than there is, or less, promises nothing."""
    leaves = [(str(rival), total), (str(creator), 0)]
    grown = tree(leaves)
    work = world.register("wrong sum", creator, shareRoot=grown.root)
    with reverts("RoyaltyLedger__BadProof", work, grown.root):
        activate(ledger, work, grown, leaves, 0, stranger)


def test_activate__sums_that_would_wrap__refused(world, ledger, creator, rival, stranger):
    """Threat: a leaf of nearly 2²⁵⁶ units beside one of 1.5 million, whose sum is a million modulo 2²⁵⁶."""
    units = 2**256 - UNITS // 2
    leaf, other = (
        keccak(keccak(b"".join(v.to_bytes(32, "big") for v in (i, int(str(rival), 16), amount))))
        for i, amount in enumerate((units, UNITS * 3 // 2))
    )
    root = keccak(leaf + units.to_bytes(32, "big") + other + (UNITS * 3 // 2).to_bytes(32, "big"))
    work = world.register("wrapping", creator, shareRoot=root)
    with reverts("Integer overflow"):
        ledger.activate(work, 0, rival, units, [(other, UNITS * 3 // 2)], {"from": stranger})


def test_activate__before_the_title_is_final__refused(world, registry, ledger, chain, creator, stranger, grown, leaves):
    """Until then the registration may give way, and its shares with it."""
    work = world.register_at_once("fresh", creator, shareRoot=grown.root)
    final = registry.titleOf(work).dict()["finalAt"]
    with reverts("RoyaltyLedger__NotFinal", work, final):
        activate(ledger, work, grown, leaves, 0, stranger)
    chain.sleep(GRACE)
    activate(ledger, work, grown, leaves, 0, stranger)


def test_root__registration_gives_way__forgotten(
    world, registry, ledger, chain, creator, rival, stranger, grown, leaves
):
    """The copier's shares never existed; whoever was first has them all."""
    stated = world.registration("taken", creator)
    world.commit(stated.work, creator)
    chain.sleep(1)
    registry.register(world.registration("taken", rival, shareRoot=grown.root), {"from": rival})
    registry.register(stated._replace(salt=SALT), {"from": creator})
    assert bytes(ledger.rootOf(stated.work)) == NOTHING
    with reverts("RoyaltyLedger__NoRoot", stated.work):
        activate(ledger, stated.work, grown, leaves, 0, stranger)
    assert ledger.balanceOf(creator, stated.work) == UNITS


def test_activate__no_tree_or_somebody_elses__refused(world, ledger, creator, stranger, work, rooted, grown, leaves):
    with reverts("RoyaltyLedger__NoRoot", work):
        activate(ledger, work, grown, leaves, 0, stranger)
    others = tree([(str(stranger), UNITS)])
    theirs = world.register("theirs", stranger, shareRoot=others.root)
    with reverts("RoyaltyLedger__BadProof"):
        activate(ledger, theirs, grown, leaves, 0, stranger)
    ledger.activate(theirs, 0, stranger, UNITS, [], {"from": stranger})
    assert ledger.balanceOf(stranger, theirs) == UNITS


def test_activate__leaf_of_nobody__refused(world, ledger, creator, stranger):
    """Units of nobody would strand their revenue (M8)."""
    leaves = [(NOBODY, UNITS // 2), (str(creator), UNITS // 2)]
    grown = tree(leaves)
    work = world.register("half lost", creator, shareRoot=grown.root)
    with reverts("RoyaltyLedger__ZeroAddress"):
        activate(ledger, work, grown, leaves, 0, stranger)


def test_activate__account_that_traded_before__earnings_add_up(
    world, ledger, creator, rival, stranger, rooted, grown, leaves
):
    """An account with units, earnings and a claim behind it activates a second leaf."""
    activate(ledger, rooted, grown, leaves, 0, stranger)
    world.deposit(rooted, 1000)
    ledger.transfer(rival, rooted, 100_000, {"from": creator})
    world.deposit(rooted, 1000)
    assert world.claimed([rooted], rival) == 100
    activate(ledger, rooted, grown, leaves, 1, rival)
    assert ledger.claimable(rooted, NATIVE, rival) == 2 * 250
    world.deposit(rooted, 1000)
    assert ledger.claimable(rooted, NATIVE, rival) == 500 + 350
    activate(ledger, rooted, grown, leaves, 3, rival)
    assert ledger.claimable(rooted, NATIVE, rival) == 850 + 3 * 149_999 // 1000


def test_transfer__rooted_work__title_holder_has_nothing_to_give(ledger, creator, buyer, rooted):
    with reverts("RoyaltyLedger__InsufficientShares", creator, rooted, 0, 1):
        ledger.transfer(buyer, rooted, 1, {"from": creator})
    ledger.transfer(buyer, rooted, 0, {"from": creator})
    assert ledger.balanceOf(creator, rooted) == 0


def test_transfer__title_of_a_rooted_work__issues_nothing(
    registry, ledger, creator, buyer, stranger, rooted, grown, leaves
):
    done = registry.transferFrom(creator, buyer, rooted, {"from": creator})
    assert [e for e in done.events["Transfer"] if "amount" in e] == []
    activate(ledger, rooted, grown, leaves, 0, stranger)
    assert (ledger.balanceOf(creator, rooted), ledger.balanceOf(buyer, rooted)) == (400_000, 0)


# Distributing later


def test_distribute__by_the_implicit_holder__earlier_revenue_stays(
    world, registry, ledger, creator, rival, stranger, work, grown, leaves
):
    """M6: the tree shares only what is earned after it, in every currency."""
    for currency in (NATIVE, DOLLAR):
        world.deposit(work, 1000, currency)
    done = ledger.distribute(work, grown.root, {"from": creator})
    assert dict(done.events["SharesRooted"]) == {"id": work, "root": "0x" + grown.root.hex()}
    assert registry.titleOf(work).dict()["issued"]
    assert [ledger.claimable(work, currency, creator) for currency in (NATIVE, DOLLAR)] == [1000] * 2
    world.deposit(work, 1000)
    for index in (0, 1):
        activate(ledger, work, grown, leaves, index, stranger)
    assert [ledger.claimable(work, NATIVE, who) for who in (creator, rival)] == [1400, 250]
    assert [ledger.claimable(work, DOLLAR, who) for who in (creator, rival)] == [1000, 0]


def test_distribute__not_the_holder_or_no_root__refused(ledger, creator, rival, work, grown):
    with reverts("RoyaltyLedger__NotHolder", work, rival):
        ledger.distribute(work, grown.root, {"from": rival})
    with reverts("RoyaltyLedger__NoRoot", work):
        ledger.distribute(work, NOTHING, {"from": creator})
    unknown = work_id("never registered")
    with reverts("WorkRegistry__UnknownWork", unknown):
        ledger.distribute(unknown, grown.root, {"from": creator})
    assert ledger.balanceOf(creator, work) == UNITS


def test_distribute__shares_stand_already__refused(world, registry, ledger, creator, rival, buyer, work, rooted, grown):
    """Threat: a holder who sells shares and then gives them all away a second time."""
    with reverts("RoyaltyLedger__AlreadyIssued", rooted):
        ledger.distribute(rooted, grown.root, {"from": creator})
    ledger.transfer(buyer, work, 1, {"from": creator})
    with reverts("RoyaltyLedger__AlreadyIssued", work):
        ledger.distribute(work, grown.root, {"from": creator})
    sold = world.register("sold", creator)
    registry.transferFrom(creator, rival, sold, {"from": creator})
    with reverts("RoyaltyLedger__AlreadyIssued", sold):
        ledger.distribute(sold, grown.root, {"from": rival})


def test_distribute__before_the_title_is_final__refused(world, registry, ledger, creator, grown):
    fresh = world.register_at_once("fresh", creator)
    with reverts("RoyaltyLedger__NotFinal", fresh, registry.titleOf(fresh).dict()["finalAt"]):
        ledger.distribute(fresh, grown.root, {"from": creator})


def test_root__not_the_registry__refused(ledger, creator, work, grown):
    with reverts("RoyaltyLedger__NotRegistry", creator):
        ledger.root(work, grown.root, {"from": creator})


def test_activate__index_300__its_own_bit(world, ledger, creator, stranger):
    """Three hundred and one leaves: the bit of leaf 300 is not that of leaf 44."""
    leaves = [(f"0x{i + 1:040x}", 3322) for i in range(301)]
    leaves[300] = (leaves[300][0], UNITS - 300 * 3322)
    grown = tree(leaves)
    work = world.register("crowd", creator, shareRoot=grown.root)
    activate(ledger, work, grown, leaves, 300, stranger)
    assert [ledger.isActivated(work, index) for index in (300, 44, 299)] == [True, False, False]
    activate(ledger, work, grown, leaves, 44, stranger)
    assert ledger.balanceOf(leaves[300][0], work) == UNITS - 300 * 3322
