from __future__ import annotations

import hashlib
import io
import struct
from pathlib import Path

import iscc_lib
import iscc_samples
import pytest
from PIL import Image

from offchain.errors import InputError
from offchain.identity import identify
from offchain.identity.fingerprint import unit_bytes

LIMIT = 2**20
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def encoded(image: Image.Image, kind: str) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind)
    return stream.getvalue()


def test_iscc_lib__its_conformance_vectors__pass():
    assert iscc_lib.conformance_selftest()


def test_identify__sample_image_of_the_standard__gives_the_published_codes():
    # iscc-sdk, tests/test_main.py::test_code_iscc_with_units (same file, same title); IEP-0004, example 1.
    identity = identify(iscc_samples.images("jpg")[0], title="Concentrated Cat", limit=LIMIT)
    assert identity.iscc == "ISCC:KECWRY3VY6R5SNV4YNBTBHR4T2HGP3HKVFO7TYUP2BKVFG724W63HVI"
    assert identity.units[0] == "ISCC:AAAWRY3VY6R5SNV4"
    assert identity.units[1] == "ISCC:EEA4GQZQTY6J5DTH"
    assert identity.units[3] == "ISCC:IAAVKUU37LS33M6V"
    assert (identity.size, identity.media_type, identity.mode) == (35_393, "image/jpeg", "image")


def test_identify__sample_text_of_the_standard__gives_the_published_code():
    # iscc-sdk, tests/test_main.py::test_code_text, made from the DOCX of the same text.
    identity = identify(iscc_samples.texts("txt")[0], title="ISCC Test Document", limit=LIMIT)
    assert identity.units[1] == "ISCC:EAAQMBEYQF6457DP"
    assert (identity.media_type, identity.mode, identity.featureless) == ("text/plain", "text", False)


def test_identify__path_and_bytes__agree(prose):
    from_path = identify(prose, title="Pride and Prejudice", limit=LIMIT)
    assert identify(prose.read_bytes(), title="Pride and Prejudice", limit=LIMIT) == from_path
    assert from_path.work_id == int(hashlib.sha256(prose.read_bytes()).hexdigest(), 16)


def test_identify__upload_named_markdown__is_markdown(prose):
    identity = identify(prose.read_bytes(), title="x", limit=LIMIT, name="chapter.md")
    assert identity.media_type == "text/markdown"
    assert identity.mode == "text"


def test_iscc_bytes__featureful__is_header_and_body_of_four_units(photograph):
    identity = identify(photograph, title="Chelsea", limit=LIMIT)
    # ISO 24138 header nibbles: main type, sub type, version, length (1 stands for 64 bits).
    headers = [identity.iscc_bytes[at : at + 2].hex() for at in range(0, 40, 10)]
    assert headers == ["0001", "2101", "3001", "4001"]
    assert len(identity.iscc_bytes) == 40


def test_content_code__featureful__extends_the_unit_on_chain(photograph, prose):
    for path in (photograph, prose):
        identity = identify(path, title="x", limit=LIMIT)
        extended = unit_bytes(identity.content_code or "")
        assert len(extended) == 2 + 32
        assert extended[2:10] == unit_bytes(identity.units[1])[2:]


def test_identify__featureless__has_no_content_unit_but_an_id():
    identity = identify(b"Once upon a time there was a cat.", title="Short", limit=LIMIT)
    assert identity.featureless
    assert identity.content_code is None
    assert [unit_bytes(unit)[0] >> 4 for unit in identity.units] == [0, 3, 4]
    assert iscc_lib.iscc_decompose(identity.iscc) == [unit.removeprefix("ISCC:") for unit in identity.units]


@pytest.mark.parametrize("title", ["", " \n", "\x00"])
def test_identify__no_title__is_refused(prose, title):
    with pytest.raises(InputError) as caught:
        identify(prose, title=title, limit=LIMIT)
    assert caught.value.code == "title-empty"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file-empty"),
        (b"x" * (LIMIT + 1), "file-oversized"),
        (b"\x7fELF\x02\x01\x01\x00", "media-unsupported"),
        (b"x" * 2_000 + b"\xff", "text-malformed"),
        (b"\xff\xd8\xff\xe0not a photograph", "image-malformed"),
    ],
)
def test_identify__unusable_file__says_what_and_what_to_do(data, code):
    with pytest.raises(InputError) as caught:
        identify(data, title="x", limit=LIMIT)
    assert caught.value.code == code
    assert caught.value.remedy


# iscc-sdk, tests/test_main.py and tests/conftest.py: the same text in three documents, the same picture in three
# encodings, the same sound; what its extractors (Tika, Pillow, fpcalc) and ours agree on.
@pytest.mark.parametrize(
    ("sample", "kind", "unit"),
    [
        (iscc_samples.texts("docx")[0], DOCX, "ISCC:EAAQMBEYQF6457DP"),
        (iscc_samples.texts("html")[0], "text/html", "ISCC:EAAQMBEYQF6457DP"),
        (iscc_samples.texts("xhtml")[0], "text/html", "ISCC:EAAQMBEYQF6457DP"),
        (iscc_samples.images("gif")[0], "image/gif", "ISCC:EEA4GQZQTY6J5DTH"),
        (iscc_samples.images("tif")[0], "image/tiff", "ISCC:EEA4GQZQTY6J5DTH"),
        (iscc_samples.images("png")[0], "image/png", "ISCC:EEA4GQZQTY6J5DTH"),
        (iscc_samples.audios("mp3")[0], "audio/mpeg", "ISCC:EIAWUJFCEZZOJYVD"),
    ],
    ids=lambda value: value.suffix if isinstance(value, Path) else None,
)
def test_identify__same_work_in_another_format__has_the_published_code(sample, kind, unit):
    identity = identify(sample, title="x", limit=LIMIT)
    assert (identity.media_type, identity.units[1]) == (kind, unit)


@pytest.mark.parametrize(
    ("samples", "mode", "header"),
    [
        (iscc_samples.audios("wav")[:1] + iscc_samples.audios("ogg"), "audio", "2201"),
        (iscc_samples.videos("mp4") + iscc_samples.videos("webm") + iscc_samples.videos("mkv"), "video", "2301"),
    ],
    ids=["audio", "video"],
)
def test_identify__recording_in_several_formats__has_nearly_one_code(samples, mode, header):
    found = [identify(path, title="x", limit=2**23) for path in samples]
    assert {identity.mode for identity in found} == {mode}
    assert {unit_bytes(identity.units[1])[:2].hex() for identity in found} == {header}
    codes = [int.from_bytes(unit_bytes(identity.content_code or "")) for identity in found]
    # Unrelated codes differ in about 128 of 256 bits; lossy encodings of one recording in a few.
    assert all((code ^ codes[0]).bit_count() <= 16 for code in codes)


# Ten seconds of 16 bits, 8 kHz (Multimedia Programming Interface 1.0, chapter 3).
FORMAT = struct.pack("<IHHIIHH", 16, 1, 1, 8_000, 16_000, 2, 16)
SILENCE = struct.pack("<4sI8s", b"RIFF", 36 + 160_000, b"WAVEfmt ") + FORMAT


@pytest.mark.parametrize(
    "data",
    [
        " ".join(f"word{number}" for number in range(20)).encode(),
        b"<html><body>" + b"<p> </p>" * 1_000,
        SILENCE + b"data" + (160_000).to_bytes(4, "little") + bytes(160_000),
        encoded(Image.new("RGB", (300, 200), "teal"), "TIFF"),
        encoded(Image.new("P", (300, 200), 7), "GIF"),
    ],
    ids=["20 words", "empty page", "silence", "blank tiff", "blank gif"],
)
def test_identify__nothing_to_tell_it_by__is_registered_by_hash_only(data):
    identity = identify(data, title="x", limit=LIMIT)
    assert identity.featureless
    assert [unit_bytes(unit)[0] >> 4 for unit in identity.units] == [0, 3, 4]
    assert identity.work_id == int(hashlib.sha256(data).hexdigest(), 16)
