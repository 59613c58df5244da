"""A node without a network: blocks by CID, read through the code that reads from nodes."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Sequence
from io import BytesIO

from offchain.errors import NotFoundError
from offchain.storage.cid import cid_text, parse_cid
from offchain.storage.dag_pb import Link
from offchain.storage.reading import MAX_BLOCK, ContentReader
from offchain.storage.unixfs import chunks, outline


class Blocks(ContentReader):
    """Holds files; `asked` is what was read of them."""

    def __init__(self) -> None:
        self.held: dict[bytes, bytes] = {}
        self.asked: list[str] = []

    def put(self, content: bytes) -> str:
        tree = outline(BytesIO(content))
        self.held |= dict(tree.nodes)
        self.held |= {leaf.cid: chunk for leaf, chunk in zip(tree.leaves, chunks(BytesIO(content)), strict=True)}
        return tree.cid

    def put_block(self, codec_prefix: bytes, block: bytes) -> str:
        cid = codec_prefix + hashlib.sha256(block).digest()
        self.held[cid] = block
        return cid_text(cid)

    def block(self, cid: str, _limit: int = MAX_BLOCK) -> bytes:
        self.asked.append(cid)
        try:
            return self.held[parse_cid(cid)]
        except KeyError as error:
            raise NotFoundError("content-not-found", cid, "put it") from error

    def leaves(self, _parent: str, _offset: int, links: Sequence[Link]) -> Generator[bytes, None, None]:
        for link in links:
            yield self.block(cid_text(link.cid))
