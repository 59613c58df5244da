"""One IPFS node, trusted with nothing: what it stores and what it returns is checked against CIDs computed here.

Speaks the RPC of Kubo and js-ipfs. Every call ends, whatever the node does.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final

from offchain.errors import InputError, NotFoundError, UnavailableError
from offchain.storage.cid import normal_cid
from offchain.storage.rpc import answering
from offchain.storage.transport import BoundedClient
from offchain.storage.unixfs import CHUNK_SIZE, local_cid

__all__ = ["IpfsNode"]

# Without raw leaves a node answers another CID for the same file.
_LAYOUT: Final = {"pin": "true", "cid-version": "1", "raw-leaves": "true", "chunker": f"size-{CHUNK_SIZE}"}


class IpfsNode:
    """A node's RPC endpoint.

    Args:
        url: e.g. `http://127.0.0.1:5001`.
        timeout: seconds of silence after which the node counts as not answering.

    Raises:
        InputError: `ipfs-url-malformed`.
    """

    def __init__(self, url: str, timeout: float = 60.0) -> None:
        self.url = url
        self._client = BoundedClient(url, timeout)

    def pin(self, content: bytes | Path) -> str:
        """Add and pin a file; doing it again changes nothing.

        Returns:
            Its CIDv1, as computed here and confirmed by the node.

        Raises:
            InputError: `content-empty` or `file-unreadable`.
            UnavailableError: `ipfs-lied` when the node's CID differs; `ipfs-down`, `ipfs-timeout`, `ipfs-failed`.
        """
        with _opened(content) as stream:
            expected = local_cid(stream)
            stream.seek(0)
            with answering(self.url, expected):
                answer = self._client.add_bytes(_pieces(stream), opts=_LAYOUT)
        answered = _readable(str(answer))
        if answered != expected:
            raise self._lied(expected, answered, "stored something else")
        return expected

    def fetch(self, cid: str, limit: int) -> bytes:
        """Read a file and verify it against its CID.

        Args:
            cid: of content in the layout of `local_cid`.
            limit: largest accepted size, in bytes.

        Raises:
            InputError: `cid-malformed`, or `content-oversized` when more than `limit` bytes come.
            NotFoundError: `content-not-found`.
            UnavailableError: `ipfs-lied` for other or truncated bytes; `ipfs-down`, `ipfs-failed`; `ipfs-timeout` for
                silence and for less than 64 KiB/s (a node that looks for content which nobody has is silent).
        """
        expected = normal_cid(cid)
        with answering(self.url, expected):
            content = self._download(expected, limit)
        received = local_cid(content)
        if received != expected:
            raise self._lied(expected, received, f"returned {len(content)} other or truncated bytes")
        return content

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

    def _download(self, cid: str, limit: int) -> bytes:
        content = bytearray()
        # One byte more than allowed tells "too large" from "just fits"; a node may send more than it was asked for.
        with self._client.cat(cid, length=limit + 1, stream=True) as pieces:
            for piece in pieces:
                content += piece
                if len(content) > limit:
                    raise InputError("content-oversized", f"{cid} has more than {limit} bytes", "raise the limit")
        return bytes(content)

    def _lied(self, expected: str, answered: str, what: str) -> UnavailableError:
        return UnavailableError(
            "ipfs-lied",
            f"the IPFS node at {self.url} {what}: expected {expected}, got {answered}",
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
def _opened(content: bytes | Path) -> Iterator[BinaryIO]:
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
