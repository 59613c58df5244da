from __future__ import annotations

import pytest

from offchain.errors import InputError
from offchain.identity.media_type import SUPPORTED, media_type


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00", "image/png"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"It is a truth", "text/plain"),
        ("\ufeffÜber".encode(), "text/plain"),
        (b"R", "text/plain"),
    ],
)
def test_media_type__content__decides(head, expected):
    assert media_type(head) == expected
    assert expected in SUPPORTED


def test_media_type__image_called_text__is_an_image():
    assert media_type(b"\x89PNG\r\n\x1a\n", "poem.md") == "image/png"


@pytest.mark.parametrize(
    ("name", "expected"), [("a.md", "text/markdown"), ("A.MARKDOWN", "text/markdown"), ("a.png", "text/plain")]
)
def test_media_type__name__tells_markdown_from_plain_text_only(name, expected):
    assert media_type(b"# Title", name) == expected


@pytest.mark.parametrize(
    "head",
    [
        b"%PDF-1.7\n",
        b"{\\rtf1\\ansi",
        b"  <!DOCTYPE html>",
        b"\xef\xbb\xbf<?xml version='1.0'?>",
        b"<svg xmlns=",
        b"GIF89a",
        b"RIFF\x24\x00\x00\x00WAVEfmt ",
        b"PK\x03\x04\x14\x00",
    ],
)
def test_media_type__markup_or_another_medium__is_refused_with_what_to_convert_to(head):
    with pytest.raises(InputError) as caught:
        media_type(head, "innocent.txt")
    assert caught.value.code == "media-unsupported"
    assert "image/png" in caught.value.remedy
