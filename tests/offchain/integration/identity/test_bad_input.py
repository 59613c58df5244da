"""Files made to hurt: each ends in a typed error within bounded time and memory, and the next file is read.

Bounds are those of the child, as the kernel measured them: CPU seconds and largest resident set. Wall time is not
asserted on; it depends on who else uses the machine.
"""

from __future__ import annotations

import bz2
import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from offchain.errors import InputError
from offchain.identity import Identity, examination, extraction, identify
from offchain.identity.documents.archive import MAX_MEMBER
from offchain.identity.image import MAX_PIXELS
from offchain.identity.sandbox import guard, measured
from tests.offchain.unit.identity.documents.archives import WORD, docx, epub, zipped

MEBI = 2**20
LIMIT = 64 * MEBI
WARM = 300 * MEBI
"""Resident set of a child that has everything imported, matchers included."""

BILLION_LAUGHS = (
    "<!DOCTYPE r [<!ENTITY a 'ha'>"
    + "".join(f"<!ENTITY {b} '{f'&{a};' * 10}'>" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "]><r>&i;</r>"
)


def refusal(data: bytes, path: Path, seconds: float, memory: int, name: str = "file") -> str:
    """The error's code; the file must not take more CPU seconds or bytes than this before it is refused."""
    path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        identify(path, title="x", limit=LIMIT, name=name)
    # The same under limits that are the bounds: it would come back as too long or too large.
    with pytest.raises(InputError) as again:
        measured(extraction.extract, path, name, [], memory=memory, seconds=seconds)
    assert again.value.code == caught.value.code
    return caught.value.code


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    """Where a bad file goes; after it, a good one is identified."""
    yield tmp_path / "file"
    assert isinstance(identify(b"a poem", title="x", limit=LIMIT), Identity)


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, pixels: bytes, *more: bytes) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(more) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + kind + content


@pytest.mark.parametrize("data", [bytes([byte]) for byte in (0, 0x89, 0xFF)], ids=bytes.hex)
def test_identify__one_byte_that_is_no_text__is_refused(file, data):
    assert refusal(data, file, 1, 64 * MEBI) in ("media-unsupported", "text-malformed")


def test_identify__one_letter__is_a_featureless_text():
    assert identify(b"a", title="x", limit=LIMIT).featureless


def test_identify__no_byte__is_empty(file):
    file.write_bytes(b"")
    with pytest.raises(InputError) as caught:
        identify(file, title="x", limit=LIMIT)
    assert caught.value.code == "file-empty"


def test_identify__image_of_100_megapixels__is_refused_undecoded(file):
    pixels = zlib.compress(bytes(10_000 * 10_001), 9)  # real ones, in 100 kB
    assert refusal(png(10_000, 10_000, pixels), file, 2, 64 * MEBI) == "image-oversized"


@pytest.mark.parametrize("kind", ["JPEG", "GIF", "TIFF", "WEBP"])
def test_identify__image_that_claims_100_megapixels__is_refused_undecoded(file, kind):
    small = bytearray(encoded(Image.new("RGB", (100, 100), "red"), kind))
    at = {"JPEG": small.find(b"\xff\xc0") + 5, "GIF": 6, "WEBP": small.find(b"\x9d\x01\x2a") + 3}
    if kind == "TIFF":
        for tag in (256, 257):
            entry = small.find(struct.pack("<HH", tag, 4)) if struct.pack("<HH", tag, 4) in small else -1
            entry = entry if entry >= 0 else small.find(struct.pack("<HH", tag, 3))
            small[entry + 2 : entry + 12] = struct.pack("<HII", 4, 1, 10_000)
    else:
        small[at[kind] : at[kind] + 4] = struct.pack(">HH" if kind == "JPEG" else "<HH", 10_000, 10_000)
    # libwebp reserves its canvas before it tells its size, though it touches none of it.
    memory = examination.MAX_MEMORY if kind == "WEBP" else 64 * MEBI
    assert refusal(bytes(small), file, 2, memory) == "image-oversized"


def test_identify__image_at_its_limit__fits_into_the_memory_that_a_file_gets(file):
    side = int(MAX_PIXELS**0.5)
    image = Image.linear_gradient("L").resize((side, side)).convert("RGBA")
    file.write_bytes(encoded(image, "PNG", compress_level=1))
    answer = measured(extraction.extract, file, "x.png", [], memory=examination.MAX_MEMORY, seconds=60)
    assert answer.value["kind"] == "image/png"
    assert answer.peak < examination.MAX_MEMORY


@pytest.mark.parametrize("text", ["zTXt", "iTXt", "iCCP"])
def test_identify__png_whose_notes_inflate_without_end__stays_within_bounds(file, text):
    """130 kB of notes inflate to 128 MiB; Pillow refuses or skips it, and memory stays bounded either way."""
    bomb = zlib.compress(bytes(2**27), 9)
    notes = {"zTXt": b"k\0\0" + bomb, "iTXt": b"k\0\1\0\0\0" + bomb, "iCCP": b"k\0\0" + bomb}[text]
    image = encoded(Image.linear_gradient("L"), "PNG")
    file.write_bytes(image[:33] + chunk(text.encode(), notes) + image[33:])
    try:
        answer = measured(extraction.extract, file, "x.png", [], memory=100 * MEBI, seconds=5)
    except InputError as error:
        assert error.code in ("image-malformed", "image-oversized")  # noqa: PT017 - either outcome is right
    else:
        assert answer.peak < WARM + 100 * MEBI


@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_identify__docx_that_inflates_without_end__is_refused(file, compression):
    bomb = io.BytesIO()
    with zipfile.ZipFile(docx("")) as archive, zipfile.ZipFile(bomb, "w", compression) as written:
        written.writestr("[Content_Types].xml", archive.read("[Content_Types].xml"))
        with written.open("word/document.xml", "w") as member:
            for _ in range(MAX_MEMBER // MEBI + 1):
                member.write(b" " * MEBI)
    code = refusal(bomb.getvalue(), file, 5, 400 * MEBI)
    assert code == ("document-oversized" if compression == zipfile.ZIP_DEFLATED else "document-malformed")


def test_identify__docx_of_empty_paragraphs_without_end__takes_memory_in_proportion(file):
    """As a tree, these 8 MiB would be 380 MB; one element takes about 270 bytes."""
    file.write_bytes(docx("<w:p/>" * (8 * MEBI // 6)).getvalue())
    answer = measured(extraction.extract, file, "x", [], memory=100 * MEBI, seconds=30)
    assert answer.value["code"] is None


def test_identify__entities_that_multiply__are_refused(file):
    assert refusal(docx("", word__footnotes=BILLION_LAUGHS).getvalue(), file, 2, 100 * MEBI) == "document-malformed"


def test_identify__entity_that_names_a_file__reads_nothing(file, tmp_path):
    (tmp_path / "secret").write_text("secret")
    entity = f"<!DOCTYPE r [<!ENTITY a SYSTEM '{(tmp_path / 'secret').as_uri()}'>]>"
    outside = f"{entity}<w:footnotes xmlns:w='{WORD}'>&a;</w:footnotes>"
    assert refusal(docx("", word__footnotes=outside).getvalue(), file, 2, 100 * MEBI) == "document-malformed"


@pytest.mark.parametrize("href", ["../../../../etc/passwd", "/etc/passwd", "%2e%2e/%2e%2e/%2e%2e/etc/passwd"])
def test_identify__zip_slip__is_refused_and_writes_nothing(file, href, tmp_path):
    assert refusal(epub({href: "<html>x</html>"}).getvalue(), file, 2, 100 * MEBI) == "document-malformed"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_identify__zip_in_zip_in_zip__is_not_descended_into(file):
    data = b"x"
    for _ in range(50):
        data = zipped({"inner.zip": data}).getvalue()
    assert refusal(data, file, 1, 100 * MEBI) == "media-unsupported"


def test_identify__html_nested_without_end__is_ended(file):
    """The parser's time grows with the square of the depth."""
    file.write_bytes(b"<html>" + b"<div>" * 400_000)
    with pytest.raises(InputError) as caught:
        measured(extraction.extract, file, "x.html", [], memory=examination.MAX_MEMORY, seconds=1)
    assert caught.value.code == "decoding-too-long"


def pdf(*objects: bytes, root: int = 1) -> bytes:
    """Numbered objects without a cross-reference table, which readers rebuild."""
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (at, content) for at, content in enumerate(objects, 1))
    return b"%PDF-1.7\n" + body + b"trailer << /Root %d 0 R >>\nstartxref\n0\n%%%%EOF" % root


def stream(data: bytes, filters: bytes) -> bytes:
    return b"<< /Length %d /Filter %s >>\nstream\n%s\nendstream" % (len(data), filters, data)


CATALOG, PAGES = b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
PAGE = b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /Font << /F1 << >> >> >> >>"


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7\n",
        b"%PDF-1.7\n" + b"[" * 500_000,
        pdf(CATALOG, b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"),
        pdf(CATALOG, b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"),
        pdf(b"1 0 R"),
        b"%PDF-1.7\ntrailer << /Root 1 0 R /Prev 9 >>\nstartxref\n9\n%%EOF",
    ],
    ids=[
        "header",
        "brackets",
        "page in itself",
        "pages in a ring",
        "reference to itself",
        "tables in a ring",
    ],
)
def test_identify__malformed_pdf__is_refused(file, data):
    assert refusal(data, file, 10, 300 * MEBI) in ("document-malformed", "decoding-failed")


def test_identify__pdf_whose_page_inflates_without_end__is_refused(file):
    inner = zlib.compress(zlib.compress(bytes(100 * MEBI), 9), 9)
    bomb = pdf(CATALOG, PAGES, PAGE, stream(inner, b"[/FlateDecode /FlateDecode]"))
    assert len(bomb) < 2_000
    assert refusal(bomb, file, 5, 400 * MEBI) == "document-malformed"


@pytest.mark.parametrize(
    "data",
    [
        box(b"ftyp", b"isom\0\0\0\0isom") + box(b"moov", b"\xff" * 100),
        box(b"ftyp", b"isom\0\0\0\0isom") + struct.pack(">I4sQ", 1, b"moov", 2**63) + bytes(50),
        box(b"ftyp", b"isom\0\0\0\0isom") + struct.pack(">I4sQ", 1, b"free", 0) * 10_000,
        box(b"ftyp", b"isom\0\0\0\0isom")
        + box(b"moov", box(b"trak", box(b"mdia", box(b"hdlr", bytes(8) + b"vide" + bytes(13))))),
        box(b"ftyp", b"M4A \0\0\0\0M4A ") + bytes(100),
        b"\x1aE\xdf\xa3\x87\x42\x82\x84webm" + b"\xff" * 1000,
        b"OggS" + bytes(22) + b"\x01\x1e\x01vorbis" + b"\xff" * 1000,
        b"fLaC" + b"\xff" * 1000,
        b"RIFF\xff\xff\xff\xffWAVEfmt \xff\xff\xff\xff" + b"\xff" * 1000,
        b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f" + b"\xff" * 1000,
    ],
    ids=["atoms", "giant atom", "empty atoms", "no samples", "m4a", "webm", "ogg", "flac", "wav", "mp3"],
)
def test_identify__malformed_recording__is_refused(file, data):
    code = refusal(data, file, 20, examination.MAX_MEMORY)
    assert code in ("audio-malformed", "video-malformed", "media-unsupported")


@pytest.mark.parametrize("target", ["/etc/passwd", "http://127.0.0.1:9/x"])
@pytest.mark.parametrize("name", ["a.m3u8", "a.ffconcat", "a.mp4"])
def test_identify__playlist_called_a_film__is_text_and_opens_nothing(name, target):
    playlist = f"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10,\n{target}\n".encode()
    assert identify(playlist, title="x", limit=LIMIT, name=name).media_type == "text/plain"


def test_identify__polyglot__is_what_its_first_bytes_say(file):
    archive = epub({"a.xhtml": "<html>other words</html>"}).getvalue()
    picture = encoded(Image.linear_gradient("L"), "GIF")
    file.write_bytes(picture + archive)
    found = identify(file, title="x", limit=LIMIT, name="book.epub")
    assert found.media_type == "image/gif"
    assert found.content_code == identify(picture, title="x", limit=LIMIT).content_code


@pytest.mark.parametrize("name", ["x.png", "x.pdf", "x.mp4", "x.docx"])
def test_identify__name_that_lies__changes_nothing(name):
    photograph = encoded(Image.linear_gradient("L"), "JPEG")
    assert identify(photograph, title="x", limit=LIMIT, name=name).media_type == "image/jpeg"


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
def test_identify__packed_bomb__is_not_unpacked(file, pack):
    assert refusal(pack(bytes(16 * MEBI)), file, 1, 64 * MEBI) == "media-unsupported"


def test_identify__text_longer_than_is_fingerprinted__is_refused(file):
    assert refusal(b"word " * (4 * MEBI), file, 5, 400 * MEBI) == "text-oversized"


def test_identify__folder_pipe_or_device__is_refused(tmp_path):
    for path in (tmp_path, Path("/dev/zero")):
        with pytest.raises(InputError) as caught:
            identify(path, title="x", limit=LIMIT)
        assert caught.value.code in ("file-unreadable", "file-empty")


def test_identify__nursery__outlives_all_of_this():
    process = guard._door._process
    assert process is not None
    assert process.poll() is None
