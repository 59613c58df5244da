from __future__ import annotations

import io

import iscc_samples
import pytest

from offchain.errors import InputError
from offchain.identity.documents import pdf as module
from offchain.identity.documents.pdf import read
from tests.offchain.unit.identity.documents.papers import written


def refusal(stream: io.BytesIO) -> str:
    with pytest.raises(InputError) as caught:
        read(stream)
    return caught.value.code


def test_read__pages__are_lines():
    assert read(written("It is a truth", "universally acknowledged")).split("\n") == [
        "It is a truth",
        "universally acknowledged",
    ]


def test_read__paper_of_nine_pages__starts_with_its_title():
    assert read(iscc_samples.texts("pdf")[0].open("rb")).startswith("Bitcoin: A Peer-to-Peer Electronic Cash System\n")


def test_read__page_without_text__is_empty():
    assert read(written("")).strip() == ""


def test_read__opened_by_an_empty_password__is_read():
    assert read(written("hidden from printers", password="", owner="x")) == "hidden from printers"


def test_read__password_needed__says_so():
    assert refusal(written("x", password="secret")) == "document-encrypted"


@pytest.mark.parametrize("size", [9, 100, 400])
def test_read__cut_short__is_malformed(size):
    assert refusal(io.BytesIO(written("x" * 200).getvalue()[:size])) == "document-malformed"


def test_read__more_pages_than_a_book_has__is_malformed(monkeypatch):
    monkeypatch.setattr(module, "MAX_PAGES", 2)
    assert refusal(written("a", "b", "c")) == "document-malformed"


def test_read__more_text_than_is_fingerprinted__is_oversized(monkeypatch):
    monkeypatch.setattr(module, "MAX_CHARACTERS", 5)
    assert refusal(written("abc", "def")) == "text-oversized"
