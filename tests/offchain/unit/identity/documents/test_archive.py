from __future__ import annotations

import io
import warnings
import zipfile

import pytest

from offchain.errors import InputError
from offchain.identity.documents import archive as module
from offchain.identity.documents.archive import opened, resolved
from tests.offchain.unit.identity.documents.archives import zipped


def refusal(stream: io.BytesIO, *names: str) -> str:
    with pytest.raises(InputError) as caught, opened(stream) as archive:
        list(map(archive.read, names))
    return caught.value.code


def test_read__member__is_its_bytes():
    with opened(zipped({"a": "x" * 10_000})) as archive:
        assert archive.read("a") == b"x" * 10_000
        assert "b" not in archive


def test_read__member_that_inflates_too_far__is_oversized(monkeypatch):
    monkeypatch.setattr(module, "MAX_MEMBER", 1_000)
    assert refusal(zipped({"a": bytes(1_001)}), "a") == "document-oversized"
    with opened(zipped({"a": bytes(1_000)})) as archive:
        assert len(archive.read("a")) == 1_000


def test_read__members_that_together_inflate_too_far__are_oversized(monkeypatch):
    monkeypatch.setattr(module, "MAX_TOTAL", 1_000)
    assert refusal(zipped({"a": bytes(600), "b": bytes(600)}), "a", "b") == "document-oversized"


def test_read__size_stated_smaller_than_it_is__is_malformed():
    data = bytearray(zipped({"a": "x" * 5_000}).getvalue())
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = (100).to_bytes(4, "little")  # uncompressed size, APPNOTE.TXT §4.3.12
    assert refusal(io.BytesIO(bytes(data)), "a") == "document-malformed"


def test_opened__two_members_of_one_name__is_malformed():
    """Readers disagree on which of the two counts, so one file would be two works."""
    stream = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "w") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("a", "1")
        archive.writestr("a", "2")
    assert refusal(stream) == "document-malformed"


def test_opened__too_many_members__is_malformed(monkeypatch):
    monkeypatch.setattr(module, "MAX_MEMBERS", 3)
    assert refusal(zipped({str(at): "" for at in range(4)})) == "document-malformed"


def test_read__encrypted_member__says_so():
    data = bytearray(zipped({"a": "secret"}).getvalue())
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    assert refusal(io.BytesIO(bytes(data)), "a") == "document-encrypted"


def test_read__compression_of_another_kind__is_malformed():
    assert refusal(zipped({"a": "x" * 100}, zipfile.ZIP_LZMA), "a") == "document-malformed"


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE r [<!ENTITY a "x"><!ENTITY b "&a;&a;">]><r>&b;</r>',
        '<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><r>&a;</r>',
        "<r>",
        "",
    ],
    ids=["entities", "file", "not closed", "empty"],
)
def test_xml__entities_or_damage__is_malformed(text):
    with pytest.raises(InputError) as caught, opened(zipped({"a": text})) as archive:
        archive.xml("a")
    assert caught.value.code == "document-malformed"


@pytest.mark.parametrize(
    ("base", "reference", "expected"),
    [
        ("OEBPS/book.opf", "a.xhtml", "OEBPS/a.xhtml"),
        ("OEBPS/x/book.opf", "../a.xhtml", "OEBPS/a.xhtml"),
        ("", "a", "a"),
    ],
)
def test_resolved__inside__is_a_name(base, reference, expected):
    assert resolved(base, reference) == expected
