"""A file's own words on its origin: who made it and whether it is marked as public domain."""

from __future__ import annotations

import pytest

from offchain.generation.image.clipart import stated

FILE = """<?xml version="1.0"?>
<svg xmlns="http://www.w3.org/2000/svg"><metadata>
<rdf:RDF xmlns:cc="http://web.resource.org/cc/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><cc:Work rdf:about="">
<dc:title>A
 bird</dc:title>
<dc:creator><cc:Agent><dc:title>{creator}</dc:title></cc:Agent></dc:creator>
<dc:rights><cc:Agent><dc:title>Somebody else</dc:title></cc:Agent></dc:rights>
{marks}</cc:Work></rdf:RDF></metadata></svg>"""

PUBLIC_DOMAIN = '<cc:license rdf:resource="http://web.resource.org/cc/PublicDomain"/>'
GPL = '<cc:license rdf:resource="http://creativecommons.org/licenses/GPL/2.0/"/>'


def _file(creator: str = "Ada", marks: str = PUBLIC_DOMAIN) -> bytes:
    return FILE.format(creator=creator, marks=marks).encode()


def test_stated__marked_file__names_title_creator_and_licence():
    found = stated(_file())

    assert (found.title, found.creator, found.licence) == ("A bird", "Ada", "LicenseRef-PublicDomain")


@pytest.mark.parametrize(
    ("mark", "licence"),
    [
        ("http://creativecommons.org/licenses/publicdomain/", "CC-PDDC"),
        ("http://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("http://creativecommons.org/publicdomain/mark/1.0/", "LicenseRef-PublicDomain"),
    ],
)
def test_stated__other_public_domain_marks__are_known_with_and_without_final_slash(mark, licence):
    for resource in (mark, mark.rstrip("/")):
        assert stated(_file(marks=f'<cc:license rdf:resource="{resource}"/>')).licence == licence


@pytest.mark.parametrize("marks", ["", GPL, PUBLIC_DOMAIN + GPL, '<cc:license rdf:resource=""/>'])
def test_stated__no_mark_or_any_other__has_no_licence(marks):
    """Of two marks nobody can say which one counts."""
    assert stated(_file(marks=marks)).licence is None


@pytest.mark.parametrize("creator", ["", "  ", "Unknown", "anonymous"])
def test_stated__nobody_named__has_no_creator(creator):
    """The rights holder's name is not the creator's."""
    assert stated(_file(creator=creator)).creator == ""


def test_stated__no_xml_or_no_metadata__is_none():
    assert stated(b"<svg") is None
    assert stated(b'<svg xmlns="http://www.w3.org/2000/svg"/>') is None


def test_stated__entities__are_not_expanded():
    """A billion laughs in a stranger's file."""
    bomb = b'<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>' + _file(creator="&b;")[22:]

    assert stated(bomb) is None
