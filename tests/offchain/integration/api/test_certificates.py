"""Licence certificates: what they say can be checked by anybody, and none outlives what the chain says."""

from __future__ import annotations

import copy
import hashlib
import io
import json
import re
from pathlib import Path
from typing import Any

import base58
import numpy as np
import pytest
import rfc8785
import zxingcpp
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from fastapi.testclient import TestClient
from pypdf import PdfReader

from offchain.chain import Listing, Terms
from offchain.workflows.certificates.keys import Issuer, issuer_of
from offchain.workflows.certificates.proof import sign
from offchain.workflows.services import Services
from offchain.workflows.terms import standard_terms
from tests.offchain.site import BEN, CLEO, DORA, EMIL, Site, Visitor

HOUR = 3600


def certificate_of(client: TestClient, licence: int) -> dict[str, Any]:
    answer = client.get(f"/v1/licences/{licence}/certificate")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/vc"
    return answer.json()


def verdict(client: TestClient, certificate: dict[str, Any]) -> dict[str, Any]:
    answer = client.post("/v1/certificates/verify", json={"certificate": certificate})
    assert answer.status_code == 200, answer.text
    return answer.json()


def checked_by_hand(document: dict[str, Any], certificate: dict[str, Any]) -> bytes:
    """What is signed, by the recommendation and `cryptography` alone (eddsa-jcs-2022, §3.3); raises if it is not."""
    proof = dict(certificate["proof"])
    signature = base58.b58decode(proof.pop("proofValue").removeprefix("z"))
    (method,) = [each for each in document["verificationMethod"] if each["id"] == proof["verificationMethod"]]
    assert proof["verificationMethod"] in document["assertionMethod"]
    public = base58.b58decode(method["publicKeyMultibase"].removeprefix("z"))
    assert public[:2] == b"\xed\x01"
    unsigned = {name: value for name, value in certificate.items() if name != "proof"}
    signed = b"".join(hashlib.sha256(rfc8785.dumps(each)).digest() for each in (proof, unsigned))
    Ed25519PublicKey.from_public_bytes(public[2:]).verify(signature, signed)
    return signed


@pytest.fixture(scope="module")
def short(site: Site) -> Terms:
    """Terms of an hour that may be handed over and given back."""
    personal = next(each.terms for each in standard_terms() if each.tier == "personal")
    fields = {name: getattr(personal, name) for name in personal.__slots__}
    return Terms(**fields | {"duration": 4 * HOUR, "transferable": True, "refund_days": 1, "text": b"\x07" * 32})


def sold(site: Site, name: bytes, terms: Terms, buyer: int = DORA) -> int:
    """A licence of a work of Ben's, straight from the contracts."""
    world = site.world
    work = world.register(name, BEN)
    listing = Listing(world.terms(terms), 0, 1000)
    return world.buy(world.list(work, listing, BEN), listing, buyer)


def test_certificate__checked_with_a_plain_library__is_signed_by_the_service(client: TestClient, licence: int):
    document = client.get("/.well-known/did.json").json()
    certificate = certificate_of(client, licence)
    assert certificate["issuer"] == document["id"]
    checked_by_hand(document, certificate)
    certificate["credentialSubject"]["id"] += "0"
    with pytest.raises(InvalidSignature):
        checked_by_hand(document, certificate)


def test_certificate__of_a_sold_licence__says_what_the_chain_says(
    site: Site, client: TestClient, dora: Visitor, ada: Visitor, rocket: dict[str, Any], licence: int
):
    certificate = certificate_of(client, licence)
    subject, policy = certificate["credentialSubject"], certificate["credentialSubject"]["policy"]
    assert subject["id"] == policy["assignee"] == f"did:pkh:eip155:1337:{dora.address}"
    assert policy["assigner"] == f"did:pkh:eip155:1337:{ada.address}"
    registry, licensing = site.world.contracts.registry, site.world.contracts.licensing
    assert subject["work"]["id"] == f"eip155:1337/erc721:{registry.address}/{int(rocket['work'], 16)}"
    commercial = next(each for each in standard_terms() if each.tier == "commercial")
    assert policy["terms"]["colophon:legalText"] == f"ipfs://{commercial.cid}"
    assert int(policy["terms"]["colophon:scope"], 16) == commercial.terms.scope
    permitted = {each["action"] for each in policy["permission"]}
    forbidden = {each["action"] for each in policy["prohibition"]}
    assert "odrl:distribute" in permitted
    assert forbidden >= {"odrl:derive", "colophon:trainModels"}
    assert not permitted & forbidden
    sale = certificate["evidence"][0]
    receipt = site.world.client.w3.eth.get_transaction_receipt(sale["colophon:transaction"])
    assert (receipt["blockNumber"], "0x" + bytes(receipt["blockHash"]).hex()) == (
        sale["colophon:block"],
        sale["colophon:blockHash"],
    )
    assert sale["colophon:contracts"]["Licensing"] == licensing.address
    assert certificate["credentialStatus"]["colophon:contract"] == licensing.address
    assert verdict(client, certificate) == {
        "verdict": "valid",
        "why": "the chain says the same now",
        "authentic": True,
        "licence": str(licence),
        "holder": dora.address,
        "live": True,
        "expiry": licensing.expires_at(licence),
    }


def test_certificate__permit_to_adapt__states_the_share_that_is_owed(client: TestClient, cleo: Visitor, rocket):
    licence = int(cleo.buy(rocket["work"], "adaptation")["licence"])
    policy = certificate_of(client, licence)["credentialSubject"]["policy"]
    (derive,) = [each for each in policy["permission"] if each["action"] == "odrl:derive"]
    counted = {each["leftOperand"]: each["rightOperand"] for each in derive["constraint"]}
    owed = {each["leftOperand"]: each["rightOperand"] for each in derive["duty"][0]["constraint"]}
    assert counted["odrl:count"] == "1"
    assert owed == {"odrl:percentage": "15"}  # 150,000 parts per million


def test_certificate__asked_for_twice__is_the_same_to_the_byte(client: TestClient, licence: int):
    first, second = (client.get(f"/v1/licences/{licence}/certificate").content for _ in range(2))
    assert first == second


@pytest.mark.parametrize("place", ["holder", "right", "until", "status", "context", "proof purpose", "extra in proof"])
def test_verify__one_value_altered__is_invalid(client: TestClient, licence: int, place: str):
    altered = copy.deepcopy(certificate_of(client, licence))
    match place:
        case "holder":
            altered["credentialSubject"]["id"] = "did:pkh:eip155:1337:0x" + "11" * 20
        case "right":
            altered["credentialSubject"]["policy"]["prohibition"].pop()
        case "until":
            altered["validUntil"] = "2999-01-01T00:00:00Z"
        case "status":
            del altered["credentialStatus"]
        case "context":
            altered["@context"][1]["odrl"] = "https://elsewhere.example/"
        case "proof purpose":
            altered["proof"]["proofPurpose"] = "authentication"
        case "extra in proof":
            altered["proof"]["expires"] = "2999-01-01T00:00:00Z"
    told = verdict(client, altered)
    assert (told["verdict"], told["authentic"], told["live"]) == ("invalid", False, False)


def test_verify__signed_by_somebody_else__is_invalid(client: TestClient, services: Services, licence: int):
    """An attacker signs a perfect copy with a key of their own, under our name and under theirs."""
    ours, certificate = issuer_of(services.settings), certificate_of(client, licence)
    unsigned = {name: value for name, value in certificate.items() if name != "proof"}
    for did in (ours.did, "did:web:elsewhere.example"):
        thief = Issuer(did, Ed25519PrivateKey.generate())
        forged = sign({**unsigned, "issuer": did}, thief, certificate["proof"]["created"])
        assert verdict(client, forged)["verdict"] == "invalid"


def test_verify__own_signature_over_another_chain__is_invalid(client: TestClient, services: Services, licence: int):
    """The same key may serve a test network: its certificates are worth nothing here."""
    certificate = certificate_of(client, licence)
    unsigned = {name: value for name, value in certificate.items() if name != "proof"}
    elsewhere = {**unsigned, "id": unsigned["id"].replace(":1337:", ":31337:")}
    told = verdict(client, sign(elsewhere, issuer_of(services.settings), certificate["proof"]["created"]))
    assert (told["verdict"], told["authentic"]) == ("invalid", True)


def nested(depth: int) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for _ in range(depth):
        document = {"a": document}
    return document


@pytest.mark.parametrize(
    "document",
    [{}, {"proof": []}, {"proof": {"proofValue": "z0OIl"}}, {"proof": {"created": "x", "proofValue": "z" * 90}}],
)
def test_verify__no_certificate_at_all__is_invalid(client: TestClient, document: dict[str, Any]):
    assert verdict(client, document)["verdict"] == "invalid"


@pytest.mark.parametrize("document", [nested(200), {"a": 2**60}, {"a": "x" * 300_000}])
def test_verify__what_canonical_json_cannot_hold__is_refused(client: TestClient, document: dict[str, Any]):
    answer = client.post("/v1/certificates/verify", json={"certificate": document})
    assert answer.status_code == 422
    assert answer.json()["code"] == "certificate-malformed"


def test_verify__licence_handed_over__old_certificate_is_outdated_and_a_new_one_valid(
    site: Site, client: TestClient, short: Terms
):
    licence = sold(site, b"handed over", short)
    before = certificate_of(client, licence)
    world = site.world
    world.send(world.contracts.licensing.transfer(site.address(DORA), site.address(EMIL), licence), DORA)
    told = verdict(client, before)
    assert (told["verdict"], told["holder"]) == ("outdated", site.address(EMIL))
    after = certificate_of(client, licence)
    assert after["credentialSubject"]["id"].endswith(site.address(EMIL))
    assert verdict(client, after)["verdict"] == "valid"


def test_verify__licence_given_back__is_not_live(site: Site, client: TestClient, short: Terms):
    licence = sold(site, b"given back", short, CLEO)
    certificate = certificate_of(client, licence)
    site.world.send(site.world.contracts.licensing.refund(licence), CLEO)
    told = verdict(client, certificate)
    assert (told["verdict"], told["authentic"], told["holder"]) == ("not-live", True, None)
    assert client.get(f"/v1/licences/{licence}/certificate").status_code == 404


def test_certificate__unknown_licence__is_not_found(client: TestClient):
    for number in ("999999", str(2**256), "9" * 77):
        assert client.get(f"/v1/licences/{number}/certificate").status_code == 404


def test_page__its_code_scanned_and_followed__leads_to_the_verdict(
    client: TestClient, services: Services, licence: int, tmp_path: Path
):
    answer = client.get(f"/v1/licences/{licence}/certificate", headers={"Accept": "application/pdf"})
    assert answer.headers["content-type"] == "application/pdf"
    url = scanned(answer.content)
    assert url.startswith(services.settings.service_url + "/v1/certificates/verify?")
    path = url.removeprefix(services.settings.service_url)
    assert client.get(path).json()["verdict"] == "valid"
    digest = path[-64:]
    forged = path.replace(digest, f"{int(digest, 16) ^ 1:064x}")
    assert client.get(forged).json()["verdict"] == "outdated"
    assert client.get(path.replace("chain=1337", "chain=1")).json()["verdict"] == "invalid"


def test_page__title_in_many_scripts__says_who_holds_what(client: TestClient, ada: Visitor, dora: Visitor):
    title = "Ἰλιάς — Война и мир, שלום, 紅樓夢"
    work = ada.register(b"many scripts " * 50, title=title)["work"]
    licence = dora.buy(work, "personal")["licence"]
    page = client.get(f"/v1/licences/{licence}/certificate", headers={"Accept": "application/pdf"}).content
    text = text_of(page)
    assert "Ἰλιάς — Война и мир" in text
    assert dora.address in text
    assert work in text


def scanned(page: bytes) -> str:
    """What a camera reads on the page. The rectangles are painted here: no other program draws PDFs in the tests."""
    (code,) = zxingcpp.read_barcodes(painted(page))
    return str(code.text)


def painted(page: bytes) -> Any:
    content = PdfReader(io.BytesIO(page)).pages[0].get_contents().get_data().decode("latin-1")
    scale, height = 4, 842
    picture = np.full((height * scale, 596 * scale), 255, np.uint8)
    for x, y, w, h in re.findall(r"([\d.]+) ([\d.]+) ([\d.]+) (-[\d.]+) re f", content):
        left, top, wide, high = float(x), height - float(y), float(w), -float(h)
        picture[
            round(top * scale) : round((top + high) * scale), round(left * scale) : round((left + wide) * scale)
        ] = 0
    return picture


def text_of(page: bytes) -> str:
    return PdfReader(io.BytesIO(page)).pages[0].extract_text()


def test_key__made_in_the_home__is_for_its_user_alone_and_stays(services: Services, client: TestClient):
    place = services.settings.home / "certificates" / "key"
    first = client.get("/.well-known/did.json").json()
    assert place.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in place.parent.iterdir()] == ["key"]
    assert client.get("/.well-known/did.json").json() == first
    assert place.read_text() not in repr(issuer_of(services.settings))


def test_verify__licence_expired__is_not_live(site: Site, client: TestClient, short: Terms):
    """Last, since the chain's clock runs ahead for everybody."""
    licence = sold(site, b"expired", short)
    certificate = certificate_of(client, licence)
    assert verdict(client, certificate)["verdict"] == "valid"
    site.world.sleep(4 * HOUR + 1)
    told = verdict(client, certificate)
    assert (told["verdict"], told["authentic"], told["live"]) == ("not-live", True, False)
    assert json.dumps(certificate_of(client, licence)) == json.dumps(certificate)
