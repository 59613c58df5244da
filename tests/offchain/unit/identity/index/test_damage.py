"""A file that is not what was written is named; nothing is answered from it, and the index can be made anew."""

from __future__ import annotations

import pytest

from offchain.errors import UnavailableError
from offchain.identity.index import hamming as hamming_module
from offchain.identity.index import open_index, rebuild_index

FRAME = 16 + 40  # header, one key and one code


@pytest.fixture
def codes(chance):
    return [chance.randbytes(32) for _ in range(25)]


@pytest.fixture
def folder(tmp_path, codes, monkeypatch):
    """An index of one segment of 22 codes and a tail of 3."""
    monkeypatch.setattr(hamming_module, "TAIL_ROWS", 21)
    with open_index(tmp_path) as index:
        for key, code in enumerate(codes):
            index.add([code], [key])
    return tmp_path


def only(folder, suffix):
    (path,) = folder.glob(f"*.{suffix}")
    return path


def turn_bit(path, at):
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def test_open__tail_cut_at_any_byte__has_every_whole_frame_and_takes_new_ones(folder, codes):
    whole = only(folder, "tail").read_bytes()
    assert len(whole) == 3 * FRAME
    for length in range(len(whole) + 1):
        only(folder, "tail").write_bytes(whole[:length])
        with open_index(folder) as index:
            assert index.keys().tolist() == list(range(22 + length // FRAME))
            index.add([codes[0]], [99])
        with open_index(folder) as index:
            assert index.search(codes[0], 0).keys.tolist() == [0, 99]
            assert len(index) == 22 + length // FRAME + 1


def test_open__any_byte_of_the_tail_turned__is_damaged(folder):
    path = only(folder, "tail")
    whole = path.read_bytes()
    for at in range(len(whole)):
        turn_bit(path, at)
        with pytest.raises(UnavailableError) as caught:
            open_index(folder)
        assert caught.value.code == "index-damaged"
        path.write_bytes(whole)


def test_open__any_byte_of_the_manifest_turned__is_damaged(folder):
    path = folder / "manifest.json"
    whole = path.read_bytes()
    for at in range(len(whole) - 1):  # the last is the end of the line
        turn_bit(path, at)
        with pytest.raises(UnavailableError) as caught:
            open_index(folder)
        assert caught.value.code == "index-damaged"
        path.write_bytes(whole)


@pytest.mark.parametrize("suffix", ["segment", "tail"])
def test_open__file_missing__is_damaged(folder, suffix):
    only(folder, suffix).unlink()
    with pytest.raises(UnavailableError) as caught:
        open_index(folder)
    assert caught.value.code == "index-damaged"


@pytest.mark.parametrize("length", [0, 1, 63, 64, 1_000, -1])
def test_open__segment_of_another_length__is_damaged(folder, length):
    path = only(folder, "segment")
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(UnavailableError) as caught:
        open_index(folder)
    assert caught.value.code == "index-damaged"


@pytest.mark.parametrize("at", range(24))
def test_open__header_of_a_segment_turned__is_damaged(folder, at):
    turn_bit(only(folder, "segment"), at)
    with pytest.raises(UnavailableError) as caught:
        open_index(folder)
    assert caught.value.code == "index-damaged"


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999999])
def test_check__body_of_a_segment_turned__is_damaged(folder, share):
    path = only(folder, "segment")
    turn_bit(path, 64 + int((path.stat().st_size - 64) * share))
    with open_index(folder) as index, pytest.raises(UnavailableError) as caught:
        index.check()
    assert caught.value.code == "index-damaged"


def test_check__nothing_damaged__is_content(folder):
    with open_index(folder) as index:
        index.check()


@pytest.mark.parametrize("state", ["manifest", "segment", "tail"])
def test_rebuild__damaged_index__is_whole_again(folder, codes, state):
    path = folder / "manifest.json" if state == "manifest" else only(folder, state)
    path.write_bytes(b"rubbish")
    with rebuild_index(folder, [(codes, range(25))]) as index:
        index.check()
        assert [index.search(code, 0).keys.tolist() for code in codes] == [[key] for key in range(25)]
    assert len(list(folder.iterdir())) == 4  # manifest, lock, segment, tail: nothing of the old one
