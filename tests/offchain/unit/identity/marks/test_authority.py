from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa

from offchain.errors import InputError, UnavailableError
from offchain.identity.marks.authority import Credential, configured_credential, development_credential


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Credential]:
    folder = tmp_path_factory.mktemp("home") / "marks" / "authority"
    return folder, development_credential(folder)


def pem(key) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def test_development_credential__again__is_the_same(made):
    folder, credential = made
    assert development_credential(folder) == credential


def test_development_credential__files__are_readable_by_their_owner_alone(made):
    folder, _ = made
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == {"chain.pem": 0o600, "key.pem": 0o600, "root.pem": 0o600}


def test_development_credential__roots_key__is_kept_nowhere(made):
    """Whoever had it could sign as anybody."""
    folder, credential = made
    root = x509.load_pem_x509_certificate(credential.anchors.encode()).public_key()
    kept = [path.read_bytes() for path in folder.iterdir() if b"PRIVATE KEY" in path.read_bytes()]
    keys = [serialization.load_pem_private_key(data, None).public_key() for data in kept]
    assert len(keys) == 1
    assert root not in keys


def test_development_credential__leaf__is_signed_by_the_root_for_c2pa(made):
    leaf, root = x509.load_pem_x509_certificates(made[1].chain.encode())
    leaf.verify_directly_issued_by(root)
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert leaf.extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature


def test_development_credential__many_at_once__all_get_one(tmp_path: Path):
    folder = tmp_path / "authority"
    with ThreadPoolExecutor(4) as pool:
        made = set(pool.map(lambda _: development_credential(folder), range(4)))
    assert len(made) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["authority"]


def test_development_credential__file_in_the_way__unavailable(tmp_path: Path):
    (tmp_path / "authority").write_text("")
    with pytest.raises(UnavailableError) as raised:
        development_credential(tmp_path / "authority")
    assert raised.value.code == "authority-unavailable"


def test_credential__shown__hides_its_key(made):
    assert "PRIVATE" not in repr(made[1])


def test_configured_credential__no_anchors__believes_the_end_of_the_chain(made):
    _, credential = made
    again = configured_credential(credential.chain, credential.key, None, "http://example.invalid/tsa")
    assert (again.anchors, again.time_authority) == (credential.anchors, "http://example.invalid/tsa")


@pytest.mark.parametrize(
    ("chain", "key"),
    [("", ""), ("nonsense", "nonsense"), (None, "nonsense"), (None, pem(ec.generate_private_key(ec.SECP256R1())))],
    ids=["empty", "nonsense", "no key", "another's key"],
)
def test_configured_credential__wrong__refused_naming_the_settings(made, chain: str | None, key: str):
    with pytest.raises(InputError) as raised:
        configured_credential(made[1].chain if chain is None else chain, key)
    assert raised.value.code == "certificate-malformed"
    assert "COLOPHON_C2PA_KEY" in raised.value.remedy


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (ec.generate_private_key(ec.SECP384R1()), "es384"),
        (ed25519.Ed25519PrivateKey.generate(), "ed25519"),
        (rsa.generate_private_key(65537, 2048), "ps256"),
        (ec.generate_private_key(ec.SECP256K1()), None),
        (dsa.generate_private_key(2048), None),
    ],
    ids=["p384", "ed25519", "rsa", "secp256k1", "dsa"],
)
def test_configured_credential__kinds_of_keys__named_as_c2pa_does(made, key, algorithm: str | None):
    """Technical Specification 2.2, §13.2.1: ECDSA on NIST curves, RSA-PSS, Ed25519."""
    root = x509.load_pem_x509_certificates(made[1].chain.encode())[0]
    hashed = None if algorithm == "ed25519" else root.signature_hash_algorithm
    builder = x509.CertificateBuilder().subject_name(root.subject).issuer_name(root.subject)
    builder = builder.public_key(key.public_key()).serial_number(1)
    certificate = builder.not_valid_before(root.not_valid_before_utc).not_valid_after(root.not_valid_after_utc)
    chain = certificate.sign(key, hashed).public_bytes(serialization.Encoding.PEM).decode()
    if algorithm is None:
        with pytest.raises(InputError):
            configured_credential(chain, pem(key))
    else:
        assert configured_credential(chain, pem(key)).algorithm == algorithm
