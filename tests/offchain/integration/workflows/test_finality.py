"""Where titles wait before they are final, the service registers them at once and sells them afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from offchain.errors import RefusedError
from offchain.workflows.opening import open_engine
from offchain.workflows.quoting import QuoteRequest, make_quote
from offchain.workflows.registration import start_registration, submit_signature
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
