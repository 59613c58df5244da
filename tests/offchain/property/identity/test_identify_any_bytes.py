"""Whatever the bytes, identifying them ends in an identity or in an InputError, and equal bytes in equal identities."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from offchain.errors import InputError
from offchain.identity import Identity, identify

LIMIT = 2**20


def picture(kind: str) -> bytes:
    image = Image.linear_gradient("L").resize((48, 48))
    image.paste(40, (8, 20, 30, 44))
    stream = BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # Orientation, so that damage reaches what reads it
    image.convert("RGB").save(stream, kind, exif=exif)
    return stream.getvalue()


PICTURES = {kind: picture(kind) for kind in ("PNG", "JPEG", "WEBP")}


def outcome(data: bytes) -> Identity | str:
    try:
        return identify(data, title="x", limit=LIMIT)
    except InputError as error:
        return error.code


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_identify__any_bytes__end_in_an_identity_or_an_input_error(data):
    assert outcome(data) == outcome(data)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(PICTURES)), st.data())
def test_identify__damaged_image__ends_in_an_identity_or_an_input_error(kind, data):
    damaged = bytearray(PICTURES[kind])
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    assert outcome(bytes(damaged)) == outcome(bytes(damaged))


@pytest.mark.parametrize("kind", sorted(PICTURES))
def test_identify__image_cut_anywhere_behind_its_signature__is_malformed(kind):
    whole = PICTURES[kind]
    assert isinstance(outcome(whole), Identity)
    assert {outcome(whole[:size]) for size in range(16, len(whole))} == {"image-malformed"}


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0<%{"), min_size=1, max_size=400))
def test_identify__any_text__is_text(text):
    found = outcome(text.encode())
    assert isinstance(found, Identity) or found == "media-unsupported"
