"""Checking that nodes keep what they said they would, byte for byte, and giving back what they lost."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from offchain.config import shown_url
from offchain.errors import ColophonError, NotFoundError, UnavailableError
from offchain.storage.ipfs import IpfsNode
from offchain.storage.quorum import PinSet

__all__ = ["Finding", "check", "repair"]

_REPAIRABLE: Final = frozenset({"not-pinned", "content-not-found", "ipfs-lied"})
"""What a node that answers can be cured of."""

_ATTEMPTS: Final = 8
"""Wrong blocks of one file that a repair replaces; a node with more of them has a failing disk, or lies."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One file at one node.

    Attributes:
        cid: the file.
        node: URL of the node, without secrets.
        error: what is wrong: `not-pinned`, `content-not-found` of what it says is pinned, `ipfs-lied`, `ipfs-down`,
            `ipfs-timeout`, `ipfs-failed`; None when every byte was read and is right.
    """

    cid: str
    node: str
    error: ColophonError | None


def check(pins: PinSet, cid: str) -> tuple[Finding, ...]:
    """Read a file whole from every node and hash it, one leaf in memory for each.

    Raises:
        InputError: `cid-malformed`, `cid-unsupported`, `content-unreadable`.
    """
    return _on_each(pins.nodes, cid)


def repair(pins: PinSet, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Give nodes that answer what they lack, out of what the others have, and check them again.

    Args:
        pins: the nodes.
        findings: of `check`.

    Returns:
        The findings as they are now: of nodes that had no error, or cannot be cured, as they were.
    """
    by_url = {shown_url(node.url): node for node in pins.nodes}
    return tuple(_repaired(pins, by_url[finding.node], finding) for finding in findings)


def _repaired(pins: PinSet, node: IpfsNode, finding: Finding) -> Finding:
    for _ in range(_ATTEMPTS):
        if finding.error is None or finding.error.code not in _REPAIRABLE:
            break
        try:
            if finding.error.code == "ipfs-lied":
                # Nodes do not overwrite a block that they think they have, nor remove one that is pinned.
                node.unpin(finding.cid)
                node.remove_block(str(finding.error.facts["expected"]))
            pins.copy(finding.cid, node)
        except (NotFoundError, UnavailableError) as error:
            return Finding(finding.cid, finding.node, error)
        finding = _examine(node, finding.cid)
    return finding


def _on_each(nodes: tuple[IpfsNode, ...], cid: str) -> tuple[Finding, ...]:
    if len(nodes) == 1:
        return (_examine(nodes[0], cid),)
    with ThreadPoolExecutor(len(nodes)) as pool:
        return tuple(pool.map(lambda node: _examine(node, cid), nodes))


def _examine(node: IpfsNode, cid: str) -> Finding:
    url = shown_url(node.url)
    try:
        if not node.is_pinned(cid):
            missing = NotFoundError("not-pinned", f"{url} keeps no pin of {cid}", "run colophon storage repair")
            return Finding(cid, url, missing)
        for _ in node.open(cid).read():
            pass
    except (NotFoundError, UnavailableError) as error:
        return Finding(cid, url, error)
    return Finding(cid, url, None)
