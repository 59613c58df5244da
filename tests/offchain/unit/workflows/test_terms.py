from __future__ import annotations

import hashlib
from importlib.resources import files
from itertools import pairwise

import pytest

from offchain.errors import InputError
from offchain.pricing import DEFAULT_TIERS
from offchain.storage import canonical_json, raw_cid
from offchain.workflows.terms import TIERS, scope_names, standard_terms
from offchain.workflows.terms.scope import MEDIA, RIGHTS, TERRITORIES, medium_of, scope_mask


def test_standard_terms__documents__are_canonical_and_hash_to_the_struct():
    for standard in standard_terms():
        assert canonical_json(standard.document) == standard.data
        assert standard.terms.text == hashlib.sha256(standard.data).digest()
        assert standard.cid == raw_cid(standard.terms.text)


def test_standard_terms__tiers__are_those_with_a_stated_demand():
    assert tuple(standard.tier for standard in standard_terms()) == TIERS == DEFAULT_TIERS


def test_standard_terms__broader_tier__grants_everything_that_a_narrower_one_does():
    """Prices rise with the tier, so the rights must; and a derivative sold under any tier stays inside its permit."""
    scopes = [standard.terms.scope for standard in standard_terms()]
    for narrow, broad in pairwise(scopes):
        assert narrow & broad == narrow != broad


def test_standard_terms__only_adaptation__permits_a_derivative_and_lasts():
    derivatives = {each.tier: (each.terms.max_derivatives, each.terms.lasting) for each in standard_terms()}
    assert derivatives == {"personal": (0, False), "commercial": (0, False), "adaptation": (1, True)}


def test_standard_terms__text__states_the_share_and_that_registration_is_no_proof_of_authorship():
    for standard in standard_terms():
        assert "does not prove authorship" in standard.document["text"]
        if standard.terms.upstream:
            assert f"{standard.terms.upstream:,} parts per million" in standard.document["text"]


def test_standard_terms__folder__holds_no_document_that_is_not_registered():
    found = {each.name for each in files("offchain.workflows.terms").iterdir() if each.name.endswith(".json")}
    assert found == {f"{tier}.json" for tier in TIERS}


def test_scope_mask__names__stand_in_their_fields():
    # rights 16 | territories 32 | media 16, high to low (docs/SPECIFICATION.md §3).
    mask = scope_mask(["private-use"], ["worldwide"], ["any"])
    assert mask == 1 << 48 | 0xFFFF_FFFF << 16 | 0xFFFF
    assert mask < 2**64


def test_scope_mask__every_name__reads_back():
    names = {
        "rights": list(RIGHTS),
        "territories": list(TERRITORIES),
        "media": [name for name in MEDIA if name != "any"],
    }
    assert scope_names(scope_mask(**names)) == names
    assert len({*RIGHTS.values()}) == len(RIGHTS)


def test_scope_names__every_medium__is_called_any():
    assert scope_names(scope_mask([], [], ["text", "any"])) == {"rights": [], "territories": [], "media": ["any"]}


def test_medium_of__media_types__are_those_that_a_licence_must_cover():
    told = {"text/markdown": "text", "application/pdf": "text", "image/png": "image", "audio/mpeg": "audio"}
    assert {media_type: medium_of(media_type) for media_type in told} == told
    # What no medium names is only covered by a licence for all of them.
    assert medium_of("application/zip") == medium_of("any/thing") == "any"


def test_scope_mask__unknown_name__refused():
    with pytest.raises(InputError) as caught:
        scope_mask(["resell"], ["worldwide"], ["any"])
    assert caught.value.code == "scope-unknown"
