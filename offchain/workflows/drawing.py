"""Layered pictures of directed graphs as SVG: sources at the top, arrows downwards but for those that close a circle.

A node lies one layer below the lowest of those that point at it (longest path), and is ordered within its layer by the
middle of its neighbours (barycentre heuristic of Sugiyama, Tagawa and Toda, 1981). An arrow that passes a layer does so
in a place of its own. The picture carries its own colours for light and dark, needs no script, and says the same to
whoever cannot see it.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, TypeAlias
from xml.sax.saxutils import escape, quoteattr

__all__ = ["Arrow", "Node", "draw"]

Key: TypeAlias = Hashable
_Layers: TypeAlias = list[list[Key]]

_WIDTH, _HEIGHT = 190, 52
_GAP, _RISE = 28, 74
_MARGIN: Final = 24
_LETTERS: Final = 24
"""Letters of a label that fit its box."""

_SWEEPS: Final = 6
_FARTHEST: Final = 16
"""Layers that an arrow has places in; one that passes more goes straight, or its places would outnumber the nodes."""

_STYLE: Final = (
    ":root{color-scheme:light dark}"
    "svg{background:#fff;font:13px system-ui,sans-serif}"
    "rect{fill:#f6f8fa;stroke:#57606a}.main rect{fill:#ddf4ff;stroke:#0969da;stroke-width:2}"
    "text{fill:#1f2328;text-anchor:middle}.note{fill:#57606a;font-size:11px}"
    ".arrow{fill:none;stroke:#57606a}.share{font-size:11px;paint-order:stroke;stroke:#fff;stroke-width:4px}"
    "#head path{fill:#57606a}"
    "@media(prefers-color-scheme:dark){svg{background:#0d1117}rect{fill:#161b22;stroke:#8b949e}"
    ".main rect{fill:#0c2d4d;stroke:#58a6ff}text{fill:#e6edf3}.note{fill:#9198a1}.arrow{stroke:#8b949e}"
    ".share{stroke:#0d1117}#head path{fill:#8b949e}}"
)


@dataclass(frozen=True, slots=True)
class Node:
    """A box: `label` above `note`; `main` sets it apart. Equal keys are one node."""

    key: Key
    label: str
    note: str = ""
    main: bool = False


@dataclass(frozen=True, slots=True)
class Arrow:
    """From the node `tail` down to the node `head`, with words beside it; `width` in pixels."""

    tail: Key
    head: Key
    label: str = ""
    width: float = 1.0


@dataclass(frozen=True, slots=True)
class _Bend:
    """A place where the `arrow`-th arrow passes a layer."""

    arrow: int
    layer: int


def draw(title: str, nodes: Sequence[Node], arrows: Sequence[Arrow]) -> str:
    """The picture as an SVG document; the same graph gives the same picture.

    Args:
        title: what is seen, for those who cannot.
        nodes: boxes, each key once.
        arrows: between keys of nodes; others are left out.
    """
    known = {node.key for node in nodes}
    kept = [arrow for arrow in arrows if arrow.tail in known and arrow.head in known]
    depths = _depths(nodes, kept)
    layers, chains = _layered(nodes, kept, depths)
    places = _placed(layers)
    width = max((x for x, _ in places.values()), default=0) + _WIDTH // 2 + _MARGIN
    height = max((y for _, y in places.values()), default=0) + _HEIGHT // 2 + _MARGIN
    body = [_path(arrow, [places[key] for key in chain]) for arrow, chain in zip(kept, chains, strict=True)]
    body += [_box(node, *places[node.key]) for node in nodes]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label={quoteattr(_clean(title))}><title>{escape(_clean(title))}</title>'
        f"<style>{_STYLE}</style>"
        '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 8 4 0 8z"/></marker></defs>' + "".join(body) + "</svg>\n"
    )


def _depths(nodes: Sequence[Node], arrows: Sequence[Arrow]) -> dict[Key, int]:
    """Layer of each node: the longest way to it (Kahn's order); a circle begins at its first node."""
    waiting, below = dict.fromkeys((node.key for node in nodes), 0), defaultdict[Key, list[Key]](list)
    for arrow in arrows:
        waiting[arrow.head] += 1
        below[arrow.tail].append(arrow.head)
    depths = dict.fromkeys(waiting, 0)
    ready = [key for key, count in waiting.items() if not count]
    while waiting:
        key = ready.pop() if ready else next(iter(waiting))
        del waiting[key]
        for head in below[key]:
            if head in waiting:
                depths[head] = max(depths[head], depths[key] + 1)
                waiting[head] -= 1
                if not waiting[head]:
                    ready.append(head)
    return depths


def _layered(nodes: Sequence[Node], arrows: Sequence[Arrow], depths: dict[Key, int]) -> tuple[_Layers, list[list[Key]]]:
    """Layers in a good order, and what each arrow passes from its tail to its head."""
    layers: _Layers = [[] for _ in range(max(depths.values(), default=-1) + 1)]
    for node in nodes:
        layers[depths[node.key]].append(node.key)
    chains = []
    for number, arrow in enumerate(arrows):
        passed = range(depths[arrow.tail] + 1, depths[arrow.head])
        bends = [_Bend(number, layer) for layer in passed] if len(passed) <= _FARTHEST else []
        for bend in bends:
            layers[bend.layer].append(bend)
        chains.append([arrow.tail, *bends, arrow.head])
    above, below = _neighbours(chains)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        for fixed, moved in pairwise(layers if down else layers[::-1]):
            _order(moved, fixed, above if down else below)
    return layers, chains


def _neighbours(chains: Iterable[list[Key]]) -> tuple[dict[Key, list[Key]], dict[Key, list[Key]]]:
    above, below = defaultdict[Key, list[Key]](list), defaultdict[Key, list[Key]](list)
    for chain in chains:
        for upper, lower in pairwise(chain):
            above[lower].append(upper)
            below[upper].append(lower)
    return above, below


def _order(moved: list[Key], fixed: Sequence[Key], neighbours: dict[Key, list[Key]]) -> None:
    """Sort a layer by the middle of each node's neighbours in the one before; who has none stays about where it was."""
    at = {key: number / max(len(fixed) - 1, 1) for number, key in enumerate(fixed)}
    middles = {}
    for number, key in enumerate(moved):
        near = [at[each] for each in neighbours.get(key, ()) if each in at]
        middles[key] = sum(near) / len(near) if near else number / max(len(moved) - 1, 1)
    moved.sort(key=middles.__getitem__)


def _placed(layers: _Layers) -> dict[Key, tuple[int, int]]:
    """Middles of the boxes and bends, in pixels; layers are centred on each other."""
    widths = [sum(_wide(key) for key in layer) + _GAP * (len(layer) - 1) for layer in layers]
    widest = max(widths, default=0)
    places: dict[Key, tuple[int, int]] = {}
    for number, (layer, width) in enumerate(zip(layers, widths, strict=True)):
        x = _MARGIN + (widest - width) // 2
        for key in layer:
            places[key] = (x + _wide(key) // 2, _MARGIN + _HEIGHT // 2 + number * (_HEIGHT + _RISE))
            x += _wide(key) + _GAP
    return places


def _wide(key: Key) -> int:
    return _GAP if isinstance(key, _Bend) else _WIDTH


def _path(arrow: Arrow, points: Sequence[tuple[int, int]]) -> str:
    (x, y), half = points[0], _HEIGHT // 2
    y += half
    parts = [f"M{x} {y}"]
    for number, (to_x, to_y) in enumerate(points[1:], 2):
        end = to_y - half if number == len(points) else to_y
        middle = (y + end) // 2
        parts.append(f"C{x} {middle} {to_x} {middle} {to_x} {end}")
        x, y = to_x, end
    (first_x, first_y), (next_x, next_y) = points[0], points[1]
    label_x, label_y = (first_x + 2 * next_x) // 3, (first_y + 2 * next_y) // 3 + 2
    told = f'<text class="share" x="{label_x}" y="{label_y}">{escape(_clean(arrow.label))}</text>'
    # A broad arrow is a band: its head would hide the box.
    drawn = f' stroke-width="{arrow.width:.1f}" stroke-opacity=".45"' if arrow.width > 1 else ' marker-end="url(#head)"'
    return f'<path class="arrow"{drawn} d="{"".join(parts)}"/>' + (told if arrow.label else "")


def _box(node: Node, x: int, y: int) -> str:
    label, note = _clean(node.label), _clean(node.note)
    line = y - 3 if note else y + 5
    small = f'<text class="note" x="{x}" y="{y + 15}">{escape(_short(note))}</text>' if note else ""
    return (
        f"<g{' class=' + quoteattr('main') if node.main else ''}><title>{escape(label)}</title>"
        f'<rect x="{x - _WIDTH // 2}" y="{y - _HEIGHT // 2}" width="{_WIDTH}" height="{_HEIGHT}" rx="8"/>'
        f'<text x="{x}" y="{line}">{escape(_short(label))}</text>{small}</g>'
    )


def _short(text: str) -> str:
    return text if len(text) <= _LETTERS else text[: _LETTERS - 1].rstrip() + "…"


def _clean(text: str) -> str:
    """One line of characters that XML allows, none of which turns the writing round for what follows."""
    kept = (" " if character.isspace() else character for character in text)
    bad = ("Cc", "Cs", "Cf", "Cn")
    return "".join(character for character in kept if unicodedata.category(character) not in bad).strip()
