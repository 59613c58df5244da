from __future__ import annotations

import re
from xml.etree import ElementTree

from offchain.workflows.drawing import Arrow, Node, draw

SVG = "{http://www.w3.org/2000/svg}"


def boxes(picture: str) -> dict[str, tuple[float, float]]:
    """Top left corners of the boxes, by the full label."""
    root = ElementTree.fromstring(picture)  # noqa: S314 - our own picture
    found = {}
    for group in root.iter(SVG + "g"):
        title, box = group.find(SVG + "title"), group.find(SVG + "rect")
        assert title is not None
        assert box is not None
        found[title.text or ""] = (float(box.attrib["x"]), float(box.attrib["y"]))
    return found


def test_draw__diamond_with_a_short_cut__every_arrow_goes_down_and_no_box_covers_another():
    nodes = [Node(name, name) for name in "abcd"]
    arrows = [Arrow("a", "b", "10 %"), Arrow("a", "c"), Arrow("b", "d"), Arrow("c", "d"), Arrow("a", "d", "2.5 %")]
    picture = draw("graph", nodes, arrows)
    places = boxes(picture)
    assert all(places[arrow.tail][1] < places[arrow.head][1] for arrow in arrows)  # type: ignore[index]
    assert places["b"][1] == places["c"][1]
    assert abs(places["b"][0] - places["c"][0]) >= 190
    assert "2.5 %" in picture
    assert picture == draw("graph", nodes, arrows)


def test_draw__label_with_markup_and_controls__is_text():
    picture = draw('"><script>', [Node(1, "<script>alert(1)</script>\x00\u202e&\ud800"), Node(2, "]]>'\"")], [])
    root = ElementTree.fromstring(picture)  # noqa: S314 - our own picture
    assert not [each for each in root.iter() if "script" in each.tag]
    assert "\u202e" not in picture
    assert "<script>alert(1)</script>&" in boxes(picture)


def test_draw__circle_and_arrows_to_nowhere__still_a_picture():
    nodes = [Node("a", "a"), Node("b", "b")]
    assert len(boxes(draw("", nodes, [Arrow("a", "b"), Arrow("b", "a"), Arrow("a", "gone")]))) == 2
    assert boxes(draw("", [], [])) == {}


def test_draw__deep_and_dense__stays_small():
    """Places of long arrows are bounded, or 200 works with 16 parents each would have a million of them."""
    nodes = [Node(number, str(number)) for number in range(200)]
    arrows = [Arrow(parent, child) for child in range(200) for parent in range(max(0, child - 100), child, 7)]
    picture = draw("", nodes, arrows)
    assert len(picture) < 2_000_000
    assert len(re.findall("<rect", picture)) == 200


def test_draw__crossed_neighbours__are_uncrossed():
    nodes = [Node(name, name) for name in ("a", "b", "x", "y")]
    places = boxes(draw("", nodes, [Arrow("a", "y"), Arrow("b", "x")]))
    assert (places["a"][0] < places["b"][0]) == (places["y"][0] < places["x"][0])
