"""Certificates after their key was replaced: those of a key that is named as retired count on, all others do not."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi.testclient import TestClient

from offchain.errors import InputError
from offchain.workflows.certificates.keys import Issuer, issuer_of
from offchain.workflows.certificates.proof import sign
from offchain.workflows.services import Services
from tests.offchain.integration.api.test_certificates import certificate_of, checked_by_hand, verdict


@pytest.fixture
def rotate(services: Services, monkeypatch) -> Any:
    """Puts another certificate key in the settings, and names keys as retired."""

    def change(*retired: str) -> None:
        changed = {"certificate_key": secrets.token_hex(32), "certificate_retired": ",".join(retired)}
        monkeypatch.setitem(vars(services), "settings", replace(services.settings, **changed))

    return change


def public_key(client: TestClient) -> str:
    (method,) = client.get("/.well-known/did.json").json()["verificationMethod"]
    return str(method["publicKeyMultibase"])


def test_rotate__former_key_named_as_retired__its_certificates_count_and_new_ones_are_of_the_new_key(
    client: TestClient, licence: int, rotate
):
    old, former = certificate_of(client, licence), public_key(client)
    rotate(former)
    assert (verdict(client, old)["verdict"], verdict(client, old)["authentic"]) == ("valid", True)
    new, document = certificate_of(client, licence), client.get("/.well-known/did.json").json()
    assert new["proof"]["verificationMethod"] != old["proof"]["verificationMethod"]
    assert verdict(client, new)["verdict"] == "valid"
    for certificate in (old, new):
        checked_by_hand(document, certificate)


def test_rotate__former_key_leaked__its_certificates_count_no_more(client: TestClient, licence: int, rotate):
    """Whoever has the key signs what they like, dated as they like: it is not named, so nothing of it is believed."""
    old = certificate_of(client, licence)
    rotate()
    told = verdict(client, old)
    assert (told["verdict"], told["authentic"]) == ("invalid", False)


def test_verify__signed_by_the_retired_key_under_the_name_of_the_new_one__invalid(
    client: TestClient, services: Services, licence: int, rotate
):
    """And the other way round: a signature counts under its own key's name alone."""
    old, retired = certificate_of(client, licence), issuer_of(services.settings)
    rotate(public_key(client))
    current = certificate_of(client, licence)
    for proof, other in ((old["proof"], current["proof"]), (current["proof"], old["proof"])):
        mixed = {**old, "proof": {**proof, "verificationMethod": other["verificationMethod"]}}
        assert verdict(client, mixed)["verdict"] == "invalid"
    thief = Issuer(retired.did, Ed25519PrivateKey.generate(), (retired.key.public_key(),))
    unsigned = {name: value for name, value in old.items() if name != "proof"}
    for method in (retired.method, thief.method, None, ["a"], ""):
        forged = sign(unsigned, thief, old["proof"]["created"])
        forged["proof"]["verificationMethod"] = method
        assert verdict(client, forged)["verdict"] == "invalid"


@pytest.mark.parametrize("text", ["z", "z6Mk", "6Mkabc", "z" + "1" * 47, "z" + "z" * 47, "0" * 64, "z6Mk\u0430" * 10])
def test_issuer__retired_key_that_is_none__says_so(services: Services, text: str):
    with pytest.raises(InputError) as caught:
        issuer_of(replace(services.settings, certificate_retired=text))
    assert caught.value.code == "certificate-key-malformed"
