"""Statements in every form, claims over a graph of works, and how money moved through it."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from defusedxml import ElementTree
from fastapi.testclient import TestClient
from pypdf import PdfReader

from offchain.chain import Listing, work_hex
from offchain.chain.contract import BoundContract
from offchain.workflows import claiming
from offchain.workflows.accounting import draw_statement, entry_times
from offchain.workflows.claiming import plan
from offchain.workflows.services import Services
from offchain.workflows.statement_table import statement_csv
from tests.offchain.deployed import ADAPTATION
from tests.offchain.site import ADA, BEN, CLEO, DORA, Site, Visitor

ROOT = Path(__file__).resolve().parents[4]
PAID = (1_000_003, 7_000_019)
"""Minor units that the leaf earned, by index of the currency: neither divides evenly."""


def derived(site: Site, name: bytes, creator: int, parent: int, owner: int) -> int:
    """A work that owes a tenth of its gross to its parent."""
    world = site.world
    listing = Listing(world.terms(ADAPTATION), 0, 1000)
    permit = world.buy(world.list(parent, listing, owner), listing, creator)
    return world.register(name, creator, (permit,))


@pytest.fixture(scope="module")
def family(site: Site) -> tuple[int, int, int]:
    """Root of Ada's, its derivative of Ben's, that one's of Cleo's, which earns in two currencies."""
    world = site.world
    world.fund(DORA, 10**12)
    root = world.register(b"root", ADA)
    middle = derived(site, b"middle", BEN, root, ADA)
    leaf = derived(site, b"leaf", CLEO, middle, BEN)
    for currency, amount in enumerate(PAID):
        world.send(world.contracts.ledger.deposit(leaf, currency, amount), DORA)
    return root, middle, leaf


def tenth(amount: int) -> int:
    return amount * ADAPTATION.upstream // 1_000_000


def paid(site: Site, account: str, currency: int) -> int:
    """What the ledger paid to an account so far, from the chain's own logs."""
    world = site.world
    logs = world.client.logs(0, world.client.head(), [world.contracts.ledger.address])
    claims = (each.args for each in world.contracts.decode(logs) if each.name == "Claimed")
    return sum(each["amount"] for each in claims if (each["holder"], each["currency"]) == (account, currency))


def test_claims__three_levels_two_currencies__pull_the_leaf_first_and_pay_the_root_to_the_wei(
    site: Site, client: TestClient, ada: Visitor, family
):
    _, middle, leaf = family
    claims = client.get(f"/v1/claims/{ada.address}").json()["claims"]
    assert len(claims) == 2
    for index, claim in enumerate(claims):
        edges = [(each["child"], each["currency"]) for each in claim["pulls"]]
        assert edges == [(work_hex(leaf), index), (work_hex(middle), index)]
        sale = 1000 if index == 0 else 0  # Ada sold the permit herself; Ben's sale of his owes her a tenth
        assert int(claim["amount"]) == sale + tenth(tenth(PAID[index]) + sale)
        assert claim["complete"]
        (transaction,) = claim["transactions"]
        before = paid(site, ada.address, index)
        ada.send(transaction)
        assert paid(site, ada.address, index) - before == int(claim["amount"])
        used = site.world.client.w3.eth.get_block("latest")["gasUsed"]
        assert used <= transaction["gas"]
    assert client.get(f"/v1/claims/{ada.address}").json()["claims"] == []


def test_claims__too_large_for_one_transaction__several_pay_the_same(
    site: Site, services: Services, ben: Visitor, monkeypatch: pytest.MonkeyPatch
):
    """Five works of Ben's with a derivative each, where a transaction holds two pulls or two shares at most."""
    world, currency = site.world, services.currency()
    world.fund(DORA, 10**9)
    for number in range(5):
        work = world.register(b"many %d" % number, BEN)
        child = derived(site, b"child %d" % number, CLEO, work, BEN)
        world.send(world.contracts.ledger.deposit(child, 1, 10_000 + number), DORA)
    services.advance()
    planned = plan(services, ben.address, currency)
    assert len(planned.steps(world.contracts.ledger)) == 1
    monkeypatch.setattr(claiming, "_STEP_GAS", claiming._BASE_GAS + 2 * claiming._PULL_GAS)
    steps = planned.steps(world.contracts.ledger)
    assert len(steps) >= 5
    before = paid(site, ben.address, 1)
    for step in steps:
        receipt = world.send(step.call, BEN)
        assert receipt["gasUsed"] <= step.gas <= claiming._STEP_GAS
    assert paid(site, ben.address, 1) - before == planned.amount > 5 * 1000
    services.advance()
    assert plan(services, ben.address, currency).steps(world.contracts.ledger) == ()


def test_claims__more_than_one_plan_may_hold__says_so_and_the_rest_comes_with_the_next(
    site: Site, services: Services, cleo: Visitor, monkeypatch: pytest.MonkeyPatch
):
    world = site.world
    for number in range(3):
        work = world.register(b"bounded %d" % number, CLEO)
        world.send(world.contracts.ledger.deposit(work, 0, 100), DORA)
    monkeypatch.setattr(claiming, "_MOST", 1)
    gained, plans = 0, 0
    while plans < 20:
        services.advance()
        planned = plan(services, cleo.address, services.currency_at(0))
        steps = planned.steps(world.contracts.ledger)
        if not steps:
            break
        plans += 1
        for step in steps:
            world.send(step.call, CLEO)
        gained += planned.amount
        assert planned.complete or len(planned.shares) == 1
    assert plans >= 3
    assert gained >= 300


def test_claims__works_that_were_never_paid__cost_no_question_to_the_chain(
    site: Site, services: Services, ada: Visitor, monkeypatch: pytest.MonkeyPatch
):
    """Else who has registered ten thousand works would wait for minutes, and anybody may ask."""
    world, asked = site.world, list[str]()

    def counted(contract: BoundContract, name: str, *values: object) -> object:
        asked.append(name)
        return read(contract, name, *values)

    read = BoundContract.read
    monkeypatch.setattr(BoundContract, "read", counted)
    services.advance()
    before = plan(services, ada.address, services.currency_at(1))
    first = len(asked)
    parent = world.register(b"unpaid parent", ADA)
    derived(site, b"unpaid child", CLEO, parent, ADA)
    services.advance()
    asked.clear()
    assert plan(services, ada.address, services.currency_at(1)) == before
    assert len(asked) == first


def test_statement__cut_by_time_and_by_block__parts_make_the_whole(
    client: TestClient, site: Site, ada: Visitor, family
):
    whole = client.get(f"/v1/statements/{ada.address}").json()
    entries = client.get(f"/v1/statements/{ada.address}/entries", params={"limit": 100}).json()["items"]
    assert len(entries) > 3
    cut = entries[len(entries) // 2]
    for early, late in (
        ({"to": cut["time"]}, {"from": cut["time"]}),
        ({"to_block": cut["block"] - 1}, {"from_block": cut["block"]}),
    ):
        first, second = (client.get(f"/v1/statements/{ada.address}", params=each).json() for each in (early, late))
        assert first["block"] + 1 == second["first"]
        before, after = ({(each["work"], each["currency"]): each for each in told["lines"]} for told in (first, second))
        for line in whole["lines"]:
            key = line["work"], line["currency"]
            earlier = before.get(key, {"earned": "0", "claimed": "0", "claimable": "0"})
            assert after[key]["opening"] == earlier["claimable"]
            assert after[key]["claimable"] == line["claimable"]
            for name in ("earned", "claimed"):
                assert int(earlier[name]) + int(after[key][name]) == int(line[name])


def test_statement__one_work_and_currency__holds_nothing_else(client: TestClient, ada: Visitor, family):
    (line,) = [
        each
        for each in client.get(f"/v1/statements/{ada.address}", params={"work": work_hex(family[0])}).json()["lines"]
        if each["currency"].endswith("slip44:60")
    ]
    asked = {"work": work_hex(family[0]), "currency": line["currency"]}
    assert client.get(f"/v1/statements/{ada.address}", params=asked).json()["lines"] == [line]


def test_entries__walked_page_by_page__add_up_to_the_lines(client: TestClient, ada: Visitor, family):
    url, items = f"/v1/statements/{ada.address}/entries?limit=2", []
    while url:
        page = client.get(url)
        items += page.json()["items"]
        url = page.links.get("next", {}).get("url", "")
    lines = client.get(f"/v1/statements/{ada.address}").json()["lines"]
    for line in lines:
        own = [each for each in items if (each["work"], each["currency"]) == (line["work"], line["currency"])]
        assert sum(int(each["amount"]) for each in own) == int(line["claimable"])
        assert sum(int(each["amount"]) for each in own if each["kind"] != "claim") == int(line["earned"])
    pulled = [each for each in items if each["kind"] == "pull"]
    assert {each["source"] for each in pulled} == {work_hex(family[1])}


def test_table__read_by_another_program__runs_from_opening_to_closing(client: TestClient, ada: Visitor, family):
    answer = client.get(f"/v1/statements/{ada.address}", headers={"Accept": "text/csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.content.replace(b"\r\n", b"").count(b"\n") == 0
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    balance = 0
    for row in rows:
        if row["kind"] in ("opening", "closing"):
            assert int(row["balance_minor"]) == (0 if row["kind"] == "opening" else balance)
        else:
            balance += int(row["amount_minor"])
            assert int(row["balance_minor"]) == balance
        balance = 0 if row["kind"] == "closing" else balance
    assert [row["kind"] for row in rows].count("closing") == len(
        client.get(f"/v1/statements/{ada.address}").json()["lines"]
    )


@pytest.mark.parametrize("title", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1", " =1", '"=1', "a,b\r\nc"])
def test_table__title_that_a_spreadsheet_would_run__is_text(services: Services, ada: Visitor, family, title: str):
    """The title is whatever somebody registered."""
    told = draw_statement(services, ada.address)
    named = {line.work: title for line in told.lines}
    written = statement_csv(
        type(told)(**{name: getattr(told, name) for name in told.__slots__} | {"titles": named}),
        entry_times(services, told.entries),
    )
    for row in csv.DictReader(io.StringIO(written.decode(), newline="")):
        assert row["title"].replace("'", "") == title
        for part in re.split(r"[;\t\r\n]", row["title"]):
            assert not part.lstrip().startswith(("=", "+", "-", "@"))


def test_page__of_a_statement__tells_every_amount(client: TestClient, ada: Visitor, family):
    answer = client.get(f"/v1/statements/{ada.address}", params={"format": "pdf"})
    assert answer.headers["content-type"] == "application/pdf"
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
    rows = csv.DictReader(
        io.StringIO(client.get(f"/v1/statements/{ada.address}", params={"format": "csv"}).text, newline="")
    )
    for row in rows:
        assert row["balance"] in text
    assert ada.address in text


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"from": 9, "to": 8}, "period-malformed"),
        ({"from_block": 9, "to_block": 8}, "period-malformed"),
        ({"currency": "eip155:1/slip44:60"}, "unknown-currency"),
        ({"from": -1}, "request-invalid"),
        ({"format": "xls"}, "request-invalid"),
    ],
)
def test_statement__question_that_makes_no_sense__is_refused(
    client: TestClient, ada: Visitor, query: dict[str, Any], code: str
):
    answer = client.get(f"/v1/statements/{ada.address}", params=query)
    assert answer.status_code in (404, 422)
    assert answer.json()["code"] == code


def test_statement__of_the_future__is_closed_with_everything_before(client: TestClient, ada: Visitor, family):
    told = client.get(f"/v1/statements/{ada.address}", params={"from": 2**40}).json()
    assert all(line["earned"] == line["claimed"] == "0" for line in told["lines"])
    assert any(int(line["opening"]) == int(line["claimable"]) for line in told["lines"]) or not told["lines"]


def test_check_statement__from_raw_logs_alone__finds_the_same_and_a_forged_wei(
    site: Site, client: TestClient, ada: Visitor, family, tmp_path: Path
):
    """The accountant's script shares no line with the service."""
    script, deployment = ROOT / "docs" / "check_statement.py", site.world.contracts.deployment
    told = client.get(f"/v1/statements/{ada.address}").json()
    middle = told["first"] + (told["block"] - told["first"]) // 2
    for query in ({}, {"from_block": middle}, {"to_block": middle}):
        document = client.get(f"/v1/statements/{ada.address}", params=query).json()
        assert checked(script, site, document, deployment.block, tmp_path) == 0
    document["lines"][0]["earned"] = str(int(document["lines"][0]["earned"]) + 1)
    assert checked(script, site, document, deployment.block, tmp_path) == 1


def checked(script: Path, site: Site, document: dict[str, Any], block: int, folder: Path) -> int:
    (folder / "statement.json").write_text(json.dumps(document))
    contracts = site.world.contracts
    command = [sys.executable, str(script), site.world.client.rpc_url, contracts.registry.address]
    command += [contracts.ledger.address, str(block), str(folder / "statement.json")]
    return subprocess.run(command, check=False, capture_output=True, timeout=60).returncode


def test_flows__after_the_pulls__tell_what_each_edge_carried(client: TestClient, ada: Visitor, family):
    root, middle, leaf = family
    told = client.get(f"/v1/works/{work_hex(middle)}/flows").json()
    moved = {
        (each["child"], each["parent"], each["currency"].rsplit(":")[-1]): int(each["moved"]) for each in told["flows"]
    }
    assert len(moved) == 4
    assert moved[work_hex(leaf), work_hex(middle), "60"] == tenth(PAID[0])
    assert moved[work_hex(middle), work_hex(root), "60"] == tenth(tenth(PAID[0]) + 1000)
    assert {each["work"] for each in told["works"]} == set(map(work_hex, family))


def test_flows__as_a_picture__bands_are_as_broad_as_what_they_carry(client: TestClient, services: Services, family):
    dollar = services.currency().caip19
    answer = client.get(
        f"/v1/works/{work_hex(family[1])}/flows", params={"currency": dollar}, headers={"Accept": "image/svg+xml"}
    )
    assert answer.headers["content-type"] == "image/svg+xml"
    assert ElementTree.fromstring(answer.text).tag.endswith("svg")
    widths = sorted(float(each) for each in re.findall(r'stroke-width="([\d.]+)"', answer.text))
    assert widths[-1] / widths[0] == pytest.approx(10, rel=0.05)  # each edge owes a tenth of the one before
    assert "0.700001 TUSD" in answer.text  # ⌊7,000,019 / 10⌋ at six decimals


def test_flows__unknown_work__is_not_found(client: TestClient):
    assert client.get(f"/v1/works/{work_hex(12345)}/flows").status_code == 404
