"""RFC 9110, sections 13 and 14, for content of ten bytes under the tag "abc"."""

from __future__ import annotations

import pytest
from starlette.datastructures import Headers

from offchain.api.conditional import ByteRange, is_current, is_refused, wanted_range

TAG, SIZE = '"abc"', 10


def ranged(value: str, **others: str) -> ByteRange | None:
    return wanted_range(Headers({"range": value, **others}), TAG, SIZE)


@pytest.mark.parametrize(
    ("value", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=2-4", 2, 5),
        ("bytes=2-", 2, 10),
        ("bytes=9-9", 9, 10),
        ("bytes=-3", 7, 10),
        ("bytes=-100", 0, 10),
        ("bytes=5-100", 5, 10),
        ("BYTES=0-1", 0, 2),
        ("bytes= 0-1", 0, 2),
    ],
)
def test_wanted_range__one_range__is_cut_to_the_content(value, start, end):
    asked = ranged(value)
    assert asked == ByteRange(start, end)
    assert asked.satisfiable
    assert asked.header(SIZE) == f"bytes {start}-{end - 1}/10"


@pytest.mark.parametrize("value", ["bytes=10-", "bytes=10-20", "bytes=-0"])
def test_wanted_range__beyond_the_end__cannot_be_satisfied(value):
    asked = ranged(value)
    assert asked is not None
    assert not asked.satisfiable
    assert asked.header(SIZE) == "bytes */10"


@pytest.mark.parametrize(
    "value",
    ["", "bytes", "bytes=", "bytes=-", "bytes=4-2", "bytes=a-b", "items=0-1", "bytes=0-1,4-5", "bytes=" + "9" * 30],
)
def test_wanted_range__several_or_none__is_the_whole(value):
    assert ranged(value) is None


@pytest.mark.parametrize(
    ("condition", "partial"),
    [('"abc"', True), ('"abd"', False), ('W/"abc"', False), ("Sat, 29 Oct 1994 19:43:31 GMT", False)],
)
def test_wanted_range__if_range__holds_for_the_same_strong_tag_only(condition, partial):
    assert (ranged("bytes=0-1", **{"if-range": condition}) is not None) == partial


@pytest.mark.parametrize(
    ("value", "current"),
    [
        ('"abc"', True),
        ('W/"abc"', True),
        ('"x", "abc"', True),
        ('"x","abc"', True),
        ("*", True),
        ('"x"', False),
        ('"abcd"', False),
        ("abc", False),
        ("", False),
    ],
)
def test_is_current__if_none_match__compares_weakly(value, current):
    assert is_current(Headers({"if-none-match": value}), TAG) == current


@pytest.mark.parametrize(
    ("value", "refused"), [('"abc"', False), ("*", False), ('"x", "abc"', False), ('"x"', True), ('W/"abc"', True)]
)
def test_is_refused__if_match__compares_strongly(value, refused):
    assert is_refused(Headers({"if-match": value}), TAG) == refused


def test_conditions__no_header__ask_for_the_whole():
    assert not is_current(Headers({}), TAG)
    assert not is_refused(Headers({}), TAG)
    assert wanted_range(Headers({}), TAG, SIZE) is None


def test_is_current__weak_tag_of_ours__compares_weakly():
    assert is_current(Headers({"if-none-match": 'W/"abc.car"'}), 'W/"abc.car"')
    assert is_current(Headers({"if-none-match": '"abc.car"'}), 'W/"abc.car"')
