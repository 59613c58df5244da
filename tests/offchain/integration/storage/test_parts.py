"""Long files go up in parts, on a real node; what is there is not sent again."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from offchain.errors import InputError, UnavailableError
from offchain.storage import IpfsNode, local_cid
from offchain.storage.cid import cid_text
from offchain.storage.dag_pb import Link
from offchain.storage.unixfs import CHUNK_SIZE, join, outline
from offchain.storage.upload import upload

PART_LEAVES = 4
PART = PART_LEAVES * CHUNK_SIZE


@pytest.fixture(autouse=True)
def _short_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 1 MiB."""
    monkeypatch.setattr("offchain.storage.upload.PART_LEAVES", PART_LEAVES)


class Line:
    """The node behind a line that breaks after so many imports; `sent` counts the blocks of each."""

    def __init__(self, node: IpfsNode, breaks_after: int = 1_000) -> None:
        self._node, self._left, self.sent = node, breaks_after, list[int]()
        self.is_pinned, self.unpin = node.is_pinned, node.unpin

    def import_blocks(self, root: Link, blocks) -> None:
        if self._left == 0:
            raise UnavailableError("ipfs-down", "the line is cut", "wait")
        self._left -= 1
        listed = list(blocks)
        self.sent.append(len(listed))
        self._node.import_blocks(root, listed)


@pytest.fixture
def long_file(tmp_path) -> Path:
    """Three parts and a bit, other bytes each time."""
    path = tmp_path / "long.bin"
    path.write_bytes(random.randbytes(3 * PART + CHUNK_SIZE // 2))
    return path


def send(line: Line, path: Path) -> str:
    with path.open("rb") as stream:
        tree = outline(stream)
        upload(line, stream, tree)
    return tree.cid


def test_upload__line_cut_after_two_parts__goes_on_with_the_third(node, long_file):
    broken, mended = Line(node, breaks_after=2), Line(node)
    with pytest.raises(UnavailableError):
        send(broken, long_file)
    assert broken.sent == [PART_LEAVES + 1] * 2
    cid = send(mended, long_file)
    # The third part, the bit, and the root; each part comes with the node over it.
    assert mended.sent == [PART_LEAVES + 1, 2, 1]
    assert cid == local_cid(long_file.read_bytes())
    assert node.is_pinned(cid)
    assert node.fetch(cid, long_file.stat().st_size) == long_file.read_bytes()


def test_upload__done__leaves_one_pin_and_again_sends_nothing(node, long_file):
    with long_file.open("rb") as stream:
        tree = outline(stream)
    parts = [outline_part(tree.leaves[at : at + PART_LEAVES]) for at in range(0, len(tree.leaves), PART_LEAVES)]
    assert node.pin(long_file) == tree.cid
    assert [node.is_pinned(cid) for cid in parts] == [False] * 4
    again = Line(node)
    send(again, long_file)
    assert again.sent == []


def outline_part(leaves: tuple[Link, ...]) -> str:
    return cid_text(join(leaves)[0].cid)


@pytest.mark.parametrize("place", [0, 1])
def test_upload__part_is_a_file_of_its_own__stays_pinned(node, long_file, place):
    """A file of exactly one part has that part's root, and its owner still wants it."""
    whole = long_file.read_bytes()
    own = long_file.with_name("own.bin")
    own.write_bytes(whole[place * PART : (place + 1) * PART])
    cid = node.pin(own)
    node.pin(long_file)
    with long_file.open("rb") as stream:
        leaves = outline(stream).leaves
    parts = [outline_part(leaves[at : at + PART_LEAVES]) for at in range(0, len(leaves), PART_LEAVES)]
    assert parts[place] == cid
    assert [node.is_pinned(each) for each in parts] == [at == place for at in range(4)]


def test_upload__file_changes_meanwhile__is_refused_and_not_pinned(node, long_file):
    with long_file.open("rb") as stream:
        tree = outline(stream)
    with long_file.open("r+b") as stream:
        stream.seek(2 * PART + 10)
        stream.write(b"changed")
    with long_file.open("rb") as stream, pytest.raises(InputError) as caught:
        upload(Line(node), stream, tree)
    assert caught.value.code == "file-changed"
    assert not node.is_pinned(tree.cid)


def test_upload__node_lost_a_part_that_it_says_is_pinned__everything_is_sent(long_file):
    class Forgetful(Line):
        """Claims the first two parts, and cannot pin the file until they came."""

        def __init__(self) -> None:
            self.sent, self.unpinned, self.asked = list[int](), 0, 0

        def is_pinned(self, cid: str) -> bool:
            self.asked += 1
            return cid in claimed

        def unpin(self, _: str) -> None:
            self.unpinned += 1

        def import_blocks(self, root: Link, blocks) -> None:
            self.sent.append(len(list(blocks)))
            if root == tree.root and sum(self.sent) < len(tree.leaves):
                raise UnavailableError("ipfs-failed", "a block is missing", "send it")

    with long_file.open("rb") as stream:
        tree = outline(stream)
        claimed = {outline_part(tree.leaves[at : at + PART_LEAVES]) for at in (0, PART_LEAVES)}
        node = Forgetful()
        upload(node, stream, tree)
    assert node.sent == [PART_LEAVES + 1, 2, 1, PART_LEAVES + 1, PART_LEAVES + 1, 1]
    assert node.unpinned == 2
