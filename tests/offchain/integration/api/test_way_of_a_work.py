"""The whole way of a work over HTTP, on a real chain and a real IPFS node."""

from __future__ import annotations

import hashlib
import io
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from offchain.chain import Listing
from offchain.chain.offers import purchase
from offchain.money import share_of
from offchain.storage import IpfsNode, raw_cid
from offchain.workflows.terms import standard_terms
from tests.offchain.site import ALICE, CHELSEA, PRIDE, ROCKET, Site, Visitor

UPSTREAM = next(each.terms.upstream for each in standard_terms() if each.tier == "adaptation")


@pytest.fixture(scope="module")
def rocket(ada: Visitor) -> dict[str, Any]:
    return ada.register(ROCKET, title="Rocket", creator="Ada", description="A launch")


@pytest.fixture(scope="module")
def alice(ben: Visitor) -> dict[str, Any]:
    return ben.register(ALICE, title="Alice")


@pytest.fixture(scope="module")
def collage(cleo: Visitor, rocket: dict[str, Any], alice: dict[str, Any]) -> dict[str, Any]:
    permits = [cleo.buy(work["work"], "adaptation")["licence"] for work in (rocket, alice)]
    return cleo.register(CHELSEA, title="Collage", permits=permits)


@pytest.fixture(scope="module")
def sold(dora: Visitor, collage: dict[str, Any]) -> dict[str, Any]:
    return dora.buy(collage["work"], "commercial", segment="organisation")


def test_register__signed_by_registrant__title_is_final_and_named_by_sha256(site: Site, rocket: dict[str, Any]):
    work = int(rocket["work"], 16)
    title = site.world.contracts.registry.title(work)
    assert work == int.from_bytes(hashlib.sha256(ROCKET.read_bytes()).digest(), "big")
    assert title.holder == site.address(3)
    # Nobody watches a local chain's mempool, so its titles wait for nothing (scripts/deploy.py).
    assert title.final_at == title.priority_at == rocket["priority_at"] == rocket["final_at"]


def test_register__done__metadata_and_rendition_on_ipfs_are_those_stated(site: Site, rocket: dict[str, Any]):
    node = IpfsNode(site.environ["COLOPHON_IPFS_URL"])
    uri = site.world.contracts.registry.token_uri(int(rocket["work"], 16))
    assert uri == "ipfs://" + rocket["metadata"]
    metadata = json.loads(node.fetch(rocket["metadata"], 2**18))
    assert (metadata["name"], metadata["work"], metadata["creator"]) == ("Rocket", rocket["work"], "Ada")
    rendition, sealed = metadata["renditions"]
    assert (rendition["role"], sealed["role"], sealed["mediaType"]) == ("preview", "sealed", "image/jpeg")
    preview = node.fetch(rendition["cid"], 2**20)
    assert "0x" + hashlib.sha256(preview).hexdigest() == rendition["sha256"]
    assert len(preview) == rendition["size"]
    assert max(Image.open(io.BytesIO(preview)).size) == max(Image.open(ROCKET).size) // 2


def test_register__done__master_is_not_on_ipfs(site: Site, rocket: dict[str, Any]):
    """Masters are never pinned in clear."""
    node = IpfsNode(site.environ["COLOPHON_IPFS_URL"])
    assert not node.is_pinned(raw_cid(bytes.fromhex(rocket["work"][2:])))
    (sealed,) = (each for each in rocket["renditions"] if each["scheme"] is not None)
    master, ciphertext = ROCKET.read_bytes(), node.fetch(sealed["cid"], sealed["size"])
    assert not any(master[at : at + 64] in ciphertext for at in range(0, len(master), 4096))


def test_register__derivative__edges_and_parents_stand(client: TestClient, collage, rocket, alice):
    work = client.get(f"/v1/works/{collage['work']}").json()
    assert work["parents"] == [{"work": each["work"], "upstream_ppm": UPSTREAM} for each in (rocket, alice)]
    assert work["upstream_ppm"] == 2 * UPSTREAM
    assert client.get(f"/v1/works/{rocket['work']}").json()["children"] == [collage["work"]]


def test_buy__relayed_order_with_permit__licence_is_live_and_price_was_paid(site, client, dora, sold, collage):
    licence = client.get(f"/v1/licences/{sold['licence']}").json()
    assert licence["live"]
    assert (licence["holder"], licence["work"], licence["tier"]) == (dora.address, collage["work"], "commercial")
    assert site.world.contracts.ledger.gross(int(collage["work"], 16), 1) == int(licence["price"])


def test_quote__two_segments__organisation_pays_more(dora: Visitor, collage: dict[str, Any]):
    prices = [
        int(dora.quote(collage["work"], "commercial", segment=segment)["price"])
        for segment in ("individual", "organisation")
    ]
    assert prices[0] < prices[1]


def test_claims__parent_of_a_sold_child__pulls_its_edge_and_pays_to_the_wei(site, client, ada, sold, rocket, collage):
    (claim,) = client.get(f"/v1/claims/{ada.address}").json()["claims"]
    # Ada sold one adaptation licence and is owed her share of Dora's purchase; nothing else.
    licence = client.get("/v1/licences/1").json()
    due = int(licence["price"]) + share_of(int(sold["price"]), UPSTREAM)
    assert int(claim["amount"]) == due
    assert claim["pulls"] == [{"child": collage["work"], "edge": 0, "currency": 1}]
    before = site.world.contracts.dollar.balance(ada.address)
    (transaction,) = claim["transactions"]
    ada.send(transaction)
    assert site.world.contracts.dollar.balance(ada.address) - before == due
    assert client.get(f"/v1/claims/{ada.address}").json()["claims"] == []


def test_statement__after_claim__earned_equals_claimed(client: TestClient, ada: Visitor, sold, rocket):
    statement = client.get(f"/v1/statements/{ada.address}").json()
    (line,) = statement["lines"]
    assert line["work"] == rocket["work"]
    assert line["earned"] == line["claimed"] != "0"
    assert statement["totals"][0]["claimable"] == "0"


def test_list_works__cursor__walks_all_once_newest_first(client: TestClient, collage, rocket, alice):
    titles, url = [], "/v1/works?limit=2"
    while url:
        page = client.get(url)
        titles += [work["title"] for work in page.json()["items"]]
        url = page.links.get("next", {}).get("url")
    assert titles == ["Collage", "Alice", "Rocket"]


def test_list_works__holder__only_theirs(client: TestClient, ben: Visitor, collage):
    (work,) = client.get("/v1/works", params={"holder": ben.address}).json()["items"]
    assert work["title"] == "Alice"


def test_search__same_copy_derived_and_new__are_told_apart(client: TestClient, rocket: dict[str, Any]):
    photograph = Image.open(ROCKET)
    smaller, part = io.BytesIO(), io.BytesIO()
    photograph.resize((photograph.width * 4 // 5, photograph.height * 4 // 5)).save(smaller, "JPEG", quality=70)
    width, height = photograph.size
    photograph.crop((width // 10, height // 10, width, height)).save(part, "JPEG", quality=70)

    def search(name: str, data: bytes) -> dict[str, Any]:
        return client.post("/v1/works/search", files={"file": (name, data)}).json()

    bytes_, copy, derived = (
        search("a.jpg", data) for data in (ROCKET.read_bytes(), smaller.getvalue(), part.getvalue())
    )
    assert [each["matches"][0]["work"] for each in (bytes_, copy, derived)] == [rocket["work"]] * 3
    assert [each["decision"] for each in (bytes_, copy, derived)] == ["same", "same", "derived"]
    assert [each["matches"][0]["method"] == "sha-256" for each in (bytes_, copy, derived)] == [True, False, False]
    assert 0 < copy["matches"][0]["error_rate"] < 0.01
    region = derived["matches"][0]["regions"][0]
    assert region["unit"] == "pixel-share"
    # The part begins a tenth from the left and from the top.
    assert region["there"][:2] == pytest.approx([0.1, 0.1], abs=0.05)
    assert search("c.txt", PRIDE.read_bytes())["decision"] == "new"


def test_events__job_that_awaits_a_signature__tell_it_and_end(client: TestClient, ada: Visitor, rocket):
    job_id = ada.submit(PRIDE, title="Pride").json()["id"]
    ada.wait(job_id)
    with ada.client.stream("GET", f"/v1/jobs/{job_id}/events") as stream:
        lines = stream.iter_lines()
        fields = [line.partition(": ")[::2] for line in lines if line]
    told = dict(fields)
    assert [name for name, _ in fields].count("event") == 1, "and then the stream ends"
    assert told["event"] == "job"
    assert told["id"]
    job = json.loads(told["data"])
    assert (job["id"], job["state"]) == (job_id, "awaiting-signature")
    assert [step["state"] for step in job["steps"][:5]] == ["done"] * 5


def test_terms__every_tier__document_is_pinned_and_hashes_to_the_chain(site: Site, client: TestClient):
    node = IpfsNode(site.environ["COLOPHON_IPFS_URL"])
    items = client.get("/v1/terms").json()["items"]
    assert [item["tier"] for item in items] == ["personal", "commercial", "adaptation"]
    for item in items:
        text = node.fetch(item["cid"], 2**18)
        assert hashlib.sha256(text).digest() == site.world.contracts.offers.terms(item["number"]).text


def test_terms__every_tier__says_what_the_struct_says(site: Site, client: TestClient):
    names = ["seats", "refund_days", "transferable", "lasting", "exclusive", "renewable", "duration", "max_derivatives"]
    for item in client.get("/v1/terms").json()["items"]:
        terms = site.world.contracts.offers.terms(item["number"])
        assert {name: item[name] for name in names} == {name: getattr(terms, name) for name in names}
        assert (int(item["guarantee"]), int(item["ceiling"])) == (terms.guarantee, terms.ceiling)
        assert (item["guarantee_currency"], item["upstream_ppm"]) == (terms.currency, terms.upstream)


def test_register__edition_listed__is_shown_until_it_is_sold_out(
    site: Site, client: TestClient, ada: Visitor, dora: Visitor
):
    listings = [{"tier": "personal", "price": "0", "supply": 2}]
    work = ada.register(b"an edition of two " * 40, listings=listings, tiers=[])["work"]
    for sold in range(2):
        (listing,) = listings_once(client, work, lambda told, sold=sold: told[0]["sold"] == sold)
        assert (listing["tier"], listing["price"], listing["supply"]) == ("personal", "0", 2)
        told = Listing(listing["terms"], 1, int(listing["price"]))
        bought = purchase(int(listing["offer"]), int(work, 16), site.world.contracts.offers.terms(told.terms), told)
        site.world.send(site.world.contracts.licensing.buy(bought, dora.address), dora.account)
    assert listings_once(client, work, lambda told: not told) == []


def listings_once(client: TestClient, work: str, are: Callable[[list[Any]], bool]) -> list[Any]:
    """A work's listings when the service has read the chain so far that they are as wanted."""
    deadline = time.monotonic() + 30
    while not are(told := client.get(f"/v1/works/{work}").json()["listings"]):
        assert time.monotonic() < deadline, told
        time.sleep(0.1)
    return told


def test_ready__everything_runs__says_so(client: TestClient):
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["ready"]) == (200, True)
