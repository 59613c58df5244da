"""`colophon price`, `quote`, `buy`, `statement`, `claim`: prices are paid, and reach everybody."""

from __future__ import annotations

import json

import pytest

from offchain.api.schemas.sales import QuoteOut, QuoteStructOut
from offchain.chain import Listing, work_hex
from offchain.chain.client import Client
from offchain.chain.offers import purchase
from offchain.chain.sender import Sender
from offchain.chain.signer import development_signer
from offchain.pricing import default_problem, problem_to_json
from offchain.store import open_store
from tests.offchain.e2e.cli.conftest import DATA, Cli

CREATOR, ADAPTER, BUYER, POOR, WINNER = 3, 4, 6, 8, 9
RETITLE, GRANT = 2, 2


def balance(cli: Cli, account: int) -> int:
    dollar = cli.world.contracts.dollar
    assert dollar is not None
    return dollar.balance(cli.world.accounts[account])


def test_price__registered_work__ceiling_holds_and_every_price_is_explained(cli, photograph):
    prices = cli.json("price", photograph)["prices"]
    adaptations = [int(price["amount"]) for price in prices if price["tier"] == "adaptation"]
    assert len(adaptations) == 2
    assert max(adaptations) <= 100_000_000
    assert len(prices) == 6
    assert all(price["explanation"]["sentence"] for price in prices)


def test_price__explained_and_drawn__adaptation_is_held_by_its_ceiling(cli, photograph, tmp_path):
    """The holder allows at most 100 for adaptations; the stated demand of organisations would bear more."""
    path, only = tmp_path / "curve.svg", ("--tier", "adaptation", "--segment", "organisation")
    ended = cli("price", photograph, "--explain", "--picture", path, *only)
    assert ended.status == 0, ended
    assert "its ceiling leaves no price above" in ended.out
    assert "×" in ended.out
    assert path.read_text().startswith("<svg ")


def test_quote__json__has_the_fields_that_the_api_gives(cli, photograph):
    told = cli.json("quote", photograph, "--tier", "personal")
    assert set(told) == set(QuoteOut.model_fields) - {"order", "permit"}
    assert set(told["quote"]) == set(QuoteStructOut.model_fields)


def test_quote__bought_once_by_its_buyer__licence_is_live_and_quote_is_used_up(cli, photograph, buyers):
    quote = cli.json("quote", photograph, "--tier", "commercial", "--buyer", cli.world.accounts[BUYER])
    before = balance(cli, BUYER)
    bought = cli.json("buy", quote["digest"], "--as", BUYER)
    assert before - balance(cli, BUYER) == int(quote["price"]) == int(bought["price"])
    licensing = cli.world.contracts.licensing
    assert licensing.is_live(int(bought["licence"]))
    assert licensing.licence(int(bought["licence"])).holder == cli.world.accounts[BUYER]
    verdict = cli.json("verify", bought["licence"])
    assert (verdict["verdict"], verdict["work"], verdict["tier"]) == ("live", photograph, "commercial")
    again = cli("buy", quote["digest"], "--as", BUYER, "--json")
    assert (again.status, again.json["code"]) == (4, "sold-out")


def test_buy__dry_run__tells_who_receives_and_takes_nothing(cli, poster, photograph):
    before = balance(cli, BUYER)
    told = cli.json("buy", poster, "--tier", "commercial", "--as", BUYER, "--dry-run")
    received = {share["work"]: int(share["amount"]) for share in told["receives"]}
    price = int(told["price"])
    # The adaptation terms owe 150,000 parts per million upstream (offchain/workflows/terms/adaptation.json).
    assert received == {photograph: price * 150_000 // 1_000_000, poster: price - price * 150_000 // 1_000_000}
    assert told["gas"] > 21_000
    assert balance(cli, BUYER) == before


def test_buy__price_above_maximum__refused_and_nothing_paid(cli, photograph, buyers):
    before = balance(cli, BUYER)
    ended = cli("buy", photograph, "--tier", "personal", "--max-price", "1.00", "--as", BUYER, "--json")
    assert (ended.status, ended.json["code"]) == (4, "price-too-high")
    assert ended.json["facts"]["maximum"] == "1000000"
    assert balance(cli, BUYER) == before


def test_buy__listing__costs_what_was_listed(cli, photograph, buyers):
    before = balance(cli, BUYER)
    bought = cli.json("buy", photograph, "--tier", "personal", "--listing", "--as", BUYER)
    assert before - balance(cli, BUYER) == 5_000_000 == int(bought["price"])


def test_buy__listing_that_an_earlier_run_bought_unseen__is_finished_and_paid_once(cli, photograph, buyers):
    """The earlier run dies when the node has its transaction, and before it sees the receipt."""

    class Dying(Client):
        def broadcast(self, raw: bytes) -> str:
            super().broadcast(raw)
            raise KeyboardInterrupt

    contracts, client, buyer = cli.world.contracts, cli.world.client, cli.world.accounts[BUYER]
    command = ("buy", photograph, "--tier", "personal", "--listing", "--as", BUYER)
    number = contracts.licensing.licence(int(cli.json(*command)["licence"])).offer
    offer = contracts.offers.offer(number)
    terms = contracts.offers.terms(offer.terms)
    listed = purchase(number, int(photograph, 16), terms, Listing(offer.terms, offer.currency, offer.price))
    before = balance(cli, BUYER)
    cli.world.send(contracts.dollar.approve(contracts.ledger.address, 5_000_000), BUYER)
    store = open_store(cli.environ["COLOPHON_DATABASE_URL"])
    dying = Sender(Dying(client.w3, client.rpc_url, client.chain_id), store)
    with pytest.raises(KeyboardInterrupt):
        dying.send(contracts.licensing.buy(listed, buyer, 0), development_signer(BUYER, client.chain_id))
    store.close()
    cli.json(*command)
    assert before - balance(cli, BUYER) == 5_000_000
    cli.json(*command)  # the first has ended, so this is another purchase
    assert before - balance(cli, BUYER) == 10_000_000


def test_buy__empty_purse__refused(cli, photograph):
    ended = cli("buy", photograph, "--tier", "personal", "--as", POOR, "--json")
    assert (ended.status, ended.json["code"]) == (4, "insufficient-balance")


def test_buy__expired_quote__refused(cli, photograph, buyers):
    quote = cli.json("quote", photograph, "--tier", "personal", "--seconds", 1)
    cli.world.sleep(2)
    ended = cli("buy", quote["digest"], "--as", BUYER, "--json")
    assert (ended.status, ended.json["code"]) == (4, "expired")


@pytest.mark.parametrize(
    ("currency", "status", "code"),
    [("eip155:1337/slip44:60", 4, "wrong-currency"), ("eip155:1337/erc20:0x01", 3, "unknown-currency")],
)
def test_price__other_currency__refused(cli, photograph, currency, status, code):
    ended = cli("price", photograph, "--currency", currency, "--json")
    assert (ended.status, ended.json["code"]) == (status, code)


def test_claim__derivative_sold__upstream_share_is_pulled_and_statement_agrees(cli, poster, photograph):
    cli.json("buy", poster, "--tier", "commercial", "--as", BUYER)
    creator = cli.world.accounts[CREATOR]
    planned = cli.json("claim", "--as", CREATOR, "--dry-run")
    assert [pull["child"] for pull in planned["pulls"]] == [poster]
    before = balance(cli, CREATOR)
    claimed = cli.json("claim", "--as", CREATOR)
    assert balance(cli, CREATOR) - before == int(claimed["amount"]) == int(planned["amount"]) > 0
    (line,) = cli.json("statement", creator)["lines"]
    assert (line["work"], line["earned"], line["claimed"]) == (photograph, claimed["amount"], claimed["amount"])
    assert line["claimable"] == "0"
    assert cli.json("claim", "--as", CREATOR)["amount"] == "0"


@pytest.fixture
def contested(cli) -> str:
    """A work of which account 9 had a quarter of the shares when it won the title, and with it the next series."""
    world, ledger = cli.world, cli.world.contracts.ledger
    work = world.register(b"contested", ADAPTER)
    world.send(ledger.transfer_units(world.accounts[WINNER], work, 250_000), ADAPTER)
    world.send(ledger.deposit(work, 0, 1000), BUYER)
    world.rule(world.dispute(work, RETITLE, WINNER), GRANT)
    world.send(ledger.deposit(work, 0, 100), BUYER)
    return work_hex(work)


def test_statement__account_in_two_series__tells_them_apart(cli, contested):
    lines = cli.json("statement", cli.world.accounts[WINNER])["lines"]
    earned = [(line["series"], line["earned"]) for line in lines if line["work"] == contested]
    assert earned == [(0, "250"), (1, "100")]


def test_statement__account_in_two_series__text_names_the_later_one(cli, contested):
    ended = cli("statement", cli.world.accounts[WINNER])
    assert [line for line in ended.out.splitlines() if contested in line] == [contested, f"{contested}, series 1"]


def test_price__file_of_a_problem__solution_is_written_without_any_node(cli, tmp_path):
    path, out = tmp_path / "problem.json", tmp_path / "solution.json"
    path.write_text(json.dumps(problem_to_json(default_problem("0x" + "ab" * 32, 0, "eip155:1/slip44:60"))))
    ended = cli("price", "--input", path, "--output", out, "--json", COLOPHON_RPC_URL="http://127.0.0.1:9")
    assert ended.status == 0
    assert json.loads(out.read_text()) == ended.json
    assert ended.json["certificate"]["gap"] == "0"


def test_price__work_and_problem_together__is_a_usage_error(cli):
    ended = cli("price", DATA / "rocket.jpg", "--input", DATA / "README.md", "--json")
    assert (ended.status, ended.json["code"]) == (2, "usage")
