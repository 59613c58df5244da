"""Whatever the bytes, looking at them ends in a verdict or in an InputError, and at equal bytes in equal ones.

Most of this runs in this process and not in a confined one: there an error that is not ours would come back as
`decoding-failed`, here it fails the test.
"""

from __future__ import annotations

import functools
import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offchain.errors import InputError
from offchain.identity import Identity, identify
from offchain.identity.extraction import extract
from tests.fuzz.mutation import mutated
from tests.fuzz.samples import DOCUMENTS, IMAGES, RECORDINGS, samples

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")

LIMIT = 2**20
FOUND = Path(__file__).parents[3] / "data" / "fuzz"
CUT_ANYWHERE = ("image/png", "image/jpeg", "image/webp")
"""Formats that say where they end; a GIF or TIFF cut behind its pixels is whole."""


@functools.cache
def _samples() -> dict[str, bytes]:
    return samples()


def sample(kind: str) -> bytes:
    return _samples()[kind]


def outcome(data: bytes) -> object:
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        try:
            return extract(Path(file.name), "x", [])["code"]
        except InputError as error:
            return error.code


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_extract__any_bytes__end_in_a_verdict_or_an_input_error(data):
    assert outcome(data) == outcome(data)


@pytest.mark.parametrize("kind", DOCUMENTS + IMAGES)
def test_extract__damaged_file__ends_in_a_verdict_or_an_input_error(kind):
    for seed in range(40):
        damaged = mutated(sample(kind), random.Random(seed))
        assert outcome(damaged) == outcome(damaged)


@pytest.mark.parametrize("kind", RECORDINGS)
def test_extract__damaged_recording__ends_in_a_verdict_or_an_input_error(kind):
    for seed in range(4):
        outcome(mutated(sample(kind), random.Random(seed)))


def test_samples__kinds__are_all_damaged_here():
    assert set(_samples()) == {*DOCUMENTS, *IMAGES, *RECORDINGS}


@pytest.mark.parametrize("kind", DOCUMENTS + IMAGES + RECORDINGS)
def test_extract__sound_sample__is_read(kind):
    """Else damage would be done to what nobody reads anyhow."""
    assert str(outcome(sample(kind))).startswith("ISCC:")


@pytest.mark.parametrize("kind", CUT_ANYWHERE)
def test_extract__image_cut_anywhere_behind_its_signature__is_malformed(kind):
    whole = sample(kind)
    assert {outcome(whole[:size]) for size in range(16, len(whole), 3)} == {"image-malformed"}


@pytest.mark.parametrize("path", sorted(FOUND.glob("*")), ids=lambda path: path.name)
def test_extract__file_that_a_campaign_found__is_mended(path):
    outcome(path.read_bytes())


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0<%{"), min_size=1, max_size=400))
def test_identify__any_text__is_text(text):
    try:
        found = identify(text.encode(), title="x", limit=LIMIT)
    except InputError as error:
        assert error.code == "media-unsupported"  # noqa: PT017 - either outcome is right
    else:
        assert isinstance(found, Identity)
        assert found.mode == "text"
