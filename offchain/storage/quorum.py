"""Several IPFS nodes as one: content is pinned when enough of them keep it, and read from whichever is honest.

    pins = open_pins("http://a:5001,http://b:5001,http://c:5001", quorum=2)
    pins.pin(content)      → stored on all three, an error when fewer than two confirm it
    pins.fetch(cid, …)     → from the first that sends the right bytes; a wrong leaf is read again from the next

One node is the ordinary case and behaves as that node alone does, errors included.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import structlog

from offchain.config import shown_url
from offchain.errors import ColophonError, InputError, NotFoundError, UnavailableError
from offchain.storage.cid import cid_text, normal_cid, parse_cid
from offchain.storage.dag_pb import Link
from offchain.storage.ipfs import IpfsNode, opened
from offchain.storage.reading import MAX_BLOCK, ContentReader
from offchain.storage.unixfs import Outline, outline

__all__ = ["PinSet", "open_pins"]

T = TypeVar("T")

_log = structlog.get_logger("colophon.storage")


def open_pins(urls: str, quorum: int | None = None, timeout: float = 60.0) -> PinSet:
    """The nodes of a setting.

    Args:
        urls: one RPC endpoint, or several separated by commas.
        quorum: how many must keep what is pinned; None for more than half.
        timeout: seconds of silence after which a node counts as not answering.

    Raises:
        InputError: `ipfs-url-malformed`, or `pin-quorum-malformed` for a quorum that the nodes cannot reach.
    """
    return PinSet([IpfsNode(url.strip(), timeout) for url in urls.split(",")], quorum)


class PinSet(ContentReader):
    """A quorum of IPFS nodes.

    Args:
        nodes: at least one, each with an endpoint of its own.
        quorum: how many must keep what is pinned; None for more than half.

    Raises:
        InputError: `pin-quorum-malformed`.
    """

    def __init__(self, nodes: Sequence[IpfsNode], quorum: int | None = None) -> None:
        self.nodes = tuple(nodes)
        self.quorum = len(nodes) // 2 + 1 if quorum is None else quorum
        if not 1 <= self.quorum <= len({node.url for node in nodes}) == len(nodes):
            raise InputError(
                "pin-quorum-malformed",
                f"{len(nodes)} IPFS nodes cannot make a quorum of {self.quorum}",
                "name each node once in COLOPHON_IPFS_URL, and set COLOPHON_PIN_QUORUM between 1 and their number",
            )
        self._preferred = self.nodes
        self._patient: dict[float, PinSet] = {}

    @property
    def url(self) -> str:
        """The nodes' endpoints, separated by commas."""
        return ",".join(node.url for node in self.nodes)

    def patient(self, seconds: float) -> PinSet:
        """The same nodes with another time-out; it is kept, and with it what was learnt about them."""
        if seconds not in self._patient:
            self._patient[seconds] = PinSet([IpfsNode(node.url, seconds) for node in self.nodes], self.quorum)
        return self._patient[seconds]

    def pin(self, content: bytes | Path) -> str:
        """Add and pin a file on every node at once; doing it again changes nothing, or repairs.

        Returns:
            Its CIDv1, as computed here and confirmed by a quorum. Nodes that missed it are logged.

        Raises:
            InputError: as `IpfsNode.pin`.
            UnavailableError: `pin-quorum-missed`, naming what each node said; of a single node its own error.
        """
        with opened(content) as stream:
            tree = outline(stream)
        self._on_quorum(tree.cid, lambda node: _store(node, content, tree))
        return tree.cid

    def is_pinned(self, cid: str) -> bool:
        """Whether a quorum of nodes says that it keeps this content; only reading it proves it.

        Raises:
            InputError: `cid-malformed`.
            UnavailableError: too many nodes do not answer to tell; of a single node its own error.
        """
        wanted = normal_cid(cid)
        answers = self._on_each(lambda node: node.is_pinned(wanted))
        keeping = sum(answer is True for answer in answers)
        unknown = [answer for answer in answers if isinstance(answer, ColophonError)]
        if keeping < self.quorum <= keeping + len(unknown):
            raise self._failed("pin-quorum-unknown", f"too few IPFS nodes answer about {wanted}", answers)
        return keeping >= self.quorum

    def answers(self, cid: str) -> list[bool | ColophonError]:
        """Whether each node says that it keeps this content, or why it says nothing; in the nodes' order.

        Raises:
            InputError: `cid-malformed`.
        """
        wanted = normal_cid(cid)
        with ThreadPoolExecutor(len(self.nodes)) as pool:
            return list(pool.map(lambda node: _tried(lambda each: each.is_pinned(wanted), node), self.nodes))

    def unpin(self, cid: str) -> None:
        """Let every node forget this content; no error where it has no such pin.

        Raises:
            InputError: `cid-malformed`.
            UnavailableError: a node did not answer, and may keep it.
        """
        wanted = normal_cid(cid)
        answers = self._on_each(lambda node: node.unpin(wanted))
        if any(isinstance(answer, ColophonError) for answer in answers):
            raise self._failed("unpin-incomplete", f"not every IPFS node let go of {wanted}", answers)

    def copy(self, cid: str, node: IpfsNode) -> None:
        """Give a node, block by block, this content as others have it, and have it pinned there.

        Raises:
            InputError: `cid-malformed`, `cid-unsupported`, `content-unreadable`.
            NotFoundError: `content-not-found`, nobody has it.
            UnavailableError: as `IpfsNode.import_blocks`, or as reading from the others.
        """
        others = [other for other in self._preferred if other is not node]
        file = PinSet([*others, node], 1).open(cid)
        node.import_blocks(Link(parse_cid(file.cid), file.size, file.size), file.blocks())

    def import_blocks(self, root: Link, blocks: Callable[[], Iterable[tuple[bytes, bytes]]]) -> None:
        """Store the blocks of a tree on every node and pin its root; `blocks` begins them anew for each node.

        Raises:
            UnavailableError: `pin-quorum-missed`, naming what each node said; of a single node its own error.
        """
        self._on_quorum(cid_text(root.cid), lambda node: node.import_blocks(root, blocks()))

    def block(self, cid: str, limit: int = MAX_BLOCK) -> bytes:
        """A block from the first node that sends the right one; see `ContentReader`."""
        failures: dict[IpfsNode, ColophonError] = {}
        for node in self._preferred:
            try:
                return node.block(cid, limit)
            except InputError as error:  # too large, if the node tells the truth
                failures[node] = error
            except (NotFoundError, UnavailableError) as error:
                self._avoid(node, error, failures)
        raise self._all_failed(cid, failures)

    def leaves(self, parent: str, offset: int, links: Sequence[Link]) -> Generator[bytes, None, None]:
        """Leaves from the first node that sends the right ones, the rest from the next; see `ContentReader`."""
        failures: dict[IpfsNode, ColophonError] = {}
        for node in self._preferred:
            try:
                for leaf in node.leaves(parent, offset, links):
                    yield leaf
                    offset, links = offset + len(leaf), links[1:]
            except (NotFoundError, UnavailableError) as error:
                self._avoid(node, error, failures)
            else:
                return
        raise self._all_failed(parent, failures)

    def _on_quorum(self, cid: str, act: Callable[[IpfsNode], None]) -> None:
        answers = self._on_each(act)
        failed = [answer for answer in answers if isinstance(answer, ColophonError)]
        if len(answers) - len(failed) < self.quorum:
            raise self._failed("pin-quorum-missed", f"fewer than {self.quorum} IPFS nodes keep {cid}", answers)
        for node, answer in zip(self.nodes, answers, strict=True):
            if isinstance(answer, ColophonError):
                _log.warning("pin-missed", node=shown_url(node.url), cid=cid, code=answer.code)

    def _on_each(self, act: Callable[[IpfsNode], T]) -> list[T | ColophonError]:
        """What each node answers, in order; the caller's mistakes are raised."""
        if len(self.nodes) == 1:
            return [act(self.nodes[0])]
        with ThreadPoolExecutor(len(self.nodes)) as pool:
            return list(pool.map(lambda node: _tried(act, node), self.nodes))

    def _avoid(self, node: IpfsNode, error: ColophonError, failures: dict[IpfsNode, ColophonError]) -> None:
        """Ask this node last from now on."""
        failures[node] = error
        if len(self.nodes) > 1:
            _log.warning("node-avoided", node=shown_url(node.url), code=error.code)
            self._preferred = (*(other for other in self._preferred if other is not node), node)

    def _all_failed(self, cid: str, failures: dict[IpfsNode, ColophonError]) -> ColophonError:
        told = list(failures.values())
        for error in told:
            if isinstance(error, InputError) or len(self.nodes) == 1:
                return error
        if all(isinstance(error, NotFoundError) for error in told):
            return NotFoundError("content-not-found", f"none of the IPFS nodes has {cid}", "pin it again")
        return self._failed("no-node-serves", f"no IPFS node sends {cid}", [failures.get(node) for node in self.nodes])

    def _failed(self, code: str, message: str, answers: Sequence[object]) -> UnavailableError:
        told = [
            {"node": shown_url(node.url), "code": answer.code, "why": answer.message}
            for node, answer in zip(self.nodes, answers, strict=True)
            if isinstance(answer, ColophonError)
        ]
        return UnavailableError(code, message, "start or replace the nodes named, then try again", nodes=told)


def _tried(act: Callable[[IpfsNode], T], node: IpfsNode) -> T | ColophonError:
    try:
        return act(node)
    except (NotFoundError, UnavailableError) as error:
        return error


def _store(node: IpfsNode, content: bytes | Path, tree: Outline) -> None:
    with opened(content) as stream:
        node.store(stream, tree)
