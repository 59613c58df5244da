from __future__ import annotations

import io
import wave
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from offchain.errors import InputError, UnavailableError
from offchain.identity.marks.authority import Credential, development_credential
from offchain.identity.marks.manifest import SIGNABLE, read_manifest, sign_detached, sign_manifest
from offchain.identity.marks.statement import ManifestReport, Statement
from tests.offchain.site import ROCKET

STATEMENT = Statement(
    work="0x" + "12" * 32,
    token=f"eip155:1337/erc721:0x{'Ab' * 20}/{int('12' * 32, 16)}",
    title="Ünïcode “title”",
    source="trainedAlgorithmicMedia",
    licences=("ipfs://one", "ipfs://two"),
    training="constrained",
)


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Credential:
    return development_credential(tmp_path_factory.mktemp("ours") / "authority")


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Credential:
    return development_credential(tmp_path_factory.mktemp("theirs") / "authority")


@pytest.fixture(scope="module")
def signed(ours: Credential) -> bytes:
    return sign_manifest(ROCKET.read_bytes(), "image/jpeg", STATEMENT, ours)


def read(data: bytes, credential: Credential) -> ManifestReport:
    report = read_manifest(io.BytesIO(data), credential.anchors)
    assert report is not None
    return report


def picture(kind: str) -> bytes:
    out = io.BytesIO()
    Image.open(ROCKET).resize((64, 48)).save(out, kind)
    return out.getvalue()


def sound() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(range(256)) * 20)
    return out.getvalue()


def test_sign_manifest__jpeg__is_trusted_and_says_everything(signed, ours):
    report = read(signed, ours)
    assert (report.state, report.valid, report.problems) == ("trusted", True, ())
    assert (report.statement, report.signer) == (STATEMENT, "Colophon")


def test_sign_manifest__jpeg__leaves_the_pixels_alone(signed):
    assert Image.open(io.BytesIO(signed)).tobytes() == Image.open(ROCKET).tobytes()


@pytest.mark.parametrize(("kind", "data"), [("image/png", picture("PNG")), ("image/webp", picture("WEBP"))])
def test_sign_manifest__other_pictures__are_trusted(ours, kind: str, data: bytes):
    assert kind in SIGNABLE
    assert read(sign_manifest(data, kind, STATEMENT, ours), ours).statement == STATEMENT


def test_sign_manifest__sound__is_trusted(ours):
    assert read(sign_manifest(sound(), "audio/wav", STATEMENT, ours), ours).statement == STATEMENT


@pytest.mark.parametrize("training", ["allowed", "notAllowed"])
@pytest.mark.parametrize("source", ["digitalCreation", "digitalCapture"])
def test_sign_manifest__other_statements__come_back(ours, training, source):
    told = replace(STATEMENT, training=training, source=source, licences=())
    assert read(sign_manifest(picture("PNG"), "image/png", told, ours), ours).statement == told


def test_read_manifest__of_a_stranger__is_intact_but_not_believed(signed, theirs):
    report = read(signed, theirs)
    assert (report.state, report.valid, report.problems) == ("valid", False, ("signingCredential.untrusted",))
    assert report.statement == STATEMENT


def test_read_manifest__pixel_changed__is_invalid(signed, ours):
    changed = bytearray(signed)
    changed[-300] ^= 1
    report = read(bytes(changed), ours)
    assert (report.state, report.valid) == ("invalid", False)
    assert "assertion.dataHash.mismatch" in report.problems


def test_read_manifest__work_id_changed_in_it__is_invalid(signed, ours):
    """The assertions are under the claim's hashes."""
    changed = signed.replace(STATEMENT.work.encode(), b"0x" + b"13" * 32)
    assert changed != signed
    assert read(changed, ours).state == "invalid"


def test_read_manifest__moved_to_another_picture__is_invalid(signed, ours):
    """JPEG keeps it in APP11 segments after SOI (ISO 19566-5); another picture's data follows."""
    other = Image.open(ROCKET).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    out = io.BytesIO()
    other.save(out, "JPEG")
    segments, at = b"", 2
    while signed[at] == 0xFF and signed[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(signed[at + 2 : at + 4], "big")
        segments += signed[at:end] if signed[at + 1] == 0xEB else b""
        at = end
    assert segments
    moved = out.getvalue()[:2] + segments + out.getvalue()[2:]
    assert read(moved, ours).state == "invalid"


@pytest.mark.parametrize("data", [b"", b"\xff", b"\xff\xd8\xff", b"words", ROCKET.read_bytes()])
def test_read_manifest__none_there__is_none(ours, data: bytes):
    assert read_manifest(io.BytesIO(data), ours.anchors) is None


def test_read_manifest__saved_again__is_gone(signed, ours):
    out = io.BytesIO()
    Image.open(io.BytesIO(signed)).save(out, "JPEG")
    assert read_manifest(io.BytesIO(out.getvalue()), ours.anchors) is None


def test_sign_manifest__other_type_than_stated__refused(ours):
    with pytest.raises(InputError) as raised:
        sign_manifest(b"words", "image/jpeg", STATEMENT, ours)
    assert raised.value.code == "manifest-unsignable"


def test_sign_manifest__time_authority_away__unavailable(ours):
    away = replace(ours, time_authority="http://127.0.0.1:9/")
    with pytest.raises(UnavailableError) as raised:
        sign_manifest(picture("PNG"), "image/png", STATEMENT, away)
    assert raised.value.code == "time-authority-down"


def test_sign_manifest__configured_authority_on_disk__reads_back(ours, tmp_path: Path):
    path = tmp_path / "signed.png"
    path.write_bytes(sign_manifest(picture("PNG"), "image/png", STATEMENT, ours))
    with path.open("rb") as stream:
        report = read_manifest(stream, ours.anchors, "image/png")
    assert report is not None
    assert report.valid


@pytest.mark.parametrize(
    ("kind", "data"), [("text/plain", b"Words. " * 40), ("audio/midi", b"MThd\x00\x00\x00\x06" * 9)]
)
def test_sign_detached__no_manifest_fits_into_it__lies_beside_and_is_bound_to_the_bytes(ours, kind: str, data: bytes):
    beside = sign_detached(io.BytesIO(data), kind, STATEMENT, ours)
    report = read_manifest(io.BytesIO(data), ours.anchors, kind, beside)
    assert report is not None
    assert (report.state, report.statement) == ("trusted", STATEMENT)
    changed = read_manifest(io.BytesIO(data.swapcase()), ours.anchors, kind, beside)
    assert changed is not None
    assert (changed.state, changed.problems) == ("invalid", ("assertion.dataHash.mismatch",))


def test_read_manifest__beside_a_file_and_garbage__none(ours):
    assert read_manifest(io.BytesIO(b"Words."), ours.anchors, "text/plain", b"no manifest") is None
