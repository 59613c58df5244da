"""Variants of one picture are told by their names."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.identity.pictures import subject


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("gnome/wood-d.webp", "gnome/wood-l.webp"),
        ("a/harbour-night.jpg", "a/harbour.jpg"),
        ("a/Blue_1366x768.png", "a/Blue_2048x1536_Portrait.png"),
        ("a/Stripes-Dark.png", "a/Stripes-Light.svg"),
        ("Kay/contents/images/1080x1920.png", "Kay/contents/images_dark/5120x2880.png"),
        ("Kay/contents/images/1080x1920.png", "Kay/contents/screenshot.jpg"),
    ],
)
def test_subject__variants__share_it(one, other):
    assert subject(Path(one)) == subject(Path(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [("a/wood-d.webp", "b/wood-d.webp"), ("a/moon-1.jpg", "a/moon-2.jpg"), ("a/d.png", "a/l.png"), ("a/wood", "a/woo")],
)
def test_subject__other_pictures__have_others(one, other):
    assert subject(Path(one)) != subject(Path(other))
