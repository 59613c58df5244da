"""Where titles wait before they are final, the service registers them at once and sells them afterwards."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from offchain.chain import Registration
from offchain.errors import NotFoundError, RefusedError
from offchain.storage.age import new_identity, recipient_of
from offchain.workflows.catalogue import describe, record_work
from offchain.workflows.holdings import record_contents
from offchain.workflows.late_sealing import seal_registered
from offchain.workflows.opening import open_engine
from offchain.workflows.quoting import QuoteRequest, make_quote
from offchain.workflows.registration import start_registration, submit_signature
from offchain.workflows.releasing import draft_key_request, release_key, request_typed
from offchain.workflows.requests import RegistrationRequest, TierMandate
from offchain.workflows.services import open_services, service_signers
from tests.offchain.site import ADA, BEN, make_site

GRACE = 300


def test_make_quote__title_committed_just_now__waits_until_it_is_final(
    fresh_chain_url: str, ipfs_url: str, tmp_path: Path
):
    site = make_site(fresh_chain_url, ipfs_url, tmp_path, GRACE)
    relayer, pricing = service_signers(site.settings)
    ada = site.signer(ADA)
    request = RegistrationRequest(ada.address, "Waiting", tiers=(TierMandate("personal"),))
    with open_services(site.settings, relayer=relayer, pricing=pricing) as services, open_engine(services) as engine:
        job = engine.wait(start_registration(engine, b"waiting to be final " * 40, request).id)
        submit_signature(engine, job.id, ada.sign_typed(job.typed))
        result = engine.wait(job.id).result
        assert result["final_at"] - result["priority_at"] == GRACE
        asked = QuoteRequest(int(result["work"], 16), "personal")
        with pytest.raises(RefusedError) as refused:
            make_quote(services, asked)
        assert refused.value.code == "not-final"
        assert str(result["final_at"]) in refused.value.message
        site.world.sleep(GRACE)
        assert make_quote(services, asked).quote.work == asked.work


def test_release_key__title_not_final__opens_nothing_until_it_is(fresh_chain_url: str, ipfs_url: str, tmp_path: Path):
    """Whoever has the earlier commitment may still take the title; what was opened could not be taken back."""
    site = make_site(fresh_chain_url, ipfs_url, tmp_path, GRACE)
    relayer, pricing = service_signers(site.settings)
    ada = site.signer(ADA)
    request = RegistrationRequest(ada.address, "Not yet", tiers=(TierMandate("personal"),))
    with open_services(site.settings, relayer=relayer, pricing=pricing) as services, open_engine(services) as engine:
        job = engine.wait(start_registration(engine, b"not opened before it is final " * 40, request).id)
        submit_signature(engine, job.id, ada.sign_typed(job.typed))
        result = engine.wait(job.id).result

        def ask():
            recipient = recipient_of(new_identity())
            asked = draft_key_request(services, ada.address, recipient, work=int(result["work"], 16))
            return release_key(services, asked, ada.sign_typed(request_typed(services, asked)))

        with pytest.raises(RefusedError) as refused:
            ask()
        assert (refused.value.code, refused.value.facts["final_at"]) == ("title-not-final", result["final_at"])
        site.world.sleep(GRACE)
        assert ask().request.account == ada.address


def test_release_key__title_gave_way_to_another_registrant__opens_nothing_of_what_was_handed_in_here(
    fresh_chain_url: str, ipfs_url: str, tmp_path: Path
):
    """An earlier commitment needs the work's id alone, which a checksum tells: the master is not for its maker."""
    site = make_site(fresh_chain_url, ipfs_url, tmp_path, GRACE)
    relayer, pricing = service_signers(site.settings)
    ada, ben, master = site.signer(ADA), site.signer(BEN), b"its checksum was known before " * 40
    registry, salt = site.world.contracts.registry, b"\x07" * 32
    work = int(hashlib.sha256(master).hexdigest(), 16)
    site.world.send(registry.commit(registry.commitment(ben.address, work, salt)), BEN)
    request = RegistrationRequest(ada.address, "Gives way", tiers=(TierMandate("personal"),))
    with open_services(site.settings, relayer=relayer, pricing=pricing) as services, open_engine(services) as engine:
        job = engine.wait(start_registration(engine, master, request).id)
        submit_signature(engine, job.id, ada.sign_typed(job.typed))
        assert engine.wait(job.id).state == "done"
        copied = Registration(work, ben.address, registry.metadata(work), salt=salt)
        site.world.send(registry.register(copied), BEN)
        site.world.sleep(GRACE)
        services.advance()
        asked = draft_key_request(services, ben.address, recipient_of(new_identity()), work=work)
        with pytest.raises(NotFoundError) as refused:
            release_key(services, asked, ben.sign_typed(request_typed(services, asked)))
        assert refused.value.code == "content-not-sealed"
        with pytest.raises(NotFoundError) as refused:
            seal_registered(services, work)
        assert refused.value.code == "not-registered-here"
        # As if it were Ben who registered here.
        draft = engine.output(job.id) | {"metadata": replace(engine.output(job.id)["metadata"], title="Ben's")}
        record_work(services, work, draft["metadata"], services.vault.features(work))
        record_contents(services.store, work, draft)
        assert describe(services, work).metadata == draft["metadata"]
        assert release_key(services, asked, ben.sign_typed(request_typed(services, asked))).request == asked
