"""What is inside a container: the few boxes, elements and pages that tell one medium from another.

Every look is bounded: a fixed number of boxes of a file, a fixed number of bytes of each. The answer is a media type, a
phrase for what the file is instead, or None.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from io import SEEK_END
from typing import BinaryIO, Final

from offchain.errors import InputError

__all__ = ["DOCX_MAIN_PART", "matroska_type", "midi_type", "mp4_type", "mpeg_audio_type", "ogg_type", "zip_type"]

DOCX_MAIN_PART: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
"""Content type of the main part of a DOCX (ECMA-376-1 §11.3.10)."""

_DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_EPUB: Final = b"application/epub+zip"
_MAX_CONTENT_TYPES: Final = 2**20

_MAX_BOXES: Final = 1_000
_MP4_BRANDS: Final = frozenset(
    (b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"dash", b"M4V ")
)
_M4A_BRANDS: Final = frozenset((b"M4A ", b"M4B ", b"M4P "))
_BOXES_OF_BOXES: Final = frozenset((b"moov", b"trak", b"mdia"))

_OGG_AUDIO: Final = (b"\x01vorbis", b"OpusHead", b"\x7fFLAC")  # Vorbis I §4.2.1, RFC 7845 §5.1, Ogg FLAC mapping 1.0
_OGG_PAGE_HEAD: Final = 27

_KBITS: Final = {  # ISO/IEC 11172-3 §2.4.2.3 and 13818-3 §2.4.2.3: layer III by MPEG version, index 1 to 14
    3: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    0: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_HERTZ: Final = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_MAX_PADDING: Final = 4096
_ID3_VERSIONS: Final = (2, 3, 4)


def zip_type(stream: BinaryIO) -> str:
    """DOCX by the content type of its main part (ECMA-376-2 §10.1), EPUB by its first entry (EPUB 3.3 OCF §4.3).

    Raises:
        InputError: `document-malformed`.
    """
    try:
        with zipfile.ZipFile(stream) as archive:
            names = archive.namelist()
            if names[:1] == ["mimetype"] and _start(archive, "mimetype", 64).strip() == _EPUB:
                return _EPUB.decode()
            types = _start(archive, "[Content_Types].xml", _MAX_CONTENT_TYPES)
            if DOCX_MAIN_PART.encode() in types:
                return _DOCX
    except KeyError:
        pass
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, ValueError, zlib.error) as error:
        raise InputError(
            "document-malformed", f"the archive is truncated or damaged: {error}", "submit the complete file"
        ) from error
    return "a zip archive, neither DOCX nor EPUB"


def mp4_type(stream: BinaryIO) -> str:
    """Audio or video by brand, else by the handlers of its tracks (ISO/IEC 14496-12 §4.3 and §8.4.3)."""
    stream.seek(0)
    size = int.from_bytes(stream.read(4), "big")
    brands = stream.read(min(size, 256) - 4)[4:] if size >= 16 else b""
    major = brands[:4]
    known = {major, *(brands[at : at + 4] for at in range(8, len(brands), 4))}
    if major in _M4A_BRANDS:
        return "audio/mp4"
    if not known & (_MP4_BRANDS | _M4A_BRANDS):
        return f"of the family of MP4, but of brand {major.decode('ascii', 'replace')!r}"
    handlers = set(_handlers(stream))
    if b"vide" in handlers:
        return "video/mp4"
    return "audio/mp4" if b"soun" in handlers else "an MP4 with neither sound nor pictures"


def matroska_type(head: bytes) -> str:
    """WebM or Matroska by the DocType of the EBML header (RFC 8794 §11.2.6)."""
    at, end = _ebml_content(head, 4)
    end = min(at + end, len(head))
    while at < end:
        width = 8 - head[at].bit_length() + 1
        element = head[at : at + width]
        start, size = _ebml_content(head, at + width)
        if element == b"\x42\x82":
            kind = head[start : start + size].rstrip(b"\x00")
            return {b"webm": "video/webm", b"matroska": "video/matroska"}.get(kind, "EBML of an unknown kind")
        at = start + size
    return "EBML of no kind"


def ogg_type(head: bytes) -> str:
    """Sound by the first packet of the first stream (RFC 3533 §6); pictures beside it make it unsupported."""
    if len(head) < _OGG_PAGE_HEAD:
        return "a truncated Ogg file"
    packet = head[_OGG_PAGE_HEAD + head[_OGG_PAGE_HEAD - 1] :]
    return "audio/ogg" if packet.startswith(_OGG_AUDIO) else "an Ogg file with neither Vorbis, Opus nor FLAC in it"


def midi_type(stream: BinaryIO) -> str:
    """A score by its chunks (Standard MIDI Files 1.0): a header, then exactly the tracks that it promises."""
    stream.seek(0)
    head = stream.read(14)
    tracks, at = int.from_bytes(head[10:12], "big"), 8 + int.from_bytes(head[4:8], "big")
    for _ in range(tracks):
        stream.seek(at)
        chunk = stream.read(8)
        if chunk[:4] != b"MTrk" or len(chunk) < 8:
            return "a damaged MIDI file"
        at += 8 + int.from_bytes(chunk[4:], "big")
    return "audio/midi" if tracks and stream.seek(0, 2) == at else "a damaged MIDI file"


def mpeg_audio_type(stream: BinaryIO, head: bytes) -> str | None:
    """MP3 by two frame headers in a row, behind an ID3v2 tag and its padding if there is one (ID3v2.4.0 §3.1)."""
    tagged = head[:3] == b"ID3" and len(head) >= 10 and head[3] in _ID3_VERSIONS
    start = 10 + _syncsafe(head[6:10]) if tagged else 0
    stream.seek(start)
    data = stream.read(2 * _MAX_PADDING)
    first = len(data) - len(data.lstrip(b"\x00")) if tagged else 0
    size = _frame_size(data[first : first + 4])
    following = data[first + size : first + size + 4] if size else b""
    if size and (not following or _frame_size(following)):
        return "audio/mpeg"
    return "an ID3 tag on something other than MP3" if tagged else None


def _start(archive: zipfile.ZipFile, name: str, size: int) -> bytes:
    with archive.open(name) as member:
        return member.read(size)


def _handlers(stream: BinaryIO) -> Iterator[bytes]:
    """Handler types of the tracks of the movie box."""
    end = stream.seek(0, SEEK_END)
    waiting = [(0, end)]
    for _ in range(_MAX_BOXES):
        if not waiting:
            return
        at, end = waiting.pop()
        stream.seek(at)
        head = stream.read(20)
        size, kind, start = int.from_bytes(head[:4], "big"), head[4:8], at + 8
        if size == 1:
            size, start = int.from_bytes(head[8:16], "big"), at + 16
        elif size == 0:
            size = end - at
        if len(head) < 8 or size < start - at:
            continue
        if at + size < end:
            waiting.append((at + size, end))
        if kind in _BOXES_OF_BOXES:
            waiting.append((start, min(at + size, end)))
        elif kind == b"hdlr":
            stream.seek(start + 8)
            yield stream.read(4)


def _ebml_content(data: bytes, at: int) -> tuple[int, int]:
    """Where the content of an element starts, and its size; `at` is where its size is written (RFC 8794 §4)."""
    if at >= len(data) or data[at] == 0:
        return len(data), 0
    width = 8 - data[at].bit_length() + 1
    size = int.from_bytes(data[at : at + width], "big") & ((1 << 7 * width) - 1)
    return at + width, size


def _syncsafe(data: bytes) -> int:
    return sum((byte & 0x7F) << 7 * place for place, byte in enumerate(reversed(data)))


def _frame_size(header: bytes) -> int:
    """Size of an MPEG layer III frame in bytes; 0 for anything else."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE6 != 0xE2:
        return 0
    version, bitrate, rate, padding = header[1] >> 3 & 3, header[2] >> 4, header[2] >> 2 & 3, header[2] >> 1 & 1
    if version == 1 or bitrate in (0, 15) or rate == 3:
        return 0
    samples_in_bytes = 144 if version == 3 else 72
    return samples_in_bytes * 1000 * _KBITS[version][bitrate - 1] // _HERTZ[version][rate] + padding
