"""Derivatives: permits from every parent, debts for ever, sales inside the permits."""

from __future__ import annotations

import pytest

from tests.contracts.reverts import reverts
from tests.contracts.world import DAY, NATIVE, SALT


@pytest.fixture
def parents(world, rival) -> list[int]:
    return [world.register("first parent", rival), world.register("second parent", rival)]


def test_register__live_permit__used_once(world, registry, licensing, creator, parents):
    """R5: one derivative a permit, unless its terms allow more."""
    permit = world.free_licence(parents[0], creator)
    stated = world.registration("child", creator, permits=(permit,))
    done = registry.register(stated, {"from": creator})
    assert dict(done.events["PermitUsed"]) == {"licence": permit, "child": stated.work, "used": 1}
    assert done.events["WorkRegistered"]["upstream"] == 100_000
    assert licensing.licenceOf(permit)["derivatives"] == 1
    with reverts("Licensing__NoDerivativeLeft", permit, 1):
        world.register_at_once("second child", creator, permits=(permit,))


def test_register__terms_allow_two__third_refused(world, creator, parents):
    permit = world.free_licence(parents[0], creator, maxDerivatives=2)
    for i in range(2):
        world.register_at_once(f"child {i}", creator, permits=(permit,))
    with reverts("Licensing__NoDerivativeLeft", permit, 2):
        world.register_at_once("child 2", creator, permits=(permit,))


def test_register__terms_allow_none__refused(world, creator, parents):
    permit = world.free_licence(parents[0], creator, maxDerivatives=0)
    with reverts("Licensing__NoDerivativeLeft", permit, 0):
        world.register_at_once("child", creator, permits=(permit,))


def test_register__same_permit_named_twice__counts_twice(world, creator, parents):
    permit = world.free_licence(parents[0], creator)
    with reverts("Licensing__NoDerivativeLeft", permit, 1):
        world.register_at_once("child", creator, permits=(permit, permit))


def test_register__somebody_elses_permit__refused(world, creator, buyer, parents):
    """R5: against borrowed licences."""
    permit = world.free_licence(parents[0], buyer)
    with reverts("Licensing__NotPermitHolder", permit, creator):
        world.register_at_once("child", creator, permits=(permit,))


def test_register__unknown_permit__refused(world, creator):
    with reverts("Licensing__UnknownLicence", 99):
        world.register_at_once("child", creator, permits=(99,))


def test_register__permit_was_used_by_the_former_holder__used_up(world, licensing, creator, buyer, parents):
    """R5: handing a used licence on does not renew it."""
    permit = world.free_licence(parents[0], creator)
    world.register_at_once("child", creator, permits=(permit,))
    licensing.transferFrom(creator, buyer, permit, {"from": creator})
    with reverts("Licensing__NoDerivativeLeft", permit, 1):
        world.register_at_once("another child", buyer, permits=(permit,))


def test_register__by_signature__permits_of_the_registrant(world, registry, creator, parents):
    permit = world.free_licence(parents[0], creator)
    stated = world.registration("child", creator, permits=(permit,))
    signature = world.sign_registration(stated, creator, deadline=2**40)
    registry.registerBySig(stated, 2**40, signature, {"from": world.relayer})
    assert registry.titleOf(stated.work)["parents"] == 1


def test_register__one_permit_of_two_expired__nothing_used(world, licensing, chain, creator, parents):
    """R5: a live permit from every parent, or nothing."""
    short = world.free_licence(parents[1], creator, duration=DAY)
    chain.sleep(DAY + 1)
    lasting = world.free_licence(parents[0], creator)
    with reverts("Licensing__NotLive", short):
        world.register_at_once("child", creator, permits=(lasting, short))
    assert licensing.licenceOf(lasting)["derivatives"] == 0


def test_register__upstream_of_ninety_percent__allowed_and_no_more(world, registry, ledger, creator, parents):
    def permit(parent, upstream):
        return world.free_licence(parent, creator, upstream=upstream)

    child = world.register("child", creator, permits=(permit(parents[0], 600_000), permit(parents[1], 300_000)))
    assert registry.titleOf(child)["upstream"] == 900_000
    world.deposit(child, 1000)
    assert ledger.netOf(child, 0) == 100
    with reverts("WorkRegistry__UpstreamTooHigh", 900_001):
        world.register_at_once(
            "greedy child", creator, permits=(permit(parents[0], 600_000), permit(parents[1], 300_001))
        )


def test_register__seventeen_parents__refused(world, creator, parents):
    permit = world.free_licence(parents[0], creator, maxDerivatives=17, upstream=0)
    with reverts("WorkRegistry__TooManyParents", 17):
        world.register_at_once("child", creator, permits=(permit,) * 17)


def test_register__upstream_of_zero__edge_without_debt(world, ledger, creator, parents):
    child = world.derive("child", creator, parents[:1], upstream=0)
    world.deposit(child, 10)
    assert tuple(ledger.edgeOf(child, 0)) == (parents[0], 0, NATIVE, 0, 0)
    assert ledger.claimable(child, 0, creator) == 10


def test_register__commit_reveal_of_a_derivative__edges_stand(world, registry, ledger, creator, parents):
    permits = tuple(world.free_licence(parent, creator) for parent in parents)
    stated = world.registration("child", creator, permits=permits)
    world.commit(stated.work, creator)
    registry.register(stated._replace(salt=SALT), {"from": creator})
    assert [ledger.edgeOf(stated.work, i)["parent"] for i in range(2)] == parents
