"""One IPFS node, trusted with nothing: what it stores and what it returns is checked against CIDs computed here.

Speaks the RPC of Kubo and js-ipfs. Every call ends, whatever the node does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final

from offchain.config import shown_url
from offchain.errors import InputError, NotFoundError, UnavailableError
from offchain.storage.car import write_car
from offchain.storage.cid import RAW, cid_bytes, cid_codec, cid_digest, cid_text, normal_cid, parse_cid
from offchain.storage.dag_pb import Link
from offchain.storage.reading import MAX_BLOCK, ContentReader, oversized
from offchain.storage.rpc import answering
from offchain.storage.transport import BoundedClient
from offchain.storage.unixfs import CHUNK_SIZE, Outline, outline
from offchain.storage.upload import is_long, upload

__all__ = ["IpfsNode", "opened"]

# Without raw leaves a node answers another CID for the same file.
_LAYOUT: Final = {"pin": "true", "cid-version": "1", "raw-leaves": "true", "chunker": f"size-{CHUNK_SIZE}"}

_PINNING_RATE: Final = 2**24
"""Bytes a second that a node walks when it pins a tree, at the least; it is silent meanwhile."""


class IpfsNode(ContentReader):
    """A node's RPC endpoint.

    Args:
        url: e.g. `http://127.0.0.1:5001`.
        timeout: seconds of silence after which the node counts as not answering.

    Raises:
        InputError: `ipfs-url-malformed`.
    """

    def __init__(self, url: str, timeout: float = 60.0) -> None:
        self.url = url
        self._timeout = timeout
        self._client = BoundedClient(url, timeout)

    def pin(self, content: bytes | Path) -> str:
        """Add and pin a file; doing it again changes nothing.

        A long file is sent in parts: after an interruption, doing it again sends what the node lacks.

        Returns:
            Its CIDv1, as computed here and confirmed by the node.

        Raises:
            InputError: `content-empty`, `file-unreadable`, or `file-changed` while it was being read.
            UnavailableError: `ipfs-lied` when the node's CID differs; `ipfs-down`, `ipfs-timeout`, `ipfs-failed`.
        """
        with opened(content) as stream:
            tree = outline(stream)
            self.store(stream, tree)
        return tree.cid

    def store(self, stream: BinaryIO, tree: Outline) -> None:
        """Add and pin a file whose outline is known; `stream` can seek.

        Raises:
            InputError, UnavailableError: as for `pin`.
        """
        if is_long(tree):
            upload(self, stream, tree)
            return
        stream.seek(0)
        with answering(self.url, tree.cid):
            answer = self._client.add_bytes(_pieces(stream), opts=_LAYOUT)
        self._require(tree.cid, _readable(str(answer)))

    def import_blocks(self, root: Link, blocks: Iterable[tuple[bytes, bytes]]) -> None:
        """Send the blocks of a tree, or those that the node lacks, and pin its root.

        Raises:
            UnavailableError: `ipfs-lied` when the node confirms another root; `ipfs-failed` when it cannot pin.
        """
        expected, patience = cid_text(root.cid), self._timeout + root.dag_size / _PINNING_RATE
        with answering(self.url, expected):
            answer = self._client.import_car(write_car([root.cid], blocks), patience)[0]["Root"]
            confirmed, refusal = answer["Cid"]["/"], answer.get("PinErrorMsg")
        if refusal:
            raise UnavailableError(
                "ipfs-failed", f"the IPFS node at {shown_url(self.url)} did not pin: {refusal}", "read the node's log"
            )
        self._require(expected, _readable(str(confirmed)))

    def block(self, cid: str, limit: int = MAX_BLOCK) -> bytes:
        """A block, verified against its CID; see `ContentReader`."""
        wanted = parse_cid(cid)
        with answering(self.url, cid):
            content = self._whole(cid, limit) if cid_codec(wanted) == RAW else self._client.block.get(cid)
        if hashlib.sha256(content).digest() != cid_digest(wanted):
            received = cid_text(cid_bytes(cid_codec(wanted), hashlib.sha256(content).digest()))
            raise self._lied(cid, received, f"returned {len(content)} other or truncated bytes")
        return bytes(content)

    def leaves(self, parent: str, offset: int, links: Sequence[Link]) -> Generator[bytes, None, None]:
        """Consecutive raw leaves, each verified, streamed in one answer; see `ContentReader`."""
        length, waiting, buffer = sum(link.file_size for link in links), list(reversed(links)), bytearray()
        with answering(self.url, parent), self._client.cat(parent, offset, length, stream=True) as pieces:
            for piece in pieces:
                buffer += piece
                while waiting and len(buffer) >= waiting[-1].file_size:
                    link = waiting.pop()
                    yield self._verified(link, bytes(buffer[: link.file_size]))
                    del buffer[: link.file_size]
                if not waiting:
                    return
        self._verified(waiting[-1], bytes(buffer))

    def is_pinned(self, cid: str) -> bool:
        """Whether the node says that it keeps this content as a pin of its own; only `fetch` proves it.

        Raises:
            InputError: `cid-malformed`.
            UnavailableError: `ipfs-down`, `ipfs-timeout`, `ipfs-failed`.
        """
        wanted = normal_cid(cid)
        try:
            with answering(self.url, wanted):
                self._client.pin.ls(wanted, type="recursive")
        except NotFoundError:
            return False
        return True

    def unpin(self, cid: str) -> None:
        """Let the node forget this content; no error if it has no such pin.

        Raises:
            InputError: `cid-malformed`.
            UnavailableError: `ipfs-down`, `ipfs-timeout`, `ipfs-failed`.
        """
        wanted = normal_cid(cid)
        try:
            with answering(self.url, wanted):
                self._client.pin.rm(wanted)
        except NotFoundError:
            return

    def remove_block(self, cid: str) -> None:
        """Let the node drop one block; no error if it has none, or keeps it for another pin.

        Raises:
            UnavailableError: `ipfs-down`, `ipfs-timeout`, `ipfs-failed`.
        """
        with answering(self.url, cid):
            self._client.remove_block(cid)

    def _whole(self, cid: str, limit: int) -> bytes:
        """A raw block, read as a file: a node may send more than it was asked for."""
        content = bytearray()
        # One byte more than allowed tells "too large" from "just fits".
        with self._client.cat(cid, length=limit + 1, stream=True) as pieces:
            for piece in pieces:
                content += piece
                if len(content) > limit:
                    raise oversized(cid, limit) if limit < MAX_BLOCK else self._lied(cid, "more", "returned no block")
        return bytes(content)

    def _verified(self, link: Link, leaf: bytes) -> bytes:
        digest = hashlib.sha256(leaf).digest()
        if digest != cid_digest(link.cid):
            received = cid_text(cid_bytes(RAW, digest))
            raise self._lied(cid_text(link.cid), received, f"returned {len(leaf)} other or truncated bytes")
        return leaf

    def _require(self, expected: str, answered: str) -> None:
        if answered != expected:
            raise self._lied(expected, answered, "stored something else")

    def _lied(self, expected: str, answered: str, what: str) -> UnavailableError:
        return UnavailableError(
            "ipfs-lied",
            f"the IPFS node at {shown_url(self.url)} {what}: expected {expected}, got {answered}",
            "do not trust this node; point COLOPHON_IPFS_URL at another",
            expected=expected,
            answered=answered,
        )


def _readable(answer: str) -> str:
    """A node's CID in our form, or whatever it wrote instead."""
    try:
        return normal_cid(answer)
    except InputError:
        return answer


@contextmanager
def opened(content: bytes | Path) -> Iterator[BinaryIO]:
    """Content as a stream that can seek.

    Raises:
        InputError: `content-empty` or `file-unreadable`.
    """
    try:
        stream: BinaryIO = BytesIO(content) if isinstance(content, bytes) else content.open("rb")
    except OSError as error:
        raise InputError("file-unreadable", f"{content!s} cannot be read", "name a file that you may read") from error
    with stream:
        if stream.seek(0, 2) == 0:
            raise InputError("content-empty", "there is nothing to pin", "pass content of at least one byte")
        stream.seek(0)
        yield stream


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    while piece := stream.read(CHUNK_SIZE):
        yield piece
