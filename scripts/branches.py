"""Branch points of Solidity sources, and where each stands in compiled code.

A branch point is a place at which the author made the program choose: `if`, `? :`, `&&`, `||`, a loop's condition,
`require`, `assert`, `try`, and the same in assembly. Each has two sides. The checks that the compiler adds by itself
(overflow, bounds, calldata, dispatch) are none. Works on Brownie's artifacts, compiled without the optimizer, which
would merge blocks of different places.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final, NamedTuple

__all__ = ["FELL", "JUMPED", "Artifact", "Code", "Place", "Point", "branch_points", "codes"]

Artifact = Mapping[str, Any]
"""What Brownie writes into build/contracts/NAME.json."""

FELL: Final = 1
JUMPED: Final = 2
"""The two sides of a JUMPI, as bits."""

_JUMPI: Final = 0x57
_CALLS: Final = (0xF1, 0xFA)
_PUSH0: Final = 0x5F
_PUSH32: Final = 0x7F
_MARK_BYTES: Final = 53
"""solc appends the hash of sources and settings as CBOR; this many last bytes tell one contract from another."""

_TRUE_SIDE: Final = {
    **dict.fromkeys(
        ("IfStatement", "ForStatement", "WhileStatement", "TryStatement", "YulIf", "YulForLoop", "&&"), FELL
    ),
    **dict.fromkeys(("Conditional", "DoWhileStatement", "YulCase", "require", "assert", "||"), JUMPED),
}
"""What a JUMPI does where the condition holds, by kind of branch point, as solc 0.8.28's legacy pipeline emits it."""


class Place(NamedTuple):
    """A piece of source: file, byte offset and length."""

    path: str
    start: int
    length: int


class Point(NamedTuple):
    """A branch point.

    Attributes:
        owner: contract, library or free function that it stands in.
        true_side: what its JUMPI does where the condition holds.
    """

    owner: str
    true_side: int


class Code(NamedTuple):
    """Compiled code of one contract: what deploys it, or what is deployed.

    Attributes:
        code: as compiled, immutables empty.
        mark: its last bytes, which no immutable changes.
        branches: the place of the branch point of each JUMPI that belongs to one, by program counter.
    """

    code: bytes
    mark: bytes
    branches: dict[int, Place]

    def runs_as(self, run: bytes) -> bool:
        """Whether this is what ran: code on chain, with its immutables, or creation code, with its arguments."""
        return run.startswith(self.code) or (len(run) == len(self.code) and run.endswith(self.mark))


def branch_points(artifact: Artifact) -> dict[Place, Point]:
    """All branch points of the artifact's source file, by the place that their JUMPI bears."""
    return {
        place: Point(around["name"], side)
        for around in artifact["ast"]["nodes"]
        for node in _nodes(around)
        for place, side in _choice(artifact["sourcePath"], node)
    }


def codes(artifact: Artifact, points: Collection[Place]) -> Iterator[Code]:
    """What deploys a contract and what is deployed; nothing for abstract contracts and interfaces."""
    for code, places in (("bytecode", "sourceMap"), ("deployedBytecode", "deployedSourceMap")):
        if plain := bytes.fromhex(artifact[code].removeprefix("0x")):
            yield Code(plain, plain[-_MARK_BYTES:], _located(artifact, plain, artifact[places], points))


def _nodes(tree: object) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        if "nodeType" in tree:
            yield tree
        tree = list(tree.values())
    if isinstance(tree, list):
        for part in tree:
            yield from _nodes(part)


def _choice(path: str, node: dict[str, Any]) -> Iterator[tuple[Place, int]]:
    """Place and true side of a node, where it is a branch point."""
    kind = node["nodeType"]
    if kind == "BinaryOperation":
        kind = node["operator"]
    elif kind == "FunctionCall":
        kind = node["expression"].get("name")
    elif kind == "TryStatement":
        node = node["externalCall"]
    endless = kind == "ForStatement" and node.get("condition") is None
    if kind in _TRUE_SIDE and not endless and node.get("value") != "default":
        start, length, _ = node["src"].split(":")
        yield Place(path, int(start), int(length)), _TRUE_SIDE[kind]


def _located(artifact: Artifact, code: bytes, source_map: str, points: Collection[Place]) -> dict[int, Place]:
    """JUMPIs that bear exactly a branch point's place; of a `try`, only those behind the call itself."""
    paths = {int(index): path for index, path in artifact["allSourcePaths"].items()}
    jumps: dict[Place, list[int]] = defaultdict(list)
    for counter, operation, (start, length, index) in _instructions(code, source_map):
        place = Place(paths.get(index, ""), start, length)
        if place in points:
            if operation in _CALLS:
                jumps[place].clear()  # what came before asked whether there is a contract to call
            elif operation == _JUMPI:
                jumps[place].append(counter)
    return {counter: place for place, counters in jumps.items() for counter in counters}


def _instructions(code: bytes, source_map: str) -> Iterator[tuple[int, int, tuple[int, int, int]]]:
    """Program counter, operation and place (start, length, file) of each instruction.

    The source map names each field only where it changed: docs.soliditylang.org, "Source Mappings".
    """
    counter, place = 0, [0, 0, 0]
    for entry in source_map.split(";"):
        for field, value in enumerate(entry.split(":")[:3]):
            if value:
                place[field] = int(value)
        operation = code[counter]
        yield counter, operation, (place[0], place[1], place[2])
        counter += 1 + (operation - _PUSH0 if _PUSH0 < operation <= _PUSH32 else 0)
