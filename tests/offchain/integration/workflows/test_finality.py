"""Where titles wait before they are final, the service registers them at once and sells them afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from offchain.errors import RefusedError
from offchain.storage.age import new_identity, recipient_of
from offchain.workflows.opening import open_engine
from offchain.workflows.quoting import QuoteRequest, make_quote
from offchain.workflows.registration import start_registration, submit_signature
from offchain.workflows.releasing import draft_key_request, release_key, request_typed
from offchain.workflows.requests import RegistrationRequest, TierMandate
from offchain.workflows.services import open_services, service_signers
from tests.offchain.site import ADA, make_site

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
