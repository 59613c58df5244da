"""Reading files whose every byte is verified before anybody sees it.

A file's tree is walked from its CID: inner nodes are fetched as blocks and hashed, then the leaves below each are
streamed in one answer and hashed one by one. A wrong byte ends the reading at its leaf, a range costs the leaves that
it touches, and no more than one leaf is in memory.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Final

from offchain.errors import InputError
from offchain.storage.cid import RAW, cid_codec, cid_text, parse_cid
from offchain.storage.dag_pb import Link, decode_file, unreadable

__all__ = ["MAX_BLOCK", "ContentReader", "RemoteFile", "oversized"]

MAX_BLOCK: Final = 2**21
"""Bytes of the largest block that IPFS nodes exchange (Bitswap specification)."""

_MAX_DEPTH: Final = 8
"""Levels of a tree; five hold more than any disk."""


class ContentReader(ABC):
    """Whoever hands out verified blocks; files are read on top of that."""

    @abstractmethod
    def block(self, cid: str, limit: int = MAX_BLOCK) -> bytes:
        """A block, verified against its CID.

        Raises:
            InputError: `content-oversized`, it has more than `limit` bytes.
            NotFoundError: `content-not-found`.
            UnavailableError: `ipfs-lied`, `ipfs-down`, `ipfs-timeout`, `ipfs-failed`.
        """

    @abstractmethod
    def leaves(self, parent: str, offset: int, links: Sequence[Link]) -> Generator[bytes, None, None]:
        """Consecutive raw leaves, each verified.

        Args:
            parent: CID of the node above them.
            offset: where the first begins, in bytes of the parent's file.
            links: to the leaves.

        Raises:
            NotFoundError, UnavailableError: as for `block`.
        """

    def open(self, cid: str, limit: int | None = None) -> RemoteFile:
        """A file to be read in pieces; only the head of its tree is fetched now.

        Args:
            cid: of content in the layout of `local_cid`.
            limit: largest accepted size, in bytes.

        Raises:
            InputError: `cid-malformed`, `cid-unsupported`, `content-unreadable`, `content-oversized`.
            NotFoundError, UnavailableError: as for `block`.
        """
        root = parse_cid(cid)
        text = cid_text(root)
        if cid_codec(root) == RAW:
            head = self.block(text, MAX_BLOCK if limit is None else limit)
            return RemoteFile(self, text, len(head), head, ())
        head = self.block(text)
        links = decode_file(head)
        size = sum(link.file_size for link in links)
        if limit is not None and size > limit:
            raise oversized(text, limit)
        return RemoteFile(self, text, size, head, links)

    def fetch(self, cid: str, limit: int) -> bytes:
        """A whole file, in memory.

        Raises:
            InputError: `cid-malformed`, `cid-unsupported`, `content-unreadable`, or `content-oversized` above `limit`
                bytes.
            NotFoundError: `content-not-found`.
            UnavailableError: `ipfs-lied` for other or truncated bytes; `ipfs-down`, `ipfs-failed`; `ipfs-timeout` for
                silence and for less than 64 KiB/s (a node that looks for content which nobody has is silent).
        """
        return b"".join(self.open(cid, limit).read())

    def download(self, cid: str, path: Path, limit: int | None = None) -> int:
        """Write a whole file to disk, where it appears once all of it is verified; its size.

        Raises:
            InputError: as for `fetch`; `file-unwritable`.
            NotFoundError, UnavailableError: as for `fetch`.
        """
        file, partial = self.open(cid, limit), path.with_name(path.name + ".partial")
        try:
            with partial.open("wb") as out:
                for piece in file.read():
                    out.write(piece)
            partial.replace(path)
        except OSError as error:
            raise InputError(
                "file-unwritable", f"{path} cannot be written", "name a file that you may write"
            ) from error
        finally:
            partial.unlink(missing_ok=True)
        return file.size


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file on IPFS, opened.

    Attributes:
        cid: its CIDv1 in base32.
        size: in bytes; as true as the content, since the tree that states it is verified.
    """

    _source: ContentReader = field(repr=False)
    cid: str
    size: int
    _head: bytes = field(repr=False)
    _links: tuple[Link, ...] = field(repr=False)

    def read(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` up to, not including, `end`, in pieces of at most one leaf.

        Raises:
            InputError: `content-unreadable`.
            NotFoundError, UnavailableError: as for `ContentReader.block`, in the middle too: what came before is right.
        """
        stop = self.size if end is None else min(end, self.size)
        if start >= stop:
            return
        if not self._links:
            yield self._head[start:stop]
            return
        yield from self._below(self.cid, self._links, start, stop)

    def blocks(self) -> Iterator[tuple[bytes, bytes]]:
        """(CID, block) of the whole tree, parents before children and left before right, as CAR files have them."""
        yield parse_cid(self.cid), self._head
        if self._links:
            yield from self._blocks_below(self.cid, self._links)

    def _below(self, cid: str, links: Sequence[Link], start: int, stop: int, depth: int = 1) -> Iterator[bytes]:
        ends = list(accumulate(link.file_size for link in links))
        touched = [at for at, end in enumerate(ends) if end > start and end - links[at].file_size < stop]
        begin = ends[touched[0]] - links[touched[0]].file_size
        if _are_leaves(links):
            with closing(self._source.leaves(cid, begin, [links[at] for at in touched])) as leaves:
                for leaf in leaves:
                    yield leaf[max(start - begin, 0) : stop - begin]
                    begin += len(leaf)
            return
        for at in touched:
            _, below = self._child(links[at], depth)
            span = max(start - begin, 0), min(stop, ends[at]) - begin
            yield from self._below(cid_text(links[at].cid), below, *span, depth + 1)
            begin = ends[at]

    def _blocks_below(self, cid: str, links: Sequence[Link], depth: int = 1) -> Iterator[tuple[bytes, bytes]]:
        if _are_leaves(links):
            yield from zip((link.cid for link in links), self._source.leaves(cid, 0, links), strict=True)
            return
        for link in links:
            block, below = self._child(link, depth)
            yield link.cid, block
            yield from self._blocks_below(cid_text(link.cid), below, depth + 1)

    def _child(self, link: Link, depth: int) -> tuple[bytes, tuple[Link, ...]]:
        """An inner node and its links, no deeper than trees are and as large as its parent says."""
        block = self._source.block(cid_text(link.cid))
        links = decode_file(block)
        if depth == _MAX_DEPTH or sum(each.file_size for each in links) != link.file_size:
            raise unreadable()
        return block, links


def oversized(cid: str, limit: int) -> InputError:
    """The error for a file that is larger than the caller takes."""
    return InputError("content-oversized", f"{cid} has more than {limit} bytes", "raise the limit")


def _are_leaves(links: Sequence[Link]) -> bool:
    """Whether all are leaves, or else none is: leaves stand at one depth."""
    raw = [cid_codec(link.cid) == RAW for link in links]
    if any(raw) and (not all(raw) or max(link.file_size for link in links) > MAX_BLOCK):
        raise unreadable()
    return raw[0]
