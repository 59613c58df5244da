"""`colophon training-set`: the shares of a set go to its authors, and one of them claims what a licence brought."""

from __future__ import annotations

import pytest

from tests.offchain.tiny_music import manifest


@pytest.fixture
def taught_with(cli, tmp_path):
    """A manifest of three works that pay: two of account 8, one of account 9."""
    accounts = cli.world.accounts
    path = tmp_path / "training.json"
    path.write_bytes(manifest(accounts[8], accounts[9], None, accounts[8]).canonical())
    return path


def test_training_set__registered_and_licensed__its_authors_claim(cli, buyers, taught_with):
    dry = cli.json("training-set", "register", taught_with, "--as", 3, "--dry-run")
    assert dry["gas"] > 0
    made = cli.json("training-set", "register", taught_with, "--as", 3, "--listing", "adaptation=3.00")
    assert [(each["units"], each["works"]) for each in made["shares"]] == [(666_667, 2), (333_333, 1)]
    assert all(each["transaction"] for each in made["activated"])
    again = cli.json("training-set", "activate", taught_with, "--as", 3)
    assert [each["transaction"] for each in again["activated"]] == [None, None]

    cli.json("buy", made["work"], "--listing", "--tier", "adaptation", "--as", 4)
    for account, units in ((8, 666_667), (9, 333_333)):
        assert int(cli.json("claim", "--as", account)["amount"]) == 3_000_000 * units // 1_000_000


def test_training_set__pays_nobody__refused(cli, tmp_path):
    path = tmp_path / "training.json"
    path.write_bytes(manifest(None, None).canonical())
    ended = cli("training-set", "register", path, "--as", 3)
    assert (ended.status, "(nobody-to-pay)" in ended.err) == (4, True)


def test_training_set__no_manifest__exits_2(cli, tmp_path):
    path = tmp_path / "training.json"
    path.write_text("{}")
    ended = cli("training-set", "register", path, "--as", 3)
    assert (ended.status, "(manifest-malformed)" in ended.err) == (2, True)
