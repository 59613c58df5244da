"""ffmpeg as a guarded child: one local file in, a bounded number of bytes out.

What the file says about itself decides little. It is opened here and handed over as a descriptor, the only thing that
the child's protocols reach, so no playlist, script or reference inside it opens another file or a connection. The
demuxer follows from the container's signature, the codecs from a list. Memory, CPU time and output are limits of the
kernel (setrlimit(2)), wall time is ours. The binary is the one that imageio-ffmpeg ships, so results repeat.
"""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from io import FileIO
from pathlib import Path
from typing import BinaryIO, Final, Literal

from offchain.errors import InputError, UnavailableError

__all__ = ["Bounds", "Kind", "Stamp", "demuxer", "read", "stamp"]

Kind = Literal["audio", "video"]
Stamp = tuple[int, int, int]

# RIFF: Multimedia Programming Interface 1.0; FLAC: RFC 9639 §6; Ogg: RFC 3533 §6; Matroska: RFC 8794 §11.2.1.
_SIGNATURES: Final = ((b"fLaC", "flac"), (b"OggS", "ogg"), (b"\x1aE\xdf\xa3", "matroska"), (b"ID3", "mp3"))
_FTYP: Final = slice(4, 8)  # ISO/IEC 14496-12 §4.3
_MPEG_SYNC: Final = 0xFFE0  # ISO/IEC 11172-3 §2.4.1.3, and MPEG 2.5
_MPEG_LAYER: Final = 0x0006  # zero in ADTS
_HEAD_SIZE: Final = 12

_CODECS: Final = {
    "audio": "mp3,mp3float,aac,flac,vorbis,opus,libopus,alac,pcm_u8,pcm_s16le,pcm_s24le,pcm_s32le,pcm_f32le,pcm_f64le",
    "video": "h264,hevc,mpeg4,vp8,vp9,libvpx,libvpx-vp9,av1,libdav1d,libaom-av1",
}
_MAX_STREAMS: Final = 32
_RATES: Final = range(1_000, 768_000 + 1)
"""Hz. Resampling from 16 MHz costs seconds for a file of a few kilobytes, and at 1 Hz such a file lasts hours."""

_RATE: Final = re.compile(rb"^#sample_rate 0: (\d+)$", re.MULTILINE)
_ADDRESS: Final = re.compile(r" @ 0x[0-9a-fA-F]+")
_MESSAGE_SIZE: Final = 200
_ONE_PACKET: Final = ("-map", "0:a:0", "-c", "copy", "-frames:a", "1", "-f", "framecrc")
_PACKET_SECONDS: Final = 10
_PACKET_OUTPUT: Final = 1 << 16
_WALL_PER_CPU: Final = 4
_KILLED_BY_A_LIMIT: Final = frozenset({-signal.SIGXCPU, -signal.SIGKILL, -signal.SIGXFSZ})


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one child may use.

    Attributes:
        seconds: CPU time; four times as much on the clock.
        memory: bytes of address space.
        output: bytes of each output.
    """

    seconds: int
    memory: int
    output: int


class _Messages:
    """A pipe that nobody reads while the child runs: what does not fit is lost, and the child goes on."""

    def __init__(self, files: ExitStack) -> None:
        reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self.reader = files.enter_context(os.fdopen(reader, "rb", buffering=0))
        self.writer = files.enter_context(os.fdopen(writer, "wb", buffering=0))

    def first(self) -> str:
        """The first line, without addresses in memory and what a terminal would obey."""
        line = (self.reader.read(64 * _MESSAGE_SIZE) or b"").split(b"\n")[0].decode(errors="replace")
        return "".join(filter(str.isprintable, _ADDRESS.sub("", line)))[:_MESSAGE_SIZE]


def demuxer(head: bytes) -> str | None:
    """The ffmpeg demuxer for a file that starts with these 12 bytes, or None if its container is not one of ours."""
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "wav"
    if head[_FTYP] == b"ftyp":
        return "mov"
    for signature, name in _SIGNATURES:
        if head.startswith(signature):
            return name
    start = int.from_bytes(head[:2], "big")
    return "mp3" if start & _MPEG_SYNC == _MPEG_SYNC and start & _MPEG_LAYER else None


def read(
    path: Path, kind: Kind, outputs: Sequence[Sequence[str]], bounds: Bounds, opening: Sequence[str] = ()
) -> list[bytes]:
    """Decode a file once and return what each output wrote.

    Args:
        path: a regular file.
        kind: which codecs may run, and how errors are called.
        outputs: ffmpeg's options of each output, without its address; `{output}` in one of them stands for the
            address, for filters that write by themselves.
        bounds: see there.
        opening: further options of the input.

    Raises:
        InputError: `file-unreadable`, `audio-malformed`, `video-malformed`, or with `-oversized` when it exceeds
            `bounds`.
        UnavailableError: `ffmpeg-missing`.
    """
    with ExitStack() as files:
        source = files.enter_context(_opened(path))
        container = demuxer(source.read(_HEAD_SIZE))
        if container is None:
            raise _malformed(kind, "its container is not one that Colophon reads")
        if kind == "audio":
            _require_sample_rate(source, container, bounds)
        # Memory files need no reader while the child runs, and RLIMIT_FSIZE bounds them as it bounds files on disk.
        written = [files.enter_context(_memory_file(f"{kind}-{at}")) for at in range(len(outputs))]
        command = [*_input(kind, container, bounds, opening), *_output(outputs, written)]
        _run(kind, command, source, written, bounds)
        return [_content(file) for file in written]


def stamp(path: Path) -> Stamp:
    """What changes with a file's content, by which a decoded one is remembered.

    Raises:
        InputError: `file-unreadable`.
    """
    with _opened(path) as file:
        status = os.fstat(file.fileno())
    return status.st_ino, status.st_size, status.st_mtime_ns


def _opened(path: Path) -> FileIO:
    try:
        return path.open("rb", buffering=0)  # the child starts where the descriptor stands
    except OSError as error:
        raise InputError("file-unreadable", f"{path} cannot be read: {error.strerror}", "check the path") from error


def _require_sample_rate(source: FileIO, container: str, bounds: Bounds) -> None:
    """Refuse sound at a rate that nobody records at, before it is decoded: demuxing one packet names the rate."""
    few = Bounds(min(_PACKET_SECONDS, bounds.seconds), bounds.memory, _PACKET_OUTPUT)
    with _memory_file("packet") as written:
        command = [*_input("audio", container, few, ()), *_output([_ONE_PACKET], [written])]
        _run("audio", command, source, [written], few)
        rate = _RATE.search(_content(written))
    if rate is None or int(rate[1]) not in _RATES:
        told = rate[1].decode() if rate else "an unknown number of"
        raise _malformed("audio", f"it has {told} samples a second")


def _memory_file(name: str) -> BinaryIO:
    return os.fdopen(os.memfd_create(name), "w+b")


def _input(kind: Kind, container: str, bounds: Bounds, opening: Sequence[str]) -> list[str]:
    limits = ["-max_alloc", str(bounds.memory // 2), "-max_streams", str(_MAX_STREAMS)]
    allowed = ["-protocol_whitelist", "fd", "-codec_whitelist", _CODECS[kind]]
    return [
        _binary(),
        *("-nostdin", "-hide_banner", "-loglevel", "error", "-filter_threads", "1", "-threads", "1"),
        *(*limits, *allowed, *opening, "-f", container, "-fd", "0", "-i", "fd:"),
    ]


def _output(outputs: Sequence[Sequence[str]], written: Sequence[BinaryIO]) -> list[str]:
    arguments: list[str] = []
    for options, file in zip(outputs, written, strict=True):
        address = f"/dev/fd/{file.fileno()}"
        filled = [option.replace("{output}", address) for option in options]
        arguments += [*filled, "-"] if filled != list(options) else [*filled, f"pipe:{file.fileno()}"]
    return arguments


def _run(kind: Kind, command: list[str], source: FileIO, written: Sequence[BinaryIO], bounds: Bounds) -> None:
    """Run the child over the whole source; raises InputError for how it failed."""
    source.seek(0)
    with ExitStack() as files:
        messages = _Messages(files)
        code = _ended(command, source, messages, [file.fileno() for file in written], bounds)
        if code != 0:
            raise _failure(kind, code, messages)


def _ended(command: list[str], source: FileIO, messages: _Messages, passed: list[int], bounds: Bounds) -> int:
    with subprocess.Popen(  # noqa: S603 - fixed binary, no shell
        command,
        stdin=source,
        stdout=subprocess.DEVNULL,
        stderr=messages.writer,
        pass_fds=passed,
        env={"LC_ALL": "C", "MALLOC_ARENA_MAX": "1"},  # an arena a thread would use up the address space
    ) as child:
        try:
            _limit(child.pid, bounds)
            return child.wait(bounds.seconds * _WALL_PER_CPU)
        except subprocess.TimeoutExpired:
            return -signal.SIGXCPU
        finally:
            child.kill()


def _limit(pid: int, bounds: Bounds) -> None:
    for what, most in (
        (resource.RLIMIT_AS, bounds.memory),
        (resource.RLIMIT_CPU, bounds.seconds),
        (resource.RLIMIT_FSIZE, bounds.output),
        (resource.RLIMIT_CORE, 0),
    ):
        try:
            _, hard = resource.prlimit(pid, what)
            least = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.prlimit(pid, what, (least, least))
        except ProcessLookupError:
            return  # it has ended already


def _content(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read()


def _failure(kind: Kind, code: int, messages: _Messages) -> InputError:
    if code in _KILLED_BY_A_LIMIT:
        return InputError(
            f"{kind}-oversized",
            "decoding takes more time or space than one file may take",
            "submit a shorter file, or one with a lower resolution",
        )
    return _malformed(kind, messages.first() or f"the decoder ended with {code}")


def _malformed(kind: Kind, what: str) -> InputError:
    return InputError(
        f"{kind}-malformed",
        f"the {kind} is truncated, damaged or of an unknown encoding: {what}",
        "submit the complete file, or export it again",
    )


@cache
def _binary() -> str:
    from imageio_ffmpeg import get_ffmpeg_exe  # noqa: PLC0415 - only who decodes needs it

    try:
        return str(get_ffmpeg_exe())
    except RuntimeError as error:
        raise UnavailableError("ffmpeg-missing", str(error), "install the locked requirements again") from error
