"""A pool of dollars with weekly epochs, funded by two advertisers, and the division of its first epoch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest

from tests.contracts.shares import Node, Tree, tree
from tests.contracts.world import DAY, DOLLAR, World

WEEK = 7 * DAY
CHALLENGE = 2 * DAY
DEADLINE = 10 * DAY
ADVERTS = 10_000_000


@dataclass(frozen=True)
class Pool:
    """A pool and who runs it."""

    number: int
    poster: Any
    guardian: Any


class Leaf(NamedTuple):
    """What a division says of one work."""

    index: int
    work: int
    amount: int
    proof: list[Node]


def fund(world: World, pool: int, amount: int, giver: Any, epoch: int = 0) -> int:
    """Dollars for an epoch, given and refundable by one account; what arrived."""
    world.dollar.mint(giver, amount, {"from": world.admin})
    world.dollar.approve(world.pools, amount, {"from": giver})
    return world.pools.fund(pool, epoch, amount, giver, {"from": giver}).return_value


@pytest.fixture
def pool(world, pools) -> Pool:
    poster, guardian = world.relayer, world.pricing
    made = pools.create(poster, guardian, DOLLAR, WEEK, CHALLENGE, DEADLINE, {"from": world.admin})
    return Pool(made.events["PoolCreated"]["pool"], poster, guardian)


@pytest.fixture
def advertisers(world, pool) -> list[Any]:
    """The first gave three times as much as the second."""
    first, second = world.buyers[:2]
    fund(world, pool.number, 3 * ADVERTS, first)
    fund(world, pool.number, ADVERTS, second)
    return [first, second]


@pytest.fixture
def other_work(world, rival) -> int:
    return world.register("another work", rival)


@pytest.fixture
def division(work, other_work) -> Tree:
    """Three leaves over two works: half of the money."""
    return tree([(work, ADVERTS), (other_work, ADVERTS // 2), (work, ADVERTS // 2)])


@pytest.fixture
def leaf_of(work, other_work):
    """Leaf i of the division, or one like it."""
    leaves = [(work, ADVERTS), (other_work, ADVERTS // 2), (work, ADVERTS // 2)]
    return lambda division, i, **changes: Leaf(i, *leaves[i], division.proof(i))._replace(**changes)


@pytest.fixture
def post(pools, pool, leaf_of):
    """States a division by its first leaf, as the poster; the transaction."""

    def post_(division: Tree, leaf: Leaf | None = None, **changes: Any) -> Any:
        root, total = changes.get("root", division.root), changes.get("total", division.total)
        by = changes.get("by", pool.poster)
        return pools.post(pool.number, 0, root, total, leaf or leaf_of(division, 0), {"from": by})

    return post_


@pytest.fixture
def posted(chain, advertisers, division, post) -> Tree:
    """The division, which the guardian can still refuse."""
    chain.sleep(WEEK)
    post(division)
    return division


@pytest.fixture
def standing(chain, posted) -> Tree:
    """The division, which nobody can refuse any more."""
    chain.sleep(CHALLENGE)
    chain.mine()
    return posted


@pytest.fixture
def pay(world, pools, pool, leaf_of):
    """Pays a leaf of a division, by somebody."""

    def pay_(division: Tree, leaf: int, **changes: int) -> Any:
        return pools.pay(pool.number, 0, leaf_of(division, leaf, **changes), {"from": world.buyers[3]})

    return pay_
