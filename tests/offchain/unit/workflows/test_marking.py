from __future__ import annotations

import io
import stat
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from offchain.config import load_settings
from offchain.errors import InputError, UnavailableError
from offchain.identity.marks.image import levels, read
from offchain.identity.marks.manifest import read_manifest
from offchain.identity.marks.opened import picture_of
from offchain.identity.marks.payload import reference_of
from offchain.workflows.marking import kept_mark_key, mark_key, mark_preview, signing_credential, training_of
from offchain.workflows.preview import Preview
from offchain.workflows.requests import RegistrationRequest, TierListing, TierMandate
from offchain.workflows.terms import standard_terms
from tests.offchain.site import ROCKET

WORK = int("5a" * 32, 16)
REQUEST = RegistrationRequest("0x" + "11" * 20, "Rocket", tiers=(TierMandate("personal"),))
PREVIEW = Preview(ROCKET.read_bytes(), "image/jpeg")


def services(home: Path, **environ: str) -> Any:
    """What marking takes of the services: settings, and where the titles are."""
    registry = SimpleNamespace(address="0x" + "Ab" * 20)
    return SimpleNamespace(
        settings=load_settings({"COLOPHON_HOME": str(home), **environ}),
        client=SimpleNamespace(chain_id=1337),
        contracts=SimpleNamespace(registry=registry),
    )


def statement(here: Any, preview: Preview) -> Any:
    report = read_manifest(io.BytesIO(preview.data), signing_credential(here.settings).anchors)
    assert report is not None
    assert report.valid
    return report.statement


def test_mark_preview__picture__is_marked_and_signed_for_the_work(tmp_path):
    here = services(tmp_path)
    made = mark_preview(here, WORK, REQUEST, PREVIEW)
    picture = levels(Image.open(io.BytesIO(made.data)))
    assert read(picture, mark_key(here.settings)) == reference_of(WORK) == 0x5A5A_5A5A_5A5A_5A5A
    told = statement(here, made)
    assert (told.work, told.title) == ("0x" + "5a" * 32, "Rocket")
    assert told.token == f"eip155:1337/erc721:0x{'Ab' * 20}/{WORK}"
    assert (told.source, told.training) == ("digitalCreation", "notAllowed")
    assert told.licences == tuple(f"ipfs://{each.cid}" for each in standard_terms() if each.tier == "personal")


def test_mark_preview__again__same_bytes_although_signing_is_random(tmp_path):
    """A step that is done again after a kill pins the same CID."""
    here = services(tmp_path)
    first = mark_preview(here, WORK, REQUEST, PREVIEW)
    assert mark_preview(here, WORK, REQUEST, PREVIEW) == first
    assert mark_preview(services(tmp_path), WORK, REQUEST, PREVIEW) == first


def test_mark_preview__many_at_once__one_is_kept_and_all_give_it(tmp_path):
    here = services(tmp_path)
    with ThreadPoolExecutor(4) as pool:
        made = set(pool.map(lambda _: mark_preview(here, WORK, REQUEST, PREVIEW).data, range(4)))
    assert len(made) == 1
    assert len(list((tmp_path / "marks" / "renditions").iterdir())) == 1


@pytest.mark.parametrize(
    "request_",
    [
        replace(REQUEST, title="Another"),
        replace(REQUEST, listings=(TierListing("commercial", 5),)),
        replace(REQUEST, source_type="digitalCapture"),
    ],
    ids=["title", "terms", "source"],
)
def test_mark_preview__other_statement__is_signed_anew(tmp_path, request_):
    here = services(tmp_path)
    first = mark_preview(here, WORK, REQUEST, PREVIEW)
    second = mark_preview(here, WORK, request_, PREVIEW)
    assert statement(here, second) != statement(here, first)


def test_mark_preview__generated_work__says_so_whatever_its_registrant_states(tmp_path):
    here = services(tmp_path)
    generated = replace(REQUEST, provenance={"schema": "colophon/provenance"}, source_type="digitalCapture")
    assert statement(here, mark_preview(here, WORK, generated, PREVIEW)).source == "trainedAlgorithmicMedia"


def test_mark_preview__text__stays_as_it_is(tmp_path):
    preview = Preview(b"First words \xe2\x80\xa6\n", "text/plain")
    assert mark_preview(services(tmp_path), WORK, REQUEST, preview) == preview
    assert not list(tmp_path.iterdir())


def test_mark_preview__too_small_to_mark__is_signed_still(tmp_path):
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "JPEG")
    here = services(tmp_path)
    assert statement(here, mark_preview(here, WORK, REQUEST, Preview(out.getvalue(), "image/jpeg"))).title == "Rocket"


@pytest.mark.parametrize("kind", ["image/jpeg", "audio/mpeg"])
def test_mark_preview__not_what_a_decoder_should_have_made__typed_error_and_nothing_signed(tmp_path, kind: str):
    """What comes out of a confined process is opened in another: here are the keys."""
    with pytest.raises(InputError):
        mark_preview(services(tmp_path), WORK, REQUEST, Preview(b"\xff\xd8\xff\xe0 broken off", kind))
    assert not (tmp_path / "marks" / "renditions").exists()


def test_mark_preview__bomb__stays_in_the_confined_process(tmp_path):
    """64,000 by 64,000 pixels in a few bytes would take 12 GB here."""
    header = struct.pack(">IIBBBBB", 64_000, 64_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + header
    bomb += struct.pack(">I", zlib.crc32(b"IHDR" + header))
    with pytest.raises(InputError):
        mark_preview(services(tmp_path), WORK, REQUEST, Preview(bomb, "image/jpeg"))


def test_picture_of__preview__is_decoded_by_another_process(monkeypatch: pytest.MonkeyPatch):
    """No decoder of pictures is called where the keys are."""
    monkeypatch.setattr(Image, "open", None)
    assert picture_of(PREVIEW.data).size == (640, 427)


@pytest.mark.parametrize(
    "told",
    [[60_000, 60_000, b""], [2, 1, 10**11], [2, 1, b"RGB"], [-1, -1, b"RGB"], [float("inf"), 1, b""], ["1", 1, b"RGB"]],
)
def test_picture_of__decoder_taken_over__no_room_is_taken_for_what_it_claims(monkeypatch, told: list[object]):
    monkeypatch.setattr("offchain.identity.marks.opened.guarded", lambda *_, **__: told)
    with pytest.raises(InputError) as raised:
        picture_of(PREVIEW.data)
    assert raised.value.code == "decoding-failed"


def test_mark_key__not_configured__is_made_once_for_this_user_alone(tmp_path):
    settings = services(tmp_path).settings
    key = mark_key(settings)
    assert len(key) == 32
    assert mark_key(settings) == key
    assert stat.S_IMODE((tmp_path / "marks" / "key").stat().st_mode) == 0o600
    assert mark_key(services(tmp_path / "other").settings) != key


def test_mark_key__configured__is_used(tmp_path):
    assert mark_key(services(tmp_path, COLOPHON_MARK_KEY="ab" * 32).settings) == b"\xab" * 32
    assert not list(tmp_path.iterdir())


def test_kept_mark_key__none_there__is_an_error_and_makes_none(tmp_path):
    settings = services(tmp_path).settings
    with pytest.raises(InputError) as raised:
        kept_mark_key(settings)
    assert raised.value.code == "mark-key-missing"
    assert not list(tmp_path.iterdir())

    key = mark_key(settings)
    assert kept_mark_key(settings) == key


def test_kept_mark_key__configured__is_used(tmp_path):
    assert kept_mark_key(services(tmp_path, COLOPHON_MARK_KEY="ab" * 32).settings) == b"\xab" * 32


@pytest.mark.parametrize("text", ["ab", "xy" * 32, "ab" * 33])
@pytest.mark.parametrize("read", [mark_key, kept_mark_key])
def test_mark_key__malformed__refused(tmp_path, text: str, read):
    with pytest.raises(InputError) as raised:
        read(services(tmp_path, COLOPHON_MARK_KEY=text).settings)
    assert raised.value.code == "mark-key-malformed"


def test_mark_key__file_in_the_way__unavailable(tmp_path):
    (tmp_path / "marks").write_text("")
    with pytest.raises(UnavailableError) as raised:
        mark_key(services(tmp_path).settings)
    assert raised.value.code == "disk-failed"


def test_signing_credential__configured_by_files__is_used(tmp_path):
    own = signing_credential(services(tmp_path / "made").settings)
    for name, text in (("cert.pem", own.chain), ("key.pem", own.key)):
        (tmp_path / name).write_text(text)
    environ = {
        "COLOPHON_C2PA_CERT_FILE": str(tmp_path / "cert.pem"),
        "COLOPHON_C2PA_KEY_FILE": str(tmp_path / "key.pem"),
    }
    assert signing_credential(services(tmp_path / "home", **environ).settings) == own


def test_signing_credential__certificate_without_key__refused(tmp_path):
    """Silently signing with the development authority would go unnoticed."""
    own = signing_credential(services(tmp_path).settings)
    with pytest.raises(InputError) as raised:
        signing_credential(services(tmp_path, COLOPHON_C2PA_CERT=own.chain).settings)
    assert raised.value.code == "certificate-malformed"


def test_training_of__standard_terms__none_permits_it():
    """Each text says so: "may not be used to train machine learning models"."""
    assert training_of([each.tier for each in standard_terms()]) == "notAllowed"
    assert all("train machine learning models" in each.document["text"] for each in standard_terms())
