from __future__ import annotations

import pytest

from offchain.identity.ffmpeg import demuxer


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"RIFF\x24\x00\x00\x00WAVE", "wav"),
        (b"fLaC\x00\x00\x00\x22\x10\x00\x10\x00", "flac"),
        (b"OggS\x00\x02\x00\x00\x00\x00\x00\x00", "ogg"),
        (b"ID3\x04\x00\x00\x00\x00\x00\x00\x00\x00", "mp3"),
        (b"\xff\xfb\x90\x64\x00\x00\x00\x00\x00\x00\x00\x00", "mp3"),
        (b"\x00\x00\x00\x20ftypisom", "mov"),
        (b"\x1aE\xdf\xa3\x01\x00\x00\x00\x00\x00\x00\x1f", "matroska"),
    ],
)
def test_demuxer__container_of_ours__named(head, name):
    assert demuxer(head) == name


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\xff",
        b"#EXTM3U\n#EXT",  # a playlist, which could name any file or server
        b"ffconcat ver",  # a script of the same power
        b"<?xml versio",  # DASH
        b"RIFF\x24\x00\x00\x00AVI ",
        b"\xff\xf1\x50\x80\x00\x00\x00\x00\x00\x00\x00\x00",  # ADTS: MPEG's sync word, layer 0
        b"\x00\x00\x00\x20moov    ",
    ],
)
def test_demuxer__anything_else__none(head):
    assert demuxer(head) is None
