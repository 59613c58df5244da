"""Bad input over HTTP: a problem that names cause and remedy, and nothing half done."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from offchain.api.app import create_app
from tests.offchain.site import ALICE, CHELSEA, DOLLAR, PRIDE, ROCKET, TIERS, Site, Visitor

PROBLEM = {"type", "title", "status", "detail", "code", "remedy", "facts", "instance"}


def assert_problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert set(problem) == PROBLEM
    assert problem["type"] == f"urn:colophon:error:{code}"
    assert problem["remedy"]
    return problem


@pytest.fixture(scope="module")
def rocket(ada: Visitor) -> dict[str, Any]:
    return ada.register(ROCKET, title="Rocket", tiers=[*TIERS[:1], TIERS[2]])


@pytest.fixture(scope="module")
def cheap(ben: Visitor) -> dict[str, Any]:
    """A work whose personal licence costs two or three dollars."""
    return ben.register(
        ALICE, title="Alice", tiers=[{"tier": "personal", "floor": str(2 * DOLLAR), "ceiling": str(3 * DOLLAR)}]
    )


@pytest.mark.parametrize(
    ("master", "code"),
    [
        (b"", "file-empty"),
        (ROCKET.read_bytes()[:5000], "image-malformed"),
        (b"%PDF-1.7\n" + b"x" * 2000, "document-malformed"),
        (b"\x7fELF" + bytes(2000), "media-unsupported"),
        (b"caf\xe9 " * 500, "text-malformed"),
    ],
    ids=["empty", "truncated", "pdf", "binary", "latin-1"],
)
def test_register__unusable_file__refused(ada: Visitor, master: bytes, code: str):
    assert_problem(ada.submit(master), 422, code)


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "chunked"])
def test_register__oversized_body__cut_off_before_anything_is_opened(site: Site, tmp_path: Path, *, announced: bool):
    small = replace(site.settings, home=tmp_path, max_upload=1000)
    # The service is not started, so a request that got past the limit would fail otherwise.
    unstarted = TestClient(create_app(small), raise_server_exceptions=False)
    body = [
        b'--x\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\n\r\n',
        *[b"x" * 2**20] * 3,
        b"\r\n--x--\r\n",
    ]
    headers = {"content-type": "multipart/form-data; boundary=x"}
    sent = b"".join(body) if announced else iter(body)
    answer = unstarted.post("/v1/works", content=sent, headers=headers)
    assert_problem(answer, 413, "file-oversized")


def test_register__malformed_request__names_the_field(ada: Visitor):
    problem = assert_problem(ada.submit(b"words " * 500, registrant="0x12"), 422, "request-invalid")
    assert problem["facts"]["errors"][0]["at"] == "registrant"


def test_register__misspelt_field__refused(ada: Visitor):
    assert_problem(ada.submit(b"words " * 500, tires=[]), 422, "request-invalid")


def test_register__request_is_not_json__refused(ada: Visitor):
    answer = ada.client.post("/v1/works", data={"request": "{"}, files={"file": ("a.txt", b"words " * 500)})
    assert_problem(answer, 422, "request-invalid")


def test_register__wrong_checksum__refused(ada: Visitor):
    wrong = ada.address[:-1] + ("d" if ada.address[-1] != "d" else "D")
    assert_problem(ada.submit(b"words " * 500, registrant=wrong), 422, "address-malformed")


def test_register__no_title__refused(ada: Visitor):
    assert_problem(ada.submit(b"words " * 500, title="  "), 422, "title-empty")


def test_register__unknown_tier__refused(ada: Visitor):
    assert_problem(ada.submit(b"words " * 500, tiers=[{"tier": "royal"}]), 404, "unknown-tier")


def test_register__floor_above_ceiling__refused(ada: Visitor):
    tiers = [{"tier": "personal", "floor": "9000000", "ceiling": "2000000"}]
    assert_problem(ada.submit(b"words " * 500, tiers=tiers), 422, "floor-above-ceiling")


def test_register__neither_file_nor_generation__refused(ada: Visitor):
    body = {"registrant": ada.address, "title": "Nothing"}
    assert_problem(ada.client.post("/v1/works", data={"request": json.dumps(body)}), 422, "file-or-generation")


def test_register__exact_duplicate__says_which_and_who(ben: Visitor, ada: Visitor, rocket: dict[str, Any]):
    problem = assert_problem(ben.submit(ROCKET), 409, "work-registered")
    assert problem["facts"]["work"] == rocket["work"]
    assert problem["facts"]["holder"] == ada.address
    assert problem["facts"]["since"] == rocket["priority_at"]


def test_register__copy_of_somebody_elses_work__refused_whatever_is_acknowledged(ben: Visitor, rocket: dict[str, Any]):
    # One byte behind the end of the image: another file, the same picture.
    copy = ROCKET.read_bytes() + b"\x00"
    for acknowledged in (False, True):
        problem = assert_problem(ben.submit(copy, acknowledge_similar=acknowledged), 409, "work-copied")
        assert [match["work"] for match in problem["facts"]["matches"]] == [rocket["work"]]


def test_register__made_from_somebody_elses_work__flagged_until_acknowledged(ben: Visitor, rocket: dict[str, Any]):
    photograph, part = Image.open(ROCKET), io.BytesIO()
    photograph.crop((0, 0, photograph.width * 7 // 10, photograph.height)).save(part, "JPEG", quality=80)
    problem = assert_problem(ben.submit(part.getvalue()), 409, "work-derived")
    assert [match["work"] for match in problem["facts"]["matches"]] == [rocket["work"]]
    assert ben.submit(part.getvalue(), acknowledge_similar=True).status_code == 202


def test_register__permit_of_somebody_else__denied(cleo: Visitor, ada: Visitor, rocket: dict[str, Any]):
    licence = cleo.buy(rocket["work"], "adaptation")["licence"]
    problem = assert_problem(ada.submit(PRIDE, permits=[licence]), 403, "not-permit-holder")
    assert problem["facts"]["holder"] == cleo.address


def test_register__personal_licence_as_permit__refused(cleo: Visitor, cheap: dict[str, Any]):
    licence = cleo.buy(cheap["work"], "personal")["licence"]
    assert_problem(cleo.submit(CHELSEA, permits=[licence]), 409, "no-derivative-left")


def test_register__unknown_permit__not_found(cleo: Visitor):
    assert_problem(cleo.submit(CHELSEA, permits=["999999"]), 404, "unknown-licence")


def test_sign__somebody_elses_signature__denied_and_job_still_waits(ada: Visitor, ben: Visitor):
    client = ada.client
    job = ada.wait(ada.submit(b"a text of mine " * 100, title="Mine").json()["id"])
    url = f"/v1/jobs/{job['id']}/signature"
    assert_problem(client.post(url, json={"signature": ben.sign(job["typed_data"])}), 403, "bad-signature")
    assert_problem(client.post(url, json={"signature": "0x1234"}), 403, "bad-signature")
    wrong = {"signature": ada.sign(job["typed_data"]), "chain_id": 1}
    assert_problem(client.post(url, json=wrong), 409, "wrong-chain")
    other = job["typed_data"] | {"domain": job["typed_data"]["domain"] | {"chainId": 1}}
    assert_problem(client.post(url, json={"signature": ada.sign(other)}), 403, "bad-signature")
    assert client.get(f"/v1/jobs/{job['id']}").json()["state"] == "awaiting-signature"


def test_job__unknown__not_found(client: TestClient):
    for job_id in ("registration-00", "purchase-00", "nonsense"):
        assert_problem(client.get(f"/v1/jobs/{job_id}"), 404, "unknown-job")
        assert_problem(client.get(f"/v1/jobs/{job_id}/events"), 404, "unknown-job")


def test_work__unknown__not_found(client: TestClient):
    assert_problem(client.get("/v1/works/0x" + "00" * 31 + "07"), 404, "unknown-work")


def test_work__malformed_id__refused(client: TestClient):
    assert_problem(client.get("/v1/works/0x12"), 422, "request-invalid")


def test_licence__unknown__not_found(client: TestClient):
    assert_problem(client.get("/v1/licences/424242"), 404, "unknown-licence")


def test_quote__unknown_work__not_found(client: TestClient):
    body = {"work": "0x" + "11" * 32, "tier": "personal"}
    assert_problem(client.post("/v1/quotes", json=body), 404, "unknown-work")


def test_quote__tier_not_for_sale__refused(client: TestClient, rocket: dict[str, Any]):
    body = {"work": rocket["work"], "tier": "commercial"}
    assert_problem(client.post("/v1/quotes", json=body), 409, "not-for-sale")


def test_quote__wrong_currency__names_the_right_one(client: TestClient, site: Site, rocket: dict[str, Any]):
    body = {"work": rocket["work"], "tier": "personal", "currency": "eip155:1337/slip44:60"}
    problem = assert_problem(client.post("/v1/quotes", json=body), 409, "wrong-currency")
    assert problem["facts"]["offered"] == [f"eip155:1337/erc20:{site.world.contracts.dollar.address}"]


def test_quote__currency_that_the_ledger_does_not_know__not_found(client: TestClient, rocket: dict[str, Any]):
    body = {"work": rocket["work"], "tier": "personal", "currency": "eip155:1/slip44:60"}
    assert_problem(client.post("/v1/quotes", json=body), 404, "unknown-currency")


def test_quote__unknown_segment__refused(client: TestClient, rocket: dict[str, Any]):
    body = {"work": rocket["work"], "tier": "personal", "segment": "pirate"}
    assert_problem(client.post("/v1/quotes", json=body), 422, "segment-unknown")


def test_order__unknown_quote__not_found(client: TestClient, dora: Visitor, cheap: dict[str, Any]):
    order = dora.order(dora.quote(cheap["work"], "personal"))
    assert_problem(client.post("/v1/orders", json=order | {"quote": "0x" + "22" * 32}), 404, "unknown-quote")


def test_order__price_above_maximum__refused(client: TestClient, dora: Visitor, cheap: dict[str, Any]):
    quote = dora.quote(cheap["work"], "personal")
    low = str(int(quote["price"]) - 1)
    problem = assert_problem(client.post("/v1/orders", json=dora.order(quote, maxPrice=low)), 409, "price-too-high")
    assert problem["facts"] == {"price": quote["price"], "maximum": low}


def test_order__expired_order__refused(client: TestClient, site: Site, dora: Visitor, cheap: dict[str, Any]):
    quote = dora.quote(cheap["work"], "personal")
    past = str(site.world.now() - 1)
    assert_problem(client.post("/v1/orders", json=dora.order(quote, expiry=past)), 409, "expired")


def test_order__wrong_currency_stated__refused(client: TestClient, dora: Visitor, cheap: dict[str, Any]):
    order = dora.order(dora.quote(cheap["work"], "personal"))
    answer = client.post("/v1/orders", json=order | {"currency": "eip155:1337/slip44:60"})
    assert_problem(answer, 409, "wrong-currency")


def test_order__wrong_chain__refused_stated_or_signed(client: TestClient, site: Site, dora: Visitor, cheap):
    quote = dora.quote(cheap["work"], "personal")
    order = dora.order(quote)
    assert_problem(client.post("/v1/orders", json=order | {"chain_id": 1}), 409, "wrong-chain")
    typed = quote["order"]["typed_data"]
    elsewhere = dora.sign(typed | {"domain": typed["domain"] | {"chainId": 1}})
    assert_problem(client.post("/v1/orders", json=order | {"signature": elsewhere}), 403, "bad-signature")


def test_order__no_money__refused(client: TestClient, emil: Visitor, cheap: dict[str, Any]):
    quote = emil.quote(cheap["work"], "personal")
    problem = assert_problem(client.post("/v1/orders", json=emil.order(quote)), 409, "insufficient-balance")
    assert problem["facts"] == {"account": emil.address, "balance": "0", "due": quote["price"]}


def test_order__no_allowance_and_no_permit__refused(client: TestClient, dora: Visitor, cheap: dict[str, Any]):
    order = dora.order(dora.quote(cheap["work"], "personal"))
    problem = assert_problem(client.post("/v1/orders", json=order | {"permit": None}), 409, "insufficient-allowance")
    assert problem["facts"]["allowance"] == "0"


def test_order__somebody_elses_signature__denied(client: TestClient, dora: Visitor, ben: Visitor, cheap):
    quote = dora.quote(cheap["work"], "personal")
    order = dora.order(quote) | {"signature": ben.sign(quote["order"]["typed_data"])}
    assert_problem(client.post("/v1/orders", json=order), 403, "bad-signature")


def test_order__quote_for_another_buyer__denied(client: TestClient, site: Site, dora: Visitor, cleo: Visitor, cheap):
    theirs = dora.quote(cheap["work"], "personal")
    order = cleo.order(cleo.quote(cheap["work"], "personal"))
    message = order["order"] | {"quote": theirs["digest"]}
    typed = theirs["order"]["typed_data"] | {"message": message}
    forged = order | {"quote": theirs["digest"], "order": message, "signature": cleo.sign(typed)}
    assert_problem(client.post("/v1/orders", json=forged), 403, "wrong-buyer")


def test_order__replayed__answered_with_its_licence_and_paid_once(
    client: TestClient, site: Site, dora: Visitor, cheap: dict[str, Any]
):
    quote = dora.quote(cheap["work"], "personal")
    order = dora.order(quote)
    before = site.world.contracts.dollar.balance(dora.address)
    job = client.post("/v1/orders", json=order).json()["id"]
    result = dora.result(job)
    again = client.post("/v1/orders", json=order)
    assert (again.status_code, again.json()["id"], again.json()["state"]) == (202, job, "done")
    assert again.json()["result"] == result
    another = dora.quote(cheap["work"], "personal")
    assert_problem(client.post("/v1/orders", json=order | {"quote": another["digest"]}), 409, "wrong-quote")
    altered = dora.order(quote, maxPrice=str(int(quote["price"]) + 1))
    assert_problem(client.post("/v1/orders", json=altered), 409, "nonce-used")
    assert before - site.world.contracts.dollar.balance(dora.address) == int(quote["price"])


def test_order__quote_of_a_work_whose_title_moved__refused(client: TestClient, site: Site, dora: Visitor, ben: Visitor):
    work = ben.register(b"soon somebody else's " * 100, title="Sold", tiers=[{"tier": "personal"}])["work"]
    order = dora.order(dora.quote(work, "personal"))
    registry = site.world.contracts.registry
    site.world.send(registry.transfer(ben.address, dora.address, int(work, 16)), ben.account)
    assert_problem(client.post("/v1/orders", json=order), 409, "wrong-work-epoch")
    # The mandate went with the former holder's title.
    ben.client.get(f"/v1/claims/{ben.address}")
    assert_problem(client.post("/v1/quotes", json={"work": work, "tier": "personal"}), 409, "not-for-sale")


def test_quote__expired__cannot_be_accepted(client: TestClient, site: Site, dora: Visitor, cheap: dict[str, Any]):
    quote = dora.quote(cheap["work"], "personal", seconds=60)
    order = dora.order(quote)
    site.world.rpc("evm_increaseTime", 61)
    site.world.rpc("evm_mine")
    problem = assert_problem(client.post("/v1/orders", json=order), 409, "expired")
    assert problem["facts"] == {"expired": quote["expires"]}


def test_claims__malformed_account__refused(client: TestClient):
    assert_problem(client.get("/v1/claims/0x12"), 422, "request-invalid")


def test_generate__empty_prompt__refused(ada: Visitor):
    assert_problem(ada.client.post("/v1/generations", json={"prompt": "  "}), 422, "prompt-empty")


def test_route__unknown_or_wrong_method__problem(client: TestClient):
    assert_problem(client.get("/v1/nothing"), 404, "no-such-route")
    assert_problem(client.put("/v1/works"), 405, "method-not-allowed")


def test_body__not_json__problem(client: TestClient):
    answer = client.post("/v1/quotes", content=b"{", headers={"content-type": "application/json"})
    assert_problem(answer, 422, "request-invalid")


def test_order__signed_for_another_contract__denied(client: TestClient, site: Site, dora: Visitor, cheap):
    quote = dora.quote(cheap["work"], "personal")
    message = quote["order"]["typed_data"]
    elsewhere = message | {"domain": message["domain"] | {"verifyingContract": site.address(0)}}
    order = dora.order(quote) | {"signature": dora.sign(elsewhere)}
    assert_problem(client.post("/v1/orders", json=order), 403, "bad-signature")
