"""What money reads say about blocks that a reorganisation may still take away, on a chain that wants three of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pypdf import PdfReader

from offchain.api.app import create_app
from offchain.chain import Listing, work_hex
from tests.offchain.deployed import ADAPTATION
from tests.offchain.site import ADA, BEN, DORA, Site, make_site

DEPTH = 3


@pytest.fixture(scope="module")
def site(chain_url: str, ipfs_url: str, tmp_path_factory: pytest.TempPathFactory) -> Site:
    made = make_site(chain_url, ipfs_url, tmp_path_factory.mktemp("home"))
    return replace(made, environ={**made.environ, "COLOPHON_CONFIRMATIONS": str(DEPTH)})


@pytest.fixture(scope="module")
def client(site: Site) -> Iterator[TestClient]:
    with TestClient(create_app(site.settings), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def paid(site: Site, request: pytest.FixtureRequest) -> tuple[int, int]:
    """A work of Ada's whose only deposit is confirmed, and one that stands in the newest block; that block's number."""
    world = site.world
    work = world.register(request.node.name.encode(), ADA)
    world.fund(DORA, 1000)
    world.send(world.contracts.ledger.deposit(work, 0, 100), DORA)
    mine(site, DEPTH)
    return work, world.send(world.contracts.ledger.deposit(work, 0, 7), DORA)["blockNumber"]


def mine(site: Site, blocks: int) -> None:
    for _ in range(blocks):
        site.world.rpc("evm_mine")


def statement(site: Site, client: TestClient, work: int, **asked: Any) -> Any:
    return client.get(f"/v1/statements/{site.address(ADA)}", params={"work": work_hex(work), **asked})


def test_statement__deposit_in_the_newest_block__is_told_apart_until_it_is_deep_enough(
    site: Site, client: TestClient, paid: tuple[int, int]
):
    work, block = paid
    for above in range(DEPTH + 1):
        told = statement(site, client, work, to_block=block).json()
        kept = (told["block"], told["confirmed_block"], told["confirmed"], told["unconfirmed"])
        assert kept == (block, block - DEPTH + above, above == DEPTH, int(above < DEPTH))
        entries = client.get(f"/v1/statements/{site.address(ADA)}/entries", params={"work": work_hex(work)}).json()
        assert [(int(each["amount"]), each["confirmed"]) for each in entries["items"]] == [
            (100, True),
            (7, above == DEPTH),
        ]
        mine(site, 1)


def test_table_and_page__deposit_in_the_newest_block__mark_it_and_once_final_stay_the_same(
    site: Site, client: TestClient, paid: tuple[int, int]
):
    work, block = paid

    def forms() -> tuple[bytes, bytes]:
        asked = [statement(site, client, work, to_block=block, format=each) for each in ("csv", "pdf")]
        return asked[0].content, asked[1].content

    def shown(table: bytes, page: bytes) -> tuple[list[tuple[str, str]], str]:
        rows = csv.DictReader(io.StringIO(table.decode(), newline=""))
        text = "".join(each.extract_text() for each in PdfReader(io.BytesIO(page)).pages)
        return [(row["kind"], row["confirmed"]) for row in rows], text

    rows, text = shown(*forms())
    assert rows == [("opening", "yes"), ("deposit", "yes"), ("deposit", "no"), ("closing", "no")]
    assert f"above block {block - DEPTH} may still change (entries marked *: 1)" in text
    assert f"{block}*" in text
    mine(site, DEPTH)
    final = forms()
    rows, text = shown(*final)
    assert {confirmed for _, confirmed in rows} == {"yes"}
    assert "Confirmed: " in text
    assert "*" not in text
    mine(site, 2)
    assert forms() == final


def test_claims__rest_on_a_deposit_of_a_derivative__are_confirmed_when_that_is(site: Site, client: TestClient):
    """The holder's own work has seen nothing lately; what a pull would bring has."""
    world, listing = site.world, Listing(site.world.terms(ADAPTATION), 0, 1000)
    parent = world.register(b"claimed from below", ADA)
    permit = world.buy(world.list(parent, listing, ADA), listing, BEN)
    child = world.register(b"below", BEN, (permit,))
    mine(site, DEPTH)

    def claim() -> tuple[dict[str, Any], bool]:
        told = client.get(f"/v1/claims/{site.address(ADA)}").json()
        (found,) = [each for each in told["claims"] if each["currency"].endswith("slip44:60")]
        assert told["block"] - told["confirmed_block"] == DEPTH
        return found, found["confirmed"]

    before, confirmed = claim()
    assert confirmed
    world.fund(DORA, 10_000)
    world.send(world.contracts.ledger.deposit(child, 0, 10_000), DORA)
    after, confirmed = claim()
    assert int(after["amount"]) > int(before["amount"])
    assert not confirmed
    mine(site, DEPTH)
    assert claim() == (after | {"confirmed": True}, True)


def test_licence__just_sold_or_given_on__is_confirmed_when_all_of_it_is(site: Site, client: TestClient):
    world, listing = site.world, Listing(site.world.terms(ADAPTATION), 0, 1000)
    work = world.register(b"licensed", ADA)
    licence = world.buy(world.list(work, listing, ADA), listing, BEN)
    asked = f"/v1/licences/{licence}"
    assert client.get(asked).json()["confirmed"] is False
    mine(site, DEPTH)
    assert client.get(asked).json()["confirmed"] is True
    world.send(world.contracts.licensing.transfer(site.address(BEN), site.address(DORA), licence), BEN)
    given = client.get(asked).json()
    assert (given["holder"], given["confirmed"]) == (site.address(DORA), False)
