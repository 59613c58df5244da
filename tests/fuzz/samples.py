"""Small sound files of every kind, to be damaged."""

from __future__ import annotations

import io
import subprocess
import tempfile
from pathlib import Path
from typing import Final

import imageio_ffmpeg
import iscc_samples
from PIL import Image
from pypdf import PdfReader, PdfWriter

from offchain.errors import InputError
from offchain.identity.media_type import media_type
from tests.offchain.unit.identity.documents.archives import epub
from tests.offchain.unit.identity.documents.papers import written

__all__ = ["DOCUMENTS", "IMAGES", "RECORDINGS", "samples"]

DOCUMENTS: Final = (
    *("application/pdf", "application/epub+zip"),
    *("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "text/html", "text/plain"),
)
IMAGES: Final = tuple(
    f"image/{name}"
    for name in (
        *("png", "jpeg", "progressive-jpeg", "webp", "webp-lossless", "gif"),
        *("tiff", "tiff-lzw", "tiff-jpeg", "tiff-g4"),
    )
)
RECORDINGS: Final = tuple(
    f"recording/{suffix}" for suffix in ("mp3", "flac", "ogg", "opus", "wav", "m4a", "mp4", "webm", "mkv")
)

_MAX_SIZE: Final = 20_000
_TUNE: Final = "sin(2*PI*t*(200+90*mod(7*floor(4*t)\\,11)))+0.5*sin(2*PI*t*(300+70*mod(5*floor(3*t)\\,13)))"
_SOUND: Final = ("-f", "lavfi", "-i", f"aevalsrc={_TUNE}:s=11025:d=14")
_FILM: Final = ("-f", "lavfi", "-i", "testsrc=size=64x48:rate=5:duration=3")
_RECORDED: Final = {
    "mp3": (*_SOUND, "-c:a", "libmp3lame", "-b:a", "32k"),
    "flac": (*_SOUND, "-ar", "8000", "-c:a", "flac"),
    "ogg": (*_SOUND, "-c:a", "libvorbis", "-b:a", "48k"),
    "opus": (*_SOUND, "-c:a", "libopus", "-b:a", "16k"),
    "wav": (*_SOUND, "-ar", "8000", "-c:a", "pcm_u8"),
    "m4a": (*_SOUND, "-c:a", "aac", "-b:a", "32k"),
    "mp4": (*_FILM, "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"),
    "webm": (*_FILM, "-c:v", "libvpx", "-b:v", "100k"),
    "mkv": (*_FILM, "-c:v", "mpeg4"),
}


def samples() -> dict[str, bytes]:
    """Files by media type, or by name where one type has two encodings."""
    return _written() | _found() | _drawn() | _recorded()


def _written() -> dict[str, bytes]:
    """Documents of a few pages: the standard's own would be a thousand times slower to read than to damage."""
    words = "It is a truth universally acknowledged, that a single man in possession of a good fortune"
    head = "<html xmlns='http://www.w3.org/1999/xhtml'><head><title/></head>"
    pages = {f"{at}.xhtml": f"{head}<body><p>{at} {words}</p></body></html>" for at in range(3)}
    paper = PdfReader(written(*(f"{at} {words}" for at in range(3))))
    packed = PdfWriter(paper)
    for page in packed.pages:
        page.compress_content_streams()
    stream = io.BytesIO()
    packed.write(stream)
    return {"application/epub+zip": epub(pages).getvalue(), "application/pdf": stream.getvalue()}


def _found() -> dict[str, bytes]:
    """The smallest text and document of each kind among those of the standard."""
    found: dict[str, bytes] = {}
    for path in iscc_samples.texts():
        try:
            with path.open("rb") as stream:
                kind = media_type(stream, path.name)
        except InputError:
            continue
        data = path.read_bytes()
        if len(data) < len(found.get(kind, bytes(_MAX_SIZE))):
            found[kind] = data
    return found


def _drawn() -> dict[str, bytes]:
    """Images small enough that every change counts."""
    image = Image.linear_gradient("L").resize((48, 48)).convert("RGB")
    image.paste((40, 80, 120), (8, 20, 30, 44))
    exif = Image.Exif()
    exif[0x0112] = 6  # Orientation, so that damage reaches what reads it
    made = {}
    for name, kind, options in (
        *(("png", "PNG", {}), ("jpeg", "JPEG", {"exif": exif}), ("webp", "WEBP", {"exif": exif})),
        *(("webp-lossless", "WEBP", {"lossless": True}), ("progressive-jpeg", "JPEG", {"progressive": True})),
        *(("tiff-lzw", "TIFF", {"compression": "tiff_lzw"}), ("tiff-jpeg", "TIFF", {"compression": "jpeg"})),
        *(("tiff-g4", "TIFF", {"compression": "group4"}), ("tiff", "TIFF", {})),
        ("gif", "GIF", {"save_all": True, "append_images": [image.rotate(90)]}),
    ):
        stream = io.BytesIO()
        (image.convert("1") if name == "tiff-g4" else image).save(stream, kind, **options)  # type: ignore[arg-type]
        made[f"image/{name}"] = stream.getvalue()
    return made


def _recorded() -> dict[str, bytes]:
    made = {}
    with tempfile.TemporaryDirectory() as folder:
        for suffix, options in _RECORDED.items():
            path = Path(folder) / f"sample.{suffix}"
            program = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-fflags", "+bitexact"]
            subprocess.run([*program, *options, "-flags", "+bitexact", str(path)], check=True, timeout=60)
            made[f"recording/{suffix}"] = path.read_bytes()
    return made
