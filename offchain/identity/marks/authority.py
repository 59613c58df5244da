"""Who signs C2PA manifests, and who is believed: certificates from the settings, or a development authority of our own.

The development authority is made once in a folder: a root that signs one leaf, both EC P-256, private keys readable by
this user alone. Its manifests are valid for whoever trusts that root, and for nobody else: for the public, configure a
certificate of an authority on the C2PA trust list.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from offchain.errors import InputError, UnavailableError

__all__ = ["Credential", "configured_credential", "development_credential"]

_CHAIN, _KEY, _ROOT = "chain.pem", "key.pem", "root.pem"
_YEARS: Final = timedelta(days=3650)
_CURVES: Final = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}


@dataclass(frozen=True, slots=True)
class Credential:
    """What manifests are signed with and checked against.

    Attributes:
        algorithm: C2PA's name of the signature algorithm, e.g. `es256`.
        chain: certificates as PEM, the signer's first.
        key: its private key, PKCS #8 PEM.
        anchors: certificates whose signers are believed, PEM.
        time_authority: URL of an RFC 3161 service asked when signing, or None: then nobody is asked.
    """

    algorithm: str
    chain: str
    key: str
    anchors: str
    time_authority: str | None = None

    def __repr__(self) -> str:
        # The key never reaches a log.
        return f"Credential(algorithm={self.algorithm!r})"


def configured_credential(
    chain: str, key: str, anchors: str | None = None, time_authority: str | None = None
) -> Credential:
    """A credential from settings.

    Args:
        chain: PEM certificates, the signer's first.
        key: PEM private key, unencrypted.
        anchors: PEM certificates that are believed; None for the last one of the chain.
        time_authority: URL, or None.

    Raises:
        InputError: `certificate-malformed`, also for a key that is not the certificate's.
    """
    try:
        certificates = x509.load_pem_x509_certificates(chain.encode())
        private = serialization.load_pem_private_key(key.encode(), password=None)
        trusted = x509.load_pem_x509_certificates(anchors.encode()) if anchors else certificates[-1:]
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _malformed(f"the C2PA certificate or key cannot be read: {error}") from error
    if private.public_key() != certificates[0].public_key():
        raise _malformed("the C2PA key does not belong to the first certificate")
    return Credential(_algorithm(private), _pem(*certificates), _private_pem(private), _pem(*trusted), time_authority)


def development_credential(folder: Path) -> Credential:
    """The development authority in a folder, made when it is not there; of two processes at once, one makes it.

    Raises:
        UnavailableError: `authority-unavailable`.
    """
    try:
        if not folder.exists():
            _make(folder)
        chain, key, root = ((folder / name).read_text() for name in (_CHAIN, _KEY, _ROOT))
    except OSError as error:
        raise UnavailableError(
            "authority-unavailable",
            f"the development authority in {folder} cannot be used: {error.strerror}",
            "make the folder writable, or remove it and let it be made again",
        ) from error
    return configured_credential(chain, key, root)


def _make(folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = Path(tempfile.mkdtemp(dir=folder.parent))
    try:
        root_key, leaf_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        root_name, leaf_name = _name("Colophon development root"), _name("Colophon development signer")
        root = _certificate(root_name, root_name, root_key, root_key.public_key(), authority=True)
        leaf = _certificate(root_name, leaf_name, root_key, leaf_key.public_key(), authority=False)
        _write(draft / _KEY, _private_pem(leaf_key))
        _write(draft / _CHAIN, _pem(leaf, root))
        _write(draft / _ROOT, _pem(root))
        # The root's key is forgotten here: nobody can sign a second leaf with it.
        draft.rename(folder)
    except OSError:
        shutil.rmtree(draft, ignore_errors=True)
        if not folder.exists():
            raise


def _certificate(
    issuer: x509.Name,
    subject: x509.Name,
    signer: ec.EllipticCurvePrivateKey,
    public: ec.EllipticCurvePublicKey,
    *,
    authority: bool,
) -> x509.Certificate:
    """A certificate by the profile of C2PA Technical Specification 2.x, §14.5.1: usages, identifiers, EKU of a leaf."""
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .issuer_name(issuer)
        .subject_name(subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + _YEARS)
        .add_extension(x509.BasicConstraints(authority, 0 if authority else None), critical=True)
        .add_extension(_usage(authority=authority), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if not authority:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        builder = builder.add_extension(usage, critical=False)
    return builder.sign(signer, hashes.SHA256())


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Colophon"), x509.NameAttribute(NameOID.COMMON_NAME, common)]
    )


def _algorithm(key: PrivateKeyTypes) -> str:
    match key:
        case ec.EllipticCurvePrivateKey() if key.curve.name in _CURVES:
            return _CURVES[key.curve.name]
        case ed25519.Ed25519PrivateKey():
            return "ed25519"
        case rsa.RSAPrivateKey():
            return "ps256"
    raise _malformed("C2PA signs with EC P-256, P-384 or P-521, with Ed25519 or with RSA, and the key is another")


def _write(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)


def _pem(*certificates: x509.Certificate) -> str:
    return b"".join(each.public_bytes(serialization.Encoding.PEM) for each in certificates).decode()


def _private_pem(key: PrivateKeyTypes) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _malformed(message: str) -> InputError:
    return InputError(
        "certificate-malformed", message, "correct COLOPHON_C2PA_CERT and COLOPHON_C2PA_KEY, or unset both"
    )
