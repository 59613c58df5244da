"""Merkle-sum trees of shares, against the tree that the contracts' own tests are written with."""

from __future__ import annotations

import pytest

from offchain.chain.share_tree import ShareTree
from tests.contracts.shares import tree

ACCOUNTS = ["0x" + f"{number:040x}" for number in range(1, 10)]


@pytest.mark.parametrize("count", [1, 2, 4, 8])
def test_share_tree__complete__is_the_contracts_tree(count: int):
    leaves = [(account, 10 * number) for number, account in enumerate(ACCOUNTS[:count], 1)]
    theirs, ours = tree(leaves), ShareTree(leaves)
    assert ours.root == theirs.root
    assert [ours.proof(index) for index in range(count)] == [theirs.proof(index) for index in range(count)]


@pytest.mark.parametrize("count", [3, 5, 9])
def test_share_tree__not_a_power_of_two__every_path_is_as_long(count: int):
    """In a tree with shorter paths an index may name two leaves."""
    ours = ShareTree([(account, 1) for account in ACCOUNTS[:count]])
    assert {len(ours.proof(index)) for index in range(count)} == {(count - 1).bit_length()}
