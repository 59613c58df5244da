from __future__ import annotations

import io
import struct
import zipfile

import iscc_samples
import pytest

from offchain.errors import InputError
from offchain.identity.media_type import SUPPORTED, is_recording, media_type, mode_of

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
# The samples' folder tells the medium; of each, what Colophon calls it. Others there are unsupported.
SAMPLES = {
    "text/demo.docx": DOCX,
    "text/demo.epub": "application/epub+zip",
    "text/demo.html": "text/html",
    "text/demo.json": "text/plain",
    "text/demo.md": "text/markdown",
    "text/demo.pdf": "application/pdf",
    "text/demo.txt": "text/plain",
    "text/demo.xhtml": "text/html",
    "image/demo.gif": "image/gif",
    "image/demo.jpg": "image/jpeg",
    "image/demo.png": "image/png",
    "image/demo.tif": "image/tiff",
    "audio/demo.mp3": "audio/mpeg",
    "audio/demo.ogg": "audio/ogg",
    "audio/demo.opus": "audio/ogg",
    "audio/demo.wav": "audio/wav",
    "audio/short.wav": "audio/wav",
    "audio/withcover.mp3": "audio/mpeg",
    "video/demo.3g2": "video/mp4",
    "video/demo.3gp": "video/mp4",
    "video/demo.f4v": "video/mp4",
    "video/demo.gif": "image/gif",
    "video/demo.m4v": "video/mp4",
    "video/demo.mkv": "video/matroska",
    "video/demo.mp4": "video/mp4",
    "video/demo.webm": "video/webm",
}


def of(data: bytes, name: str | None = None) -> str:
    return media_type(io.BytesIO(data), name)


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + kind + content


def mp4(major: bytes, *handlers: bytes) -> bytes:
    tracks = (box(b"trak", box(b"mdia", box(b"hdlr", bytes(8) + handler + bytes(13)))) for handler in handlers)
    brands = major + bytes(4) + b"isom"
    return box(b"ftyp", brands) + box(b"mdat", b"\x00" * 50) + box(b"moov", b"".join(tracks))


def zipped(**members: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def midi(*tracks: bytes, promised: int | None = None) -> bytes:
    """A Standard MIDI File of these tracks."""
    count = len(tracks) if promised is None else promised
    head = b"MThd" + (6).to_bytes(4, "big") + b"\x00\x01" + count.to_bytes(2, "big") + b"\x01\xe0"
    return head + b"".join(b"MTrk" + len(track).to_bytes(4, "big") + track for track in tracks)


@pytest.mark.parametrize(
    "data",
    [
        midi(b"\x00\xff\x2f\x00", promised=2),
        midi(b"\x00\xff\x2f\x00")[:-1],
        midi(b"\x00\xff\x2f\x00") + b"and more",
        midi(b"\x00\xff\x2f\x00", promised=0),
        midi(b"\x00\xff\x2f\x00", promised=65535),
        midi(b"\x00\xff\x2f\x00").replace(b"MTrk", b"MTrq"),
        midi()[:9],
    ],
)
def test_media_type__damaged_midi__refused(data):
    with pytest.raises(InputError) as caught:
        of(data)
    assert caught.value.code == "media-unsupported"
    assert "damaged MIDI" in caught.value.message


@pytest.mark.parametrize("path", iscc_samples.all(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_media_type__sample_of_every_format__is_told_from_the_others(path):
    expected = SAMPLES.get(f"{path.parent.name}/{path.name}")
    with path.open("rb") as stream:
        if expected is not None:
            assert media_type(stream, path.name) == expected
            return
        with pytest.raises(InputError) as caught:
            media_type(stream, path.name)
    assert caught.value.code == "media-unsupported"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00", "image/png"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"MM\x00*\x00\x00\x00\x08", "image/tiff"),
        (b"fLaC\x00\x00\x00\x22", "audio/flac"),
        (b"It is a truth", "text/plain"),
        ("\ufeffÜber".encode(), "text/plain"),
        (b"RIFF-raff and other words", "text/plain"),
        (b"ID3 is a way to tag music", "text/plain"),
        (b"R", "text/plain"),
        (b"\n <!-- made by hand -->\n<!DOCTYPE HTML>", "text/html"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<html xmlns='x'>", "text/html"),
        (midi(b"\x00\xff\x2f\x00"), "audio/midi"),
        (midi(b"", b"\x00\xff\x2f\x00"), "audio/midi"),
        (mp4(b"M4A ", b"soun"), "audio/mp4"),
        (mp4(b"mp42", b"soun"), "audio/mp4"),
        (mp4(b"mp42", b"soun", b"vide"), "video/mp4"),
    ],
)
def test_media_type__content__decides(data, expected):
    assert of(data) == expected
    assert expected in SUPPORTED


@pytest.mark.parametrize("name", ["poem.md", "page.html", "song.mp3", "a.pdf"])
def test_media_type__image_called_otherwise__is_an_image(name):
    assert of(b"\x89PNG\r\n\x1a\n", name) == "image/png"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.md", "text/markdown"),
        ("A.MARKDOWN", "text/markdown"),
        ("a.htm", "text/html"),
        ("a.png", "text/plain"),
        ("a.pdf", "text/plain"),
    ],
)
def test_media_type__name__tells_kinds_of_text_only(name, expected):
    assert of(b"# Title", name) == expected


@pytest.mark.parametrize(
    "data",
    [
        b"{\\rtf1\\ansi",
        b"  %PDF-1.7",
        b"\xef\xbb\xbf<?xml version='1.0'?><feed>",
        b"<svg xmlns=",
        "Grüße".encode("utf-16"),
        b"\x7fELF\x02\x01\x01\x00",
        mp4(b"qt  ")[:20],
        mp4(b"mp42"),
        b"OggS" + bytes(22) + b"\x01\x1e" + b"\x80theora",
        b"\x1aE\xdf\xa3\x84B\x82\x81x",
        zipped(readme="nothing"),
    ],
)
def test_media_type__another_format__is_refused_with_what_to_convert_to(data):
    with pytest.raises(InputError) as caught:
        of(data, "innocent.txt")
    assert caught.value.code == "media-unsupported"
    assert "PNG" in caught.value.remedy


@pytest.mark.parametrize("size", range(4, 30))
def test_media_type__zip_cut_short__is_malformed(size):
    with pytest.raises(InputError) as caught:
        of(zipped(mimetype="application/epub+zip")[:size])
    assert caught.value.code == "document-malformed"


def test_media_type__epub_with_its_type_not_first__is_refused():
    with pytest.raises(InputError):
        of(zipped(other="", mimetype="application/epub+zip"))


def test_media_type__boxes_without_end__are_looked_at_for_a_bounded_time():
    """A box of size 8 costs an attacker 8 bytes; a thousand are looked at, not a million."""
    with pytest.raises(InputError) as caught:
        of(box(b"ftyp", b"isom\x00\x00\x00\x00") + box(b"free", b"") * 100_000)
    assert caught.value.code == "media-unsupported"


@pytest.mark.parametrize("path", iscc_samples.audios("mp3") + iscc_samples.videos("mp4"), ids=lambda path: path.name)
def test_is_recording__sound_and_pictures__are(path):
    assert is_recording(path.read_bytes()[:12])
    assert mode_of(media_type(path.open("rb"))) in ("audio", "video")


@pytest.mark.parametrize("path", iscc_samples.images("jpg") + iscc_samples.texts("pdf"), ids=lambda path: path.name)
def test_is_recording__image_or_document__is_not(path):
    assert not is_recording(path.read_bytes()[:12])
