from __future__ import annotations

import hashlib

import iscc_lib
import iscc_samples
import pytest

from offchain.errors import InputError
from offchain.identity import identify
from offchain.identity.fingerprint import unit_bytes

LIMIT = 2**20


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
