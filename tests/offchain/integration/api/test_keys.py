"""The key service over HTTP: who is given a content key on a real chain, and each of those who are not."""

from __future__ import annotations

import io
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from offchain.chain.key_request import KeyLogRequest
from offchain.chain.structs import ZERO_ADDRESS
from offchain.errors import RefusedError, UnavailableError
from offchain.storage.age import new_identity, recipient_of, unwrap_key
from offchain.storage.master_key import MasterKey
from offchain.storage.sealing import opened
from offchain.store import WebhookRecord
from offchain.workflows.releasing import (
    LONGEST,
    draft_key_request,
    key_releases,
    log_request_typed,
    release_key,
    request_typed,
)
from offchain.workflows.rewrapping import rewrap_keys
from offchain.workflows.sealing import content_key
from offchain.workflows.services import Services
from offchain.workflows.terms.scope import MEDIA
from offchain.workflows.webhooks.secrets import open_secret, seal_secret
from tests.offchain.deployed import BUILT
from tests.offchain.integration.api.key_requests import IDENTITY, PERSONAL, ask, draft, on_offer, refusal, sealed, send
from tests.offchain.site import ADA, BEN, CLEO, DORA, EMIL, PRIDE, ROCKET, Site, Visitor

DAY = 86_400
SERVICE = "http://127.0.0.1:8000"


def test_release__live_licence_of_its_holder__opens_the_pinned_content(site: Site, services, dora, rocket, licence):
    answer = ask(dora, licence)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    told = answer.json()
    assert told["rendition"] == sealed(rocket)
    assert (told["work"], told["licence"], told["account"]) == (rocket["work"], str(licence), dora.address)
    ciphertext = services.ipfs.fetch(told["rendition"]["cid"], told["rendition"]["size"])
    key = unwrap_key(told["key"], IDENTITY)
    assert b"".join(opened(io.BytesIO(ciphertext), key)) == ROCKET.read_bytes()


def test_release__by_anybody_else__opens_nothing(dora: Visitor, licence: int):
    """The age file is worth nothing without the identity; whoever listens learns no key."""
    answer = ask(dora, licence).json()
    with pytest.raises(Exception, match="another age recipient"):
        unwrap_key(answer["key"], new_identity())


def test_release__holder_of_the_title__needs_no_licence(ada: Visitor, rocket: dict[str, Any]):
    assert ask(ada, work=rocket["work"]).status_code == 200


def test_release__no_licence_and_no_title__denied(dora: Visitor, rocket: dict[str, Any]):
    assert refusal(ask(dora, work=rocket["work"])) == (403, "not-title-holder")


def test_release__licence_of_somebody_else__denied(emil: Visitor, licence: int):
    assert refusal(ask(emil, licence)) == (403, "not-licence-holder")


def test_release__signed_by_somebody_else__denied(site: Site, client: TestClient, dora: Visitor, licence: int):
    typed = draft(dora, licence)
    forged = Visitor(site, client, EMIL)
    assert refusal(send(forged, typed)) == (403, "bad-signature")


@pytest.mark.parametrize("field", ["recipient", "work", "licence", "nonce", "deadline"])
def test_release__changed_after_signing__denied(dora: Visitor, licence: int, field: str):
    """Whoever carries the request cannot have the key wrapped to himself, nor alter anything else."""
    typed = draft(dora, licence)
    signature, message = dora.sign(typed), dict(typed["message"])
    message[field] = recipient_of(new_identity()) if field == "recipient" else str(int(message[field]) - 1)
    answer = dora.client.post("/v1/keys", json={"request": message, "signature": signature})
    assert refusal(answer) == (403, "bad-signature")


def test_release__signed_for_another_chain_or_contract__denied(dora: Visitor, licence: int):
    for changed in ({"chainId": 1}, {"verifyingContract": ZERO_ADDRESS}, {"name": "Licensing"}):
        typed = draft(dora, licence)
        typed["domain"] |= changed
        assert refusal(send(dora, typed)) == (403, "bad-signature")


def test_release__chain_id_that_was_signed_for__is_checked_first(dora: Visitor, licence: int):
    typed = draft(dora, licence)
    body = {"request": typed["message"], "signature": dora.sign(typed), "chain_id": 1}
    assert refusal(dora.client.post("/v1/keys", json=body)) == (409, "wrong-chain")


def test_release__same_request_again__refused(dora: Visitor, licence: int):
    typed = draft(dora, licence)
    assert send(dora, typed).status_code == 200
    assert refusal(send(dora, typed)) == (409, "request-used")


def test_release__same_nonce_in_another_request__refused(dora: Visitor, licence: int):
    typed = draft(dora, licence)
    assert send(dora, typed).status_code == 200
    typed["message"]["recipient"] = recipient_of(new_identity())
    assert refusal(send(dora, typed)) == (409, "request-used")


def test_release__same_request_by_many_at_once__is_answered_once(services: Services, dora: Visitor, licence: int):
    request = draft_key_request(services, dora.address, recipient_of(IDENTITY), licence=licence)
    signature = dora.site.signer(dora.account).sign_typed(request_typed(services, request))

    def code(_: int) -> str:
        try:
            release_key(services, request, signature)
        except RefusedError as refused:
            return refused.code
        return "released"

    with ThreadPoolExecutor(6) as pool:
        codes = sorted(pool.map(code, range(6)))
    assert codes[0] == "released"
    assert set(codes[1:]) <= {"request-used", "store-conflict"}


def test_release__deadline_passed_or_far__refused(services: Services, dora: Visitor, licence: int):
    assert refusal(ask(dora, licence, deadline=str(services.now() - 1))) == (409, "expired")
    assert refusal(ask(dora, licence, deadline=str(services.now() + LONGEST + 60))) == (422, "deadline-far")


@pytest.mark.parametrize(
    "recipient", ["", "age1", "ssh-ed25519 AAAA", "age1" + "q" * 58, "AGE-SECRET-KEY-1" + "q" * 58]
)
def test_release__no_age_recipient__refused(dora: Visitor, licence: int, recipient: str):
    assert ask(dora, licence, recipient=recipient).status_code == 422


def test_release__licence_for_another_work__refused(ben: Visitor, dora: Visitor, licence: int):
    other = ben.register(PRIDE, title="Pride")
    assert refusal(ask(dora, licence, work=str(other["work"]))) == (409, "wrong-work")


def test_release__unknown_licence__not_found(dora: Visitor, rocket: dict[str, Any]):
    typed = draft(dora, work=rocket["work"])
    typed["message"]["licence"] = "999999"
    assert refusal(send(dora, typed)) == (404, "unknown-licence")


def test_release__licence_expired__refused_at_once(site: Site, dora: Visitor, rocket: dict[str, Any]):
    number = on_offer(site, rocket["work"], ADA, duration=60)(DORA)
    assert ask(dora, number).status_code == 200
    site.world.sleep(61)
    assert refusal(ask(dora, number)) == (409, "licence-expired")


def test_release__licence_cancelled__refused_at_once(site: Site, dora: Visitor, rocket: dict[str, Any]):
    number = on_offer(site, rocket["work"], ADA, renewable=True)(DORA)
    assert ask(dora, number).status_code == 200
    site.world.send(site.world.contracts.licensing.cancel(number), DORA)
    assert refusal(ask(dora, number)) == (409, "licence-expired")


def test_release__licence_that_can_be_given_back__opens_nothing_before_the_end_of_its_last_day(
    site: Site, services: Services, dora: Visitor, rocket: dict[str, Any]
):
    """Else the content would be had for nothing: open it, and have the price back."""
    number = on_offer(site, rocket["work"], ADA, refund_days=2)(DORA)
    until = (services.now() // DAY + 3) * DAY
    answer = ask(dora, number)
    assert (*refusal(answer), answer.json()["facts"]["until"]) == (409, "licence-refundable", until)
    site.world.sleep(until - services.now() - 60)
    assert refusal(ask(dora, number)) == (409, "licence-refundable")
    site.world.sleep(61)
    assert ask(dora, number).status_code == 200


def test_release__licence_given_back__refused_at_once(site: Site, dora: Visitor, rocket: dict[str, Any]):
    number = on_offer(site, rocket["work"], ADA, refund_days=2)(DORA)
    signed_before = draft(dora, number)
    site.world.send(site.world.contracts.licensing.refund(number), DORA)
    assert refusal(send(dora, signed_before)) == (404, "unknown-licence")


def test_release__licence_transferred__former_holder_is_refused_at_once(site: Site, dora, emil, rocket):
    """No index of ours has seen the transfer: the chain is asked."""
    number = on_offer(site, rocket["work"], ADA, transferable=True)(DORA)
    assert ask(dora, number).status_code == 200
    site.world.send(site.world.contracts.licensing.transfer(dora.address, emil.address, number), DORA)
    assert refusal(ask(dora, number)) == (403, "not-licence-holder")
    assert ask(emil, number).status_code == 200


def test_release__title_transferred__former_holder_is_refused_at_once(site: Site, ben: Visitor, cleo: Visitor):
    work = ben.register(b"a title that changes hands " * 40, title="Moves")["work"]
    assert ask(ben, work=work).status_code == 200
    site.world.send(site.world.contracts.registry.transfer(ben.address, cleo.address, int(work, 16)), BEN)
    assert refusal(ask(ben, work=work)) == (403, "not-title-holder")
    assert ask(cleo, work=work).status_code == 200


def test_release__seat_of_a_licence__may_use_it_until_it_is_taken_away(site: Site, emil: Visitor, rocket):
    number, licensing = on_offer(site, rocket["work"], ADA, seats=1)(DORA), site.world.contracts.licensing
    assert refusal(ask(emil, number)) == (403, "not-licence-holder")
    site.world.send(licensing.set_seat(number, emil.address, True), DORA)
    assert ask(emil, number).status_code == 200
    site.world.send(licensing.set_seat(number, emil.address, False), DORA)
    assert refusal(ask(emil, number)) == (403, "not-licence-holder")


@pytest.mark.parametrize(("medium", "status"), [("image", 200), ("text", 403), ("audio", 403)])
def test_release__scope__must_cover_the_medium_of_the_content(site: Site, dora, rocket, medium: str, status: int):
    scope = PERSONAL.scope & ~0xFFFF | MEDIA[medium]
    answer = ask(dora, on_offer(site, rocket["work"], ADA, scope=scope)(DORA))
    assert answer.status_code == status, answer.text
    if status == 403:
        assert (answer.json()["code"], answer.json()["facts"]["media"]) == ("scope-not-bought", [medium])


def test_release__title_in_dispute__licences_stay_good(site: Site, dora: Visitor, ben: Visitor):
    work = ben.register(b"disputed, yet licensed " * 40, title="Disputed")["work"]
    number = on_offer(site, work, BEN)(DORA)
    site.world.dispute(int(work, 16), 2, CLEO)
    assert ask(dora, number).status_code == 200


def test_release__contract_wallet__erc_1271_decides(site: Site, client: TestClient, dora: Visitor, rocket):
    w3 = site.world.client.w3
    built = json.loads((BUILT / "SmartWallet.json").read_text())
    made = w3.eth.contract(abi=built["abi"], bytecode=built["bytecode"]).constructor(site.address(EMIL))
    wallet = w3.eth.get_transaction_receipt(made.transact({"from": site.address(EMIL)}))["contractAddress"]
    number = on_offer(site, rocket["work"], ADA, transferable=True, seats=3)(DORA)
    site.world.send(site.world.contracts.licensing.transfer(dora.address, wallet, number), DORA)
    for account, expected in ((EMIL, 200), (DORA, 403)):
        typed = draft(dora, number)
        typed["message"]["account"] = wallet
        assert send(Visitor(site, client, account), typed).status_code == expected


def test_release__work_that_was_never_for_sale__not_found(ada: Visitor):
    kept = ada.register(b"kept in a drawer " * 40, title="Kept", tiers=[])
    assert [each["role"] for each in kept["renditions"]] == ["preview"]
    assert refusal(ask(ada, work=kept["work"])) == (404, "content-not-sealed")


def test_release__sealed_elsewhere__not_found(services: Services, ada: Visitor, ben: Visitor):
    """The key at hand is not the one of the content that the metadata names, so it is of no use."""
    work = ben.register(b"sealed by two services " * 40, title="Twice")["work"]
    with services.store.transaction() as tx:
        tx.content_keys.find(int(work, 16)).cid = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"
    assert refusal(ask(ben, work=work)) == (404, "content-not-sealed")


def test_release__not_published_here__not_found_by_title_and_by_licence(site: Site, services, dora: Visitor, ben):
    """As for a work that its finder registered with copied metadata: what that names is ours, its title is not."""
    work = ben.register(b"published by somebody else " * 40, title="Found")["work"]
    number = on_offer(site, work, BEN)(DORA)
    assert ask(dora, number).status_code == 200
    with services.store.transaction() as tx:
        for content in tx.contents.page(1000):
            if content.work == int(work, 16) and content.role == "sealed":
                tx.contents._session.delete(content)
    assert refusal(ask(ben, work=work)) == (404, "content-not-sealed")
    assert refusal(ask(dora, number)) == (404, "content-not-sealed")


def test_release__answered__is_in_the_log_and_refused_ones_are_not(services: Services, dora, emil, rocket, licence):
    work = int(rocket["work"], 16)
    before = key_releases(services, work, 1000)
    assert ask(emil, licence).status_code == 403
    assert ask(dora, licence).status_code == 200
    newest, *others = key_releases(services, work, 1000)
    assert [each.sequence for each in others] == [each.sequence for each in before]
    assert (newest.account, newest.licence, newest.recipient) == (dora.address, licence, recipient_of(IDENTITY))
    assert services.client.head() - 1 <= newest.block <= services.client.head()
    assert key_releases(services, work, 1, before=newest.sequence)[0].sequence == before[0].sequence


def log_of(visitor: Visitor, services: Services, work: str, seconds: int = 600, **page: int) -> Any:
    request = KeyLogRequest(visitor.address, int(work, 16), SERVICE, services.now() + seconds)
    typed = log_request_typed(services, request)
    body = {"request": typed["message"], "signature": visitor.sign(typed), **page}
    return visitor.client.post("/v1/keys/log", json=body)


def test_list_key_releases__holder_of_the_title__sees_all_of_them_page_by_page(services, ada, dora, rocket, licence):
    assert ask(dora, licence).status_code == 200
    expected = [each.account for each in key_releases(services, int(rocket["work"], 16), 1000)]
    found, page = [], {"limit": 2}
    while True:
        told = log_of(ada, services, rocket["work"], **page).json()
        found += [each["account"] for each in told["releases"]]
        if told["next"] is None:
            break
        page["before"] = told["next"]
    assert found == expected
    assert found[0] == dora.address


def test_list_key_releases__anybody_else__is_denied(services: Services, ada, dora, rocket, licence):
    """Who opened what and when is between the buyer and the holder."""
    assert refusal(log_of(dora, services, rocket["work"])) == (403, "not-title-holder")
    assert refusal(log_of(ada, services, "0x" + "1" * 64)) == (404, "unknown-work")
    assert refusal(log_of(ada, services, rocket["work"], seconds=-1)) == (409, "expired")
    assert refusal(log_of(ada, services, rocket["work"], seconds=LONGEST + 60)) == (422, "deadline-far")
    request = KeyLogRequest(ada.address, int(rocket["work"], 16), SERVICE, services.now() + 60)
    typed = log_request_typed(services, request)
    forged = {"request": typed["message"], "signature": dora.sign(typed)}
    assert refusal(ada.client.post("/v1/keys/log", json=forged)) == (403, "bad-signature")


def test_list_key_releases__signed_for_another_service__is_denied(services: Services, ada: Visitor, rocket):
    """A service that was sent a request cannot have another one's log with it, whatever Host it claims to mean."""
    other = "https://other.example"
    request = KeyLogRequest(ada.address, int(rocket["work"], 16), other, services.now() + 60)
    typed = log_request_typed(services, request)
    body = {"request": typed["message"], "signature": ada.sign(typed)}
    answer = ada.client.post("/v1/keys/log", json=body, headers={"Host": "other.example"})
    assert (*refusal(answer), answer.json()["facts"]["service"]) == (403, "wrong-service", SERVICE)
    body["request"] |= {"service": SERVICE}
    assert refusal(ada.client.post("/v1/keys/log", json=body)) == (403, "bad-signature")


def test_release__many_within_a_day__are_bounded_for_a_licence_and_not_for_others(
    site: Site, services: Services, dora: Visitor, rocket, monkeypatch: pytest.MonkeyPatch
):
    """Rows of the log are for ever; one holder must not fill it."""
    monkeypatch.setattr("offchain.workflows.releasing.RELEASES_PER_DAY", 2)
    offer = on_offer(site, rocket["work"], ADA)
    first, second = offer(DORA), offer(DORA)
    assert [ask(dora, first).status_code for _ in range(2)] == [200, 200]
    answer = ask(dora, first)
    assert (*refusal(answer), answer.json()["facts"]["limit"]) == (409, "too-many-releases", 2)
    assert ask(dora, second).status_code == 200
    site.world.sleep(DAY + 1)  # a release in this very second still counts for the whole day
    assert ask(dora, first).status_code == 200


def test_content_key__anywhere_on_disk__lies_in_no_file(site: Site, services: Services, rocket):
    """Neither journal nor database nor log shows it: the store has it wrapped, and the master key lies apart."""
    key = content_key(services, int(rocket["work"], 16)).key
    home = Path(site.environ["COLOPHON_HOME"])
    files = [path for path in home.rglob("*") if path.is_file()]
    assert any(path.name.startswith("workflows-") for path in files)
    for path in files:
        data = path.read_bytes()
        assert key not in data
        assert key.hex().encode() not in data.lower()


def test_rewrap__webhooks__their_secrets_open_under_the_new_key_and_again_does_nothing(services: Services):
    old, new = MasterKey((services.settings.home / "content.key").read_text()), MasterKey("5a" * 32)
    told = {"url": "https://example.com/", "events": ["Claimed"], "works": [], "created_at": 1}
    sealed_under_old = seal_secret(old, "hook", "whsec_now")
    with services.store.transaction() as tx:
        tx.webhooks.add(WebhookRecord(id="hook", account=ZERO_ADDRESS, secret=sealed_under_old, **told))
        tx.webhooks.find(ZERO_ADDRESS, "hook").former = seal_secret(old, "hook", "whsec_before")
    count = rewrap_keys(services.store, old, new)
    try:
        assert rewrap_keys(services.store, old, new) == 0
        with services.store.snapshot() as tx:
            kept = tx.webhooks.get("hook")
        assert [open_secret(new, "hook", each) for each in (kept.secret, kept.former)] == ["whsec_now", "whsec_before"]
    finally:
        assert rewrap_keys(services.store, new, old) == count
        with services.store.transaction() as tx:
            tx.webhooks.remove(tx.webhooks.find(ZERO_ADDRESS, "hook"))


def test_rewrap__other_master_key__opens_the_same_keys_and_the_old_one_none(services: Services, dora, rocket, licence):
    work, old = int(rocket["work"], 16), MasterKey((services.settings.home / "content.key").read_text())
    new, before = MasterKey("5a" * 32), content_key(services, work)
    count = rewrap_keys(services.store, old, new)
    assert count >= 1
    assert refusal(ask(dora, licence)) == (503, "content-key-foreign")
    moved = replace(services, settings=replace(services.settings, content_key="5a" * 32))
    assert content_key(moved, work) == before
    with pytest.raises(UnavailableError):
        rewrap_keys(services.store, MasterKey("a5" * 32), old)
    assert rewrap_keys(services.store, new, old) == count
    assert ask(dora, licence).status_code == 200
